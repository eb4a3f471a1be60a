/* trace_index.h - finds items of an array by their hash: open addressing, and
 * nothing is ever taken out.
 *
 * Threads: one at a time.
 * Errors:  false for want of memory; the index is as it was.
 * Owner:   trace_index_end(). All zero is an empty one. */
#ifndef ASSAY_TRACE_TRACE_INDEX_H
#define ASSAY_TRACE_TRACE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_NONE UINT32_MAX

struct trace_index_slot {
    uint32_t hash;
    uint32_t item; /* and one; 0: empty */
};

struct trace_index {
    struct trace_index_slot *slot;
    size_t room; /* a power of two, at least a quarter of it empty; or 0 */
    size_t count;
};

/* Is this item the one that is looked for? */
typedef bool trace_index_equal(const void *context, uint32_t item);

static inline uint32_t trace_index_find(const struct trace_index *index,
                                        uint32_t hash, trace_index_equal *equal,
                                        const void *context)
{
    if (index->room == 0)
        return TRACE_NONE;
    for (size_t i = hash & (index->room - 1); index->slot[i].item;
         i = (i + 1) & (index->room - 1))
        if (index->slot[i].hash == hash &&
            equal(context, index->slot[i].item - 1))
            return index->slot[i].item - 1;
    return TRACE_NONE;
}

/* It must not be there. */
bool trace_index_add(struct trace_index *index, uint32_t hash, uint32_t item);
void trace_index_end(struct trace_index *index);

/* Makes room for one more of `each` bytes in an array; NULL: no memory, and
 * the array is as it was. */
void *trace_array_grow(void *array, size_t count, size_t *room, size_t each);

static inline uint32_t trace_hash(uint32_t hash, uint64_t word)
{
    uint64_t mixed = (hash ^ word) * 0x9E3779B97F4A7C15u;
    return (uint32_t)(mixed >> 32) ^ (uint32_t)mixed;
}

uint32_t trace_hash_text(uint32_t hash, const char *text);

#endif
