/* collector_script.c - draws requests, and keeps the shadow. */
#include "collector_script.h"

#include <criterion/criterion.h>
#include <string.h>

#include "pattern.h"

/* Every assertion shows seed and step. */
#define HOLDS(s, condition) \
    cr_assert(condition, "seed %lu, step %u: " #condition, (s)->seed, (s)->step)

/* ---- the payload: a number, then a pattern ---- */

static int number_of(const void *payload)
{
    int number;

    memcpy(&number, payload, sizeof number);
    return number;
}

static void fill(void *payload, int number, size_t bytes)
{
    memcpy(payload, &number, sizeof number);
    pattern_fill((unsigned char *)payload + sizeof number, (uint64_t)number, 0,
                 bytes - sizeof number);
}

static bool is_intact(const void *payload, size_t bytes)
{
    int number = number_of(payload);
    size_t rest = bytes - sizeof number;

    return pattern_mismatch((const unsigned char *)payload + sizeof number,
                            (uint64_t)number, 0, rest) == rest;
}

static void note_end(void *context, const void *payload)
{
    struct collector_script *s = context;
    int number = number_of(payload);

    HOLDS(s, number >= 0 && number < s->made);
    HOLDS(s, !s->object[number].ended);
    HOLDS(s, is_intact(payload, s->object[number].bytes));
    s->object[number].ended = true;
    s->ended++;
}

/* ---- what roots can reach ---- */

/* Objects to be looked at are a list by number. */
static void reach(struct collector_script *s, int number, int *todo, int *count)
{
    if (number == SCRIPT_NONE)
        return;
    s->object[number].references++;
    if (s->object[number].reached)
        return;
    s->object[number].reached = true;
    todo[(*count)++] = number;
}

static void find_reached(struct collector_script *s)
{
    static int todo[SCRIPT_IDS];
    int count = 0;

    for (int i = 0; i < s->made; i++) {
        s->object[i].reached = false;
        s->object[i].references = 0;
    }
    for (int i = 0; i < SCRIPT_ROOTS; i++)
        reach(s, s->root[i], todo, &count);
    for (int i = 0; i < count; i++)
        for (unsigned slot = 0; slot < s->object[todo[i]].slots; slot++)
            reach(s, s->object[todo[i]].slot[slot], todo, &count);
}

/* An object that a root or a slot of one refers to. */
static void check_object(struct collector_script *s,
                         struct assay_object *object, int expected)
{
    HOLDS(s, (object == NULL) == (expected == SCRIPT_NONE));
    if (!object)
        return;
    const void *payload = s->collector->payload(s->heap, object);
    HOLDS(s, (uintptr_t)payload % s->collector->align == 0);
    HOLDS(s, number_of(payload) == expected);
    HOLDS(s, is_intact(payload, s->object[expected].bytes));
}

static void check_roots(struct collector_script *s)
{
    const struct assay_collector *c = s->collector;

    for (size_t i = 0; i < SCRIPT_ROOTS; i++) {
        struct assay_object *object = c->root(s->heap, i);
        check_object(s, object, s->root[i]);
        if (!object)
            continue;
        const struct shadow_object *shadow = &s->object[s->root[i]];
        for (unsigned slot = 0; slot < shadow->slots; slot++)
            check_object(s, c->load(s->heap, object, slot), shadow->slot[slot]);
    }
}

/* Of what only other garbage refers to as well, the shadow does not know. */
static void check_counts(struct collector_script *s, bool all_collected)
{
    const struct assay_collector *c = s->collector;

    for (size_t i = 0; c->count && i < SCRIPT_ROOTS; i++) {
        if (s->root[i] == SCRIPT_NONE)
            continue;
        size_t count = c->count(s->heap, c->root(s->heap, i));
        size_t references = s->object[s->root[i]].references;
        HOLDS(s, count >= references);
        HOLDS(s, !all_collected || count == references);
    }
}

static void check(struct collector_script *s, bool all_collected)
{
    const struct assay_collector *c = s->collector;

    find_reached(s);
    for (int i = 0; i < s->made; i++) {
        HOLDS(s, !s->object[i].reached || !s->object[i].ended);
        HOLDS(s, !all_collected || s->object[i].reached || s->object[i].ended);
    }
    check_roots(s);
    check_counts(s, all_collected);
    if (c->stats) {
        struct assay_collector_stats stats;
        c->stats(s->heap, &stats);
        HOLDS(s, stats.live_objects == (size_t)(s->made - s->ended));
    }
    const char *fault = c->verify ? c->verify(s->heap) : NULL;
    cr_assert(!fault, "seed %lu, step %u: %s", s->seed, s->step, fault);
}

/* ---- requests ---- */

static size_t draw_place(struct collector_script *s)
{
    return random_below(&s->random, SCRIPT_ROOTS);
}

static size_t draw_bytes(struct collector_script *s)
{
    uint32_t most = random_chance(&s->random, 100) ? 5000 : 40;

    return sizeof(int) + random_below(&s->random, most);
}

static void set_root(struct collector_script *s, size_t place,
                     struct assay_object *object, int number)
{
    s->root[place] = number;
    s->collector->set_root(s->heap, place, object);
}

/* Without memory nothing has happened. */
static void step_new(struct collector_script *s)
{
    const struct assay_collector *c = s->collector;
    struct shadow_object *shadow = &s->object[s->made];
    size_t bytes = draw_bytes(s), refusals = s->backend.refusals;
    unsigned slots = random_below(&s->random, SCRIPT_SLOTS + 1);
    struct assay_object *object = c->new_object(s->heap, s->type, slots, bytes);

    if (!object) {
        HOLDS(s, s->backend.refusals > refusals);
        return;
    }
    *shadow =
        (struct shadow_object){ true, false, false, slots, 0, bytes, { 0 } };
    for (int i = 0; i < SCRIPT_SLOTS; i++)
        shadow->slot[i] = SCRIPT_NONE;
    fill(c->payload(s->heap, object), s->made, bytes);
    set_root(s, draw_place(s), object, s->made++);
    if (c->decref)
        c->decref(s->heap, object);
}

static void step_store(struct collector_script *s)
{
    const struct assay_collector *c = s->collector;
    size_t from = draw_place(s), to = draw_place(s);
    int number = s->root[from];

    if (number == SCRIPT_NONE || s->object[number].slots == 0)
        return;
    unsigned slot = random_below(&s->random, s->object[number].slots);
    s->object[number].slot[slot] = s->root[to];
    c->store(s->heap, c->root(s->heap, from), slot, c->root(s->heap, to));
}

static void step_load(struct collector_script *s)
{
    const struct assay_collector *c = s->collector;
    size_t from = draw_place(s);
    int number = s->root[from];

    if (number == SCRIPT_NONE || s->object[number].slots == 0)
        return;
    unsigned slot = random_below(&s->random, s->object[number].slots);
    struct assay_object *object =
        c->load(s->heap, c->root(s->heap, from), slot);
    set_root(s, draw_place(s), object, s->object[number].slot[slot]);
}

/* True: all generations. */
static bool step_collect(struct collector_script *s)
{
    unsigned generation = random_below(&s->random, s->collector->generations);

    s->collector->collect(s->heap, generation);
    return generation == s->collector->generations - 1;
}

bool collector_script_step(struct collector_script *s)
{
    uint32_t draw = random_below(&s->random, 100);
    bool all_collected = false;

    s->step++;
    if (s->made == SCRIPT_IDS)
        return false;
    if (draw < 35)
        step_new(s);
    else if (draw < 65)
        step_store(s);
    else if (draw < 80)
        step_load(s);
    else if (draw < 92)
        set_root(s, draw_place(s), NULL, SCRIPT_NONE);
    else
        all_collected = step_collect(s) &&
                        !(s->collector->can & ASSAY_COLLECTOR_CONSERVATIVE);
    check(s, all_collected);
    return true;
}

/* ---- beginning and end ---- */

void collector_script_open(struct collector_script *s,
                           const struct assay_collector *collector,
                           uint64_t seed, uint64_t stream)
{
    memset(s, 0, sizeof *s);
    s->collector = collector;
    s->seed = seed;
    s->random = random_stream(seed, stream);
    counting_backend_init(&s->backend);
    struct assay_collector_config config = { &s->backend.backend };
    struct assay_kind kind = { .name = "shadowed",
                               .context = s,
                               .ended = note_end };
    s->heap = collector->create(&config);
    cr_assert(s->heap);
    s->type = collector->type_add(s->heap, &kind);
    cr_assert(s->type);
    for (int i = 0; i < SCRIPT_ROOTS; i++) {
        s->root[i] = SCRIPT_NONE;
        cr_assert(collector->push(s->heap, NULL));
    }
}

void collector_script_close(struct collector_script *s)
{
    int ended = s->ended;

    s->collector->destroy(s->heap);
    HOLDS(s, s->ended == ended);
    HOLDS(s, s->backend.outstanding_pieces == 0);
    const char *misuse = counting_backend_misuse(&s->backend);
    cr_assert(!misuse, "seed %lu: %s", s->seed, misuse);
    counting_backend_destroy(&s->backend);
}

/* ---- whole scripts ---- */

void collector_script_run(struct collector_script *script, int steps)
{
    for (int i = 0; i < steps && collector_script_step(script); i++)
        continue;
}

void collector_script_run_two(const struct assay_collector *collector,
                              uint64_t seed)
{
    static struct collector_script one, other;

    collector_script_open(&one, collector, seed, 300);
    collector_script_open(&other, collector, seed, 301);
    for (int i = 0; i < 1500; i++)
        collector_script_step(i % 2 ? &one : &other);
    collector_script_close(&other);
    for (int i = 0; i < 500; i++)
        collector_script_step(&one);
    cr_assert(one.made > 100);
    collector_script_close(&one);
}

/* One script, in which takes [refused, refused + count) are refused. What it
 * took, or what was refused it. */
static struct takes {
    size_t all, refused;
} run_short(const struct assay_collector *collector, uint64_t seed,
            uint64_t stream, size_t refused, size_t count)
{
    static struct collector_script script;

    collector_script_open(&script, collector, seed, stream);
    size_t opened = script.backend.takes;
    counting_backend_refuse(&script.backend, refused, count);
    collector_script_run(&script, 400);
    struct takes takes = { script.backend.takes - opened,
                           script.backend.refusals };
    collector_script_close(&script);
    return takes;
}

void collector_script_run_refused(const struct assay_collector *collector,
                                  uint64_t seed)
{
    size_t scripts = 0, hit = 0;

    for (uint64_t k = 0; k < 60; k++) {
        size_t all = run_short(collector, seed, 200 + k, 0, 0).all;
        if (all == 0)
            continue;
        scripts++;
        hit +=
            run_short(collector, seed, 200 + k, k % all, 1 + k % 3).refused > 0;
    }
    /* All, but that a table hashed by addresses may grow a little later. */
    cr_assert(scripts > 0 && 10 * hit >= 9 * scripts, "%zu of %zu", hit,
              scripts);
}
