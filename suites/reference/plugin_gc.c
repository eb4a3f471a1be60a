/* plugin_gc.c - the plug-in of the reference's collector, through its table
 * alone: what is certain of it, beyond what plugin_peer*.c asks of any. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/collector.h"
#include "backend.h"

#define BOUND .timeout = 60

static const struct assay_collector *c;
static struct counting_backend backend;
static struct assay_heap *heap;
static const struct assay_type *type;

/* What a kind of these tests is told. */
static char ended[256];
static char finalized[256];
static bool resurrects;

static void note(char *text, const char *letter)
{
    if (strlen(text) + 1 < sizeof ended)
        strncat(text, letter, 1);
}

static void note_end(void *context, const void *payload)
{
    (void)context;
    note(ended, payload);
}

static void note_finalizer(void *context, struct assay_heap *h,
                           struct assay_object *object)
{
    (void)context;
    note(finalized, c->payload(h, object));
    if (resurrects)
        cr_assert(c->push(h, object));
}

static const struct assay_collector *load(void)
{
    const char *folder = getenv("ASSAY_PLUGINS");
    char path[4096];

    cr_assert(folder, "ASSAY_PLUGINS does not name the folder of the plug-ins");
    snprintf(path, sizeof path, "%s/assay-reference-gc.so", folder);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(library, "%s", dlerror());
    const struct assay_collector *found =
        dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    cr_assert(found, "%s", dlerror());
    return found;
}

static void begin(void)
{
    struct assay_kind kind = { .name = "noted", .ended = note_end };

    c = load();
    counting_backend_init(&backend);
    heap = c->create(&(struct assay_collector_config){ &backend.backend });
    cr_assert(heap);
    type = c->type_add(heap, &kind);
    cr_assert(type);
}

static void end(void)
{
    const char *fault = c->verify(heap);

    cr_assert(!fault, "%s", fault);
    c->destroy(heap);
    cr_assert(backend.outstanding_pieces == 0);
    cr_assert(!counting_backend_misuse(&backend));
    counting_backend_destroy(&backend);
}

TestSuite(plugin_gc, .init = begin, .fini = end, BOUND);

/* Of which the test has a reference; its payload is the letter. */
static struct assay_object *make(const struct assay_type *of, char letter)
{
    struct assay_object *object = c->new_object(heap, of, 2, 8);

    cr_assert(object);
    memset(c->payload(heap, object), 0, 8);
    *(char *)c->payload(heap, object) = letter;
    return object;
}

/* Nobody has a reference to it but itself. */
static void make_loop(const struct assay_type *of, char letter)
{
    struct assay_object *object = make(of, letter);

    c->store(heap, object, 0, object);
    c->decref(heap, object);
}

static const struct assay_type *finalized_type(void)
{
    struct assay_kind kind = { .name = "finalized",
                               .finalize = note_finalizer,
                               .ended = note_end };
    const struct assay_type *added = c->type_add(heap, &kind);

    cr_assert(added);
    return added;
}

/* --- the table --- */

