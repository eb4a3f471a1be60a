/* typed.c - the free lists in front of the heap: take, keep, clear.
 *
 * The law of a list, for every type that has one: what is put in last is
 * taken first, an object that does not fit is freed, and nothing but a
 * clearing shortens the list otherwise. */
#include "assay/typed.h"

#include "typed_lists.h"

/* Strings shorter than this keep their characters in the list
 * (KEEPALIVE_SIZE_LIMIT of unicodeobject.c). */
#define CHARACTERS_KEPT_BELOW ((size_t)9)

/* log2 of the slots of keys that are kept (PyDict_LOG_MINSIZE). */
#define KEYS_KEPT_LOG 3u

#define GENERATION_OLDEST 2u

/* ---- lists ---- */

static void list_push(struct typed_list *list, struct typed_object *object)
{
    object->references = 0;
    object->type = list->first;
    list->first = object;
    list->count++;
}

static struct typed_object *list_pop(struct typed_list *list)
{
    struct typed_object *object = list->first;
    if (!object)
        return NULL;
    list->first = (struct typed_object *)object->type;
    list->count--;
    return object;
}

static struct typed_list *list_of_tuples(struct typed_lists *lists,
                                         size_t items, size_t items_max)
{
    return items >= 1 && items <= items_max ? &lists->tuple[items] : NULL;
}

/* The list that may have an object of so many items; NULL: none. */
static struct typed_list *list_to_take(struct typed_lists *lists,
                                       enum typed_kind kind, size_t items)
{
    if (typed_rule(lists, kind)->scheme != TYPED_LISTED)
        return NULL;
    if (kind == TYPED_TUPLE)
        return list_of_tuples(lists, items, lists->edition->tuple_pop_max);
    if (kind == TYPED_KEYS &&
        typed_table_log(lists, kind, items) != KEYS_KEPT_LOG)
        return NULL;
    return &lists->list[kind];
}

/* The list that may keep this object; NULL: none, or it is full. */
static struct typed_list *list_to_keep(struct typed_lists *lists,
                                       enum typed_kind kind,
                                       const struct typed_object *object)
{
    struct typed_list *list = &lists->list[kind];
    if (typed_rule(lists, kind)->scheme != TYPED_LISTED)
        return NULL;
    if (!typed_is_keys(kind) && object->type != &lists->exact[kind])
        return NULL;
    if (kind == TYPED_TUPLE)
        list =
            list_of_tuples(lists, ((const struct typed_sized *)object)->items,
                           lists->edition->tuple_push_max);
    if (kind == TYPED_KEYS && typed_keys_log(object) != KEYS_KEPT_LOG)
        return NULL;
    return list && list->count < typed_rule(lists, kind)->limit ? list : NULL;
}

static void object_keep_or_delete(struct typed_lists *lists,
                                  enum typed_kind kind,
                                  struct typed_object *object)
{
    struct typed_list *list = list_to_keep(lists, kind, object);
    if (list)
        list_push(list, object);
    else
        typed_object_delete(lists, kind, object);
}

/* ---- objects ---- */

/* Frames keep the length they have had, and grow when it is too short. Where
 * CPython frees the frame that could not grow, ours goes back. */
static struct typed_object *frame_fit(struct typed_lists *lists,
                                      struct typed_object *frame, size_t items)
{
    if (((struct typed_sized *)frame)->items >= items)
        return frame;
    struct typed_object *grown = typed_frame_grow(lists, frame, items);
    if (!grown)
        list_push(&lists->list[TYPED_FRAME], frame);
    return grown;
}

static struct typed_object *object_take(struct typed_lists *lists,
                                        enum typed_kind kind, size_t items)
{
    struct typed_list *list = list_to_take(lists, kind, items);
    struct typed_object *object = list ? list_pop(list) : NULL;
    if (object && kind == TYPED_FRAME)
        return frame_fit(lists, object, items);
    return object;
}

/* The object of a type with a part. A failure puts back what a list gave, and
 * frees what is new; CPython puts that in the list too. */
static struct typed_object *object_give_part(struct typed_lists *lists,
                                             enum typed_kind kind,
                                             struct typed_object *object,
                                             size_t items, bool reused)
{
    if (typed_part_new(lists, kind, object, items, reused))
        return object;
    if (reused)
        list_push(&lists->list[kind], object);
    else
        typed_object_delete(lists, kind, object);
    return NULL;
}

