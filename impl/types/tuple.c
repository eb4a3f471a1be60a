/* tuple.c - tuples, and the free lists of each length.
 *
 * A tuple whose items can be in no cycle can be in none itself: the first
 * collection that it survives untracks it. It never changes, so it is never
 * tracked again.
 *
 * Source: Objects/tupleobject.c. */
#include "assay/types.h"

#include "collector.h"

#define LENGTH_MAX 20   /* PyTuple_MAXSAVESIZE */
#define KEPT_MAX   2000 /* PyTuple_MAXFREELIST: of each length */

/* Of xxHash, version 1, 64 bits (Collet). */
#define HASH_PRIME_1 11400714785074694791u
#define HASH_PRIME_2 14029467366897019727u
#define HASH_PRIME_5 2870177450012600261u

struct tuple {
    struct object_sized sized;
    struct object *item[];
};

/* Kept ones are linked by their first item. */
struct tuple_type {
    struct object_type type;
    struct tuple *free[LENGTH_MAX + 1];
    uint32_t free_count[LENGTH_MAX + 1];
    struct {
        struct head head;
        struct object_sized sized;
    } empty;
};

static const struct object_type tuple_model;

static struct tuple_type *tuple_type_of(struct gc *gc)
{
    struct tuple_type *type =
        (struct tuple_type *)gc->builtin[GC_BUILTIN_TUPLE];
    if (type)
        return type;
    type =
        (struct tuple_type *)gc_type_builtin(gc, GC_BUILTIN_TUPLE, &tuple_model,
                                             sizeof(struct tuple_type));
    if (type)
        type->empty.sized.head = (struct object){ 1, &type->type };
    return type;
}

/* ---- the free lists ---- */

static struct tuple *take_kept(struct tuple_type *type, size_t items)
{
    struct tuple *tuple = NULL;
    if (items <= type->type.gc->edition->tuple_pop_max)
        tuple = type->free[items];
    if (!tuple)
        return NULL;
    type->free[items] = (struct tuple *)tuple->item[0];
    type->free_count[items]--;
    tuple->sized.head.references = 1;
    return tuple;
}

static bool keep(struct tuple *tuple)
{
    struct tuple_type *type = (struct tuple_type *)tuple->sized.head.type;
    size_t items = (size_t)tuple->sized.items;
    if (items > type->type.gc->edition->tuple_push_max ||
        type->free_count[items] == KEPT_MAX)
        return false;
    tuple->item[0] = (struct object *)type->free[items];
    type->free[items] = tuple;
    type->free_count[items]++;
    return true;
}

static size_t tuple_clear_free(struct object_type *given)
{
    struct tuple_type *type = (struct tuple_type *)given;
    size_t count = 0;
    for (size_t items = 1; items <= LENGTH_MAX; items++) {
        count += type->free_count[items];
        type->free_count[items] = 0;
        for (struct tuple *t; (t = type->free[items]);) {
            type->free[items] = (struct tuple *)t->item[0];
            gc_delete(&t->sized.head);
        }
    }
    return count;
}

/* ---- slots ---- */

static void tuple_dealloc(struct object *object)
{
    struct tuple *tuple = (struct tuple *)object;
    struct gc *gc = object->type->gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    for (intptr_t i = tuple->sized.items; --i >= 0;)
        object_decref_any(tuple->item[i]);
    if (!keep(tuple))
        gc_delete(object);
    gc_trash_leave(gc);
}

static int tuple_traverse(struct object *object, object_visit *visit,
                          void *context)
{
    struct tuple *tuple = (struct tuple *)object;
    for (intptr_t i = tuple->sized.items; --i >= 0;) {
        int end = tuple->item[i] ? visit(tuple->item[i], context) : 0;
        if (end)
            return end;
    }
    return 0;
}

/* One with an empty place is still being made. */
static void tuple_untrack(struct object *object)
{
    const struct tuple *tuple = (struct tuple *)object;
    for (intptr_t i = 0; i < tuple->sized.items; i++)
        if (!tuple->item[i] || gc_may_be_tracked(tuple->item[i]))
            return;
    gc_untrack(object);
}

/* The bits of each item's hash are spread and added (xxHash, as in 3.8 and
 * later), so that (a, (b, c)) and ((a, b), c) differ. */
