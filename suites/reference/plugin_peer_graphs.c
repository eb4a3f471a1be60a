/* plugin_peer_graphs.c - random graphs on any collector plug-in agree with
 * their shadow, and objects of all shapes keep what they hold. */
#include "plugin_peer.h"
#include "seed.h"

#include <string.h>

SEED_OF_RUN(NULL)

static struct collector_script script;

Test(plugin_peer, random_graphs_agree_with_the_shadow)
{
    uint64_t seed = seed_of_run();

    for (uint64_t stream = 0; stream < 20; stream++) {
        collector_script_open(&script, peer, seed, stream);
        collector_script_run(&script, 1500);
        cr_assert(script.made > 100);
        collector_script_close(&script);
    }
}

Test(plugin_peer, so_they_do_when_it_collects_by_itself)
{
    uint64_t seed = seed_of_run();

    WANTS(AUTOMATIC);
    for (uint64_t stream = 0; stream < 20; stream++) {
        collector_script_open(&script, peer, seed, 100 + stream);
        if (peer_can(ASSAY_COLLECTOR_THRESHOLDS))
            peer->set_threshold(script.heap, 0, 1 + stream);
        peer->automatic(script.heap, true);
        collector_script_run(&script, 1500);
        cr_assert(script.made > 100);
        collector_script_close(&script);
    }
}

Test(plugin_peer, two_heaps_do_not_know_of_each_other)
{
    collector_script_run_two(peer, seed_of_run());
}

Test(plugin_peer, a_backend_that_refuses_does_no_harm)
{
    WANTS(BACKEND);
    collector_script_run_refused(peer, seed_of_run());
}

/* Slots and payload of a kind without functions, which may lie elsewhere. */
Test(plugin_peer, slots_and_payload_lie_apart)
{
    struct assay_kind kind = { .name = "plain" };
    const struct assay_type *plain = peer->type_add(heap, &kind);
    size_t sizes[] = { 1, 8, 100, 5000 };

    cr_assert(plain);
    for (size_t i = 0; i < 4; i++) {
        struct assay_object *object =
            peer->new_object(heap, plain, i, sizes[i]);
        cr_assert(object && peer->push(heap, object));
        peer_disown(object);
        memset(peer->payload(heap, object), (int)i + 1, sizes[i]);
        for (size_t slot = 0; slot < i; slot++)
            peer->store(heap, object, slot, peer->root(heap, slot));
    }
    peer_collect_all();
    for (size_t i = 0; i < 4; i++) {
        const char *payload = peer->payload(heap, peer->root(heap, i));
        for (size_t at = 0; at < sizes[i]; at++)
            cr_assert(payload[at] == (char)i + 1);
        for (size_t slot = 0; slot < i; slot++)
            cr_assert(peer->load(heap, peer->root(heap, i), slot) ==
                      peer->root(heap, slot));
    }
}
