/* oracle_collector_operations.c - how a machine does each operation. */
#include "oracle_collector.h"

static bool is_free(const struct machine *machine, int id)
{
    return id >= 0 && id < IDS_MAX && machine->held[id].kind == HELD_NOT;
}

/* ---- one object, if it is not the one that fails ---- */

void machine_make_begin(struct machine *machine)
{
    if (machine->fail_in > 0 && --machine->fail_in == 0)
        machine->side->fail_next(true);
}

void *machine_make_end(struct machine *machine, void *object)
{
    machine->side->fail_next(false);
    if (object == NULL)
        machine->result = -1;
    return object;
}

void *machine_make_node(struct machine *machine, enum node_kind_word kind,
                        int id)
{
    machine_make_begin(machine);
    return machine_make_end(machine, machine->side->node(kind, id));
}

static void *make_list(struct machine *machine, int id)
{
    void *list;

    machine_make_begin(machine);
    list = machine_make_end(machine, machine->side->list());
    if (list != NULL)
        names_set(&machine->names, list, id);
    return list;
}

static void *make_tuple(struct machine *machine, void *const *items,
                        unsigned count, int id)
{
    void *tuple;

    machine_make_begin(machine);
    tuple = machine_make_end(machine, machine->side->tuple(items, count));
    if (tuple != NULL)
        names_set(&machine->names, tuple, id);
    return tuple;
}

/* One that was there before, and is given again, keeps its first name. */
static void *make_weak(struct machine *machine, enum weak_word word,
                       void *referent, void *callback, int id)
{
    void *weak;

    machine_make_begin(machine);
    weak = machine_make_end(machine,
                            machine->side->weak(word, referent, callback));
    if (weak != NULL && machine->side->references(weak) == 1)
        names_set(&machine->names, weak, id);
    return weak;
}

/* Takes over the caller's reference, to what may be NULL. */
static void hold_made(struct machine *machine, int id, enum held_kind kind,
                      void *object)
{
    if (object != NULL)
        machine_hold(machine, id, kind, object);
}

/* ---- objects that the trace names ---- */

static bool do_new(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];

    if (!is_free(machine, id))
        return false;
    hold_made(machine, id, HELD_NODE,
              machine_make_node(machine, (enum node_kind_word)operation->word,
                                id));
    return true;
}

static bool do_list(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];

    if (!is_free(machine, id))
        return false;
    hold_made(machine, id, HELD_LIST, make_list(machine, id));
    return true;
}

static bool do_table(struct machine *machine, const struct operation *operation)
{
    enum held_kind kind =
        operation->kind == OPERATION_DICT ? HELD_DICT : HELD_SET;
    int id = operation->argument[0];

    if (!is_free(machine, id))
        return false;
    hold_made(machine, id, kind, machine_make_table(machine, kind, id));
    return true;
}

/* A collection that starts here may drop what is held: items have a reference
 * of their own meanwhile, and so have referents below. */
static bool do_tuple(struct machine *machine, const struct operation *operation)
{
    void *items[ARGUMENTS_MAX] = { NULL }, *tuple;
    unsigned count = operation->count - 1u;
    int id = operation->argument[0];

    if (!is_free(machine, id))
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct held held = machine_held(machine, operation->argument[i + 1]);

        items[i] = held.kind == HELD_NOT ? machine->side->atom : held.object;
        machine->side->incref(items[i]);
    }
    tuple = make_tuple(machine, items, count, id);
    for (unsigned i = 0; i < count; i++)
        machine->side->decref(items[i]);
    hold_made(machine, id, HELD_TUPLE, tuple);
    return true;
}

static bool do_link(struct machine *machine, const struct operation *operation)
{
    struct held from = machine_held(machine, operation->argument[0]);
    struct held to = machine_held(machine, operation->argument[2]);

    if (to.kind == HELD_NOT)
        return false;
    if (from.kind == HELD_NODE)
        machine->side->set_slot(from.object,
                                (unsigned)operation->argument[1] % SLOTS,
                                to.object);
    else if (from.kind == HELD_LIST)
        machine->side->append(from.object, to.object);
    else
        return machine_table_link(machine, from, operation->argument[1], to);
    return true;
}

static bool do_cut(struct machine *machine, const struct operation *operation)
{
    struct held from = machine_held(machine, operation->argument[0]);

    if (from.kind == HELD_NODE)
        machine->side->set_slot(from.object,
                                (unsigned)operation->argument[1] % SLOTS, NULL);
    else if (from.kind == HELD_LIST)
        machine->side->pop(from.object);
    else
        return machine_table_cut(machine, from, operation->argument[1]);
    return true;
}

