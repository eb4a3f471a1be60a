/* gc_stress.c - when collections run, and what fails, changes nothing else.
 *
 * A script of new objects of all kinds, references and ends is run as it is,
 * and again with a collection at every n-th request for memory; what lives,
 * what died and what weak references say must be the same. And once more with
 * every n-th request refused: then the heap must be sound after each step,
 * and nothing may be left at the end.
 *
 * Freed memory is filled with a pattern and kept until the collection after
 * the next one has begun: who reads it reads nonsense, and who writes to it
 * is found out.
 *
 * The environment's GC_STRESS_SEEDS says how many scripts there are (3). */
#include "gc_fixture.h"

#include <stdlib.h>

#include "random.h"

#define STEPS       2000
#define PLACES      48
#define WEAKS       16
#define NAMES       24
#define POISON      0xdd
#define FREED_LISTS 2

/* In front of each block. */
struct block {
    struct block *next; /* freed ones */
    size_t bytes;
};

struct stress {
    struct gc *gc;
    unsigned collect_every, fail_every; /* requests; 0: never */
    unsigned requests;
    size_t blocks; /* in use */
    size_t touched;
    struct block *freed[FREED_LISTS]; /* of now, and of before */

    const struct object_type *types[2]; /* without a finalizer, and with */
    const struct object_type *instances;
    struct object *name[NAMES];
    struct object *held[PLACES];
    struct object *weak[WEAKS];
    uint8_t died[STEPS], finalized[STEPS];
};

/* ---- memory ---- */

static void block_end(struct stress *s, struct block *block)
{
    const unsigned char *bytes = (unsigned char *)(block + 1);
    for (size_t i = 0; i < block->bytes; i++)
        if (bytes[i] != POISON) {
            s->touched++;
            break;
        }
    free(block);
}

/* A collection has passed. */
static void freed_age(struct stress *s)
{
    for (struct block *b = s->freed[1], *next; b; b = next) {
        next = b->next;
        block_end(s, b);
    }
    s->freed[1] = s->freed[0];
    s->freed[0] = NULL;
}

static void stress_collect(struct stress *s, int generation)
{
    gc_collect(s->gc, generation);
    freed_age(s);
}

static bool is_refused(struct stress *s)
{
    s->requests++;
    return s->fail_every > 0 && s->requests % s->fail_every == 0;
}

static void *block_new(struct stress *s, size_t bytes)
{
    struct block *block = malloc(sizeof *block + bytes);
    if (!block)
        return NULL;
    block->bytes = bytes;
    s->blocks++;
    return memset(block + 1, POISON, bytes);
}

/* Objects are asked for here, and tables, in whose making none starts by
 * itself, but one may; not where the arrays of lists are asked for, below. */
static void *stress_malloc(void *context, size_t bytes)
{
    struct stress *s = context;
    if (is_refused(s))
        return NULL;
    if (s->gc && s->collect_every > 0 && s->requests % s->collect_every == 0)
        stress_collect(s, GC_OLDEST);
    return block_new(s, bytes);
}

static void *stress_calloc(void *context, size_t count, size_t bytes)
{
    void *block =
        is_refused(context) ? NULL : block_new(context, count * bytes);
    return block ? memset(block, 0, count * bytes) : NULL;
}

static void stress_free(void *context, void *given)
{
    struct stress *s = context;
    struct block *block = given;
    if (!block)
        return;
    block--;
    memset(given, POISON, block->bytes);
    block->next = s->freed[0];
    s->freed[0] = block;
    s->blocks--;
}

static void *stress_realloc(void *context, void *given, size_t bytes)
{
    struct block *old = given;
    void *moved = is_refused(context) ? NULL : block_new(context, bytes);
    if (!moved || !given)
        return moved;
    size_t old_bytes = (--old)->bytes;
    memcpy(moved, given, old_bytes < bytes ? old_bytes : bytes);
    stress_free(context, given);
    return moved;
}

/* ---- objects ---- */

static void note_finalizer(void *context, struct object *object)
{
    ((struct stress *)context)->finalized[node_id(object)]++;
}

static void note_death(void *context, struct object *object)
{
    ((struct stress *)context)->died[node_id(object)]++;
}

/* Which key a set gives first must not be a matter of addresses. */
static bool hash_by_id(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = node_is(object) ? node_id(object) : plain_id(object);
    return true;
}

