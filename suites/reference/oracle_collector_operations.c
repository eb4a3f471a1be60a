/* oracle_collector_operations.c - how a machine does each operation. */
#include "oracle_collector.h"

static bool is_free(const struct machine *machine, int id)
{
    return id >= 0 && id < IDS_MAX && machine->held[id].kind == HELD_NOT;
}

/* ---- objects that the trace names ---- */

static bool do_new(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];

    if (!is_free(machine, id))
        return false;
    machine_hold(machine, id, HELD_NODE,
                 machine->side->node((enum node_kind_word)operation->word, id));
    return true;
}

static bool do_list(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];
    void *list;

    if (!is_free(machine, id))
        return false;
    list = machine->side->list();
    names_set(&machine->names, list, id);
    machine_hold(machine, id, HELD_LIST, list);
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
    tuple = machine->side->tuple(items, count);
    for (unsigned i = 0; i < count; i++)
        machine->side->decref(items[i]);
    names_set(&machine->names, tuple, id);
    machine_hold(machine, id, HELD_TUPLE, tuple);
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
        return false;
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
        return false;
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

/* One that was there before, and is given again, keeps its first name. */
static bool do_weak(struct machine *machine, const struct operation *operation)
{
    const struct side *side = machine->side;
    struct held held = machine_held(machine, operation->argument[1]);
    int id = operation->argument[0];
    void *callback = NULL, *weak;

    if (!is_free(machine, id) || held.kind != HELD_NODE)
        return false;
    if (operation->word != ACTION_NONE) {
        machine->action[id] = operation->word;
        machine->action_on[id] = operation->argument[2];
        callback = side->callback(id);
    }
    side->incref(held.object);
    weak =
        side->weak(held.object, callback, operation->kind == OPERATION_PROXY);
    side->decref(held.object);
    if (callback != NULL)
        side->decref(callback);
    if (side->references(weak) == 1)
        names_set(&machine->names, weak, id);
    machine_hold(machine, id, HELD_WEAK, weak);
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

static bool do_saveall(struct machine *machine,
                       const struct operation *operation)
{
    machine->side->set_saveall(operation->argument[0] != 0);
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

static bool do_referents(struct machine *machine,
                         const struct operation *operation)
{
    struct held held = machine_held(machine, operation->argument[0]);
    size_t count;

    if (held.kind == HELD_NOT)
        return false;
    count =
        machine->side->referents(held.object, machine->objects, OBJECTS_MAX);
    for (size_t i = 0; i < count; i++) {
        text_add_char(&machine->answer, ' ');
        text_add_number(&machine->answer,
                        machine_name(machine, machine->objects[i]));
    }
    return true;
}

/* ---- many objects at a time ---- */

/* A cycle of one that nobody refers to. */
static void litter(struct machine *machine)
{
    void *node = machine->side->node(NODE_PLAIN, machine->anonymous++);

    machine->side->set_slot(node, 0, node);
    machine->side->decref(node);
}

/* A new object around another, whose reference it takes over. */
static void *around_node(struct machine *machine, void *inner)
{
    void *node = machine->side->node(NODE_LOGS, machine->anonymous++);

    machine->side->set_slot(node, 1, inner);
    machine->side->decref(inner);
    return node;
}

static void *around_list(struct machine *machine, void *inner)
{
    void *list = machine->side->list();

    names_set(&machine->names, list, machine->anonymous++);
    machine->side->append(list, inner);
    machine->side->decref(inner);
    return list;
}

static void *around_tuple(struct machine *machine, void *inner)
{
    void *tuple = machine->side->tuple(&inner, 1);

    names_set(&machine->names, tuple, machine->anonymous++);
    machine->side->decref(inner);
    return tuple;
}

/* The outermost one has the id, and holds the rest in its slot 1. */
static void hold_around(struct machine *machine, int id, void *inner)
{
    void *node = machine->side->node(NODE_LOGS, id);

    machine->side->set_slot(node, 1, inner);
    machine->side->decref(inner);
    machine_hold(machine, id, HELD_NODE, node);
}

static bool do_burst(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];
    void *chain;

    if (!is_free(machine, id))
        return false;
    chain = machine->side->node(NODE_PLAIN, machine->anonymous++);
    for (int i = 0; i < operation->argument[1]; i++) {
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
    default:
        return around_node(machine, inner);
    }
}

static bool do_nest(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];
    void *inner;

    if (!is_free(machine, id))
        return false;
    inner = machine->side->node(NODE_LOGS, machine->anonymous++);
    for (int i = 0; i < operation->argument[1]; i++)
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
        [OPERATION_LINK] = do_link,
        [OPERATION_CUT] = do_cut,
        [OPERATION_DROP] = do_drop,
        [OPERATION_WEAK] = do_weak,
        [OPERATION_PROXY] = do_weak,
        [OPERATION_COLLECT] = do_collect,
        [OPERATION_SAVEALL] = do_saveall,
        [OPERATION_GARBCLEAR] = do_plain,
        [OPERATION_THRESHOLD] = do_threshold,
        [OPERATION_ENABLE] = do_plain,
        [OPERATION_DISABLE] = do_plain,
        [OPERATION_FREEZE] = do_plain,
        [OPERATION_UNFREEZE] = do_plain,
        [OPERATION_BURST] = do_burst,
        [OPERATION_NEST] = do_nest,
        [OPERATION_REFERENTS] = do_referents,
    };

    text_clear(&machine->events);
    text_clear(&machine->answer);
    machine->result = 0;
    machine->done = ways[operation->kind](machine, operation);
}
