/* allocator.h - the object allocator that a row is asked of, and its one heap.
 *
 * The plug-in is loaded after the start of the process and never preloaded;
 * what its heap takes from the backend is that of backing.h. A row's malloc is
 * one alloc() of the heap, aligned to what every block is, and its free one
 * free().
 *
 * Threads: the main one. */
#ifndef ASSAY_CELL_ALLOCATOR_H
#define ASSAY_CELL_ALLOCATOR_H

#include "provider.h"
#include "workload.h"

/* Loads the library, and puts malloc and free into ret_provider->calls. -1,
 * and why in ret_provider->mismatch, when it is no allocator of this ABI, or
 * its table lacks what it claims. */
int cell_allocator_load(const char *path, struct provider *ret_provider);

/* What every block is aligned to, in bytes. */
size_t cell_allocator_align(void);

/* Makes the heap that the row is asked of, as large as it demands. 0;
 * -ENOTSUP where the plug-in cannot serve such a row; -ENOMEM where it made no
 * heap. Why is in *ret_why then, a text that is never freed. */
int cell_allocator_open(const struct heap_demand *demand, const char **ret_why);

/* Ends the heap. */
void cell_allocator_close(void);

#endif