static void make_types(struct stress *s, struct gc *gc)
{
    const struct object_hooks hooks = { .hash = hash_by_id };
    struct object_type *text = plain_text_type_new(gc, "str", &hooks);
    for (int i = 0; i < 2; i++) {
        struct node_kind kind = {
            .name = "node",
            .hooks = { .context = s,
                       .hash = hash_by_id,
                       .finalize = i > 0 ? note_finalizer : NULL,
                       .dealloc = note_death },
        };
        s->types[i] = node_type_new(gc, &kind);
        cr_assert_not_null(s->types[i]);
    }
    s->instances = instance_type_new(gc, "A", &(struct object_hooks){ 0 });
    cr_assert(s->instances && text);
    for (int i = 0; i < NAMES; i++)
        s->name[i] = plain_new(text, i);
}

static void stress_begin(struct stress *s, unsigned collect_every,
                         unsigned fail_every)
{
    *s = (struct stress){ .collect_every = collect_every };
    struct gc_config config = {
        .memory = &(struct memory_allocator){ s, stress_malloc, stress_calloc,
                                              stress_realloc, stress_free },
    };
    struct gc *gc = gc_create(&config);
    cr_assert_not_null(gc);
    gc_disable(gc);
    make_types(s, gc);
    s->gc = gc;
    s->fail_every = fail_every;
}

static void stress_verify(const struct stress *s)
{
    struct fault fault = gc_verify(s->gc);
    cr_assert_null(fault.what, "%s", fault.what);
}

static void drop(struct object **place)
{
    struct object *object = *place;
    *place = NULL;
    object_decref_any(object);
}

/* Drops everything; nothing is left, and nobody touched what was freed. */
static void stress_end(struct stress *s)
{
    s->collect_every = s->fail_every = 0;
    for (int i = 0; i < WEAKS; i++)
        drop(&s->weak[i]);
    for (int i = 0; i < PLACES; i++)
        drop(&s->held[i]);
    stress_collect(s, GC_OLDEST);
    stress_verify(s);
    for (int i = 0; i < NAMES; i++)
        drop(&s->name[i]);
    cr_assert_eq(gc_objects(s->gc, GC_ALL_GENERATIONS, NULL, 0), 0);
    gc_destroy(s->gc);
    cr_assert_eq(s->blocks, 0, "%zu blocks are left", s->blocks);
    freed_age(s);
    freed_age(s);
    cr_assert_eq(s->touched, 0, "%zu freed blocks were written to", s->touched);
}

/* ---- the script ---- */

/* Tables that grow are asked for too, and may be refused. */
static struct object *filled(const struct stress *s, struct object *table)
{
    for (int i = 0; table && i < NAMES; i++)
        if (set_is(table))
            set_add(table, s->name[i]);
        else
            dict_set(table, s->name[i], s->name[i]);
    return table;
}

static struct object *make(struct stress *s, struct random *random, int id)
{
    struct object *items[] = { s->held[random_below(random, PLACES)],
                               s->held[random_below(random, PLACES)] };
    switch (random_below(random, 12)) {
    case 0:
    case 1:
        return list_new(s->gc, 0);
    case 2:
        return tuple_pack(s->gc, items, 2);
    case 3:
        return filled(s, dict_new(s->gc));
    case 4:
        return filled(s, set_new(s->gc));
    case 5:
        return instance_new(s->instances);
    default:
        return node_new(s->types[id % 2], id);
    }
}

static void link_to(const struct stress *s, struct object *from, unsigned slot,
                    struct object *to)
{
    struct object *key = node_is(to) ? to : s->name[slot];
    if (node_is(from))
        node_set_slot(from, slot, to);
    else if (list_is(from))
        list_append(from, to);
    else if (dict_is(from))
        dict_set(from, key, to);
    else if (set_is(from))
        set_add(from, key);
    else if (instance_is(from))
        instance_set(from, s->name[slot], to);
}

static void cut(const struct stress *s, struct object *from, unsigned slot)
{
    struct object *key = NULL, *value = NULL;
    if (node_is(from))
        node_set_slot(from, slot, NULL);
    else if (list_is(from))
        value = list_pop(from);
    else if (dict_is(from))
        slot == 0 ? dict_clear(from) : (void)dict_pop_item(from, &key, &value);
    else if (set_is(from) && slot == 0)
        set_clear(from);
    else if (set_is(from))
        value = set_pop(from);
    else if (instance_is(from))
        instance_delete(from, s->name[slot]);
    object_decref_any(key);
    object_decref_any(value);
}

static void weaken(struct object **place, struct object *referent)
{
    if (*place)
        drop(place);
    else if (referent && weak_supports(referent))
        *place = weak_ref(referent, NULL);
}

