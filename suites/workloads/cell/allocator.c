/* allocator.c - an object allocator in this process, and its one heap.
 *
 * Rows know malloc and free. A function of this file stands between, which
 * adds heap and alignment: the same for every plug-in, the floor included. */
#include "allocator.h"

#include <errno.h>
#include <stdio.h>

#include "allocator_table.h"
#include "assay/allocator.h"
#include "backing.h"
#include "plugin.h"

/* Of a heap with a size of its own (MERGES): what a head may take of each
 * block, the share that rounding to powers of two may lose, and the least. */
enum { HEAD_BYTES = 32, ROUNDING = 2, HEAP_BYTES_MIN = 64 << 10 };

/* What a call needs, side by side. */
static struct {
    struct assay_heap *heap;
    void *(*alloc)(struct assay_heap *heap, size_t bytes, size_t align);
    void (*free)(struct assay_heap *heap, void *block);
    size_t align;
    const struct assay_allocator *table;
} used;

static void *allocator_malloc(size_t size)
{
    return used.alloc(used.heap, size, used.align);
}

/* A row frees what it was given, and that is NULL where it was refused. */
static void allocator_free(void *block)
{
    if (block != NULL)
        used.free(used.heap, block);
}

/* ---- the table ---- */

int cell_allocator_load(const char *path, struct provider *ret_provider)
{
    const struct assay_allocator *table =
        cell_plugin_load(path, ASSAY_ALLOCATOR_SYMBOL, ret_provider);
    char fault[256];

    if (table == NULL)
        return -1;
    if (!allocator_table_is_sound(table, fault, sizeof(fault)))
        return cell_plugin_refuse(ret_provider, path, fault);
    used.table = table;
    used.alloc = table->alloc;
    used.free = table->free;
    used.align = table->align_min;
    ret_provider->calls.malloc = allocator_malloc;
    ret_provider->calls.free = allocator_free;
    return 0;
}

size_t cell_allocator_align(void)
{
    return used.align;
}

/* ---- the heap ---- */

/* Why the plug-in cannot serve such a row, or NULL. */
static const char *allocator_lacks(const struct heap_demand *demand)
{
    static char text[160];
    uint32_t can = used.table->can;
    size_t size_max = used.table->size_max;

    if (!(can & ASSAY_ALLOCATOR_FREE))
        return "the row frees blocks one by one, and the allocator does not "
               "claim FREE";
    if (can & ASSAY_ALLOCATOR_FIXED && demand->size_min != demand->size_max)
        snprintf(text, sizeof(text),
                 "the row asks for blocks of %zu to %zu bytes, and the "
                 "allocator has one size (FIXED)",
                 demand->size_min, demand->size_max);
    else if (size_max != 0 && demand->size_max > size_max)
        snprintf(text, sizeof(text),
                 "the row asks for blocks of %zu bytes, and the allocator's "
                 "size_max is %zu",
                 demand->size_max, size_max);
    return text[0] != '\0' ? text : NULL;
}

static size_t allocator_bytes(const struct heap_demand *demand)
{
    size_t wanted = demand->blocks * (demand->size_max + HEAD_BYTES) * ROUNDING;
    size_t bytes = HEAP_BYTES_MIN;

    while (bytes < wanted)
        bytes *= 2;
    return bytes;
}

/* What is not of a claimed capability is 0. */
static struct assay_allocator_config allocator_config(
    const struct heap_demand *demand)
{
    struct assay_allocator_config config = { .backend = &cell_backing };
    uint32_t can = used.table->can;

    if (can & ASSAY_ALLOCATOR_FIXED)
        config.block_bytes = demand->size_max;
    if (can & ASSAY_ALLOCATOR_BOUNDED)
        config.capacity = demand->blocks;
    if (can & ASSAY_ALLOCATOR_MERGES)
        config.bytes = allocator_bytes(demand);
    return config;
}

int cell_allocator_open(const struct heap_demand *demand, const char **ret_why)
{
    struct assay_allocator_config config = allocator_config(demand);
    static char text[160];

    *ret_why = allocator_lacks(demand);
    if (*ret_why != NULL)
        return -ENOTSUP;
    used.heap = used.table->create(&config);
    if (used.heap != NULL)
        return 0;
    snprintf(text, sizeof(text),
             "create() made no heap for %zu blocks of up to %zu bytes",
             demand->blocks, demand->size_max);
    *ret_why = text;
    return used.table->can & ASSAY_ALLOCATOR_BOUNDED ? -ENOTSUP : -ENOMEM;
}

void cell_allocator_close(void)
{
    used.table->destroy(used.heap);
    used.heap = NULL;
}
