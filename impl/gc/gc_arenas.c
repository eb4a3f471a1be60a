/* gc_arenas.c - arenas cut from large pages. */
#include "gc_arenas.h"

#include "os.h"

static void slab_open(struct gc_arenas *arenas)
{
    char *slab = os_map_aligned(OS_LARGE_PAGE_BYTES, OS_LARGE_PAGE_BYTES, NULL);
    if (!slab)
        return;
    os_ask_large_pages(slab, OS_LARGE_PAGE_BYTES);
    arenas->next = slab;
    arenas->end = slab + OS_LARGE_PAGE_BYTES;
}

/* Slabs are a whole number of arenas, of every edition. */
static void *slab_cut(struct gc_arenas *arenas, size_t bytes)
{
    if (!arenas->next && OS_LARGE_PAGE_BYTES % bytes == 0)
        slab_open(arenas);
    char *arena = arenas->next;
    if (!arena)
        return NULL;
    arenas->next += bytes;
    if (arenas->next == arenas->end)
        arenas->next = arenas->end = NULL;
    return arena;
}

static void *arena_alloc(void *context, size_t bytes)
{
    struct gc_arenas *arenas = context;
    void *arena =
        arenas->bytes >= GC_ARENAS_SMALL ? slab_cut(arenas, bytes) : NULL;
    if (!arena)
        arena = memory_pages.alloc(memory_pages.context, bytes);
    if (arena)
        arenas->bytes += bytes;
    return arena;
}

static void arena_free(void *context, void *arena, size_t bytes)
{
    struct gc_arenas *arenas = context;
    arenas->bytes -= bytes;
    memory_pages.free(memory_pages.context, arena, bytes);
}

struct memory_arenas gc_arenas_hook(struct gc_arenas *arenas)
{
    return (struct memory_arenas){ arenas, arena_alloc, arena_free };
}

void gc_arenas_end(struct gc_arenas *arenas)
{
    if (arenas->next)
        os_unmap(arenas->next, (size_t)(arenas->end - arenas->next));
}
