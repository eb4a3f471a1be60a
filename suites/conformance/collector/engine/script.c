/* script.c - draws scripts, and plays them. */
#include "engine/script.h"

#include <string.h>

int script_create(struct script *ret_script, size_t capacity)
{
    *ret_script = (struct script){ .capacity = capacity };
    ret_script->operations =
        check_map(capacity * sizeof(*ret_script->operations) + 1);
    return ret_script->operations != NULL ? 0 : -1;
}

/* ---- drawing ---- */

/* What the drawing knows of a place without asking anybody: how many other
 * places and slots were made to refer to the same, and whether a collection
 * has just passed over it. Guesses: what finalizers do is not known yet. */
struct draw_place {
    bool full;
    bool promoted;
    unsigned object;
};

struct draw {
    struct random random;
    const struct script_plan *plan;
    struct script *script;
    struct draw_place place[SCRIPT_PLACES];
    unsigned references[1 << 16];
    unsigned objects;
    bool frozen;
};

/* Kinds whose finalizers bring somebody back to a root. */
enum { RISING = 1u << WORLD_RESURRECTS | 1u << WORLD_SAVES };

static bool draw_is_critical(const struct draw *draw, unsigned place)
{
    const struct draw_place *at = &draw->place[place];

    if (!at->full) /* finalizers resurrect into the upper half */
        return place >= SCRIPT_PLACES / 2 && (draw->plan->kinds & RISING);
    return at->promoted || draw->references[at->object] == 1;
}

/* A third of the draws are of objects just promoted, just out of a finalizer
 * or about to die. */
static unsigned draw_place(struct draw *draw)
{
    unsigned place = random_below(&draw->random, SCRIPT_PLACES);

    if (random_below(&draw->random, 3) != 0)
        return place;
    for (unsigned i = 0; i < SCRIPT_PLACES; i++) {
        unsigned at = (place + i) % SCRIPT_PLACES;

        if (draw_is_critical(draw, at))
            return at;
    }
    return place;
}

static void draw_forget(struct draw *draw, unsigned place)
{
    struct draw_place *at = &draw->place[place];

    if (at->full)
        draw->references[at->object]--;
    at->full = at->promoted = false;
}

static void draw_refer(struct draw *draw, unsigned place, unsigned object)
{
    draw_forget(draw, place);
    draw->place[place].full = true;
    draw->place[place].object = object;
    draw->references[object]++;
}

static void draw_put(struct draw *draw, unsigned word, unsigned a, unsigned b,
                     unsigned c)
{
    struct script *script = draw->script;

    if (script->count < script->capacity)
        script->operations[script->count++] =
            (struct operation){ word, a, b, c };
}

static enum world_kind draw_kind(struct draw *draw)
{
    enum world_kind kind;

    do
        kind = random_below(&draw->random, WORLD_KINDS);
    while ((draw->plan->kinds & 1u << kind) == 0);
    return random_below(&draw->random, 3) == 0 ? kind : WORLD_PLAIN;
}

static void draw_new(struct draw *draw)
{
    unsigned place = draw_place(draw);
    unsigned most = random_chance(&draw->random, 100) ? 5000 : 40;

    draw_put(draw, SCRIPT_NEW + draw_kind(draw), place,
             random_below(&draw->random, 4), random_below(&draw->random, most));
    draw->references[++draw->objects % (1 << 16)] = 0;
    draw_refer(draw, place, draw->objects % (1 << 16));
}

static void draw_store(struct draw *draw)
{
    unsigned from = draw_place(draw), to = draw_place(draw);

    draw_put(draw, SCRIPT_STORE, from, random_below(&draw->random, 3), to);
    if (draw->place[to].full)
        draw->references[draw->place[to].object]++;
}

static void draw_empty(struct draw *draw)
{
    unsigned place = draw_place(draw);

    draw_put(draw, SCRIPT_EMPTY, place, 0, 0);
    draw_forget(draw, place);
}

static void draw_move(struct draw *draw)
{
    unsigned to = draw_place(draw), from = draw_place(draw);

    if (random_below(&draw->random, 3) != 0) {
        draw_put(draw, SCRIPT_LOAD, to, from, random_below(&draw->random, 3));
        draw_forget(draw, to);
        return;
    }
    draw_put(draw, SCRIPT_COPY, to, from, 0);
    if (draw->place[from].full)
        draw_refer(draw, to, draw->place[from].object);
    else
        draw_forget(draw, to);
}

static void draw_collect(struct draw *draw)
{
    unsigned generation = random_below(&draw->random, subject->generations);

    if (random_below(&draw->random, 8) == 0)
        draw_put(draw, SCRIPT_EVERYTHING, 0, 0, 0);
    else
        draw_put(draw, SCRIPT_COLLECT, generation, 0, 0);
    for (unsigned i = 0; i < SCRIPT_PLACES; i++)
        draw->place[i].promoted =
            draw->place[i].full && random_below(&draw->random, 2) == 0;
}