Test(plugin_gc, what_the_table_promises_is_there)
{
    cr_assert(c->abi == ASSAY_COLLECTOR_ABI);
    cr_assert(strcmp(c->name, "reference-gc") == 0);
    cr_assert(c->generations >= 1 && c->generations <= ASSAY_GENERATIONS_MAX);
    cr_assert(c->create && c->destroy && c->type_add && c->new_object);
    cr_assert(c->payload && c->load && c->store && c->collect);
    cr_assert(c->push && c->pop && c->root && c->set_root);
    cr_assert(!c->incref == !(c->can & ASSAY_COLLECTOR_COUNTS));
    cr_assert(!c->decref == !(c->can & ASSAY_COLLECTOR_COUNTS));
    cr_assert(!c->count == !(c->can & ASSAY_COLLECTOR_COUNTS));
    cr_assert(!c->automatic == !(c->can & ASSAY_COLLECTOR_AUTOMATIC));
    cr_assert(!c->threshold == !(c->can & ASSAY_COLLECTOR_THRESHOLDS));
    cr_assert(!c->set_threshold == !(c->can & ASSAY_COLLECTOR_THRESHOLDS));
    cr_assert(!c->freeze == !(c->can & ASSAY_COLLECTOR_FREEZE));
    cr_assert(!c->unfreeze == !(c->can & ASSAY_COLLECTOR_FREEZE));
    cr_assert(!c->store_at == !(c->can & ASSAY_COLLECTOR_TRAVERSE));
    cr_assert(!c->weak_new == !(c->can & ASSAY_COLLECTOR_WEAK));
    cr_assert(!c->weak_get == !(c->can & ASSAY_COLLECTOR_WEAK));
    cr_assert(!c->stats == !(c->can & ASSAY_COLLECTOR_STATS));
    cr_assert(!c->listen == !(c->can & ASSAY_COLLECTOR_LISTEN));
    cr_assert(!c->verify == !(c->can & ASSAY_COLLECTOR_VERIFY));
    cr_assert(!c->ephemeron_new == !(c->can & ASSAY_COLLECTOR_EPHEMERON));
    cr_assert(!c->ephemeron_key == !(c->can & ASSAY_COLLECTOR_EPHEMERON));
    cr_assert(!c->ephemeron_value == !(c->can & ASSAY_COLLECTOR_EPHEMERON));
    cr_assert(!c->set_limit == !(c->can & ASSAY_COLLECTOR_LIMIT));
    cr_assert(!c->pin == !(c->can & ASSAY_COLLECTOR_PIN));
    cr_assert(!c->unpin == !(c->can & ASSAY_COLLECTOR_PIN));
    cr_assert(!c->attach == !(c->can & ASSAY_COLLECTOR_THREADS));
    cr_assert(!c->detach == !(c->can & ASSAY_COLLECTOR_THREADS));
}

Test(plugin_gc, sizes_beyond_the_limits_are_refused_and_none_is_a_size)
{
    struct assay_object *small = c->new_object(heap, type, 0, 1);

    cr_assert(small);
    *(char *)c->payload(heap, small) = 's';
    cr_expect(!c->new_object(heap, type, c->slots_max + 1, 8));
    cr_expect(!c->new_object(heap, type, 0, c->bytes_max + 1));
    cr_expect(!c->new_object(heap, type, 0, c->bytes_max));
    struct assay_kind silent = { .name = "silent" };
    struct assay_object *empty =
        c->new_object(heap, c->type_add(heap, &silent), 0, 0);
    cr_assert(empty && !c->payload(heap, empty));
    struct assay_object *large = c->new_object(heap, type, 100, 3 << 20);
    cr_assert(large);
    memset(c->payload(heap, large), 'l', 3 << 20);
    c->decref(heap, small);
    c->decref(heap, empty);
    c->decref(heap, large);
    cr_expect(strcmp(ended, "sl") == 0);
}

Test(plugin_gc, a_heap_that_could_not_be_made_leaves_nothing)
{
    struct assay_heap *made = NULL;

    for (size_t k = 0; k < 20 && !made; k++) {
        struct counting_backend meagre;
        counting_backend_init(&meagre);
        counting_backend_refuse(&meagre, k, 1);
        made = c->create(&(struct assay_collector_config){ &meagre.backend });
        if (made)
            c->destroy(made);
        else
            cr_assert(meagre.refusals == 1);
        cr_assert(meagre.outstanding_pieces == 0);
        counting_backend_destroy(&meagre);
    }
    cr_assert(made, "twenty takes are not enough");
}

/* --- roots --- */

Test(plugin_gc, ten_thousand_roots_keep_what_they_refer_to)
{
    for (size_t i = 0; i < 10000; i++) {
        struct assay_object *object = make(type, 'r');
        cr_assert(c->push(heap, object));
        c->decref(heap, object);
    }
    cr_expect(c->collect(heap, c->generations - 1) == 0 && !*ended);
    cr_expect(c->count(heap, c->root(heap, 9999)) == 1);
    c->pop(heap, 9999);
    struct assay_collector_stats stats;
    c->stats(heap, &stats);
    cr_expect(stats.live_objects == 1);
    c->set_root(heap, 0, NULL);
    c->stats(heap, &stats);
    cr_expect(stats.live_objects == 0 && stats.live_bytes == 0);
}

/* --- limit and pins --- */

