/* oracle_obmalloc_script.c - what a seed asks for.
 *
 * A script is a row of phases, each with one idea of how programs treat an
 * allocator. Uniform requests alone would prove little: no arena is ever
 * released unless blocks are freed by where they lie, and the order of arenas
 * matters only when several have free pools. */
#include "oracle_obmalloc_script.h"

#include <stdlib.h>

/* ---- phases that take ---- */

static void begin_taking(struct script *script)
{
    sizes_any(script);
    script->left = draw_from(script, 200, 8000);
    script->share = draw(script, 300);
}

/* Few requests fill an arena with the largest blocks. */
static void begin_bulk(struct script *script)
{
    sizes_of_one_class(script);
    if (script->size_low < LIMIT_BYTES / 2)
        script->size_low += LIMIT_BYTES / 2;
    script->left = draw_from(script, 2000, 20000);
}

static struct operation next_grow(struct script *script)
{
    return request_malloc(script, draw_size(script));
}

static struct operation next_zeroed(struct script *script)
{
    static const uint32_t counts[] = { 1, 2, 3, 7, 16 };
    size_t bytes = draw_size(script);
    size_t count = counts[draw(script, 5)];

    if (chance(script, script->share) && script->blocks->live_count > 0)
        return request_free(draw_live(script));
    return request_calloc(script, count, bytes / count);
}

static void begin_refuse(struct script *script)
{
    begin_taking(script);
    sizes_of_one_class(script);
    script->first = 1; /* the plan of refusals is still to be made */
}

/* Arenas are refused, and now and then raw as well, so that a request of a
 * small block fails altogether. */
static struct operation next_refuse(struct script *script)
{
    if (script->first != 0) {
        script->first = 0;
        return (struct operation){ OPERATION_REFUSE, false, 0,
                                   draw_from(script, 1, 40), draw(script, 5) };
    }
    if (chance(script, 20))
        return request_refused_by_raw(script);
    if (chance(script, script->share / 4) && script->blocks->live_count > 0)
        return request_free(draw_live(script));
    return request_malloc(script, draw_size(script));
}

/* ---- phases that keep ---- */

static void begin_churn(struct script *script)
{
    sizes_any(script);
    script->left = draw_from(script, 500, 8000);
    script->share = draw_from(script, 420, 580); /* of frees */
}

static struct operation next_churn(struct script *script)
{
    if (script->blocks->live_count == 0)
        return request_malloc(script, draw_size(script));
    if (chance(script, 100))
        return request_realloc(draw_live(script), draw_size(script));
    if (chance(script, script->share))
        return request_free(draw_live(script));
    return request_malloc(script, draw_size(script));
}

/* The newest blocks come and go, as in a program that calls functions. */
static struct operation next_stack(struct script *script)
{
    uint32_t live = script->blocks->live_count;

    if (live > 0 && chance(script, script->share))
        return request_free(script->blocks->live[live - 1]);
    return request_malloc(script, draw_size(script));
}

/* A few pools of one class fill and empty, over and over: what a heap keeps in
 * hand of an empty pool matters when the pool is soon wanted again. */
static void begin_swing(struct script *script)
{
    sizes_of_one_class(script);
    if (chance(script, 700))
        script->size_low |= LIMIT_BYTES / 2;
    script->left = draw_from(script, 500, 3000);
    script->queue_count = 0;
    script->last = 0; /* blocks that are still to be taken */
}

static struct operation swing_take(struct script *script)
{
    struct operation operation = request_malloc(script, draw_size(script));

    script->queue[script->queue_count++] = operation.block;
    if (--script->last == 0)
        queue_shuffle(script);
    return operation;
}

static struct operation next_swing(struct script *script)
{
    if (script->last == 0 && script->queue_count == 0)
        script->last = draw_from(script, 1, 80);
    if (script->last > 0)
        return swing_take(script);
    if (script->blocks->live_count > 0 && chance(script, 40))
        return request_free(draw_live(script));
    return request_free(script->queue[--script->queue_count]);
}

static void begin_resize(struct script *script)
{
    sizes_uniform(script);
    script->left = draw_from(script, 500, 5000);
}

/* Around the size at which a block is worth copying: three quarters of its
 * class. */
static size_t draw_shrink(struct script *script, uint32_t id)
{
    size_t border = script->blocks->block[id].room / 4 * 3;

    return border + draw(script, 3) - (border > 0);
}

static struct operation next_resize(struct script *script)
{
    uint32_t id;

    if (script->blocks->live_count == 0 || chance(script, 100))
        return request_realloc(blocks_next(script->blocks), draw_size(script));
    id = draw_live(script);
    switch (draw(script, 6)) {
    case 0:
        return request_realloc(id, draw_size(script));
    case 1:
        return request_realloc(id, script->blocks->block[id].bytes +
                                       draw(script, 64));
    case 2:
        return chance(script, 200) ? request_realloc(id, 0) : request_free(id);
    default:
        return request_realloc(id, draw_shrink(script, id));
    }
}

/* ---- the row of phases ---- */

static const struct phase phases[] = {
    { "grow", false, 12, begin_taking, next_grow },
    { "bulk", false, 6, begin_bulk, next_grow },
    { "zeroed", false, 4, begin_taking, next_zeroed },
    { "refuse", false, 4, begin_refuse, next_refuse },
    { "churn", false, 6, begin_churn, next_churn },
    { "stack", false, 3, begin_churn, next_stack },
    { "swing", false, 5, begin_swing, next_swing },
    { "resize", false, 5, begin_resize, next_resize },
    { "range", true, 8, begin_range, next_sweep },
    { "pools", true, 8, begin_pools, next_sweep },
    { "drain", true, 2, begin_drain, next_sweep },
};

enum { PHASES = sizeof phases / sizeof *phases };

/* With more arenas than this script wants, every second phase is drawn again
 * until it is one that frees; with fewer, until it is one that takes. */
static const struct phase *draw_phase(struct script *script)
{
    bool frees = script->arenas_now > script->arenas_wanted;
    bool any = chance(script, 500);

    for (;;) {
        const struct phase *phase = &phases[draw(script, PHASES)];

        if (draw(script, 12) < phase->weight && (any || phase->frees == frees))
            return phase;
    }
}

void script_open(struct script *script, uint64_t seed,
                 const struct blocks *blocks)
{
    *script =
        (struct script){ .random = random_stream(seed, 0), .blocks = blocks };
    script->queue = calloc(BLOCKS_MAX, sizeof *script->queue);
    if (script->queue == NULL)
        oracle_give_up("no memory for the script");
    script->arenas_wanted = chance(script, 500) ? draw_from(script, 1, 4)
                                                : draw_from(script, 5, 16);
}

struct operation script_next(struct script *script)
{
    while (script->left == 0) {
        script->phase = draw_phase(script);
        script->phase->begin(script);
    }
    script->left--;
    if (script->blocks->spare_count <= 1)
        return request_free(draw_live(script));
    if (chance(script, 5))
        return request_edge(script);
    return script->phase->next(script);
}
