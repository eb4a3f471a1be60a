/* memory.h - the object allocator: heaps of arenas, pools and blocks.
 *
 * Words
 *   arena  a large piece of memory asked of the system at once
 *   pool   an aligned part of an arena, cut into blocks of one size class
 *   block  what a caller gets
 *   raw    the allocator below, which serves what is too large for a pool
 *
 * A heap gives out the blocks that CPython's PyObject_Malloc would give out:
 * asked the same requests, and given arenas by the same hook, it answers with
 * the same offsets in the same arenas, and takes and returns arenas at the
 * same requests (Objects/obmalloc.c of the edition's CPython).
 *
 * Threads: one at a time for each heap; heaps share nothing.
 * Errors:  NULL, and the heap is as it was; errno is not set by a heap.
 * Owner:   blocks belong to the caller until freed; destroying a heap ends
 *          the blocks of its pools, not those that raw served. */
#ifndef ASSAY_MEMORY_H
#define ASSAY_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The shape of every layer: what PyMemAllocatorEx is to CPython. */
struct memory_allocator {
    void *context;
    void *(*malloc)(void *context, size_t bytes);
    void *(*calloc)(void *context, size_t count, size_t bytes);
    void *(*realloc)(void *context, void *block, size_t bytes);
    void (*free)(void *context, void *block);
};

/* Where arenas come from: what PyObjectArenaAllocator is to CPython. An arena
 * need not be aligned; one that is not loses a pool. */
struct memory_arenas {
    void *context;
    void *(*alloc)(void *context, size_t bytes);
    void (*free)(void *context, void *arena, size_t bytes);
};

/* The C library's malloc. Zero bytes are one byte (_PyMem_RawMalloc). */
extern const struct memory_allocator memory_system;

/* Pages of the system, aligned to their size: no pool is lost. */
extern const struct memory_arenas memory_pages;

/* ---- editions ---- */

/* When an arena without a used block goes back. */
enum arena_release {
    ARENA_RELEASE_AS_EDITION, /* in a configuration only */
    ARENA_RELEASE_NEVER,      /* CPython up to 2.4 */
    ARENA_RELEASE_ALWAYS,     /* 2.5 to 3.8 */
    ARENA_RELEASE_KEEP_LAST,  /* 3.9 and later: the last one usable stays */
};

/* The constants of one generation of CPython. Sizes in bytes. */
struct edition {
    const char *name;   /* "py311" */
    size_t step_bytes;  /* classes are this far apart; also the alignment */
    size_t limit_bytes; /* the largest request that a pool serves */
    size_t pool_bytes;
    size_t arena_bytes;
    enum arena_release release;
    bool arenas_from_raw; /* malloc'ed, as up to 3.2; otherwise mapped */
    bool mem_is_raw;      /* PyMem_Malloc was malloc, up to 3.5 */
};

/* All editions, ended by one without a name; py311 is the default. */
extern const struct edition editions[];

/* NULL when there is none of this name. */
const struct edition *edition_find(const char *name);

/* Classes of an edition, and the bytes of a block of each. */
static inline unsigned edition_classes(const struct edition *edition)
{
    return (unsigned)(edition->limit_bytes / edition->step_bytes);
}

static inline size_t edition_class_bytes(const struct edition *edition,
                                         unsigned class)
{
    return (class + 1) * edition->step_bytes;
}

/* ---- a heap ---- */

struct obheap;

struct obheap_config {
    const struct edition *edition;      /* one of editions[]; NULL: py311 */
    const struct memory_allocator *raw; /* NULL: memory_system; copied */
    const struct memory_arenas *arenas; /* NULL: as the edition; copied */
    enum arena_release release;         /* 0: as the edition */

    /* Blocks that each class may keep in a list in front of its pools. 0: no
     * such list. With one, requests are faster and addresses are no longer
     * CPython's; and what lies in a list pins its arena until obheap_trim(),
     * so that as many arenas as blocks may stay for each class. */
    uint32_t front_blocks;

