/* oracle_collector_real.h - what the files of the real side share. */
#ifndef ASSAY_ORACLE_COLLECTOR_REAL_H
#define ASSAY_ORACLE_COLLECTOR_REAL_H

#include "oracle_collector.h"

/* The collector's state and lists are declared for the interpreter only. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_gc.h>
#include <internal/pycore_interp.h>
#include <internal/pycore_pystate.h>

/* Where objects report to. */
extern struct machine *real_machine;

/* Of every node_kind_word (oracle_collector_real_types.c). */
extern PyTypeObject real_node_types[NODE_KINDS];

void real_types_ready(void);
void *real_node(enum node_kind_word kind, int id);
int real_node_id(void *object);
void real_set_slot(void *node, unsigned slot, void *value);
void *real_callback(int id);

/* A callback is about to raise: what reports it makes objects, which must
 * not set off a collection. */
void real_raise(void);

#endif
