/* oracle_obmalloc_script.h - what phases of a script are made of. */
#ifndef ASSAY_ORACLE_OBMALLOC_SCRIPT_H
#define ASSAY_ORACLE_OBMALLOC_SCRIPT_H

#include "oracle_obmalloc.h"

struct phase {
    const char *name;
    bool frees;      /* on balance */
    uint32_t weight; /* of 12: how often it is drawn */
    void (*begin)(struct script *script);
    struct operation (*next)(struct script *script);
};

static inline uint32_t draw(struct script *script, uint32_t below)
{
    return random_below(&script->random, below);
}

static inline uint32_t draw_from(struct script *script, uint32_t low,
                                 uint32_t high)
{
    return low + draw(script, high - low + 1);
}

/* True `share` times in 1000. */
static inline bool chance(struct script *script, uint32_t share)
{
    return random_chance(&script->random, share);
}

/* ---- requests (oracle_obmalloc_requests.c) ---- */

/* There must be a live block. */
uint32_t draw_live(struct script *script);

struct operation request_malloc(struct script *script, size_t bytes);
struct operation request_calloc(struct script *script, size_t count,
                                size_t bytes);
struct operation request_realloc(uint32_t block, size_t bytes);
struct operation request_free(uint32_t block);

/* At the borders of what can be asked for. */
struct operation request_edge(struct script *script);

/* Of a small block, and raw will not help out. */
struct operation request_refused_by_raw(struct script *script);

/* Sizes of a phase: all up to 600, those of one class, or one of these or
 * some classes. draw_size() then draws one. */
void sizes_uniform(struct script *script);
void sizes_of_one_class(struct script *script);
void sizes_any(struct script *script);
size_t draw_size(struct script *script);

/* In another order. */
void queue_shuffle(struct script *script);

/* ---- phases that free by where blocks lie (oracle_obmalloc_sweep.c) ---- */

void begin_range(struct script *script);
void begin_pools(struct script *script);
void begin_drain(struct script *script);
struct operation next_sweep(struct script *script);

#endif