    /* Released arenas that the heap may keep for its next ones instead of
     * giving them back, at most OBHEAP_SPARE_MAX. Where blocks lie in which
     * arena does not change, only how often the hook is called. */
    uint32_t spare_arenas;
};

enum { OBHEAP_SPARE_MAX = 64 };

/* NULL for want of memory, or when the edition is none of editions[] (a copy is
 * none). `config` may be NULL: all defaults. */
struct obheap *obheap_create(const struct obheap_config *config);
void obheap_destroy(struct obheap *heap);

/* Requests of up to the edition's limit are served by pools; by raw those of
 * zero bytes, those above the limit, and any when no arena is to be had
 * (_PyObject_Malloc); more than PTRDIFF_MAX by nobody (NULL).
 * realloc keeps a block in place while the request is above three quarters of
 * its class (pymalloc_realloc); a block of raw stays one of raw. */
void *obheap_malloc(struct obheap *heap, size_t bytes);
void *obheap_calloc(struct obheap *heap, size_t count, size_t bytes);
void *obheap_realloc(struct obheap *heap, void *block, size_t bytes);
void obheap_free(struct obheap *heap, void *block);

/* The same four as a layer, compiled for the heap's edition: the fast way in.
 * Its context is the heap. */
struct memory_allocator obheap_allocator(struct obheap *heap);

/* Replaces where arenas come from, from the next arena on; arenas already
 * taken are returned to the hook in force when they are released, as
 * PyObject_SetArenaAllocator has it. */
void obheap_set_arenas(struct obheap *heap, const struct memory_arenas *arenas);
struct memory_arenas obheap_get_arenas(const struct obheap *heap);

/* Empties the front lists into their pools and gives back the spare arenas,
 * and whatever arenas that leaves empty. */
void obheap_trim(struct obheap *heap);

/* Replaces the layer below from the next request on. A block is freed to the
 * layer in force then; arenas that are blocks of raw (classic-256) come from
 * and go to the layer that the heap was made with. */
void obheap_set_raw(struct obheap *heap, const struct memory_allocator *raw);

const struct edition *obheap_edition(const struct obheap *heap);

/* Does this address lie in a pool of this heap? False for blocks of raw. */
bool obheap_owns(const struct obheap *heap, const void *address);

/* Bytes that may be used of a block of a pool: its class. 0 when not owned. */
size_t obheap_usable_bytes(const struct obheap *heap, const void *block);

/* Blocks given out and not freed, those of raw included
 * (_Py_GetAllocatedBlocks). */
size_t obheap_allocated_blocks(struct obheap *heap);

/* ---- what there is to count (_PyObject_DebugMallocStats) ---- */

enum { OBHEAP_CLASSES_MAX = 64 };

struct obheap_class_stats {
    size_t pools;
    size_t used_blocks;
    size_t free_blocks;
};

/* arena_bytes_now = used + free + header + quantization + free_pool +
 * alignment bytes. */
struct obheap_stats {
    struct obheap_class_stats class[OBHEAP_CLASSES_MAX];
    size_t raw_blocks; /* given out by raw and not freed */
    size_t arenas_now;
    size_t arenas_taken;    /* ever */
    size_t arenas_released; /* ever */
    size_t arenas_peak;
    size_t arenas_spare; /* released, and kept for the next; not in `now` */
    size_t arena_bytes_now;

    size_t used_bytes;         /* in blocks given out */
    size_t free_bytes;         /* in blocks of used pools not given out */
    size_t header_bytes;       /* set aside at the start of each used pool */
    size_t quantization_bytes; /* at the end of each, too short for a block */
    size_t front_bytes;        /* of the free ones, those in front lists */
    size_t free_pools;         /* and their bytes in the next */
    size_t free_pool_bytes;
    size_t alignment_bytes; /* at the ends of arenas that are not aligned */
};

void obheap_stats(struct obheap *heap, struct obheap_stats *ret_stats);

/* A table a class, then the arenas, then the sum. */
void obheap_print_stats(struct obheap *heap, FILE *file);

#endif
