/* failing_layer.h - a layer that refuses some requests, to see what those
 * above make of it.
 *
 * Requests are malloc, calloc and realloc, counted from zero; free never
 * fails. Those from number `start` to before `stop` are refused, all from
 * `start` on when `stop` is 0 (_testcapi.set_nomemory of CPython).
 *
 * Threads: one at a time.
 * Errors:  NULL where told to.
 * Owner:   the caller keeps the layer where it is while it is in use. */
#ifndef ASSAY_FAILING_LAYER_H
#define ASSAY_FAILING_LAYER_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/memory.h>

struct failing_range {
    size_t start;
    size_t stop;
    size_t asked;   /* requests so far, the refused ones included */
    size_t refused; /* of these */
};

struct failing_layer {
    struct memory_allocator below;
    struct failing_range range;
};

void failing_layer_init(struct failing_layer *layer,
                        const struct memory_allocator *below, size_t start,
                        size_t stop);

struct memory_allocator failing_layer_allocator(struct failing_layer *layer);

/* The same for arenas. */
struct failing_arenas {
    struct memory_arenas below;
    struct failing_range range;
};

void failing_arenas_init(struct failing_arenas *arenas,
                         const struct memory_arenas *below, size_t start,
                         size_t stop);

struct memory_arenas failing_arenas_hook(struct failing_arenas *arenas);

#endif
