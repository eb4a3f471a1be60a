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
bool real_is_callable(void *node);
void *real_subref(void *referent, void *callback);

/* What is asked, hooked and said (oracle_collector_real_asking.c). Before the
 * interpreter's objects are put aside: */
void real_asking_start(PyObject *module);
/* In a process of a run: */
void real_asking_open(void);
size_t real_weaks(void *node, void **ret, size_t room);
size_t real_referents(void *object, void **ret, size_t room);
size_t real_referrers(void *object, void **ret, size_t room);
size_t real_listed(int generation, void **ret, size_t room);
void real_set_debug(unsigned flags);
void real_hook(int listener);
void real_unhook(int listener);
const char *real_said(void);

/* Memory that fails (likewise). */
void real_fail_next(bool on);

/* A callback is about to raise: what reports it makes objects, which must
 * not set off a collection. */
void real_raise(void);

#endif
