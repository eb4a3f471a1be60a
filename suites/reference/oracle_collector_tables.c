/* oracle_collector_tables.c - what a machine does with dicts and sets.
 *
 * Keys are nodes, weak references, and a few strings, which make the other
 * kind of table. Each operation holds what it works on: what dies of it may
 * drop that. */
#include "oracle_collector.h"

void *machine_make_table(struct machine *machine, enum held_kind kind, int id)
{
    const struct side *side = machine->side;
    void *table;

    machine_make_begin(machine);
    table = machine_make_end(machine,
                             kind == HELD_DICT ? side->dict() : side->set());
    if (table != NULL)
        names_set(&machine->names, table, id);
    return table;
}

/* Others have no hash: lists, and weak references to what is dead. */
static bool is_key(const struct machine *machine, struct held held)
{
    void *target;

    if (held.kind != HELD_WEAK)
        return held.kind == HELD_NODE;
    target = machine->side->weak_target(held.object);
    return target != NULL && machine->side->node_id(target) >= 0;
}

static bool is_table(struct held held)
{
    return held.kind == HELD_DICT || held.kind == HELD_SET;
}

/* Only what is new needs memory; so whatever dies of a value that is replaced
 * finds some. */
static void enter(struct machine *machine, struct held table, void *key,
                  void *value)
{
    const struct side *side = machine->side;
    bool good;

    side->incref(table.object), side->incref(key), side->incref(value);
    if (!side->has(table.object, key))
        machine_make_begin(machine);
    good = table.kind == HELD_DICT ? side->put(table.object, key, value)
                                   : side->add(table.object, key);
    side->fail_next(false);
    if (!good)
        machine->result = -1;
    side->decref(value), side->decref(key), side->decref(table.object);
}

static bool leave(struct machine *machine, struct held table, void *key)
{
    const struct side *side = machine->side;
    bool has = side->has(table.object, key);

    side->incref(table.object), side->incref(key);
    if (has)
        side->remove(table.object, key);
    side->decref(key), side->decref(table.object);
    return has;
}

/* What an operation names as a key: NULL where that has no hash. */
static void *key_of(const struct machine *machine, int id)
{
    struct held held = machine_held(machine, id);

    if (held.kind == HELD_NOT)
        return machine->side->word(id % WORDS);
    return is_key(machine, held) ? held.object : NULL;
}

bool machine_put(struct machine *machine, const struct operation *operation)
{
    struct held table = machine_held(machine, operation->argument[0]);
    struct held value = machine_held(machine, operation->argument[2]);
    void *key = key_of(machine, operation->argument[1]);

    if (!is_table(table) || key == NULL)
        return false;
    enter(machine, table, key,
          value.kind == HELD_NOT ? machine->side->atom : value.object);
    return true;
}

bool machine_remove(struct machine *machine, const struct operation *operation)
{
    struct held table = machine_held(machine, operation->argument[0]);
    void *key = key_of(machine, operation->argument[1]);

    return is_table(table) && key != NULL && leave(machine, table, key);
}

bool machine_table_link(struct machine *machine, struct held table, int word,
                        struct held value)
{
    if (table.kind == HELD_DICT)
        enter(machine, table, machine->side->word(word % WORDS), value.object);
    else if (table.kind == HELD_SET && is_key(machine, value))
        enter(machine, table, value.object, value.object);
    else if (table.kind == HELD_SET)
        enter(machine, table, machine->side->word(word % WORDS), value.object);
    else
        return false;
    return true;
}

bool machine_fill(struct machine *machine, const struct operation *operation)
{
    const struct side *side = machine->side;
    struct held table = machine_held(machine, operation->argument[0]);

    if (!is_table(table))
        return false;
    side->incref(table.object);
    for (int i = 0; i < operation->argument[1]; i++) {
        void *node = machine_make_node(machine, i % 2 ? NODE_LOGS : NODE_QUIET,
                                       machine->anonymous++);

        if (node == NULL)
            continue;
        enter(machine, table, node, side->atom);
        side->decref(node);
    }
    side->decref(table.object);
    return true;
}

/* Which of a set is taken, CPython's order says. */
bool machine_table_cut(struct machine *machine, struct held table, int word)
{
    const struct side *side = machine->side;

    if (table.kind == HELD_DICT)
        return leave(machine, table, side->word(word % WORDS));
    if (table.kind != HELD_SET)
        return false;
    side->incref(table.object);
    side->pop(table.object);
    side->decref(table.object);
    return true;
}

bool machine_empty(struct machine *machine, const struct operation *operation)
{
    const struct side *side = machine->side;
    struct held held = machine_held(machine, operation->argument[0]);

    if (!is_table(held) && held.kind != HELD_LIST)
        return false;
    side->incref(held.object);
    side->empty(held.object);
    side->decref(held.object);
    return true;
}
