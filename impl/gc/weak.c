/* weak.c - weak references and proxies: made, shared, and asked.
 *
 * Source: Objects/weakrefobject.c. */
#include "collector.h"

/* ---- the types ---- */

static void weak_dealloc(struct object *object)
{
    gc_untrack(object);
    weak_end((struct weak *)object);
    gc_delete(object);
}

static int weak_traverse(struct object *object, object_visit *visit,
                         void *context)
{
    struct object *callback = ((struct weak *)object)->callback;
    return callback ? visit(callback, context) : 0;
}

static void weak_clear(struct object *object)
{
    weak_end((struct weak *)object);
}

/* The hash of the referent, which must be asked while it lives. */
static bool weak_hash(struct object *object, intptr_t *ret_hash)
{
    struct weak *weak = (struct weak *)object;
    if (weak->hash == WEAK_NO_HASH)
        if (!weak->referent || !object_hash(weak->referent, &weak->hash))
            return false;
    *ret_hash = weak->hash;
    return true;
}

static bool weak_equal(struct object *a, struct object *b)
{
    if (!weak_is_ref(a) || !weak_is_ref(b))
        return a == b;
    struct object *of_a = weak_target(a), *of_b = weak_target(b);
    if (!of_a || !of_b)
        return a == b;
    object_incref(of_a);
    object_incref(of_b);
    bool equal = object_equal(of_a, of_b);
    object_decref(of_a);
    object_decref(of_b);
    return equal;
}

static bool proxy_hash(struct object *proxy, intptr_t *ret_hash)
{
    (void)proxy, (void)ret_hash;
    return false;
}

#define WEAK_SLOTS(is)                                     \
    .name = (is), .flags = OBJECT_COLLECTED | OBJECT_WEAK, \
    .bytes = sizeof(struct weak), .dealloc = weak_dealloc, \
    .traverse = weak_traverse, .clear = weak_clear

static const struct object_type ref_model = {
    WEAK_SLOTS("weakref.ReferenceType"),
    .hash = weak_hash,
    .equal = weak_equal,
};

static const struct object_type proxy_model = {
    WEAK_SLOTS("weakref.ProxyType"),
    .hash = proxy_hash,
};

static const struct object_type callable_proxy_model = {
    WEAK_SLOTS("weakref.CallableProxyType"),
    .call = weak_proxy_call,
    .hash = proxy_hash,
};

/* Larger than what is used of it since 3.11: there is a place for a function
 * that calls it. */
static struct object_type *builtin(struct gc *gc, enum gc_builtin which,
                                   const struct object_type *model)
{
    struct object_type slots = *model;
    slots.bytes = gc->edition->weak_bytes;
    return gc_type_builtin(gc, which, &slots, sizeof slots);
}

static struct object_type *ref_type(struct gc *gc)
{
    return builtin(gc, GC_BUILTIN_REF, &ref_model);
}

static struct object_type *proxy_type(const struct object *referent)
{
    struct gc *gc = referent->type->gc;
    return referent->type->call
               ? builtin(gc, GC_BUILTIN_CALLABLE_PROXY, &callable_proxy_model)
               : builtin(gc, GC_BUILTIN_PROXY, &proxy_model);
}

struct object_type *weak_type_new(struct gc *gc, const char *name)
{
    struct object_type model = ref_model;
    model.name = name;
    model.bytes = gc->edition->weak_bytes;
    return gc_type_add(gc, &model, sizeof model);
}

/* ---- the list of a referent ---- */

static bool is_plain_ref(const struct weak *weak)
{
    return weak && !weak->callback &&
           weak->head.type == weak->head.type->gc->builtin[GC_BUILTIN_REF];
}

static bool is_plain_proxy(const struct weak *weak)
{
    return weak && !weak->callback && weak_is_proxy(&weak->head);
}

/* The two that are shared, where there are such. */
static void find_plain(const struct object *referent, struct weak **ret_ref,
                       struct weak **ret_proxy)
{
    struct weak *first = *weak_list_of(referent);
    *ret_ref = is_plain_ref(first) ? first : NULL;
    if (*ret_ref)
        first = first->next;
    *ret_proxy = is_plain_proxy(first) ? first : NULL;
}

/* `after` NULL: at the front. */
static void insert(struct weak *weak, struct object *referent,
                   struct weak *after)
{
    struct weak **place = after ? &after->next : weak_list_of(referent);
    weak->prev = after;
    weak->next = *place;
    if (weak->next)
        weak->next->prev = weak;
    *place = weak;
}