Test(plugin_gc, below_a_limit_it_collects_before_it_refuses)
{
    struct assay_collector_stats stats;
    size_t garbage = 0, kept = 0;

    c->set_limit(heap, 64 << 10);
    for (; garbage < 5000; garbage++) {
        struct assay_object *object = c->new_object(heap, type, 2, 8);
        cr_assert(object);
        *(char *)c->payload(heap, object) = 'g';
        c->store(heap, object, 0, object);
        c->decref(heap, object);
    }
    for (struct assay_object *object;
         kept < 5000 && (object = c->new_object(heap, type, 2, 8)); kept++) {
        *(char *)c->payload(heap, object) = 'k';
        cr_assert(c->push(heap, object));
        c->decref(heap, object);
    }
    c->stats(heap, &stats);
    cr_expect(kept > 100 && kept < 5000, "%zu", kept);
    cr_expect(stats.live_objects == kept && stats.live_bytes <= 64 << 10);
    c->pop(heap, kept);
    c->set_limit(heap, 0);
    struct assay_object *large = c->new_object(heap, type, 0, 1 << 20);
    cr_assert(large);
    *(char *)c->payload(heap, large) = 'l';
    c->decref(heap, large);
}

Test(plugin_gc, what_is_pinned_lives_with_its_reach_until_it_is_unpinned)
{
    struct assay_object *pinned = make(type, 'p'), *reach = make(type, 'r');

    c->store(heap, pinned, 0, reach);
    c->store(heap, reach, 0, pinned);
    cr_assert(c->pin(heap, pinned) && c->pin(heap, pinned));
    c->decref(heap, pinned);
    c->decref(heap, reach);
    cr_expect(c->collect(heap, 2) == 0 && !*ended);
    c->unpin(heap, pinned);
    cr_expect(c->collect(heap, 2) == 0 && !*ended);
    c->unpin(heap, pinned);
    cr_expect(c->collect(heap, 2) == 2 && strlen(ended) == 2);
}

/* --- generations --- */

Test(plugin_gc, what_only_an_old_object_refers_to_survives_young_collections)
{
    struct assay_object *old = make(type, 'o');

    c->push(heap, old);
    c->decref(heap, old);
    c->collect(heap, c->generations - 1);
    for (int i = 0; i < 5; i++) {
        struct assay_object *young = make(type, 'y');
        c->store(heap, c->root(heap, 0), 1, young);
        c->decref(heap, young);
        c->collect(heap, 0);
    }
    cr_expect(strcmp(ended, "yyyy") == 0);
}

Test(plugin_gc, the_frozen_live_until_they_are_thawed)
{
    make_loop(type, 'f');
    c->freeze(heap);
    cr_expect(c->collect(heap, 2) == 0);
    c->unfreeze(heap);
    cr_expect(c->collect(heap, 2) == 1);
}

Test(plugin_gc, by_itself_it_keeps_garbage_within_bounds)
{
    struct assay_collector_stats stats;

    c->set_threshold(heap, 0, 50);
    cr_expect(c->threshold(heap, 0) == 50);
    c->automatic(heap, true);
    struct assay_kind silent = { .name = "silent" };
    const struct assay_type *quiet = c->type_add(heap, &silent);
    for (int i = 0; i < 20000; i++) {
        make_loop(quiet, 'g');
        c->stats(heap, &stats);
        cr_assert(stats.live_objects <= 51, "%zu", stats.live_objects);
    }
}

/* --- finalizers --- */

Test(plugin_gc, a_resurrected_object_is_finalized_once)
{
    const struct assay_type *with = finalized_type();

    resurrects = true;
    make_loop(with, 'f');
    cr_expect(c->collect(heap, 2) == 0 && !*ended);
    cr_expect(*(char *)c->payload(heap, c->root(heap, 0)) == 'f');
    c->pop(heap, 1);
    cr_expect(c->collect(heap, 2) == 1);
    cr_expect(strcmp(finalized, "f") == 0 && strcmp(ended, "f") == 0);
}

Test(plugin_gc, a_resurrection_by_count_is_one_too)
{
    resurrects = true;
    c->decref(heap, make(finalized_type(), 'f'));
    cr_expect(!*ended);
    c->pop(heap, 1);
    cr_expect(strcmp(finalized, "f") == 0 && strcmp(ended, "f") == 0);
}

