/* oracle_collector_ours.h - what the files of the reference's side share. */
#ifndef ASSAY_ORACLE_COLLECTOR_OURS_H
#define ASSAY_ORACLE_COLLECTOR_OURS_H

#include "oracle_collector.h"

#include "assay/gc.h"
#include "assay/memory.h"

/* Kinds whose objects report to a machine (oracle_collector_ours_types.c):
 * made once, before any object of them. */
void ours_types_open(struct gc *gc, struct machine *machine);
void *ours_node(enum node_kind_word kind, int id);
int ours_node_id(void *object);
bool ours_is_callable(void *node);
void *ours_callback(int id);
void *ours_subref(void *referent, void *callback);
void *ours_word(int word);

/* A heap of the edition, in front of which blocks can be refused
 * (oracle_collector_ours_memory.c). */
const struct memory_allocator *ours_memory(void);
void ours_fail_next(bool on);

#endif