static struct typed_object *object_alloc(struct typed_lists *lists,
                                         enum typed_kind kind, size_t items,
                                         const char *type)
{
    bool exact = type == &lists->exact[kind];
    struct typed_list *list = exact ? list_to_take(lists, kind, items) : NULL;
    bool reused = list && list->first;
    struct typed_object *object =
        reused ? object_take(lists, kind, items)
               : typed_object_new(lists, kind, items, type);
    if (!object)
        return NULL;
    if (typed_rule(lists, kind)->part_offset > 0)
        object = object_give_part(lists, kind, object, items, reused);
    if (!object || !reused)
        return object;
    object->references = 1;
    object->type = typed_is_keys(kind) ? typed_keys_kept_word() : type;
    return object;
}

/* One for ever: static from 3.11 on, before that made when first asked for. */
static void *empty_tuple(struct typed_lists *lists)
{
    const char *type = &lists->exact[TYPED_TUPLE];
    if (!lists->empty_tuple)
        lists->empty_tuple = typed_object_new(lists, TYPED_TUPLE, 0, type);
    if (lists->empty_tuple)
        lists->empty_tuple->references++;
    return lists->empty_tuple;
}

/* What `kind` is in an edition whose keys are all alike. */
static enum typed_kind kind_of(const struct typed_lists *lists,
                               enum typed_kind kind)
{
    bool alike = lists->edition->keys_of_one_kind;
    return kind == TYPED_KEYS_GENERAL && alike ? TYPED_KEYS : kind;
}

void *typed_alloc(struct typed_lists *lists, enum typed_kind kind, size_t items)
{
    kind = kind_of(lists, kind);
    if (kind == TYPED_TUPLE && items == 0)
        return empty_tuple(lists);
    if (typed_rule(lists, kind)->scheme == TYPED_BLOCKED)
        return typed_blocks_alloc(lists, kind);
    return object_alloc(lists, kind, items, &lists->exact[kind]);
}

void *typed_alloc_subclass(struct typed_lists *lists, enum typed_kind kind,
                           size_t items)
{
    assert(!typed_is_keys(kind));
    return object_alloc(lists, kind, items, &lists->subclass[kind]);
}

/* What is ours for as long as the lists are. */
static bool object_is_shared(const struct typed_lists *lists,
                             enum typed_kind kind,
                             const struct typed_object *object)
{
    return object == lists->empty_tuple ||
           (kind == TYPED_INT && typed_is_small_int(lists, object));
}

static bool part_is_kept(struct typed_lists *lists, enum typed_kind kind,
                         const struct typed_object *object)
{
    return kind == TYPED_UNICODE && list_to_keep(lists, kind, object) &&
           ((const struct typed_sized *)object)->items < CHARACTERS_KEPT_BELOW;
}

void typed_free(struct typed_lists *lists, enum typed_kind kind, void *given)
{
    struct typed_object *object = given;
    if (!object)
        return;
    if (typed_is_keys(kind))
        kind = typed_keys_kind(object);
    else
        assert(object->type == &lists->exact[kind] ||
               object->type == &lists->subclass[kind]);
    if (object_is_shared(lists, kind, object)) {
        object->references--;
        return;
    }
    if (typed_rule(lists, kind)->scheme == TYPED_BLOCKED &&
        object->type == &lists->exact[kind]) {
        typed_blocks_free(lists, kind, object);
        return;
    }
    if (typed_rule(lists, kind)->part_offset > 0 &&
        !part_is_kept(lists, kind, object))
        typed_part_delete(lists, kind, object);
    object_keep_or_delete(lists, kind, object);
}

/* ---- frames of a code object ---- */

void *typed_frame_alloc(struct typed_lists *lists, void **zombie, size_t items)
{
    struct typed_object *frame = *zombie;
    if (!frame)
        return typed_alloc(lists, TYPED_FRAME, items);
    *zombie = NULL;
    frame->references = 1;
    return frame;
}

void typed_frame_free(struct typed_lists *lists, void **zombie, void *given)
{
    struct typed_object *frame = given;
    if (*zombie || !lists->edition->zombie_frames) {
        typed_free(lists, TYPED_FRAME, frame);
        return;
    }
    frame->references = 0;
    *zombie = frame;
}

