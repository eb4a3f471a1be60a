/* trace_index.c - slots are doubled before three quarters of them are full. */
#include "trace_index.h"

#include <assay/memory.h>

enum { TRACE_INDEX_FIRST = 64 };

static void trace_index_put(struct trace_index *index,
                            struct trace_index_slot slot)
{
    size_t i = slot.hash & (index->room - 1);
    while (index->slot[i].item)
        i = (i + 1) & (index->room - 1);
    index->slot[i] = slot;
    index->count++;
}

static bool trace_index_grow(struct trace_index *index)
{
    struct trace_index larger = { .room = index->room ? index->room * 2
                                                      : TRACE_INDEX_FIRST };
    larger.slot =
        memory_system.calloc(NULL, larger.room, sizeof larger.slot[0]);
    if (!larger.slot)
        return false;
    for (size_t i = 0; i < index->room; i++)
        if (index->slot[i].item)
            trace_index_put(&larger, index->slot[i]);
    memory_system.free(NULL, index->slot);
    *index = larger;
    return true;
}

bool trace_index_add(struct trace_index *index, uint32_t hash, uint32_t item)
{
    if (item >= TRACE_NONE - 1 ||
        (index->count + 1 > index->room / 4 * 3 && !trace_index_grow(index)))
        return false;
    trace_index_put(index, (struct trace_index_slot){ hash, item + 1 });
    return true;
}

void trace_index_end(struct trace_index *index)
{
    memory_system.free(NULL, index->slot);
    *index = (struct trace_index){ 0 };
}

void *trace_array_grow(void *array, size_t count, size_t *room, size_t each)
{
    if (count < *room)
        return array;
    size_t larger = *room ? *room * 2 : 16;
    void *moved = larger <= PTRDIFF_MAX / each
                      ? memory_system.realloc(NULL, array, larger * each)
                      : NULL;
    if (moved)
        *room = larger;
    return moved;
}

/* FNV-1a. */
uint32_t trace_hash_text(uint32_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}
