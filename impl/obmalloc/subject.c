/* subject.c - two heaps of the default edition behind plain functions, so
 * that what runs workloads can call them as it calls a malloc.
 *
 * `obmalloc_` is exact: its addresses are CPython's. `obmalloc_front_` keeps a
 * list of free blocks in front of each class. `obmalloc_bare_` is exact and
 * keeps no released arena: what the other two save by keeping some is seen by
 * comparing with it. Contract of all: one heap, one thread. */
#include "obheap_hot.h"

#define EXPORT __attribute__((visibility("default")))

static const struct edition subject_edition = EDITION_PY311;

/* Made when the library is loaded: no request asks whether it is there. */
static struct obheap *subject_exact;
static struct obheap *subject_front;
static struct obheap *subject_bare;

/* What a campaign gives to every side: memory kept for the next round. */
enum { SUBJECT_SPARE_ARENAS = 64 };

/* A list holds what a page or two of small blocks would: more of the largest
 * would keep too much, and fewer of the smallest would be passed too often. */
enum { SUBJECT_FRONT_BLOCKS = 256 };

__attribute__((constructor)) static void subject_load(void)
{
    static const struct obheap_config exact = {
        .spare_arenas = SUBJECT_SPARE_ARENAS,
    };
    static const struct obheap_config front = {
        .spare_arenas = SUBJECT_SPARE_ARENAS,
        .front_blocks = SUBJECT_FRONT_BLOCKS,
    };

    subject_exact = obheap_create(&exact);
    subject_front = obheap_create(&front);
    subject_bare = obheap_create(NULL);
    if (!subject_exact || !subject_front || !subject_bare)
        __builtin_trap();
}

#define SUBJECT(prefix, heap, front)                                     \
    EXPORT void *prefix##_malloc(size_t bytes);                          \
    EXPORT void *prefix##_calloc(size_t count, size_t bytes);            \
    EXPORT void *prefix##_realloc(void *block, size_t bytes);            \
    EXPORT void prefix##_free(void *block);                              \
    void *prefix##_malloc(size_t bytes)                                  \
    {                                                                    \
        return hot_malloc(heap, &subject_edition, front, bytes);         \
    }                                                                    \
    void *prefix##_calloc(size_t count, size_t bytes)                    \
    {                                                                    \
        return hot_calloc(heap, &subject_edition, front, count, bytes);  \
    }                                                                    \
    void *prefix##_realloc(void *block, size_t bytes)                    \
    {                                                                    \
        return hot_realloc(heap, &subject_edition, front, block, bytes); \
    }                                                                    \
    void prefix##_free(void *block)                                      \
    {                                                                    \
        hot_free(heap, &subject_edition, front, block);                  \
    }

SUBJECT(obmalloc, subject_exact, false)
SUBJECT(obmalloc_front, subject_front, true)
SUBJECT(obmalloc_bare, subject_bare, false)
