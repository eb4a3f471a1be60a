/* tracebacks.c - an array of them, and an index by all that they are.
 *
 * Source: traceback_new() and hashtable_compare_traceback() of CPython's
 * Modules/_tracemalloc.c. */
#include "tracebacks.h"

#include <string.h>

struct traceback_sought {
    const struct tracebacks *among;
    const struct traceback_frame *frames;
    uint16_t frame_count;
    uint16_t frames_in_all;
};

static bool traceback_is(const void *context, uint32_t item)
{
    const struct traceback_sought *sought = context;
    const struct traceback *one = sought->among->item[item];
    if (one->frame_count != sought->frame_count ||
        one->frames_in_all != sought->frames_in_all)
        return false;
    for (unsigned i = 0; i < one->frame_count; i++)
        if (one->frame[i].code != sought->frames[i].code ||
            one->frame[i].line != sought->frames[i].line)
            return false;
    return true;
}

static uint32_t traceback_hash(const struct traceback_sought *sought)
{
    uint32_t hash = trace_hash(sought->frames_in_all, sought->frame_count);
    for (unsigned i = 0; i < sought->frame_count; i++)
        hash = trace_hash(hash, (uintptr_t)sought->frames[i].code ^
                                    (uint64_t)sought->frames[i].line << 40);
    return hash;
}

static struct traceback *traceback_copy(const struct traceback_sought *sought,
                                        uint32_t hash)
{
    size_t frame_bytes = sought->frame_count * sizeof sought->frames[0];
    struct traceback *copy =
        memory_system.malloc(NULL, sizeof *copy + frame_bytes);
    if (!copy)
        return NULL;
    copy->hash = hash;
    copy->frame_count = sought->frame_count;
    copy->frames_in_all = sought->frames_in_all;
    memcpy(copy->frame, sought->frames, frame_bytes);
    return copy;
}

static uint32_t tracebacks_add(struct tracebacks *tracebacks,
                               const struct traceback_sought *sought,
                               uint32_t hash)
{
    uint32_t number = (uint32_t)tracebacks->count;
    struct traceback **item =
        trace_array_grow(tracebacks->item, tracebacks->count, &tracebacks->room,
                         sizeof tracebacks->item[0]);
    if (!item)
        return TRACE_NONE;
    tracebacks->item = item;
    item[number] = traceback_copy(sought, hash);
    if (!item[number])
        return TRACE_NONE;
    if (!trace_index_add(&tracebacks->index, hash, number)) {
        memory_system.free(NULL, item[number]);
        return TRACE_NONE;
    }
    tracebacks->count++;
    tracebacks->bytes +=
        sizeof *item[number] + sought->frame_count * sizeof sought->frames[0];
    return number;
}

/* A loop that allocates asks for the same one again and again. */
uint32_t tracebacks_intern(struct tracebacks *tracebacks,
                           const struct traceback_frame *frames,
                           uint16_t frame_count, uint16_t frames_in_all)
{
    struct traceback_sought sought = { tracebacks, frames, frame_count,
                                       frames_in_all };
    if (tracebacks->count > 0 && traceback_is(&sought, tracebacks->last))
        return tracebacks->last;
    uint32_t hash = traceback_hash(&sought);
    uint32_t found =
        trace_index_find(&tracebacks->index, hash, traceback_is, &sought);
    if (found == TRACE_NONE)
        found = tracebacks_add(tracebacks, &sought, hash);
    if (found != TRACE_NONE)
        tracebacks->last = found;
    return found;
}

void tracebacks_end(struct tracebacks *tracebacks)
{
    for (size_t i = 0; i < tracebacks->count; i++)
        memory_system.free(NULL, tracebacks->item[i]);
    memory_system.free(NULL, tracebacks->item);
    trace_index_end(&tracebacks->index);
    *tracebacks = (struct tracebacks){ 0 };
}

size_t tracebacks_bytes(const struct tracebacks *tracebacks)
{
    return tracebacks->bytes + tracebacks->room * sizeof tracebacks->item[0] +
           tracebacks->index.room * sizeof tracebacks->index.slot[0];
}