static bool do_drop(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];

    if (machine_held(machine, id).kind == HELD_NOT)
        return false;
    machine_drop(machine, id);
    return true;
}

/* ---- weak references ---- */

static enum weak_word weak_word_of(enum operation_kind kind)
{
    return kind == OPERATION_WEAK    ? WEAK_REF
           : kind == OPERATION_PROXY ? WEAK_PROXY
                                     : WEAK_SUBREF;
}

/* A new reference, or NULL: none. */
static void *callback_of(struct machine *machine,
                         const struct operation *operation)
{
    const struct side *side = machine->side;
    struct held node = machine_held(machine, operation->argument[2]);
    int id = operation->argument[0];

    if (operation->word == ACTION_NONE)
        return NULL;
    if (operation->word != ACTION_NODE) {
        machine->action[id] = operation->word;
        machine->action_on[id] = operation->argument[2];
        return side->callback(id);
    }
    if (node.kind != HELD_NODE || !side->is_callable(node.object))
        return NULL;
    side->incref(node.object);
    return node.object;
}

static bool do_weak(struct machine *machine, const struct operation *operation)
{
    const struct side *side = machine->side;
    struct held held = machine_held(machine, operation->argument[1]);
    int id = operation->argument[0];
    void *callback, *weak;

    if (!is_free(machine, id) ||
        (held.kind != HELD_NODE && held.kind != HELD_SET))
        return false;
    callback = callback_of(machine, operation);
    side->incref(held.object);
    weak = make_weak(machine, weak_word_of(operation->kind), held.object,
                     callback, id);
    side->decref(held.object);
    if (callback != NULL)
        side->decref(callback);
    hold_made(machine, id,
              operation->kind == OPERATION_PROXY ? HELD_PROXY : HELD_WEAK,
              weak);
    return true;
}

/* ---- the collector ---- */

static bool do_collect(struct machine *machine,
                       const struct operation *operation)
{
    machine->result =
        machine->side->collect(operation->argument[0] % GENERATIONS);
    return true;
}

static bool do_take(struct machine *machine, const struct operation *operation)
{
    const struct side *side = machine->side;
    int id = operation->argument[0];
    size_t count = side->garbage(machine->objects, OBJECTS_MAX);
    void *object;

    if (!is_free(machine, id) || count == 0 || count > OBJECTS_MAX)
        return false;
    object = machine->objects[(size_t)operation->argument[1] % count];
    if (side->node_id(object) < 0)
        return false;
    side->incref(object);
    machine_hold(machine, id, HELD_NODE, object);
    return true;
}

static bool do_threshold(struct machine *machine,
                         const struct operation *operation)
{
    machine->side->set_thresholds(operation->argument);
    return true;
}

static bool do_plain(struct machine *machine, const struct operation *operation)
{
    const struct side *side = machine->side;

    switch ((enum operation_kind)operation->kind) {
    case OPERATION_GARBCLEAR:
        side->garbage_clear();
        return true;
    case OPERATION_ENABLE:
    case OPERATION_DISABLE:
        side->set_enabled(operation->kind == OPERATION_ENABLE);
        return true;
    case OPERATION_FREEZE:
        side->freeze();
        return true;
    case OPERATION_UNFREEZE:
        side->unfreeze();
        return true;
    default:
        return false;
    }
}

/* ---- many objects at a time ---- */

/* A cycle of one that nobody refers to. */
static void litter(struct machine *machine)
{
    void *node = machine_make_node(machine, NODE_PLAIN, machine->anonymous++);

    if (node == NULL)
        return;
    machine->side->set_slot(node, 0, node);
    machine->side->decref(node);
}

/* A new object around another, whose reference it takes over; NULL, and the
 * other is dropped, where one is NULL. */
static void *around_node_of(struct machine *machine, int id, void *inner)
{
    void *node = machine_make_node(machine, NODE_LOGS, id);

    if (node != NULL)
        machine->side->set_slot(node, 1, inner);
    machine->side->decref(inner);
    return node;
}

static void *around_node(struct machine *machine, void *inner)
{
    return around_node_of(machine, machine->anonymous++, inner);
}

/* With a leaf beside: then two may be put aside by the trashcan at a time. */
static void *around_node_and_leaf(struct machine *machine, void *inner)
{
    void *node = around_node(machine, inner), *leaf;

    if (node == NULL)
        return NULL;
    leaf = machine_make_node(machine, NODE_LOGS, machine->anonymous++);
    if (leaf == NULL)
        return node;
    machine->side->set_slot(node, 0, leaf);
    machine->side->decref(leaf);
    return node;
}

static void *around_list(struct machine *machine, void *inner)
{
    void *list = make_list(machine, machine->anonymous++);

    if (list != NULL)
        machine->side->append(list, inner);
    machine->side->decref(inner);
    return list;
}

