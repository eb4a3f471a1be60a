/* plugin_peer_control.c - any collector plug-in is held back, and looked into:
 * limits, pins, freezing, listeners, statistics. */
#include "plugin_peer.h"

/* ---- limit, pins, freezing ---- */

Test(plugin_peer, below_a_limit_it_collects_before_it_refuses)
{
    WANTS(LIMIT);
    size_t kept = 0;

    peer->set_limit(heap, 128 << 10);
    peer_make_garbage(type, 10 * PEER_MANY);
    for (struct assay_object *object;
         kept < 10 * PEER_MANY && (object = peer->new_object(heap, type, 2, 8));
         kept++) {
        *(char *)peer->payload(heap, object) = 'n';
        cr_assert(peer->push(heap, object));
        peer_disown(object);
    }
    cr_expect(kept > 100 && kept <= (128 << 10) / 24, "%zu", kept);
    peer->pop(heap, kept);
    peer_make_garbage(type, PEER_MANY);
    peer->set_limit(heap, 0);
}

Test(plugin_peer, what_is_pinned_lives_with_its_reach)
{
    WANTS(PIN);
    struct assay_object *pinned = peer_push_new(type);

    peer->store(heap, pinned, 0, peer_push_new(type));
    cr_assert(peer->pin(heap, pinned) && peer->pin(heap, pinned));
    peer->pop(heap, 2);
    peer_collect_all();
    peer->unpin(heap, pinned);
    peer_collect_all();
    cr_expect(peer_ended == 0);
    cr_assert(peer->load(heap, pinned, 0));
    cr_expect(*(char *)peer->payload(heap, peer->load(heap, pinned, 0)) == 'n');
    peer->unpin(heap, pinned);
    peer_collect_all();
    if (peer_can(ASSAY_COLLECTOR_ENDED) &&
        !peer_can(ASSAY_COLLECTOR_CONSERVATIVE))
        cr_expect(peer_ended == 2, "%zu", peer_ended);
}

Test(plugin_peer, the_frozen_live_until_they_are_thawed)
{
    WANTS(FREEZE);
    WANTS(ENDED);
    peer_make_garbage(type, 10);
    peer->freeze(heap);
    peer_collect_all();
    cr_expect(peer_ended == 0);
    peer_make_garbage(type, 10);
    peer->unfreeze(heap);
    peer_collect_all();
    cr_expect(peer_ended == 20, "%zu", peer_ended);
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
    peer_make_garbage(type, 10);
    cr_assert(peer->listen(heap, note_event, event));
    size_t found = peer->collect(heap, peer->generations - 1);
    cr_assert(peer->listen(heap, NULL, NULL));
    peer->collect(heap, peer->generations - 1);
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
        peer_push_new(type);
    peer_make_garbage(type, 10);
    peer->stats(heap, &stats);
    cr_expect(stats.live_objects == 20);
    cr_expect(peer->collect(heap, peer->generations - 1) == 10);
    peer->stats(heap, &stats);
    cr_expect(stats.live_objects == 10 && stats.live_bytes >= 10 * 24);
    cr_expect(stats.generation[peer->generations - 1].objects == 10);
    cr_expect(stats.generation[peer->generations - 1].collections == 1);
    cr_expect(stats.generation[peer->generations - 1].collected == 10);
}
