/* oracle_collector_operations.c - how a machine does each operation. */
#include "oracle_collector.h"

bool machine_is_free(const struct machine *machine, int id)
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

void *machine_make_list(struct machine *machine, int id)
{
    void *list;

    machine_make_begin(machine);
    list = machine_make_end(machine, machine->side->list());
    if (list != NULL)
        names_set(&machine->names, list, id);
    return list;
}

void *machine_make_tuple(struct machine *machine, void *const *items,
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

void machine_hold_made(struct machine *machine, int id, enum held_kind kind,
                       void *object)
{
    if (object != NULL)
        machine_hold(machine, id, kind, object);
}

/* ---- objects that the trace names ---- */

static bool do_new(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];

    if (!machine_is_free(machine, id))
        return false;
    machine_hold_made(machine, id, HELD_NODE,
                      machine_make_node(machine,
                                        (enum node_kind_word)operation->word,
                                        id));
    return true;
}

static bool do_list(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];

    if (!machine_is_free(machine, id))
        return false;
    machine_hold_made(machine, id, HELD_LIST, machine_make_list(machine, id));
    return true;
}

static bool do_table(struct machine *machine, const struct operation *operation)
{
    enum held_kind kind =
        operation->kind == OPERATION_DICT ? HELD_DICT : HELD_SET;
    int id = operation->argument[0];

    if (!machine_is_free(machine, id))
        return false;
    machine_hold_made(machine, id, kind, machine_make_table(machine, kind, id));
    return true;
}

/* A collection that starts here may drop what is held: items have a reference
 * of their own meanwhile, and so have referents below. */
static bool do_tuple(struct machine *machine, const struct operation *operation)
{
    void *items[ARGUMENTS_MAX] = { NULL }, *tuple;
    unsigned count = operation->count - 1u;
    int id = operation->argument[0];

    if (!machine_is_free(machine, id))
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct held held = machine_held(machine, operation->argument[i + 1]);

        items[i] = held.kind == HELD_NOT ? machine->side->atom : held.object;
        machine->side->incref(items[i]);
    }
    tuple = machine_make_tuple(machine, items, count, id);
    for (unsigned i = 0; i < count; i++)
        machine->side->decref(items[i]);
    machine_hold_made(machine, id, HELD_TUPLE, tuple);
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
        return machine_make_callback(machine, id);
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

    if (!machine_is_free(machine, id) ||
        (held.kind != HELD_NODE && held.kind != HELD_SET))
        return false;
    callback = callback_of(machine, operation);
    side->incref(held.object);
    weak = make_weak(machine, weak_word_of(operation->kind), held.object,
                     callback, id);
    side->decref(held.object);
    if (callback != NULL)
        side->decref(callback);
    machine_hold_made(machine, id,
                      operation->kind == OPERATION_PROXY ? HELD_PROXY
                                                         : HELD_WEAK,
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

    if (!machine_is_free(machine, id) || count == 0 || count > OBJECTS_MAX)
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

/* ---- which is which ---- */

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
        [OPERATION_BURST] = machine_burst,
        [OPERATION_NEST] = machine_nest,
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