Test(plugin_gc, a_heap_destroyed_with_all_pending_calls_nothing)
{
    struct assay_object *object = make(finalized_type(), 'p');

    make_loop(finalized_type(), 'q');
    cr_assert(c->weak_new(heap, object, NULL, NULL));
    cr_assert(c->push(heap, object));
    end();
    cr_expect(!*ended && !*finalized);
    begin();
}

/* --- weak references --- */

static unsigned calls;

static void note_call(void *context, struct assay_heap *h,
                      struct assay_object *weak)
{
    cr_expect(context == &calls && h == heap && !c->weak_get(h, weak));
    calls++;
}

Test(plugin_gc, a_weak_reference_calls_once_when_it_outlives_its_referent)
{
    for (int cyclic = 0; cyclic < 2; cyclic++) {
        struct assay_object *object = make(type, 'w');
        struct assay_object *weak =
            c->weak_new(heap, object, note_call, &calls);
        struct assay_object *early =
            c->weak_new(heap, object, note_call, &calls);
        cr_assert(weak && early && c->weak_get(heap, weak) == object);
        c->decref(heap, early);
        if (cyclic)
            c->store(heap, object, 0, object);
        c->decref(heap, object);
        c->collect(heap, 2);
        cr_expect(!c->weak_get(heap, weak) && calls == 1 + (unsigned)cyclic);
        c->decref(heap, weak);
    }
    cr_expect(strcmp(ended, "ww") == 0);
}

/* --- references in the payload --- */

static int traverse(void *payload, assay_visit *visit, void *context)
{
    struct assay_object **place = payload;

    return *place ? visit(place, context) : 0;
}

static void clear(void *context, struct assay_heap *h,
                  struct assay_object *object)
{
    (void)context;
    c->store_at(h, object, c->payload(h, object), NULL);
}

Test(plugin_gc, a_cycle_through_payloads_is_found)
{
    struct assay_kind kind = { .name = "own places",
                               .traverse = traverse,
                               .clear = clear };
    const struct assay_type *own = c->type_add(heap, &kind);
    struct assay_object *a = c->new_object(heap, own, 0, sizeof(void *));
    struct assay_object *b = c->new_object(heap, own, 0, sizeof(void *));
    struct assay_object *tail = make(type, 't');

    c->store_at(heap, a, c->payload(heap, a), b);
    c->store_at(heap, b, c->payload(heap, b), a);
    cr_assert(c->collect(heap, 2) == 0);
    struct assay_object *c1 = c->new_object(heap, own, 0, sizeof(void *));
    c->store_at(heap, c1, c->payload(heap, c1), tail);
    c->decref(heap, tail);
    c->decref(heap, a);
    c->decref(heap, b);
    cr_expect(c->collect(heap, 2) == 2);
    c->decref(heap, c1);
    cr_expect(strcmp(ended, "t") == 0);
}

/* --- statistics and events --- */

static struct assay_collection_event event[4];
static size_t event_count;

static void note_event(void *context, const struct assay_collection_event *e)
{
    cr_expect(context == event);
    if (event_count < 4)
        event[event_count++] = *e;
}

Test(plugin_gc, a_listener_hears_what_the_statistics_say)
{
    struct assay_collector_stats stats;
    struct assay_object *object = make(type, 'a');

    make_loop(type, 'b');
    make_loop(type, 'c');
    cr_assert(c->listen(heap, note_event, event));
    c->collect(heap, 1);
    cr_assert(c->listen(heap, NULL, NULL));
    c->collect(heap, 1);
    cr_assert(event_count == 3);
    cr_expect(event[0].step == ASSAY_COLLECTION_REQUESTED);
    cr_expect(event[1].step == ASSAY_COLLECTION_BEGUN);
    cr_expect(event[1].generation == 1 && event[1].candidates == 3);
    cr_expect(event[2].step == ASSAY_COLLECTION_ENDED);
    cr_expect(event[2].collected == 2 && event[2].uncollectable == 0);
    c->stats(heap, &stats);
    cr_expect(stats.generation[1].collections == 2);
    cr_expect(stats.generation[1].collected == 2);
    cr_expect(stats.generation[2].objects == 1 && stats.live_objects == 1);
    c->decref(heap, object);
}
