/* oracle_collector_ours.c - the reference's side. */
#include "oracle_collector_ours.h"

#include <stdio.h>

#include "assay/gc.h"
#include "assay/types.h"
#include "assay/weak.h"

static struct ours {
    struct gc *gc;
    struct machine *machine;
    FILE *log;
    char *logged;
    size_t logged_bytes, logged_before;
    int listeners[LISTENERS]; /* contexts */
} ours;

/* ---- what the collector tells ---- */

static bool ours_listen(void *listener, const struct gc_info *info)
{
    const intptr_t numbers[] = { info->generation, (intptr_t)info->collected,
                                 (intptr_t)info->uncollectable };

    return machine_listen(ours.machine, *(int *)listener, info->stop, numbers);
}

static void ours_unraisable(void *context, struct object *where)
{
    (void)context, (void)where;
    machine_unraisable(ours.machine);
}

/* ---- objects ---- */

static void *ours_list(void)
{
    return list_new(ours.gc, 0);
}

static void *ours_tuple(void *const *items, unsigned count)
{
    return tuple_pack(ours.gc, (struct object *const *)items, count);
}

static void *ours_dict(void)
{
    return dict_new(ours.gc);
}

static void *ours_set(void)
{
    return set_new(ours.gc);
}

static void *ours_weak(enum weak_word word, void *referent, void *callback)
{
    if (word == WEAK_SUBREF)
        return ours_subref(referent, callback);
    return word == WEAK_PROXY ? weak_proxy(referent, callback)
                              : weak_ref(referent, callback);
}

static void ours_set_slot(void *node, unsigned slot, void *value)
{
    node_set_slot(node, slot, value);
}

static void ours_append(void *list, void *value)
{
    if (!list_append(list, value))
        oracle_give_up("the reference has no memory for a list");
}

static void ours_pop(void *object)
{
    object_decref_any(set_is(object) ? set_pop(object) : list_pop(object));
}

static bool ours_put(void *dict, void *key, void *value)
{
    return dict_set(dict, key, value);
}

static bool ours_add(void *set, void *key)
{
    return set_add(set, key);
}

static bool ours_has(void *table, void *key)
{
    return dict_is(table) ? dict_contains(table, key)
                          : set_contains(table, key);
}

static void ours_remove(void *table, void *key)
{
    if (!(dict_is(table) ? dict_delete(table, key) : set_discard(table, key)))
        oracle_give_up("the reference lost a key");
}

static void ours_empty(void *object)
{
    if (dict_is(object))
        dict_clear(object);
    else if (set_is(object))
        set_clear(object);
    else
        list_clear(object);
}

/* Of lists the reference says how many items they have room for. */
static size_t ours_bytes(void *object)
{
    if (dict_is(object))
        return dict_bytes(object);
    if (set_is(object))
        return set_bytes(object);
    return 56 + list_room(object) * sizeof(void *);
}

static void *ours_weak_target(void *weak)
{
    return weak_target(weak);
}

static size_t ours_referents(void *object, void **ret, size_t room)
{
    return gc_referents(object, (struct object **)ret, room);
}

static size_t ours_referrers(void *object, void **ret, size_t room)
{
    struct object *const sought[] = { object };

    return gc_referrers(ours.gc, sought, 1, (struct object **)ret, room);
}

static size_t ours_listed(int generation, void **ret, size_t room)
{
    return gc_objects(ours.gc, generation, (struct object **)ret, room);
}

static size_t ours_weaks(void *node, void **ret, size_t room)
{
    return weak_list(node, (struct object **)ret, room);
}

static void ours_incref(void *object)
{
    object_incref(object);
}

static void ours_decref(void *object)
{
    object_decref(object);
}

static intptr_t ours_references(void *object)
{
    return ((struct object *)object)->references;
}

static bool ours_is_tracked(void *object)
{
    return gc_is_tracked(object);
}

static bool ours_is_finalized(void *object)
{
    return gc_is_finalized(object);
}

/* ---- the collector ---- */

static intptr_t ours_collect(int generation)
{
    return gc_collect(ours.gc, generation);
}

static void ours_set_debug(unsigned flags)
{
    gc_set_debug(ours.gc, flags);
}

static void ours_hook(int listener)
{
    if (!gc_callback_add(ours.gc, ours_listen, &ours.listeners[listener]))
        oracle_give_up("the reference has no memory for a listener");
}

static void ours_unhook(int listener)
{
    gc_callback_remove(ours.gc, ours_listen, &ours.listeners[listener]);
}

