/* inspect.h - what a collector's objects take, and what holds them.
 *
 * Looks at all tracked objects, permanent ones included, and at whatever these
 * refer to. What can be asked of one object is elsewhere: its count is
 * object_references(), its bytes object_bytes(), who refers to it
 * gc_referrers(); blocks of a heap are obheap_allocated_blocks(), its table
 * obheap_print_stats().
 *
 * Threads: as the collector.
 * Errors:  NULL or a negative errno for want of memory; `ret_` arguments are
 *          then as they were.
 * Owner:   results belong to the caller, and keep no object alive: addresses
 *          in them are to be shown, not to be followed. */
#ifndef ASSAY_INSPECT_H
#define ASSAY_INSPECT_H

#include <stdio.h>

#include "assay/gc.h"
#include "assay/trace.h"

/* The start of its block, as a tracer knows it (get_object_traceback). */
uintptr_t inspect_block(const struct object *object);

struct inspect_type {
    const char *name;
    size_t count;
    size_t bytes;
};

struct inspect_types {
    struct inspect_type *item; /* the largest first */
    size_t count;
};

int inspect_types(const struct gc *gc, struct inspect_types *ret);
void inspect_types_end(struct inspect_types *types);

/* A line a type, and the sum. */
void inspect_types_print(const struct inspect_types *types, FILE *file);

/* ---- leaks ---- */

/* All objects of one moment, and which refers to which. */
struct inspect_heap;

struct inspect_heap *inspect_heap_create(const struct gc *gc);
void inspect_heap_destroy(struct inspect_heap *heap);
size_t inspect_heap_count(const struct inspect_heap *heap);

struct inspect_step {
    const char *type;
    const struct object *object;
};

/* A type of which there are more than there were. */
struct inspect_leak {
    const char *type;
    size_t count; /* how many more */
    size_t bytes; /* of objects of the type, how many more; may be 0 */

    /* From one of the new objects to who holds it, by the fewest references
     * of all new ones; the last step is held from outside: by the program, or
     * by an object that nobody sees. Empty: only cycles hold them, which a
     * collection would free. */
    struct inspect_step *path;
    size_t path_count;
};

struct inspect_leaks {
    struct inspect_leak *item; /* the most objects first */
    size_t count;
    struct inspect_step *steps; /* all of them */
};

/* What grew from one moment to another of the same collector. An object is
 * new when no object of its type had its address. */
int inspect_leaks(const struct inspect_heap *older,
                  const struct inspect_heap *newer, struct inspect_leaks *ret);
void inspect_leaks_end(struct inspect_leaks *leaks);

/* "node: 3 more, 144 B: node <- list <- dict, held from outside", a line
 * each. */
void inspect_leaks_print(const struct inspect_leaks *leaks, FILE *file);

#endif
