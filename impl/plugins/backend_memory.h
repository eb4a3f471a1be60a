/* backend_memory.h - an object heap, edition py311, on a plug-in's backend.
 *
 * The backend serves arenas, and the raw layer: blocks above 512 bytes. The
 * heap's own head, the descriptions of arenas and the map of the address space
 * are pages of the system and bypass the backend, which therefore can neither
 * count nor refuse them.
 *
 * A raw block lies behind a head that tells its size and links it to the
 * others, since raw blocks outlive an obheap and a plug-in's do not.
 *
 * Threads: one at a time for each memory.
 * Errors:  NULL.
 * Owner:   obheap_destroy(), then backend_memory_end(), give all back. */
#ifndef ASSAY_PLUGINS_BACKEND_MEMORY_H
#define ASSAY_PLUGINS_BACKEND_MEMORY_H

#include "assay/allocator.h"
#include "assay/memory.h"
#include "obheap.h"

#define BACKEND_ALIGN ((size_t)16)

struct raw_head;

/* Starts with its backend, and zeros; must stay where it is. */
struct backend_memory {
    const struct assay_backend *backend;
    struct raw_head *raw; /* the newest first */
    size_t raw_count;
};

struct obheap *backend_memory_heap(struct backend_memory *memory);
void backend_memory_end(struct backend_memory *memory);

/* Of a raw block. */
size_t backend_memory_bytes(const void *block);
bool backend_memory_owns(const struct backend_memory *memory,
                         const void *address);

/* NULL, or what is wrong with the list of raw blocks. */
const char *backend_memory_fault(const struct backend_memory *memory);

#endif
