/* plugin_peer.c - any collector plug-in, through its table alone: what it
 * claims is there, and does what the contract says.
 *
 * ASSAY_COLLECTOR names the module. What it does not claim is skipped. A
 * conservative collector may keep what it likes: of it only safety is asked,
 * and that most of many objects end. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector_script.h"

#define BOUND .timeout = 60

enum { MANY = 2000, COLLECTIONS = 3 };

static const struct assay_collector *c;
static struct counting_backend backend;
static struct assay_heap *heap;
static const struct assay_type *type;
static struct collector_script script, other;
static size_t ended, finalized, called;
static bool resurrects;

static bool can(uint32_t bits)
{
    return (c->can & bits) == bits;
}

#define WANTS(bit)                                   \
    do {                                             \
        if (!can(ASSAY_COLLECTOR_##bit))             \
            cr_skip_test("it does not claim " #bit); \
    } while (0)

/* ---- kinds ---- */

static void note_end(void *context, const void *payload)
{
    cr_expect(context == &ended && *(const char *)payload == 'n');
    ended++;
}

static void note_finalizer(void *context, struct assay_heap *h,
                           struct assay_object *object)
{
    cr_expect(context == &ended && h == heap);
    cr_expect(*(char *)c->payload(h, object) == 'n');
    finalized++;
    if (resurrects)
        cr_expect(c->push(h, object));
}

static const struct assay_type *add_type(bool with_finalizer)
{
    struct assay_kind kind = { .name = "noted", .context = &ended };

    if (can(ASSAY_COLLECTOR_ENDED))
        kind.ended = note_end;
    if (with_finalizer)
        kind.finalize = note_finalizer;
    const struct assay_type *added = c->type_add(heap, &kind);
    cr_assert(added);
    return added;
}

static void begin(void)
{
    const char *path = getenv("ASSAY_COLLECTOR");

    cr_assert(path, "ASSAY_COLLECTOR names no plug-in");
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(library, "%s", dlerror());
    c = dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    cr_assert(c, "%s", dlerror());
    counting_backend_init(&backend);
    heap = c->create(&(struct assay_collector_config){ &backend.backend });
    cr_assert(heap);
    type = add_type(false);
}

static void end(void)
{
    c->destroy(heap);
    cr_assert(backend.outstanding_pieces == 0);
    cr_assert(!counting_backend_misuse(&backend));
    counting_backend_destroy(&backend);
}

TestSuite(plugin_peer, .init = begin, .fini = end, BOUND);

static uint64_t first_seed(void)
{
    const char *given = getenv("ASSAY_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)getpid();

    cr_log_info("seed %lu", seed);
    return seed;
}

/* ---- objects ---- */

static struct assay_object *make(const struct assay_type *of)
{
    struct assay_object *object = c->new_object(heap, of, 2, 8);

    cr_assert(object);
    memset(c->payload(heap, object), 'n', 8);
    return object;
}

static void disown(struct assay_object *object)
{
    if (can(ASSAY_COLLECTOR_COUNTS))
        c->decref(heap, object);
}

/* The topmost root is a new object. */
static struct assay_object *push_new(const struct assay_type *of)
{
    struct assay_object *object = make(of);

    cr_assert(c->push(heap, object));
    disown(object);
    return object;
}

static void collect_all(void)
{
    for (int i = 0; i < COLLECTIONS; i++)
        c->collect(heap, c->generations - 1);
}

/* Each refers to itself, and nothing else to it. */
__attribute__((noinline)) static void make_garbage(const struct assay_type *of,
                                                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct assay_object *object = push_new(of);

        c->store(heap, object, 0, object);
        c->pop(heap, 1);
    }
}

/* All of them; of a conservative collector nearly all. */
static bool is_all(size_t count, size_t of)
{
    if (can(ASSAY_COLLECTOR_CONSERVATIVE))
        return count <= of && count >= of - of / 10;
    return count == of;
}

/* ---- the table ---- */