void typed_zombie_free(struct typed_lists *lists, void **zombie)
{
    if (*zombie)
        typed_object_delete(lists, TYPED_FRAME, *zombie);
    *zombie = NULL;
}

/* ---- clearing ---- */

static size_t list_clear(struct typed_lists *lists, enum typed_kind kind,
                         struct typed_list *list)
{
    size_t count = 0;
    for (struct typed_object *o; (o = list_pop(list)); count++) {
        if (kind == TYPED_UNICODE)
            typed_part_delete(lists, kind, o);
        typed_object_delete(lists, kind, o);
    }
    return count;
}

static size_t kind_clear(struct typed_lists *lists, enum typed_kind kind)
{
    size_t count = 0;
    if (typed_rule(lists, kind)->scheme != TYPED_LISTED)
        return 0;
    if (kind != TYPED_TUPLE)
        return list_clear(lists, kind, &lists->list[kind]);
    for (size_t items = 1; items <= TYPED_TUPLE_MAX; items++)
        count += list_clear(lists, kind, &lists->tuple[items]);
    return count;
}

size_t typed_clear(struct typed_lists *lists, enum typed_kind kind)
{
    kind = kind_of(lists, kind);
    if (typed_rule(lists, kind)->scheme == TYPED_BLOCKED)
        return typed_blocks_clear(lists, kind);
    if (kind == TYPED_DICT || kind == TYPED_KEYS)
        return kind_clear(lists, TYPED_DICT) + kind_clear(lists, TYPED_KEYS);
    if (kind == TYPED_ASYNC_VALUE || kind == TYPED_ASYNC_SEND)
        return kind_clear(lists, TYPED_ASYNC_VALUE) +
               kind_clear(lists, TYPED_ASYNC_SEND);
    return kind_clear(lists, kind);
}

static size_t sweep_one(struct typed_lists *lists, enum typed_kind kind)
{
    if (typed_rule(lists, kind)->scheme != TYPED_BLOCKED)
        return typed_clear(lists, kind);
    struct typed_blocks *blocks = typed_blocks_of(lists, kind);
    size_t before = blocks->block_count;
    typed_blocks_clear(lists, kind);
    return (before - blocks->block_count) * TYPED_BLOCK_OBJECTS;
}

size_t typed_collect(struct typed_lists *lists, unsigned generation)
{
    size_t count = 0;
    lists->young_count = 0;
    if (generation < GENERATION_OLDEST)
        return 0;
    const uint8_t *kind = lists->edition->sweep;
    for (; *kind != TYPED_KINDS; kind++)
        count += sweep_one(lists, *kind);
    return count;
}

size_t typed_young_count(const struct typed_lists *lists)
{
    return lists->young_count;
}

/* ---- the whole ---- */

static bool lists_start(struct typed_lists *lists)
{
    if (lists->edition->empty_tuple_static) {
        struct typed_object *empty = &lists->static_empty_tuple.head;
        *empty = (struct typed_object){ 1, &lists->exact[TYPED_TUPLE] };
        lists->empty_tuple = empty;
    }
    if (typed_rule(lists, TYPED_INT)->scheme != TYPED_BLOCKED)
        return true;
    return typed_small_ints_create(lists);
}

struct typed_lists *typed_create(const char *edition,
                                 const struct memory_allocator *object,
                                 const struct memory_allocator *raw)
{
    const struct typed_edition *found = typed_edition_find(edition);
    struct typed_lists *lists =
        found ? raw->calloc(raw->context, 1, sizeof *lists) : NULL;
    if (!lists)
        return NULL;
    lists->edition = found;
    lists->object = *object;
    lists->raw = *raw;
    lists->mem = found->mem_is_raw ? *raw : *object;
    if (lists_start(lists))
        return lists;
    typed_destroy(lists);
    return NULL;
}

void typed_destroy(struct typed_lists *lists)
{
    if (!lists)
        return;
    for (unsigned kind = 0; kind < TYPED_KINDS; kind++)
        kind_clear(lists, kind);
    if (lists->empty_tuple &&
        lists->empty_tuple != &lists->static_empty_tuple.head)
        typed_object_delete(lists, TYPED_TUPLE, lists->empty_tuple);
    typed_blocks_destroy(lists, TYPED_INT);
    typed_blocks_destroy(lists, TYPED_FLOAT);
    struct memory_allocator raw = lists->raw;
    raw.free(raw.context, lists);
}
