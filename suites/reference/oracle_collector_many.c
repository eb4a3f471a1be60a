/* oracle_collector_many.c - operations that make many objects at a time: chains
 * with cycles beside them, and nests that are deeper than the trashcan lets
 * deallocation go. */
#include "oracle_collector.h"

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
static void *around_node_of(struct machine *machine, enum node_kind_word kind,
                            int id, void *inner)
{
    void *node = machine_make_node(machine, kind, id);

    if (node != NULL)
        machine->side->set_slot(node, 1, inner);
    machine->side->decref(inner);
    return node;
}

static void *around_node(struct machine *machine, void *inner)
{
    return around_node_of(machine, NODE_LOGS, machine->anonymous++, inner);
}

/* Every fourth with a leaf beside: then two may be put aside by the trashcan
 * at a time. */
static void *around_node_and_leaf(struct machine *machine,
                                  enum node_kind_word kind, int depth,
                                  void *inner)
{
    void *node = around_node_of(machine, kind, machine->anonymous++, inner);
    void *leaf;

    if (node == NULL || depth % 4 != 0)
        return node;
    leaf = machine_make_node(machine, NODE_LOGS, machine->anonymous++);
    if (leaf == NULL)
        return node;
    machine->side->set_slot(node, 0, leaf);
    machine->side->decref(leaf);
    return node;
}

static void *around_list(struct machine *machine, void *inner)
{
    void *list = machine_make_list(machine, machine->anonymous++);

    if (list != NULL)
        machine->side->append(list, inner);
    machine->side->decref(inner);
    return list;
}

static void *around_tuple(struct machine *machine, void *inner)
{
    void *tuple = machine_make_tuple(machine, &inner, 1, machine->anonymous++);

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
        machine_hold_made(machine, id, HELD_NODE,
                          around_node_of(machine, NODE_LOGS, id, inner));
}

bool machine_burst(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];
    void *chain;

    if (!machine_is_free(machine, id))
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
    case NEST_QUIET:
        return around_node_and_leaf(machine, NODE_QUIET, depth, inner);
    default:
        return around_node_and_leaf(machine, NODE_LOGS, depth, inner);
    }
}

bool machine_nest(struct machine *machine, const struct operation *operation)
{
    int id = operation->argument[0];
    void *inner;

    if (!machine_is_free(machine, id))
        return false;
    inner = machine_make_node(machine, NODE_LOGS, machine->anonymous++);
    for (int i = 0; i < operation->argument[1] && inner != NULL; i++)
        inner = nest_around(machine,
                            (enum nest_shape)(operation->argument[2] % NESTS),
                            i, inner);
    hold_around(machine, id, inner);
    return true;
}
