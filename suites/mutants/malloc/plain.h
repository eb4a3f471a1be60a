/* plain.h - the words of the plain malloc, a malloc to plant faults in: one
 * lock, free lists by size class, a header in front of each block, mappings
 * for what is large.
 *
 *   | chunk | header | payload | header | payload ...    small
 *   | origin | header | payload ... |          large: a mapping of its own
 *   | header | ... | origin | header | payload |    aligned: leads back
 *
 * It is written to be wrong on demand. PLANTED() asks for one line of faults.h;
 * all of it is compiled once, and planted.c anew for each fault: it says which
 * one is planted, and holds what a fault adds to the exported names or takes
 * from them.
 *
 * Threads: any, by the one lock.
 * Errors:  NULL where memory ends; what is no block of ours is abort(). */
#ifndef ASSAY_PLAIN_H
#define ASSAY_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults.h"

#define FAULT_NUMBER(name, aim, what) FAULT_##name,
enum fault { FAULT_none, FAULTS(FAULT_NUMBER) };

#define PLANTED(name) (plain_fault == FAULT_##name)
#define EXPORT        __attribute__((visibility("default")))
#define TLS           __attribute__((tls_model("initial-exec")))

enum {
    UNIT = 16,
    PAGE = 4096,
    SMALL_MAX = 32768, /* bytes of the largest small block */
    CLASSES = 64,
    CHUNK = 1 << 20, /* bytes, and the alignment */
    CLASS_LARGE = 1000,
    CLASS_SHIFTED = 1001,
};

#define FREED 0x80000000u

/* In front of every payload. */
struct header {
    uint32_t class; /* or CLASS_LARGE, CLASS_SHIFTED; FREED while in a list */
    uint32_t owner; /* thread that asked */
    size_t size;    /* usable bytes */
};

/* In front of a large or shifted block's header. */
struct origin {
    void *base;   /* of the mapping, or payload of the block it lies in */
    size_t bytes; /* of the mapping */
};

#pragma GCC visibility push(hidden)

extern const enum fault plain_fault;

/* This thread's number, from 1; 0 before its first call. */
extern _Thread_local uint32_t plain_thread TLS;
extern uint32_t plain_threads; /* that were there */
extern bool plain_refused;     /* the system did refuse memory */
extern bool plain_constructed;
extern bool plain_forked; /* this process is a child of fork */

static inline struct header *header_of(void *block)
{
    return (struct header *)block - 1;
}

static inline struct origin *origin_of(void *block)
{
    return (struct origin *)header_of(block) - 1;
}

/* ---- plain_life.c: the process and its threads ---- */

void plain_lock(void);
void plain_unlock(void);

/* At the begin of every call. */
void plain_enter(void);

/* At the end of a call that gave `block` of that size. */
void call_wrong(size_t size, void *block);

/* This thread's own destructors have run; only mutants know it. */
bool plain_has_ended(void);

/* For a mutant whose thread cache is flushed once: whether it was. */
bool plain_was_flushed(void);

/* ---- plain_small.c, plain_large.c: blocks ---- */

/* Pages of the system, zeroed; NULL where there are none. */
void *system_map(size_t bytes);

/* NULL without memory. *ret_used: the memory may not be zero. */
void *small_take(size_t size, bool *ret_used);
void small_give(void *block);
void *large_take(size_t size, size_t alignment, bool *ret_used);
void large_give(void *block);

/* A mutant's own thread does it: nothing waits any more. */
void large_purge(void);

/* A mapping that is as large as a block of that size needs. */
size_t large_bytes(size_t size);
void *large_place(char *base, size_t bytes, size_t alignment);

/* Whether a mutant forgets that block instead of freeing it. */
bool free_is_forgotten(const struct header *header);

/* ---- plain_malloc.c ---- */

/* A block of either kind, its header filled; NULL and ENOMEM without. */
void *take(size_t size, bool *ret_used);
void *take_aligned(size_t alignment, size_t size);

/* NULL, and ENOMEM unless a mutant forgets it. */
void *refuse(void);
size_t usable(void *block);

#pragma GCC visibility pop

#endif