/* The same numbers are drawn whatever is refused. */
static void step(struct stress *s, struct random *random, int id)
{
    uint32_t word = random_below(random, 100);
    struct object **place = &s->held[random_below(random, PLACES)];
    struct object **other = &s->held[random_below(random, PLACES)];
    unsigned slot = random_below(random, 3);
    struct random own = random_stream(random_next(random), 0);
    if (word < 35) {
        if (!*place)
            *place = make(s, &own, id);
    } else if (word < 65) {
        if (*place && *other && word < 52)
            link_to(s, *place, slot, *other);
        else if (*place)
            cut(s, *place, slot);
    } else if (word < 82) {
        drop(place);
    } else if (word < 97) {
        weaken(&s->weak[random_below(&own, WEAKS)], *place);
    } else {
        stress_collect(s, (int)slot);
    }
}

static void run(struct stress *s, uint64_t seed)
{
    struct random random = random_stream(seed, 0);
    for (int i = 0; i < STEPS; i++) {
        step(s, &random, i);
        stress_verify(s);
    }
}

/* ---- what came of it ---- */

static int name(const struct object *object)
{
    return !object ? -1 : node_is(object) ? node_id(object) : -2;
}

/* Two, for what a finalizer of the first one dropped. */
static void settle(struct stress *s)
{
    s->collect_every = 0;
    stress_collect(s, GC_OLDEST);
    stress_collect(s, GC_OLDEST);
}

static void expect_equal(const struct stress *a, const struct stress *b,
                         uint64_t seed)
{
    for (int i = 0; i < STEPS; i++) {
        cr_assert_eq(a->died[i], b->died[i], "seed %zu: death of %d",
                     (size_t)seed, i);
        cr_assert_eq(a->finalized[i], b->finalized[i],
                     "seed %zu: finalizer of %d", (size_t)seed, i);
    }
    for (int i = 0; i < PLACES; i++) {
        cr_assert_eq(name(a->held[i]), name(b->held[i]));
        if (a->held[i])
            cr_assert_eq(a->held[i]->references, b->held[i]->references,
                         "seed %zu: references to %d", (size_t)seed, i);
    }
    for (int i = 0; i < WEAKS; i++) {
        cr_assert_eq(!a->weak[i], !b->weak[i]);
        if (a->weak[i])
            cr_assert_eq(name(weak_target(a->weak[i])),
                         name(weak_target(b->weak[i])),
                         "seed %zu: weak reference %d", (size_t)seed, i);
    }
}

static uint64_t seeds(void)
{
    const char *text = getenv("GC_STRESS_SEEDS");
    return text ? strtoull(text, NULL, 10) : 3;
}

static const unsigned every[] = { 1, 7, 64, 4096 };
#define EVERY (sizeof every / sizeof every[0])

/* ---- tests ---- */

TestSuite(gc_stress, .timeout = 600);

Test(gc_stress, a_collection_at_every_nth_allocation_changes_no_result)
{
    static struct stress plain, stressed;
    for (uint64_t seed = 1; seed <= seeds(); seed++) {
        for (size_t i = 0; i < EVERY; i++) {
            stress_begin(&plain, 0, 0);
            stress_begin(&stressed, every[i], 0);
            run(&plain, seed);
            run(&stressed, seed);
            settle(&plain);
            settle(&stressed);
            expect_equal(&plain, &stressed, seed);
            stress_end(&plain);
            stress_end(&stressed);
        }
    }
}

Test(gc_stress, a_refused_allocation_leaves_all_sound_and_nothing_behind)
{
    static struct stress s;
    for (uint64_t seed = 1; seed <= seeds(); seed++) {
        for (size_t i = 0; i < EVERY; i++) {
            stress_begin(&s, 0, every[i]);
            run(&s, seed);
            stress_end(&s);
            stress_begin(&s, 3, every[i] + 1);
            run(&s, seed);
            stress_end(&s);
        }
    }
}

Test(gc_stress, no_object_dies_twice_and_no_finalizer_is_called_twice)
{
    static struct stress s;
    size_t deaths = 0;
    stress_begin(&s, 1, 0);
    run(&s, 1);
    for (int i = 0; i < STEPS; i++) {
        cr_assert_leq(s.died[i], 1);
        cr_assert_leq(s.finalized[i], s.died[i]);
        deaths += s.died[i];
    }
    cr_assert_gt(deaths, STEPS / 20, "%zu", deaths);
    stress_end(&s);
}

Test(gc_stress, a_write_to_freed_memory_is_noticed)
{
    static struct stress s;
    stress_begin(&s, 0, 0);
    struct object *node = node_new(s.types[0], 1);
    cr_assert_not_null(node);
    object_decref(node);
    node->references++;
    stress_collect(&s, 0);
    cr_assert_eq(s.touched, 0);
    stress_collect(&s, 0);
    cr_assert_eq(s.touched, 1);
    s.touched = 0;
    stress_end(&s);
}