Test(plugin_peer, an_entry_is_there_when_its_capability_is_claimed)
{
    cr_assert(c->abi == ASSAY_COLLECTOR_ABI);
    cr_assert(c->generations >= 1 && c->generations <= ASSAY_GENERATIONS_MAX);
    cr_assert(c->create && c->destroy && c->type_add && c->new_object);
    cr_assert(c->payload && c->load && c->store && c->collect);
    cr_assert(c->push && c->pop && c->root && c->set_root);
    cr_expect(!c->incref == !can(ASSAY_COLLECTOR_COUNTS));
    cr_expect(!c->count == !can(ASSAY_COLLECTOR_COUNTS));
    cr_expect(!c->automatic == !can(ASSAY_COLLECTOR_AUTOMATIC));
    cr_expect(!c->threshold == !can(ASSAY_COLLECTOR_THRESHOLDS));
    cr_expect(!c->freeze == !can(ASSAY_COLLECTOR_FREEZE));
    cr_expect(!c->store_at == !can(ASSAY_COLLECTOR_TRAVERSE));
    cr_expect(!c->weak_new == !can(ASSAY_COLLECTOR_WEAK));
    cr_expect(!c->ephemeron_new == !can(ASSAY_COLLECTOR_EPHEMERON));
    cr_expect(!c->set_limit == !can(ASSAY_COLLECTOR_LIMIT));
    cr_expect(!c->pin == !can(ASSAY_COLLECTOR_PIN));
    cr_expect(!c->attach == !can(ASSAY_COLLECTOR_THREADS));
    cr_expect(!c->stats == !can(ASSAY_COLLECTOR_STATS));
    cr_expect(!c->listen == !can(ASSAY_COLLECTOR_LISTEN));
    cr_expect(!c->verify == !can(ASSAY_COLLECTOR_VERIFY));
}

/* ---- random graphs ---- */

Test(plugin_peer, random_graphs_agree_with_the_shadow)
{
    uint64_t seed = first_seed();

    for (uint64_t stream = 0; stream < 8; stream++) {
        collector_script_open(&script, c, seed, stream);
        for (int i = 0; i < 1500 && collector_script_step(&script); i++)
            continue;
        cr_assert(script.made > 100);
        collector_script_close(&script);
    }
}

Test(plugin_peer, so_they_do_when_it_collects_by_itself)
{
    uint64_t seed = first_seed();

    WANTS(AUTOMATIC);
    for (uint64_t stream = 0; stream < 8; stream++) {
        collector_script_open(&script, c, seed, 100 + stream);
        if (can(ASSAY_COLLECTOR_THRESHOLDS))
            c->set_threshold(script.heap, 0, 1 + stream);
        c->automatic(script.heap, true);
        for (int i = 0; i < 1500 && collector_script_step(&script); i++)
            continue;
        cr_assert(script.made > 100);
        collector_script_close(&script);
    }
}

Test(plugin_peer, two_heaps_do_not_know_of_each_other)
{
    uint64_t seed = first_seed();

    collector_script_open(&script, c, seed, 300);
    collector_script_open(&other, c, seed, 301);
    for (int i = 0; i < 1500; i++)
        collector_script_step(i % 2 ? &script : &other);
    collector_script_close(&other);
    for (int i = 0; i < 500; i++)
        collector_script_step(&script);
    cr_assert(script.made > 100);
    collector_script_close(&script);
}

Test(plugin_peer, a_backend_that_refuses_does_no_harm)
{
    uint64_t seed = first_seed();
    size_t refusals = 0;

    WANTS(BACKEND);
    for (size_t k = 0; k < 60; k++) {
        collector_script_open(&script, c, seed, 200 + k);
        counting_backend_refuse(&script.backend, k, 1 + k % 3);
        for (int i = 0; i < 400 && collector_script_step(&script); i++)
            continue;
        refusals += script.backend.refusals;
        collector_script_close(&script);
    }
    cr_assert(refusals > 20, "%zu", refusals);
}

/* Slots and payload of a kind without functions, which may lie elsewhere. */
Test(plugin_peer, slots_and_payload_lie_apart)
{
    struct assay_kind kind = { .name = "plain" };
    const struct assay_type *plain = c->type_add(heap, &kind);
    size_t sizes[] = { 1, 8, 100, 5000 };

    cr_assert(plain);
    for (size_t i = 0; i < 4; i++) {
        struct assay_object *object = c->new_object(heap, plain, i, sizes[i]);
        cr_assert(object && c->push(heap, object));
        disown(object);
        memset(c->payload(heap, object), (int)i + 1, sizes[i]);
        for (size_t slot = 0; slot < i; slot++)
            c->store(heap, object, slot, c->root(heap, slot));
    }
    collect_all();
    for (size_t i = 0; i < 4; i++) {
        const char *payload = c->payload(heap, c->root(heap, i));
        for (size_t at = 0; at < sizes[i]; at++)
            cr_assert(payload[at] == (char)i + 1);
        for (size_t slot = 0; slot < i; slot++)
            cr_assert(c->load(heap, c->root(heap, i), slot) ==
                      c->root(heap, slot));
    }
}