static void *around_tuple(struct machine *machine, void *inner)
{
    void *tuple = make_tuple(machine, &inner, 1, machine->anonymous++);

    machine->side->decref(inner);
    return tuple;
}

/* Where there is no memory for the entry, what was to be in it dies. */
static void *around_table(struct machine *machine, enum held_kind kind,
                          void *inner)
{
    void *table = machine_make_table(machine, kind, machine->anonymous++);

    if (table != NULL)
        machine_table_link(machine, (struct held){ table, kind }, 0,
                           (struct held){ inner, HELD_NODE });
    machine->side->decref(inner);
    return table;
}

/* The outermost one has the id, and holds the rest in its slot 1. */
static void hold_around(struct machine *machine, int id, void *inner)
{
    if (inner != NULL)
        hold_made(machine, id, HELD_NODE, around_node_of(machine, id, inner));
}

static bool do_burst(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];
    void *chain;

    if (!is_free(machine, id))
        return false;
    chain = machine_make_node(machine, NODE_PLAIN, machine->anonymous++);
    for (int i = 0; i < operation->argument[1] && chain != NULL; i++) {
        if (i % 3 == 0)
            litter(machine);
        chain = around_node(machine, chain);
    }
    hold_around(machine, id, chain);
    return true;
}

static void *nest_around(struct machine *machine, enum nest_shape shape,
                         int depth, void *inner)
{
    if (shape == NEST_MIXED)
        shape = (enum nest_shape)(depth / 7 % NEST_MIXED);
    switch (shape) {
    case NEST_LISTS:
        return around_list(machine, inner);
    case NEST_TUPLES:
        return around_tuple(machine, inner);
    case NEST_DICTS:
        return around_table(machine, HELD_DICT, inner);
    case NEST_SETS:
        return machine->side->node_id(inner) < 0
                   ? around_node(machine, inner)
                   : around_table(machine, HELD_SET, inner);
    default:
        return depth % 4 == 0 ? around_node_and_leaf(machine, inner)
                              : around_node(machine, inner);
    }
}

static bool do_nest(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];
    void *inner;

    if (!is_free(machine, id))
        return false;
    inner = machine_make_node(machine, NODE_LOGS, machine->anonymous++);
    for (int i = 0; i < operation->argument[1] && inner != NULL; i++)
        inner = nest_around(machine,
                            (enum nest_shape)(operation->argument[2] % NESTS),
                            i, inner);
    hold_around(machine, id, inner);
    return true;
}

void machine_do(struct machine *machine, const struct operation *operation)
{
    static bool (*const ways[OPERATIONS])(struct machine *,
                                          const struct operation *) = {
        [OPERATION_NEW] = do_new,
        [OPERATION_LIST] = do_list,
        [OPERATION_TUPLE] = do_tuple,
        [OPERATION_DICT] = do_table,
        [OPERATION_SET] = do_table,
        [OPERATION_LINK] = do_link,
        [OPERATION_CUT] = do_cut,
        [OPERATION_PUT] = machine_put,
        [OPERATION_REMOVE] = machine_remove,
        [OPERATION_EMPTY] = machine_empty,
        [OPERATION_FILL] = machine_fill,
        [OPERATION_DROP] = do_drop,
        [OPERATION_WEAK] = do_weak,
        [OPERATION_PROXY] = do_weak,
        [OPERATION_COLLECT] = do_collect,
        [OPERATION_SAVEALL] = machine_set,
        [OPERATION_GARBCLEAR] = do_plain,
        [OPERATION_TAKE] = do_take,
        [OPERATION_THRESHOLD] = do_threshold,
        [OPERATION_ENABLE] = do_plain,
        [OPERATION_DISABLE] = do_plain,
        [OPERATION_FREEZE] = do_plain,
        [OPERATION_UNFREEZE] = do_plain,
        [OPERATION_BURST] = do_burst,
        [OPERATION_NEST] = do_nest,
        [OPERATION_REFERENTS] = machine_ask,
        [OPERATION_REFERRERS] = machine_ask,
        [OPERATION_OBJECTS] = machine_ask,
        [OPERATION_WEAKS] = machine_ask,
        [OPERATION_SUBREF] = do_weak,
        [OPERATION_FAIL] = machine_set,
        [OPERATION_HOOK] = machine_set,
        [OPERATION_UNHOOK] = machine_set,
        [OPERATION_DEBUG] = machine_set,
    };

    text_clear(&machine->events);
    text_clear(&machine->answer);
    machine->result = 0;
    machine->done = ways[operation->kind](machine, operation);
    machine_answer_said(machine);
}