static const char *ours_said(void)
{
    size_t before = ours.logged_before;

    fflush(ours.log);
    ours.logged_before = ours.logged_bytes;
    return ours.logged + before;
}

static void ours_set_thresholds(const int threshold[GENERATIONS])
{
    gc_set_thresholds(ours.gc, threshold);
}

static void ours_set_enabled(bool on)
{
    if (on)
        gc_enable(ours.gc);
    else
        gc_disable(ours.gc);
}

static void ours_freeze(void)
{
    gc_freeze(ours.gc);
}

static void ours_unfreeze(void)
{
    gc_unfreeze(ours.gc);
}

static void ours_garbage_clear(void)
{
    gc_garbage_clear(ours.gc);
}

static void ours_state(struct collector_state *ret_state)
{
    struct gc_stats stats[GENERATIONS];
    size_t pending, total;

    gc_counts(ours.gc, ret_state->count);
    gc_thresholds(ours.gc, ret_state->threshold);
    gc_stats(ours.gc, stats);
    for (int i = 0; i < GENERATIONS; i++) {
        ret_state->collections[i] = (intptr_t)stats[i].collections;
        ret_state->collected[i] = (intptr_t)stats[i].collected;
        ret_state->uncollectable[i] = (intptr_t)stats[i].uncollectable;
    }
    gc_long_lived(ours.gc, &pending, &total);
    ret_state->pending = (intptr_t)pending;
    ret_state->total = (intptr_t)total;
    ret_state->enabled = gc_is_enabled(ours.gc);
}

static size_t ours_objects(int generation, void **ret, size_t room)
{
    struct object **objects = (struct object **)ret;

    return generation == PERMANENT
               ? gc_permanent(ours.gc, objects, room)
               : gc_objects(ours.gc, generation, objects, room);
}

static size_t ours_garbage(void **ret, size_t room)
{
    size_t count = gc_garbage_count(ours.gc);

    for (size_t i = 0; i < count && i < room; i++)
        ret[i] = gc_garbage_item(ours.gc, i);
    return count;
}

/* ---- opening ---- */

static struct side side = {
    .name = "ours",
    .nameless = -3,
    .node = ours_node,
    .list = ours_list,
    .tuple = ours_tuple,
    .dict = ours_dict,
    .set = ours_set,
    .word = ours_word,
    .callback = ours_callback,
    .weak = ours_weak,
    .node_id = ours_node_id,
    .is_callable = ours_is_callable,
    .weaks = ours_weaks,
    .referrers = ours_referrers,
    .listed = ours_listed,
    .fail_next = ours_fail_next,
    .hook = ours_hook,
    .unhook = ours_unhook,
    .said = ours_said,
    .set_slot = ours_set_slot,
    .append = ours_append,
    .pop = ours_pop,
    .put = ours_put,
    .add = ours_add,
    .has = ours_has,
    .remove = ours_remove,
    .empty = ours_empty,
    .bytes = ours_bytes,
    .weak_target = ours_weak_target,
    .referents = ours_referents,
    .incref = ours_incref,
    .decref = ours_decref,
    .references = ours_references,
    .is_tracked = ours_is_tracked,
    .is_finalized = ours_is_finalized,
    .collect = ours_collect,
    .set_debug = ours_set_debug,
    .set_thresholds = ours_set_thresholds,
    .set_enabled = ours_set_enabled,
    .freeze = ours_freeze,
    .unfreeze = ours_unfreeze,
    .garbage_clear = ours_garbage_clear,
    .state = ours_state,
    .objects = ours_objects,
    .garbage = ours_garbage,
};

/* With no memory given, the collector has a heap of its own. */
static void ours_open_collector(bool may_fail)
{
    ours.gc = gc_create(
        &(struct gc_config){ .edition = "py311",
                             .memory = may_fail ? ours_memory() : NULL,
                             .log = ours.log });
    if (ours.gc == NULL)
        oracle_give_up("the reference gives no collector");
}

const struct side *side_open_ours(struct machine *machine, bool may_fail)
{
    ours.machine = machine;
    ours.log = open_memstream(&ours.logged, &ours.logged_bytes);
    if (ours.log == NULL)
        oracle_give_up("no memory for what the reference says");
    ours_open_collector(may_fail);
    ours_types_open(ours.gc, machine);
    for (int i = 0; i < LISTENERS; i++)
        ours.listeners[i] = i;
    side.atom = ours_callback(0);
    gc_set_unraisable(ours.gc, ours_unraisable, NULL);
    return &side;
}
