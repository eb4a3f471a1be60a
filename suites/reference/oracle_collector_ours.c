/* oracle_collector_ours.c - the reference's side. */
#include "oracle_collector.h"

#include "assay/gc.h"
#include "assay/types.h"
#include "assay/weak.h"

static struct ours {
    struct gc *gc;
    struct machine *machine;
    struct object_type *types[NODE_KINDS];
    struct object_type *callback_type;
    enum node_kind_word kinds[NODE_KINDS]; /* contexts of hooks */
} ours;

/* ---- hooks ---- */

static void ours_finalize(void *kind, struct object *object)
{
    machine_finalize(ours.machine, *(enum node_kind_word *)kind, object);
}

static void ours_del(void *kind, struct object *object)
{
    machine_del(ours.machine, *(enum node_kind_word *)kind, object);
}

static void ours_dealloc(void *kind, struct object *object)
{
    (void)kind;
    machine_dealloc(ours.machine, object);
}

static bool ours_call(void *context, struct object *callback,
                      struct object *weak)
{
    (void)context;
    return machine_call(ours.machine, plain_id(callback), weak);
}

static void ours_unraisable(void *context, struct object *where)
{
    (void)context, (void)where;
    machine_unraisable(ours.machine);
}

/* ---- objects ---- */

static void *ours_node(enum node_kind_word kind, int id)
{
    return node_new(ours.types[kind], id);
}

static void *ours_list(void)
{
    return list_new(ours.gc, 0);
}

static void *ours_tuple(void *const *items, unsigned count)
{
    return tuple_pack(ours.gc, (struct object *const *)items, count);
}

static void *ours_callback(int id)
{
    return plain_new(ours.callback_type, id);
}

static void *ours_weak(void *referent, void *callback, bool proxy)
{
    return proxy ? weak_proxy(referent, callback)
                 : weak_ref(referent, callback);
}

static int ours_node_id(void *object)
{
    return node_is(object) ? node_id(object) : -1;
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

static void ours_pop(void *list)
{
    object_decref_any(list_pop(list));
}

static void *ours_weak_target(void *weak)
{
    return weak_target(weak);
}

static size_t ours_referents(void *object, void **ret, size_t room)
{
    return gc_referents(object, (struct object **)ret, room);
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

static void ours_set_saveall(bool on)
{
    gc_set_debug(ours.gc, on ? GC_DEBUG_SAVEALL : 0);
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

static bool has_del(enum node_kind_word kind)
{
    return kind == NODE_LEGACY || kind == NODE_RETURNS || kind == NODE_BOTH ||
           kind == NODE_WEAK_LAST;
}

static bool has_finalizer(enum node_kind_word kind)
{
    return kind != NODE_PLAIN && (kind == NODE_BOTH || !has_del(kind));
}

static void ours_make_type(enum node_kind_word kind)
{
    ours.kinds[kind] = kind;
    ours.types[kind] = node_type_new(
        ours.gc,
        &(struct node_kind){
            .name = "node",
            .hooks = { .context = &ours.kinds[kind],
                       .finalize = has_finalizer(kind) ? ours_finalize : NULL,
                       .del = has_del(kind) ? ours_del : NULL,
                       .dealloc = ours_dealloc } });
    if (ours.types[kind] == NULL)
        oracle_give_up("the reference makes no type");
}

static struct side side = {
    .name = "ours",
    .node = ours_node,
    .list = ours_list,
    .tuple = ours_tuple,
    .callback = ours_callback,
    .weak = ours_weak,
    .node_id = ours_node_id,
    .set_slot = ours_set_slot,
    .append = ours_append,
    .pop = ours_pop,
    .weak_target = ours_weak_target,
    .referents = ours_referents,
    .incref = ours_incref,
    .decref = ours_decref,
    .references = ours_references,
    .is_tracked = ours_is_tracked,
    .is_finalized = ours_is_finalized,
    .collect = ours_collect,
    .set_saveall = ours_set_saveall,
    .set_thresholds = ours_set_thresholds,
    .set_enabled = ours_set_enabled,
    .freeze = ours_freeze,
    .unfreeze = ours_unfreeze,
    .garbage_clear = ours_garbage_clear,
    .state = ours_state,
    .objects = ours_objects,
    .garbage = ours_garbage,
};

const struct side *side_open_ours(struct machine *machine)
{
    ours.machine = machine;
    ours.gc = gc_create(&(struct gc_config){ .edition = "py311" });
    if (ours.gc == NULL)
        oracle_give_up("the reference gives no collector");
    for (int kind = 0; kind < NODE_KINDS; kind++)
        ours_make_type((enum node_kind_word)kind);
    ours.callback_type =
        plain_type_new(ours.gc, "callback",
                       &(struct object_hooks){ .call = ours_call });
    if (ours.callback_type == NULL)
        oracle_give_up("the reference makes no type");
    side.atom = plain_new(ours.callback_type, 0);
    gc_set_unraisable(ours.gc, ours_unraisable, NULL);
    return &side;
}
