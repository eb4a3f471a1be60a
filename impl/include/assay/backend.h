/* backend.h - where a plug-in's heap gets memory.
 *
 * It counts, and can be told to fail, so that leaks and want of memory are
 * tested without tricks of the system.
 *
 * Threads: those of the heap.
 * Errors:  take() returns NULL.
 * Owner:   outlives the heap, which gives back all it took. */
#ifndef ASSAY_INCLUDE_BACKEND_H
#define ASSAY_INCLUDE_BACKEND_H

#include <stddef.h>

/* Memory is not zeroed. */
struct assay_backend {
    void *context;
    /* `align` is a power of two; NULL when refused. */
    void *(*take)(void *context, size_t bytes, size_t align);
    /* `bytes` as it was taken. */
    void (*give)(void *context, void *start, size_t bytes);
};

#endif
