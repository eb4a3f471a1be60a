/* oracle_obmalloc_requests.c - single requests, and the sizes of a phase. */
#include "oracle_obmalloc_script.h"

uint32_t draw_live(struct script *script)
{
    return script->blocks->live[draw(script, script->blocks->live_count)];
}

struct operation request_malloc(struct script *script, size_t bytes)
{
    return (struct operation){ OPERATION_MALLOC, false,
                               blocks_next(script->blocks), 1, bytes };
}

struct operation request_calloc(struct script *script, size_t count,
                                size_t bytes)
{
    return (struct operation){ OPERATION_CALLOC, false,
                               blocks_next(script->blocks), count, bytes };
}

struct operation request_realloc(uint32_t block, size_t bytes)
{
    return (struct operation){ OPERATION_REALLOC, false, block, 1, bytes };
}

struct operation request_free(uint32_t block)
{
    return (struct operation){ OPERATION_FREE, false, block, 0, 0 };
}

/* Sizes at which something changes, and sizes nobody can have. */
static size_t draw_edge(struct script *script)
{
    static const size_t edges[] = {
        0,           1,
        15,          16,
        17,          32,
        33,          LIMIT_BYTES - 1,
        LIMIT_BYTES, LIMIT_BYTES + 1,
        4096,        60000,
        PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1,
        SIZE_MAX,
    };

    return edges[draw(script, sizeof edges / sizeof *edges)];
}

/* PTRDIFF_MAX bytes would be asked of the C library, which says no slowly. */
struct operation request_edge(struct script *script)
{
    static const size_t counts[] = { 0, 1, 2, 3, (size_t)1 << 60, SIZE_MAX };
    uint32_t count = sizeof counts / sizeof *counts;

    switch (draw(script, 5)) {
    case 0:
        return request_malloc(script, draw_edge(script));
    case 1:
        return request_calloc(script, counts[draw(script, count)],
                              draw_edge(script));
    case 2:
        return request_realloc(blocks_next(script->blocks), draw_edge(script));
    case 3:
        if (script->blocks->live_count > 0)
            return request_realloc(draw_live(script), draw_edge(script));
        return request_free(blocks_next(script->blocks));
    default:
        return request_free(blocks_next(script->blocks));
    }
}

/* Odd sizes only, as a gate of raw demands. */
struct operation request_refused_by_raw(struct script *script)
{
    size_t bytes = draw(script, 400) * 2 + 1;
    struct operation operation = request_malloc(script, bytes);

    if (chance(script, 300))
        operation = request_calloc(script, 1, bytes);
    else if (script->blocks->live_count > 0 && chance(script, 500))
        operation = request_realloc(draw_live(script), bytes);
    operation.refuse_raw = true;
    return operation;
}

/* ---- sizes of a phase ---- */

void sizes_uniform(struct script *script)
{
    script->size_low = 1;
    script->size_span = 600;
}

void sizes_of_one_class(struct script *script)
{
    uint32_t class = draw(script, LIMIT_BYTES / STEP_BYTES);

    /* Large classes fill arenas with few requests. */
    if (chance(script, 500))
        class |= 24;
    script->size_low = class * STEP_BYTES + 1;
    script->size_span = STEP_BYTES;
}

static void sizes_of_some_classes(struct script *script)
{
    script->size_low = draw_from(script, 1, 400);
    script->size_span = draw_from(script, 1, 200);
}

void sizes_any(struct script *script)
{
    switch (draw(script, 3)) {
    case 0:
        sizes_uniform(script);
        return;
    case 1:
        sizes_of_one_class(script);
        return;
    default:
        sizes_of_some_classes(script);
    }
}

size_t draw_size(struct script *script)
{
    return script->size_low + draw(script, script->size_span);
}

void queue_shuffle(struct script *script)
{
    for (uint32_t i = script->queue_count; i > 1; i--) {
        uint32_t j = draw(script, i);
        uint32_t swapped = script->queue[i - 1];

        script->queue[i - 1] = script->queue[j];
        script->queue[j] = swapped;
    }
}
