/* collector.c - a collector that behaves (WRAPPED), with one thing wrong
 * in front of it: what WRONG says. */
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "assay/collector.h"

enum wrong {
    LOSE_STORES,
    SHARE_PAYLOADS,
    REFUSE_OBJECTS,
    OLD_TABLE,
    KEEP_REFERENTS, /* of weak references */
    LOSE_REFERENTS,
    LOSE_CALLBACKS,
    SWAP_CALLBACKS,
    LOSE_FINALIZERS,
    FINALIZE_TWICE,
    EXIT_ON_STORE,
};
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

__attribute__((unused, noreturn)) static void exit_on_store(
    struct assay_heap *heap, struct assay_object *object, size_t slot,
    struct assay_object *value)
{
    (void)heap, (void)object, (void)slot, (void)value;
    exit(0);
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

/* Every hundredth weak reference gives the one before it. */
__attribute__((unused)) static struct assay_object *keep_referent(
    struct assay_heap *heap, struct assay_object *weak)
{
    static struct assay_object *before;
    struct assay_object *referent = right->weak_get(heap, weak);

    if (referent == NULL && ++calls % OFTEN == 0)
        return before;
    before = referent != NULL ? referent : before;
    return referent;
}

__attribute__((unused)) static struct assay_object *lose_referent(
    struct assay_heap *heap, struct assay_object *weak)
{
    return ++calls % OFTEN == 0 ? NULL : right->weak_get(heap, weak);
}

__attribute__((unused)) static struct assay_object *lose_callback(
    struct assay_heap *heap, struct assay_object *referent,
    assay_weak_callback *callback, void *context)
{
    if (++calls % OFTEN == 0)
        callback = NULL;
    return right->weak_new(heap, referent, callback, context);
}

/* Every hundredth weak reference calls back in the name of the one before it:
 * as many calls as there should be. */
__attribute__((unused)) static struct assay_object *swap_callback(
    struct assay_heap *heap, struct assay_object *referent,
    assay_weak_callback *callback, void *context)
{
    static void *before;
    void *mine = ++calls % OFTEN == 0 ? before : context;

    before = context;
    return right->weak_new(heap, referent, callback, mine);
}

/* Of the one kind that has a finalizer. */
static void (*finalizer)(void *context, struct assay_heap *heap,
                         struct assay_object *object);

static void finalize_wrongly(void *context, struct assay_heap *heap,
                             struct assay_object *object)
{
    bool often = ++calls % OFTEN == 0;

    if (WRONG != LOSE_FINALIZERS || !often)
        finalizer(context, heap, object);
    if (WRONG == FINALIZE_TWICE && often)
        finalizer(context, heap, object);
}

__attribute__((unused)) static const struct assay_type *add_wrongly(
    struct assay_heap *heap, const struct assay_kind *kind)
{
    struct assay_kind wrong = *kind;

    if (kind->finalize != NULL) {
        finalizer = kind->finalize;
        wrong.finalize = finalize_wrongly;
    }
    return right->type_add(heap, &wrong);
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
    case KEEP_REFERENTS:
        table.weak_get = keep_referent;
        break;
    case LOSE_REFERENTS:
        table.weak_get = lose_referent;
        break;
    case LOSE_CALLBACKS:
        table.weak_new = lose_callback;
        break;
    case SWAP_CALLBACKS:
        table.weak_new = swap_callback;
        break;
    case EXIT_ON_STORE:
        table.store = exit_on_store;
        break;
    case LOSE_FINALIZERS:
    case FINALIZE_TWICE:
        table.type_add = add_wrongly;
        break;
    default:
        table.abi++;
    }
}
