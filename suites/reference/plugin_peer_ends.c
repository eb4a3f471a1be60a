/* plugin_peer_ends.c - what ends under any collector plug-in, and who is told:
 * finalizers, weak references, ephemerons. */
#include "plugin_peer.h"

static size_t called;

/* ---- ends ---- */

Test(plugin_peer, cycles_that_nothing_refers_to_end)
{
    WANTS(ENDED);
    peer_make_garbage(type, PEER_MANY);
    peer_collect_all();
    cr_expect(peer_is_all(peer_ended, PEER_MANY), "%zu", peer_ended);
    peer_push_new(type);
    peer_collect_all();
    cr_expect(peer_ended <= PEER_MANY);
    cr_expect(*(char *)peer->payload(heap, peer->root(heap, 0)) == 'n');
}

Test(plugin_peer, by_itself_it_keeps_garbage_within_bounds)
{
    WANTS(ENDED);
    WANTS(AUTOMATIC);
    peer->automatic(heap, true);
    peer_make_garbage(type, 100 * PEER_MANY);
    cr_expect(peer_ended > 50 * PEER_MANY, "%zu", peer_ended);
}

/* ---- finalizers ---- */

Test(plugin_peer, finalizers_are_called_once_and_may_resurrect)
{
    WANTS(FINALIZE);
    const struct assay_type *with = peer_add_type(true);

    peer_resurrects = true;
    peer_make_garbage(with, PEER_MANY);
    peer_collect_all();
    cr_expect(peer_is_all(peer_finalized, PEER_MANY), "%zu", peer_finalized);
    cr_expect(peer_ended == 0);
    size_t once = peer_finalized;
    peer_resurrects = false;
    peer->pop(heap, once);
    peer_collect_all();
    if (!peer_can(ASSAY_COLLECTOR_CONSERVATIVE))
        cr_expect(peer_finalized == once);
    if (peer_can(ASSAY_COLLECTOR_ENDED))
        cr_expect(peer_is_all(peer_ended, PEER_MANY), "%zu", peer_ended);
}

Test(plugin_peer, a_heap_ends_with_everything_pending)
{
    WANTS(FINALIZE);
    const struct assay_type *with = peer_add_type(true);

    peer_make_garbage(with, 10);
    struct assay_object *object = peer_push_new(with);
    if (peer_can(ASSAY_COLLECTOR_WEAK))
        cr_assert(peer->weak_new(heap, object, NULL, NULL));
    peer_end();
    cr_expect(peer_ended == 0);
    cr_expect(peer_finalized ==
              (peer_can(ASSAY_COLLECTOR_FINALIZE_AT_END) ? 11u : 0u));
    peer_begin();
}

/* ---- weak references ---- */

Test(plugin_peer, a_weak_reference_gives_its_referent_until_that_is_dead)
{
    WANTS(WEAK);
    size_t dead = 0;

    for (size_t i = 0; i < 100; i++) {
        struct assay_object *object = peer_push_new(type);
        peer->store(heap, object, 0, object);
        struct assay_object *weak = peer->weak_new(heap, object, NULL, NULL);
        cr_assert(weak);
        cr_assert(peer->push(heap, weak));
        peer_disown(weak);
        cr_expect(peer->weak_get(heap, peer->root(heap, 2 * i + 1)) ==
                  peer->root(heap, 2 * i));
    }
    peer_collect_all();
    for (size_t i = 0; i < 100; i++) {
        cr_expect(peer->weak_get(heap, peer->root(heap, 2 * i + 1)) ==
                  peer->root(heap, 2 * i));
        peer->set_root(heap, 2 * i, NULL);
    }
    peer_collect_all();
    for (size_t i = 0; i < 100; i++)
        dead += peer->weak_get(heap, peer->root(heap, 2 * i + 1)) == NULL;
    cr_expect(peer_is_all(dead, 100), "%zu", dead);
}

static void note_call(void *context, struct assay_heap *h,
                      struct assay_object *weak)
{
    cr_expect(context == &called && h == heap && !peer->weak_get(h, weak));
    called++;
}

Test(plugin_peer, a_weak_reference_calls_when_it_outlives_its_referent)
{
    WANTS(WEAK_CALLBACK);
    struct assay_object *object = peer_push_new(type);
    struct assay_object *weak =
        peer->weak_new(heap, object, note_call, &called);

    cr_assert(weak);
    cr_assert(peer->push(heap, weak));
    peer_disown(weak);
    peer->store(heap, object, 0, object);
    peer->set_root(heap, 0, NULL);
    peer_collect_all();
    cr_expect(called == 1 && !peer->weak_get(heap, peer->root(heap, 1)));
}

/* ---- ephemerons ---- */

Test(plugin_peer, a_value_that_refers_to_its_key_keeps_neither)
{
    WANTS(EPHEMERON);
    struct assay_object *key = peer_push_new(type),
                        *value = peer_push_new(type);

    peer->store(heap, value, 0, key);
    struct assay_object *made =
        peer->ephemeron_new(heap, peer->root(heap, 0), peer->root(heap, 1));
    cr_assert(made);
    cr_assert(peer->push(heap, made));
    peer_disown(made);
    peer->set_root(heap, 1, NULL);
    peer_collect_all();
    struct assay_object *ephemeron = peer->root(heap, 2);
    cr_expect(peer->ephemeron_key(heap, ephemeron) == peer->root(heap, 0));
    cr_assert(peer->ephemeron_value(heap, ephemeron));
    cr_expect(peer->load(heap, peer->ephemeron_value(heap, ephemeron), 0) ==
              peer->root(heap, 0));
    peer->set_root(heap, 0, NULL);
    peer_collect_all();
    cr_expect(!peer->ephemeron_key(heap, peer->root(heap, 2)));
    cr_expect(!peer->ephemeron_value(heap, peer->root(heap, 2)));
}