/* ---- ends ---- */

Test(plugin_peer, cycles_that_nothing_refers_to_end)
{
    WANTS(ENDED);
    make_garbage(type, MANY);
    collect_all();
    cr_expect(is_all(ended, MANY), "%zu", ended);
    push_new(type);
    collect_all();
    cr_expect(ended <= MANY);
    cr_expect(*(char *)c->payload(heap, c->root(heap, 0)) == 'n');
}

Test(plugin_peer, by_itself_it_keeps_garbage_within_bounds)
{
    WANTS(ENDED);
    WANTS(AUTOMATIC);
    c->automatic(heap, true);
    make_garbage(type, 100 * MANY);
    cr_expect(ended > 50 * MANY, "%zu", ended);
}

/* ---- finalizers ---- */

Test(plugin_peer, finalizers_are_called_once_and_may_resurrect)
{
    WANTS(FINALIZE);
    const struct assay_type *with = add_type(true);

    resurrects = true;
    make_garbage(with, MANY);
    collect_all();
    cr_expect(is_all(finalized, MANY), "%zu", finalized);
    cr_expect(ended == 0);
    size_t once = finalized;
    resurrects = false;
    c->pop(heap, once);
    collect_all();
    if (!can(ASSAY_COLLECTOR_CONSERVATIVE))
        cr_expect(finalized == once);
    if (can(ASSAY_COLLECTOR_ENDED))
        cr_expect(is_all(ended, MANY), "%zu", ended);
}

Test(plugin_peer, a_heap_ends_with_everything_pending)
{
    WANTS(FINALIZE);
    const struct assay_type *with = add_type(true);

    make_garbage(with, 10);
    struct assay_object *object = push_new(with);
    if (can(ASSAY_COLLECTOR_WEAK))
        cr_assert(c->weak_new(heap, object, NULL, NULL));
    end();
    cr_expect(ended == 0);
    cr_expect(finalized == (can(ASSAY_COLLECTOR_FINALIZE_AT_END) ? 11u : 0u));
    begin();
}

/* ---- weak references ---- */

Test(plugin_peer, a_weak_reference_gives_its_referent_until_that_is_dead)
{
    WANTS(WEAK);
    size_t dead = 0;

    for (size_t i = 0; i < 100; i++) {
        struct assay_object *object = push_new(type);
        c->store(heap, object, 0, object);
        struct assay_object *weak = c->weak_new(heap, object, NULL, NULL);
        cr_assert(weak);
        cr_assert(c->push(heap, weak));
        disown(weak);
        cr_expect(c->weak_get(heap, c->root(heap, 2 * i + 1)) ==
                  c->root(heap, 2 * i));
    }
    collect_all();
    for (size_t i = 0; i < 100; i++) {
        cr_expect(c->weak_get(heap, c->root(heap, 2 * i + 1)) ==
                  c->root(heap, 2 * i));
        c->set_root(heap, 2 * i, NULL);
    }
    collect_all();
    for (size_t i = 0; i < 100; i++)
        dead += c->weak_get(heap, c->root(heap, 2 * i + 1)) == NULL;
    cr_expect(is_all(dead, 100), "%zu", dead);
}

static void note_call(void *context, struct assay_heap *h,
                      struct assay_object *weak)
{
    cr_expect(context == &called && h == heap && !c->weak_get(h, weak));
    called++;
}

Test(plugin_peer, a_weak_reference_calls_when_it_outlives_its_referent)
{
    WANTS(WEAK_CALLBACK);
    struct assay_object *object = push_new(type);
    struct assay_object *weak = c->weak_new(heap, object, note_call, &called);

    cr_assert(weak);
    cr_assert(c->push(heap, weak));
    disown(weak);
    c->store(heap, object, 0, object);
    c->set_root(heap, 0, NULL);
    collect_all();
    cr_expect(called == 1 && !c->weak_get(heap, c->root(heap, 1)));
}

/* ---- ephemerons ---- */

