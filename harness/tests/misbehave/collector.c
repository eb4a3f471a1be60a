/* collector.c - a collector that behaves (WRAPPED), with one thing wrong
 * in front of it: what WRONG says. */
#include <dlfcn.h>

#include <stddef.h>

#include "assay/collector.h"

enum wrong { LOSE_STORES, SHARE_PAYLOADS, REFUSE_OBJECTS, OLD_TABLE };
enum { OFTEN = 100 };

static const struct assay_collector *right;
static unsigned calls;

/* Every hundredth reference is not stored. */
__attribute__((unused)) static void lose_store(struct assay_heap *heap,
                                               struct assay_object *object,
                                               size_t slot,
                                               struct assay_object *value)
{
    if (++calls % OFTEN != 0)
        right->store(heap, object, slot, value);
}

/* Two objects have one payload. */
__attribute__((unused)) static void *share_payload(struct assay_heap *heap,
                                                   struct assay_object *object)
{
    static void *before;
    void *payload = right->payload(heap, object);

    if (++calls % OFTEN == 0 && before != NULL)
        payload = before;
    before = payload;
    return payload;
}

__attribute__((unused)) static struct assay_object *refuse_object(
    struct assay_heap *heap, const struct assay_type *type, size_t slots,
    size_t bytes)
{
    return ++calls > OFTEN ? NULL : right->new_object(heap, type, slots, bytes);
}

/* Filled before anyone asks for it; data in the eyes of dlsym all the same. */
__attribute__((visibility("default"))) struct assay_collector table __asm__(
    "assay_collector");

__attribute__((constructor)) static void wrap(void)
{
    void *library = dlopen(WRAPPED, RTLD_NOW | RTLD_LOCAL);

    right = dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    table = *right;
    switch (WRONG) {
    case LOSE_STORES:
        table.store = lose_store;
        break;
    case SHARE_PAYLOADS:
        table.payload = share_payload;
        break;
    case REFUSE_OBJECTS:
        table.new_object = refuse_object;
        break;
    default:
        table.abi++;
    }
}
