/* script.c - draws requests, and keeps the heap within bounds. */
#include "script.h"

#include <stdio.h>
#include <string.h>

/* Requests from one look at every byte to the next. */
enum { LOOK_EVERY = 64, BLOCKS_MOST = 500 };

const struct script script_mixed = {
    .steps = 3000,
    .free_share = 400,
    .resize_share = 150,
    .mark_share = 50,
    .reset_share = 3,
};

struct playing {
    struct model *model;
    const struct script *script;
    struct random *random;
};

static size_t draw_bytes(const struct playing *playing)
{
    static const uint32_t ranges[] = { 20, 64, 600, 600, 5000, 40000 };
    struct random *random = playing->random;
    size_t most = model_bytes_max(playing->model), range;

    if (random_chance(random, 5))
        return SIZE_MAX - random_below(random, 100);
    if (random_chance(random, 5))
        return PTRDIFF_MAX + (size_t)1 + random_below(random, 3);
    if (most < SIZE_MAX - 20 && random_chance(random, 20))
        return most + 1 + random_below(random, 20);
    range = ranges[random_below(random, 6)];
    if (range > most)
        range = most + 1;
    return random_below(random, (uint32_t)range);
}

static size_t draw_align(const struct playing *playing)
{
    struct random *random = playing->random;
    size_t align = (size_t)1 << random_below(random, 6);

    if (subject->align_max <= SIZE_MAX / 2 && random_chance(random, 10))
        return 2 * subject->align_max;
    if (random_chance(random, 50))
        align = (size_t)1 << random_below(random, 14);
    return align <= subject->align_max ? align : 1;
}

/* The oldest, the newest, or any. */
static size_t draw_block(const struct playing *playing)
{
    const struct model *model = playing->model;
    uint32_t order = random_below(playing->random, 3);
    size_t chosen = random_below(playing->random, (uint32_t)model->count);

    for (size_t i = 0; order != 0 && i < model->count; i++) {
        bool older = model->block[i].birth < model->block[chosen].birth;

        if (older == (order == 1))
            chosen = i;
    }
    return chosen;
}

static void play_mark(const struct playing *playing)
{
    struct model *model = playing->model;
    bool up = model->mark_count == 0 || random_chance(playing->random, 600);

    if (up && model->mark_count < MODEL_MARKS)
        model_mark(model);
    else
        model_rewind(model, random_below(playing->random,
                                         (uint32_t)model->mark_count));
}

/* Whatever way there is; a heap of its own where there is none. */
static void play_make_room(const struct playing *playing)
{
    struct model *model = playing->model;
    size_t half = model->count / 2;

    if (model_can(ASSAY_ALLOCATOR_RESET)) {
        model_reset(model);
    } else if (model_can(ASSAY_ALLOCATOR_FREE)) {
        while (model->count > half && model->wrong[0] == '\0')
            model_free(model, draw_block(playing));
    } else {
        model_close(model);
        if (model->wrong[0] == '\0')
            model_open(model, playing->script->block_bytes,
                       playing->script->capacity);
    }
}

enum act { ACT_ALLOC, ACT_FREE, ACT_RESIZE, ACT_MARK, ACT_RESET, ACT_ROOM };

/* What is drawn and cannot be done is an alloc(). */
static enum act draw_act(const struct playing *playing)
{
    const struct script *script = playing->script;
    const struct {
        enum act act;
        unsigned share;
        uint32_t wants;
        bool wants_block;
    } acts[] = {
        { ACT_FREE, script->free_share, ASSAY_ALLOCATOR_FREE, true },
        { ACT_RESIZE, script->resize_share, ASSAY_ALLOCATOR_RESIZE, true },
        { ACT_MARK, script->mark_share, ASSAY_ALLOCATOR_MARK, false },
        { ACT_RESET, script->reset_share, ASSAY_ALLOCATOR_RESET, false },
    };
    uint32_t drawn = random_below(playing->random, 1000), until = 0;
    size_t count = playing->model->count;

    if (count >= BLOCKS_MOST)
        return ACT_ROOM;
    for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
        until += acts[i].share;
        if (drawn < until)
            return model_can(acts[i].wants) &&
                           (count > 0 || !acts[i].wants_block)
                       ? acts[i].act
                       : ACT_ALLOC;
    }
    return ACT_ALLOC;
}

static void play_request(const struct playing *playing)
{
    struct model *model = playing->model;

    switch (draw_act(playing)) {
    case ACT_FREE:
        model_free(model, draw_block(playing));
        break;
    case ACT_RESIZE:
        model_resize(model, draw_block(playing), draw_bytes(playing));
        break;
    case ACT_MARK:
        play_mark(playing);
        break;
    case ACT_RESET:
        model_reset(model);
        break;
    case ACT_ROOM:
        play_make_room(playing);
        break;
    case ACT_ALLOC:
        model_alloc(model, draw_bytes(playing), draw_align(playing));
        break;
    }
}

/* Refusals end with the step that they were drawn for. */
static void play_step(const struct playing *playing, unsigned step)
{
    struct random *random = playing->random;
    bool refused = random_chance(random, playing->script->refused_share);

    if (refused)
        counting_backend_refuse(&check_backend, random_below(random, 2),
                                1 + random_below(random, 3));
    play_request(playing);
    if (refused)
        counting_backend_refuse(&check_backend, 0, 0);
    model_look_stats(playing->model);
    if (step % LOOK_EVERY == LOOK_EVERY - 1)
        model_look(playing->model);
}

static void play_say_step(struct model *model, unsigned step)
{
    size_t used = strlen(model->wrong);

    snprintf(model->wrong + used, sizeof(model->wrong) - used,
             " (request %u of a heap with block_bytes %zu, capacity %zu)", step,
             model->config.block_bytes, model->config.capacity);
}

void script_play(struct model *model, const struct script *script,
                 struct random *random)
{
    struct playing playing = { model, script, random };
    unsigned step = 0;

    model_open(model, script->block_bytes, script->capacity);
    while (model->wrong[0] == '\0' && step < script->steps)
        play_step(&playing, step++);
    if (model->wrong[0] == '\0')
        model_close(model);
    if (model->wrong[0] != '\0')
        play_say_step(model, step);
}
