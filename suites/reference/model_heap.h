/* model_heap.h - where CPython would put each block: the rules of obmalloc in
 * arrays and loops, without one pointer trick, as a second opinion on every
 * edition. (The first is the real CPython, for py311.)
 *
 * Owner: model_close() ends all. */
#ifndef ASSAY_MODEL_HEAP_H
#define ASSAY_MODEL_HEAP_H

#include <assay/memory.h>

/* Arenas are named by the running number of their taking. */
struct model_place {
    int arena; /* -1: not in a pool */
    size_t offset;
};

struct model_heap;

/* Every arena lies `skew_bytes` behind a multiple of its size. */
struct model_heap *model_open(const struct edition *edition,
                              enum arena_release release, size_t skew_bytes);
void model_close(struct model_heap *model);

/* The next arena is refused, until told otherwise. */
void model_refuse(struct model_heap *model, bool refuse);

struct model_place model_malloc(struct model_heap *model, size_t bytes);
struct model_place model_realloc(struct model_heap *model,
                                 struct model_place place, size_t bytes);
void model_free(struct model_heap *model, struct model_place place);

unsigned model_arenas_taken(const struct model_heap *model);
unsigned model_arenas_released(const struct model_heap *model);

#endif