Test(plugin_peer, a_value_that_refers_to_its_key_keeps_neither)
{
    WANTS(EPHEMERON);
    struct assay_object *key = push_new(type), *value = push_new(type);

    c->store(heap, value, 0, key);
    struct assay_object *made =
        c->ephemeron_new(heap, c->root(heap, 0), c->root(heap, 1));
    cr_assert(made);
    cr_assert(c->push(heap, made));
    disown(made);
    c->set_root(heap, 1, NULL);
    collect_all();
    struct assay_object *ephemeron = c->root(heap, 2);
    cr_expect(c->ephemeron_key(heap, ephemeron) == c->root(heap, 0));
    cr_assert(c->ephemeron_value(heap, ephemeron));
    cr_expect(c->load(heap, c->ephemeron_value(heap, ephemeron), 0) ==
              c->root(heap, 0));
    c->set_root(heap, 0, NULL);
    collect_all();
    cr_expect(!c->ephemeron_key(heap, c->root(heap, 2)));
    cr_expect(!c->ephemeron_value(heap, c->root(heap, 2)));
}

/* ---- limit, pins, freezing ---- */

Test(plugin_peer, below_a_limit_it_collects_before_it_refuses)
{
    WANTS(LIMIT);
    size_t kept = 0;

    c->set_limit(heap, 128 << 10);
    make_garbage(type, 10 * MANY);
    for (struct assay_object *object;
         kept < 10 * MANY && (object = c->new_object(heap, type, 2, 8));
         kept++) {
        *(char *)c->payload(heap, object) = 'n';
        cr_assert(c->push(heap, object));
        disown(object);
    }
    cr_expect(kept > 100 && kept <= (128 << 10) / 24, "%zu", kept);
    c->pop(heap, kept);
    make_garbage(type, MANY);
    c->set_limit(heap, 0);
}

Test(plugin_peer, what_is_pinned_lives_with_its_reach)
{
    WANTS(PIN);
    struct assay_object *pinned = push_new(type);

    c->store(heap, pinned, 0, push_new(type));
    cr_assert(c->pin(heap, pinned) && c->pin(heap, pinned));
    c->pop(heap, 2);
    collect_all();
    c->unpin(heap, pinned);
    collect_all();
    cr_expect(ended == 0);
    cr_assert(c->load(heap, pinned, 0));
    cr_expect(*(char *)c->payload(heap, c->load(heap, pinned, 0)) == 'n');
    c->unpin(heap, pinned);
    collect_all();
    if (can(ASSAY_COLLECTOR_ENDED) && !can(ASSAY_COLLECTOR_CONSERVATIVE))
        cr_expect(ended == 2, "%zu", ended);
}

Test(plugin_peer, the_frozen_live_until_they_are_thawed)
{
    WANTS(FREEZE);
    WANTS(ENDED);
    make_garbage(type, 10);
    c->freeze(heap);
    collect_all();
    cr_expect(ended == 0);
    make_garbage(type, 10);
    c->unfreeze(heap);
    collect_all();
    cr_expect(ended == 20, "%zu", ended);
}

/* ---- looking in ---- */

static struct assay_collection_event event[8];
static size_t event_count;

static void note_event(void *context, const struct assay_collection_event *e)
{
    cr_expect(context == event);
    if (event_count < 8 && e->step != ASSAY_COLLECTION_PHASE)
        event[event_count++] = *e;
}

Test(plugin_peer, a_listener_hears_a_collection_begin_and_end)
{
    WANTS(LISTEN);
    make_garbage(type, 10);
    cr_assert(c->listen(heap, note_event, event));
    size_t found = c->collect(heap, c->generations - 1);
    cr_assert(c->listen(heap, NULL, NULL));
    c->collect(heap, c->generations - 1);
    cr_assert(event_count >= 3, "%zu", event_count);
    cr_expect(event[0].step == ASSAY_COLLECTION_REQUESTED);
    cr_expect(event[1].step == ASSAY_COLLECTION_BEGUN);
    cr_expect(event[event_count - 1].step == ASSAY_COLLECTION_ENDED);
    cr_expect(event[event_count - 1].collected +
                  event[event_count - 1].uncollectable ==
              found);
}

Test(plugin_peer, statistics_count_the_live)
{
    struct assay_collector_stats stats;

    WANTS(STATS);
    for (int i = 0; i < 10; i++)
        push_new(type);
    make_garbage(type, 10);
    c->stats(heap, &stats);
    cr_expect(stats.live_objects == 20);
    cr_expect(c->collect(heap, c->generations - 1) == 10);
    c->stats(heap, &stats);
    cr_expect(stats.live_objects == 10 && stats.live_bytes >= 10 * 24);
    cr_expect(stats.generation[c->generations - 1].objects == 10);
    cr_expect(stats.generation[c->generations - 1].collections == 1);
    cr_expect(stats.generation[c->generations - 1].collected == 10);
}