static void draw_weak(struct draw *draw)
{
    unsigned to = draw_place(draw), from = draw_place(draw);

    switch (random_below(&draw->random, 6)) {
    case 0:
        draw_put(draw, SCRIPT_WEAK, to, from, 0);
        break;
    case 1:
    case 2:
        draw_put(draw, SCRIPT_CALLED, to, from, 0);
        break;
    case 3:
        draw_put(draw, SCRIPT_EPHEMERON, to, from, draw_place(draw));
        break;
    default:
        draw_put(draw, SCRIPT_GET, to, from, 0);
    }
    draw_forget(draw, to);
}

static void draw_special(struct draw *draw)
{
    unsigned draws = random_below(&draw->random, 10);

    if (draws < 4)
        draw_put(draw, SCRIPT_HOLD, draw_place(draw), 0, 0);
    else if (draws < 8)
        draw_put(draw, SCRIPT_RELEASE, random_below(&draw->random, 8), 0, 0);
    else if (draws == 8 && draw->plan->refuses)
        draw_put(draw, SCRIPT_REFUSE, random_below(&draw->random, 4),
                 1 + random_below(&draw->random, 3), 0);
    else if (draws == 9 && draw->plan->freezes) {
        draw_put(draw, draw->frozen ? SCRIPT_UNFREEZE : SCRIPT_FREEZE, 0, 0, 0);
        draw->frozen = !draw->frozen;
    }
}

static void draw_one(struct draw *draw)
{
    unsigned draws = random_below(&draw->random, 100);

    if (draws < 28)
        draw_new(draw);
    else if (draws < 54)
        draw_store(draw);
    else if (draws < 66)
        draw_move(draw);
    else if (draws < 78)
        draw_empty(draw);
    else if (draws < 87)
        draw_collect(draw);
    else if (draws < 94 && draw->plan->weak)
        draw_weak(draw);
    else
        draw_special(draw);
}

int script_draw(struct script *ret_script, const struct script_plan *plan)
{
    struct draw *draw = check_map(sizeof(*draw));

    if (draw == NULL || script_create(ret_script, plan->operations) != 0)
        return -1;
    draw->random = random_stream(plan->seed, 0);
    draw->plan = plan;
    draw->script = ret_script;
    if (plan->automatic > 0)
        draw_put(draw, SCRIPT_AUTOMATIC, plan->automatic, 0, 0);
    while (ret_script->count < ret_script->capacity)
        draw_one(draw);
    return 0;
}

/* ---- playing ---- */

static void play_automatic(struct world *world, unsigned threshold)
{
    if (!CAN(AUTOMATIC))
        return;
    if (threshold > 0 && CAN(THRESHOLDS))
        subject->set_threshold(world->heap, 0, threshold);
    subject->automatic(world->heap, threshold > 0);
}

static void play_freeze(struct world *world, bool frozen)
{
    if (!CAN(FREEZE))
        return;
    if (frozen)
        subject->freeze(world->heap);
    else
        subject->unfreeze(world->heap);
    world->frozen = frozen;
}

static void play_collect(struct world *world, unsigned generation)
{
    world_collect(world, generation % subject->generations);
    world_look(world, false);
}

static void play_graph(struct world *world, const struct operation *o)
{
    int a = (int)(o->a % SCRIPT_PLACES), b = (int)(o->b % SCRIPT_PLACES);
    int c = (int)(o->c % SCRIPT_PLACES);

    switch (o->word) {
    case SCRIPT_STORE:
        world_store(world, a, o->b, c);
        break;
    case SCRIPT_LOAD:
        world_load(world, a, b, o->c);
        break;
    case SCRIPT_COPY:
        world_copy(world, a, b);
        break;
    case SCRIPT_EMPTY:
        world_empty(world, a);
        break;
    case SCRIPT_WEAK:
    case SCRIPT_CALLED:
        world_weak(world, a, b, o->word == SCRIPT_CALLED);
        break;
    case SCRIPT_EPHEMERON:
        world_ephemeron(world, a, b, c);
        break;
    case SCRIPT_GET:
        world_get(world, a, b);
        break;
    default:
        world_new(world, a, o->word - SCRIPT_NEW, o->b % 8, o->c % 65536);
    }
}

static void play_one(struct world *world, const struct operation *o)
{
    switch (o->word) {
    case SCRIPT_HOLD:
        world_hold(world, (int)(o->a % SCRIPT_PLACES));
        break;
    case SCRIPT_RELEASE:
        world_release(world, o->a);
        break;
    case SCRIPT_COLLECT:
        play_collect(world, o->a);
        break;
    case SCRIPT_EVERYTHING:
        world_collect_all(world);
        break;
    case SCRIPT_AUTOMATIC:
        play_automatic(world, o->a);
        break;
    case SCRIPT_FREEZE:
    case SCRIPT_UNFREEZE:
        play_freeze(world, o->word == SCRIPT_FREEZE);
        break;
    case SCRIPT_LOOK:
        world_look(world, false);
        break;
    case SCRIPT_REFUSE:
        counting_backend_refuse(&check_backend, o->a, o->b);
        break;
    default:
        play_graph(world, o);
    }
}

void script_play(const struct script *script, struct world *world,
                 size_t *ret_done)
{
    for (size_t i = 0; i < script->count && !world_is_wrong(world); i++) {
        play_one(world, &script->operations[i]);
        if (i % 8 == 0)
            world_look(world, false);
        if (ret_done != NULL)
            *ret_done = i + 1;
    }
}