static bool tuple_hash(struct object *object, intptr_t *ret_hash)
{
    const struct tuple *tuple = (struct tuple *)object;
    uint64_t sum = HASH_PRIME_5;
    for (intptr_t i = 0; i < tuple->sized.items; i++) {
        intptr_t hash;
        if (!object_hash(tuple->item[i], &hash))
            return false;
        sum += (uint64_t)hash * HASH_PRIME_2;
        sum = (sum << 31 | sum >> 33) * HASH_PRIME_1;
    }
    sum += (uint64_t)tuple->sized.items ^ (HASH_PRIME_5 ^ 3527539);
    *ret_hash = sum == (uint64_t)-1 ? 1546275796 : (intptr_t)sum;
    return true;
}

static bool tuple_equal(struct object *a, struct object *b)
{
    if (!tuple_is(a) || !tuple_is(b) || tuple_size(a) != tuple_size(b))
        return false;
    for (size_t i = 0; i < tuple_size(a); i++)
        if (!object_is_or_equals(tuple_item(a, i), tuple_item(b, i)))
            return false;
    return true;
}

static const struct object_type tuple_model = {
    .name = "tuple",
    .flags = OBJECT_COLLECTED | OBJECT_UNTRACKED_FOR_GOOD,
    .bytes = sizeof(struct tuple),
    .each = sizeof(struct object *),
    .dealloc = tuple_dealloc,
    .traverse = tuple_traverse,
    .hash = tuple_hash,
    .equal = tuple_equal,
    .untrack = tuple_untrack,
    .clear_free = tuple_clear_free,
};

/* ---- what callers use ---- */

static struct tuple *tuple_alloc(struct gc *gc, size_t items)
{
    struct tuple_type *type = tuple_type_of(gc);
    if (!type || items > PTRDIFF_MAX)
        return NULL;
    if (items == 0)
        return (struct tuple *)object_incref(&type->empty.sized.head);
    struct tuple *tuple = take_kept(type, items);
    if (!tuple)
        tuple = (struct tuple *)gc_new(&type->type, (intptr_t)items);
    return tuple;
}

struct object *tuple_new(struct gc *gc, size_t items)
{
    struct tuple *tuple = tuple_alloc(gc, items);
    if (!tuple || items == 0)
        return (struct object *)tuple;
    for (size_t i = 0; i < items; i++)
        tuple->item[i] = NULL;
    gc_track(&tuple->sized.head);
    return &tuple->sized.head;
}

struct object *tuple_pack(struct gc *gc, struct object *const *items,
                          size_t count)
{
    struct tuple *tuple = tuple_alloc(gc, count);
    if (!tuple || count == 0)
        return (struct object *)tuple;
    for (size_t i = 0; i < count; i++)
        tuple->item[i] = object_incref_any(items[i]);
    gc_track(&tuple->sized.head);
    return &tuple->sized.head;
}

bool tuple_is(const struct object *object)
{
    return object->type->dealloc == tuple_dealloc;
}

size_t tuple_size(const struct object *tuple)
{
    return (size_t)((const struct tuple *)tuple)->sized.items;
}

struct object *tuple_item(const struct object *tuple, size_t index)
{
    return index < tuple_size(tuple)
               ? ((const struct tuple *)tuple)->item[index]
               : NULL;
}

void tuple_set_item(struct object *tuple, size_t index, struct object *item)
{
    assert(index < tuple_size(tuple));
    object_replace(&((struct tuple *)tuple)->item[index],
                   object_incref_any(item));
}

struct object *tuple_slice(struct object *object, size_t from, size_t to)
{
    const struct tuple *tuple = (struct tuple *)object;
    size_t size = tuple_size(object);
    from = from < size ? from : size;
    to = to < from ? from : to < size ? to : size;
    if (from == 0 && to == size)
        return object_incref(object);
    return tuple_pack(object->type->gc, tuple->item + from, to - from);
}

struct object *tuple_join(struct object *a, struct object *b)
{
    size_t size = tuple_size(a), more = tuple_size(b);
    if (size == 0 || more == 0)
        return object_incref(size == 0 ? b : a);
    struct object *joined = tuple_new(a->type->gc, size + more);
    for (size_t i = 0; joined && i < size + more; i++)
        tuple_set_item(joined, i,
                       i < size ? tuple_item(a, i) : tuple_item(b, i - size));
    return joined;
}