static struct weak *weak_new(const struct object_type *type,
                             struct object *referent, struct object *callback)
{
    struct weak *weak = type ? (struct weak *)gc_new(type, 0) : NULL;
    if (!weak)
        return NULL;
    weak->referent = referent;
    weak->callback = object_incref_any(callback);
    weak->hash = WEAK_NO_HASH;
    weak->prev = weak->next = NULL;
    return weak;
}

/* Making one may have set off a collection, and that may have made another:
 * the list is looked at again. */
static struct object *share_or_insert(struct weak *weak, struct weak *same,
                                      struct weak *after)
{
    if (same) {
        object_decref(&weak->head);
        return object_incref(&same->head);
    }
    insert(weak, weak->referent, after);
    return &weak->head;
}

struct object *weak_ref(struct object *referent, struct object *callback)
{
    struct weak *ref, *proxy;
    if (!weak_supports(referent))
        return NULL;
    find_plain(referent, &ref, &proxy);
    if (ref && !callback)
        return object_incref(&ref->head);
    struct weak *weak =
        weak_new(ref_type(referent->type->gc), referent, callback);
    if (!weak)
        return NULL;
    gc_track(&weak->head);
    find_plain(referent, &ref, &proxy);
    if (!callback)
        return share_or_insert(weak, ref, NULL);
    return share_or_insert(weak, NULL, proxy ? proxy : ref);
}

struct object *weak_proxy(struct object *referent, struct object *callback)
{
    struct weak *ref, *proxy;
    if (!weak_supports(referent))
        return NULL;
    find_plain(referent, &ref, &proxy);
    if (proxy && !callback)
        return object_incref(&proxy->head);
    struct weak *weak = weak_new(proxy_type(referent), referent, callback);
    if (!weak)
        return NULL;
    gc_track(&weak->head);
    find_plain(referent, &ref, &proxy);
    if (!callback)
        return share_or_insert(weak, proxy, ref);
    return share_or_insert(weak, NULL, proxy ? proxy : ref);
}

struct object *weak_ref_of(const struct object_type *type,
                           struct object *referent, struct object *callback)
{
    struct weak *ref, *proxy;
    assert(type->flags & OBJECT_WEAK);
    if (!weak_supports(referent))
        return NULL;
    struct weak *weak = weak_new(type, referent, callback);
    if (!weak)
        return NULL;
    gc_track(&weak->head);
    find_plain(referent, &ref, &proxy);
    return share_or_insert(weak, NULL, proxy ? proxy : ref);
}

/* ---- asking ---- */

bool weak_supports(const struct object *referent)
{
    return referent->type->weak_at != 0;
}

/* A count of 0 is that of an object whose end has begun. */
struct object *weak_target(const struct object *weak)
{
    struct object *referent = ((const struct weak *)weak)->referent;
    return referent && referent->references != 0 ? referent : NULL;
}

struct object *weak_callback(const struct object *weak)
{
    return ((const struct weak *)weak)->callback;
}

bool weak_is_proxy(const struct object *object)
{
    struct object_type *const *builtin = object->type->gc->builtin;
    return object->type == builtin[GC_BUILTIN_PROXY] ||
           object->type == builtin[GC_BUILTIN_CALLABLE_PROXY];
}

bool weak_is_ref(const struct object *object)
{
    return weak_is(object) && !weak_is_proxy(object);
}

bool weak_proxy_is_callable(const struct object *proxy)
{
    return weak_is_proxy(proxy) && proxy->type->call;
}

/* The referent is held while it is called: it may drop what held it. */
bool weak_proxy_call(struct object *proxy, struct object *argument)
{
    struct object *target = weak_target(proxy);
    if (!target || !target->type->call)
        return false;
    object_incref(target);
    bool good = target->type->call(target, argument);
    object_decref(target);
    return good;
}

size_t weak_list(const struct object *referent, struct object **ret_weak,
                 size_t room)
{
    size_t count = 0;
    if (!weak_supports(referent))
        return 0;
    for (struct weak *w = *weak_list_of(referent); w; w = w->next) {
        if (count < room)
            ret_weak[count] = &w->head;
        count++;
    }
    return count;
}

size_t weak_count(const struct object *referent)
{
    return weak_list(referent, NULL, 0);
}
