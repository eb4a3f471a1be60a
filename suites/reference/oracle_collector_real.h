/* oracle_collector_real.h - what the files of the real side share. */
#ifndef ASSAY_ORACLE_COLLECTOR_REAL_H
#define ASSAY_ORACLE_COLLECTOR_REAL_H

#include "oracle_collector.h"

/* The collector's state and lists are declared for the interpreter only. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <internal/pycore_dict.h>
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

/* Dicts and sets (oracle_collector_real_tables.c); two take lists as well. */
void real_tables_start(void);
void *real_word(int word);
void *real_dict(void);
void *real_set(void);
bool real_put(void *dict, void *key, void *value);
bool real_add(void *set, void *key);
bool real_has(void *table, void *key);
void real_remove(void *table, void *key);
void real_pop(void *list_or_set);
void real_empty(void *container);
size_t real_bytes(void *container);

/* What listeners are told leaves no trace (oracle_collector_real_info.c): each
 * settles it first. Every block asked for is noted; those that a trace's own
 * dict asked for are forgotten. */
void real_info_open(void);
void real_info_note(size_t bytes, const void *block);
void real_info_forget(void);
void real_info_settle(PyObject *info);

/* Memory that fails (oracle_collector_real_asking.c). */
void real_fail_next(bool on);

/* A callback is about to raise: what reports it makes objects, which must
 * not set off a collection. */
void real_raise(void);

#endif
