/* plugin_peer.c - any collector plug-in, through its table alone: what it
 * claims is there, and does what the contract says. */
#include "plugin_peer.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

enum { COLLECTIONS = 3 };

const struct assay_collector *peer;
struct assay_heap *heap;
const struct assay_type *type;
size_t peer_ended, peer_finalized;
bool peer_resurrects;

static struct counting_backend backend;

bool peer_can(uint32_t bits)
{
    return (peer->can & bits) == bits;
}

/* ---- kinds ---- */

static void note_end(void *context, const void *payload)
{
    cr_expect(context == &peer_ended && *(const char *)payload == 'n');
    peer_ended++;
}

static void note_finalizer(void *context, struct assay_heap *h,
                           struct assay_object *object)
{
    cr_expect(context == &peer_ended && h == heap);
    cr_expect(*(char *)peer->payload(h, object) == 'n');
    peer_finalized++;
    if (peer_resurrects)
        cr_expect(peer->push(h, object));
}

const struct assay_type *peer_add_type(bool with_finalizer)
{
    struct assay_kind kind = { .name = "noted", .context = &peer_ended };

    if (peer_can(ASSAY_COLLECTOR_ENDED))
        kind.ended = note_end;
    if (with_finalizer)
        kind.finalize = note_finalizer;
    const struct assay_type *added = peer->type_add(heap, &kind);
    cr_assert(added);
    return added;
}

void peer_begin(void)
{
    const char *path = getenv("ASSAY_COLLECTOR");

    cr_assert(path, "ASSAY_COLLECTOR names no plug-in");
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(library, "%s", dlerror());
    peer = dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    cr_assert(peer, "%s", dlerror());
    counting_backend_init(&backend);
    heap = peer->create(&(struct assay_collector_config){ &backend.backend });
    cr_assert(heap);
    type = peer_add_type(false);
}

void peer_end(void)
{
    peer->destroy(heap);
    cr_assert(backend.outstanding_pieces == 0);
    cr_assert(!counting_backend_misuse(&backend));
    counting_backend_destroy(&backend);
}

TestSuite(plugin_peer, .init = peer_begin, .fini = peer_end, .timeout = 60);

/* ---- objects ---- */

static struct assay_object *peer_make(const struct assay_type *of)
{
    struct assay_object *object = peer->new_object(heap, of, 2, 8);

    cr_assert(object);
    memset(peer->payload(heap, object), 'n', 8);
    return object;
}

void peer_disown(struct assay_object *object)
{
    if (peer_can(ASSAY_COLLECTOR_COUNTS))
        peer->decref(heap, object);
}

struct assay_object *peer_push_new(const struct assay_type *of)
{
    struct assay_object *object = peer_make(of);

    cr_assert(peer->push(heap, object));
    peer_disown(object);
    return object;
}

void peer_collect_all(void)
{
    for (int i = 0; i < COLLECTIONS; i++)
        peer->collect(heap, peer->generations - 1);
}

__attribute__((noinline)) void peer_make_garbage(const struct assay_type *of,
                                                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct assay_object *object = peer_push_new(of);

        peer->store(heap, object, 0, object);
        peer->pop(heap, 1);
    }
}

bool peer_is_all(size_t count, size_t of)
{
    if (peer_can(ASSAY_COLLECTOR_CONSERVATIVE))
        return count <= of && count >= of - of / 10;
    return count == of;
}

/* ---- the table ---- */

Test(plugin_peer, an_entry_is_there_when_its_capability_is_claimed)
{
    cr_assert(peer->abi == ASSAY_COLLECTOR_ABI);
    cr_assert(peer->generations >= 1 &&
              peer->generations <= ASSAY_GENERATIONS_MAX);
    cr_assert(peer->create && peer->destroy && peer->type_add &&
              peer->new_object);
    cr_assert(peer->payload && peer->load && peer->store && peer->collect);
    cr_assert(peer->push && peer->pop && peer->root && peer->set_root);
    cr_expect(!peer->incref == !peer_can(ASSAY_COLLECTOR_COUNTS));
    cr_expect(!peer->count == !peer_can(ASSAY_COLLECTOR_COUNTS));
    cr_expect(!peer->automatic == !peer_can(ASSAY_COLLECTOR_AUTOMATIC));
    cr_expect(!peer->threshold == !peer_can(ASSAY_COLLECTOR_THRESHOLDS));
    cr_expect(!peer->freeze == !peer_can(ASSAY_COLLECTOR_FREEZE));
    cr_expect(!peer->store_at == !peer_can(ASSAY_COLLECTOR_TRAVERSE));
    cr_expect(!peer->weak_new == !peer_can(ASSAY_COLLECTOR_WEAK));
    cr_expect(!peer->ephemeron_new == !peer_can(ASSAY_COLLECTOR_EPHEMERON));
    cr_expect(!peer->set_limit == !peer_can(ASSAY_COLLECTOR_LIMIT));
    cr_expect(!peer->pin == !peer_can(ASSAY_COLLECTOR_PIN));
    cr_expect(!peer->attach == !peer_can(ASSAY_COLLECTOR_THREADS));
    cr_expect(!peer->stats == !peer_can(ASSAY_COLLECTOR_STATS));
    cr_expect(!peer->listen == !peer_can(ASSAY_COLLECTOR_LISTEN));
    cr_expect(!peer->verify == !peer_can(ASSAY_COLLECTOR_VERIFY));
}
