/* domains.h - three allocators by purpose, each of which can be replaced or
 * wrapped: what PyMem_SetAllocator, PyMem_SetupDebugHooks and PYTHONMALLOC are
 * to CPython, for as many sets of domains as one likes.
 *
 *   raw  memory that needs no lock: the C library's
 *   mem  buffers: the heap (in editions with mem_is_raw, the C library's)
 *   obj  objects: the heap
 *
 * What the heap does not serve itself it asks of the raw domain, as that is at
 * the time of the request: hooks of raw see the large requests of obj.
 *
 * Hooks that dress blocks go in before the first block is given out, as with
 * CPython: what one allocator gave, another cannot take back.
 *
 * Threads: mem and obj one at a time; raw as its allocator; changes alone.
 * Errors:  NULL; more than PTRDIFF_MAX bytes are never served.
 * Owner:   blocks belong to the caller until freed; destroying the domains
 *          ends the blocks of the heap's pools, not those of raw. In edition
 *          classic-256 arenas are blocks of raw, too. */
#ifndef ASSAY_DOMAINS_H
#define ASSAY_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>

#include <assay/debug_layer.h>
#include <assay/memory.h>

enum memory_domain {
    MEMORY_RAW,
    MEMORY_MEM,
    MEMORY_OBJ,
};

enum { MEMORY_DOMAINS = 3 };

struct memory_domains;

struct memory_domains_config {
    const struct edition *edition; /* NULL: py311 */

    /* As the values of PYTHONMALLOC: "pymalloc" or "malloc", "pymalloc_debug"
     * or "malloc_debug" with debug hooks, "default" or "debug" for the first
     * of each. NULL or "": default. */
    const char *name;

    const struct memory_arenas *arenas; /* NULL: as the edition; copied */
    struct debug_config debug;          /* of debug hooks, whoever sets them */
};

/* Is there an arrangement of this name? */
bool memory_domains_has_name(const char *name);

/* NULL for want of memory or an unknown name. `config` may be NULL. */
struct memory_domains *memory_domains_create(
    const struct memory_domains_config *config);
void memory_domains_destroy(struct memory_domains *domains);

/* The heap beneath, which is there whatever the name. */
struct obheap *memory_domains_heap(const struct memory_domains *domains);

/* "malloc", "pymalloc", "malloc_debug" or "pymalloc_debug" as it is now; NULL
 * when it is none of these, for a hook of the caller's is in. */
const char *memory_domains_name(const struct memory_domains *domains);

/* ---- requests ---- */

/* Zero bytes are served with a block of their own. realloc(NULL) is malloc;
 * realloc to zero bytes does not free; free(NULL) does nothing. */
void *memory_malloc(struct memory_domains *domains, enum memory_domain domain,
                    size_t bytes);
void *memory_calloc(struct memory_domains *domains, enum memory_domain domain,
                    size_t count, size_t bytes);
void *memory_realloc(struct memory_domains *domains, enum memory_domain domain,
                     void *block, size_t bytes);
void memory_free(struct memory_domains *domains, enum memory_domain domain,
                 void *block);

/* ---- hooks ---- */

/* All members NULL for an unknown domain. */
struct memory_allocator memory_domains_get_allocator(
    const struct memory_domains *domains, enum memory_domain domain);

/* Copied. Nothing happens for an unknown domain. */
void memory_domains_set_allocator(struct memory_domains *domains,
                                  enum memory_domain domain,
                                  const struct memory_allocator *allocator);

struct memory_arenas memory_domains_get_arenas(
    const struct memory_domains *domains);
void memory_domains_set_arenas(struct memory_domains *domains,
                               const struct memory_arenas *arenas);

/* Wraps each domain in a debug layer with its letter, 'r', 'm' or 'o', unless
 * its allocator is one already. False for want of memory, and then nothing has
 * changed. */
bool memory_domains_setup_debug_hooks(struct memory_domains *domains);

#endif
