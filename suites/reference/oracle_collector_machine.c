/* oracle_collector_machine.c - what one side holds, and what its objects do.
 *
 * All that objects do when they die, or when a weak reference tells of it, is
 * here: it is the same on both sides. */
#include "oracle_collector.h"

#include <stdlib.h>

/* Ids of objects that the trace does not name start beyond those it can. */
enum {
    ATOM_ID = 999999,
    ANONYMOUS_FIRST = 1000000,
    WORD_FIRST = 100000000,
    CALLBACK_FIRST = 200000000,
};

static void *machine_room(size_t count, size_t bytes)
{
    void *room = calloc(count, bytes);

    if (room == NULL)
        oracle_give_up("no memory for a machine");
    return room;
}

void machine_open(struct machine *machine, const struct side *side)
{
    *machine = (struct machine){ .side = side, .anonymous = ANONYMOUS_FIRST };
    machine->held = machine_room(IDS_MAX, sizeof *machine->held);
    machine->is_held = machine_room(IDS_MAX / 64, sizeof *machine->is_held);
    machine->action = machine_room(IDS_MAX, sizeof *machine->action);
    machine->action_on = machine_room(IDS_MAX, sizeof *machine->action_on);
    machine->objects = machine_room(OBJECTS_MAX, sizeof *machine->objects);
    names_open(&machine->names);
    names_set(&machine->names, side->atom, ATOM_ID);
    for (int i = 0; i < WORDS; i++)
        names_set(&machine->names, side->word(i), WORD_FIRST + i);
    text_clear(&machine->events);
    text_clear(&machine->answer);
    text_clear(&machine->observed);
}

int machine_name(struct machine *machine, void *object)
{
    int id = machine->side->node_id(object);

    if (id < 0)
        id = names_find(&machine->names, object);
    return id >= 0 ? id : machine->side->nameless;
}

/* No operation names it; but it may lie where something lay that had a name.
 */
void *machine_make_callback(struct machine *machine, int id)
{
    void *callback = machine->side->callback(id);

    names_set(&machine->names, callback, CALLBACK_FIRST + id);
    return callback;
}

/* ---- what is held ---- */

struct held machine_held(const struct machine *machine, int id)
{
    if (id < 0 || id >= IDS_MAX)
        return (struct held){ NULL, HELD_NOT };
    return machine->held[id];
}

/* Takes over the caller's reference. */
void machine_hold(struct machine *machine, int id, enum held_kind kind,
                  void *object)
{
    machine->held[id] = (struct held){ object, kind };
    machine->is_held[id / 64] |= 1ull << id % 64;
}

void machine_drop(struct machine *machine, int id)
{
    struct held held = machine_held(machine, id);

    if (held.kind == HELD_NOT)
        return;
    machine->held[id] = (struct held){ NULL, HELD_NOT };
    machine->is_held[id / 64] &= ~(1ull << id % 64);
    machine->side->decref(held.object);
}

/* Holds it again, unless something else has come under its id. */
static void machine_hold_again(struct machine *machine, int id,
                               enum held_kind kind, void *object)
{
    if (id < 0 || id >= IDS_MAX || machine->held[id].kind != HELD_NOT)
        return;
    machine->side->incref(object);
    machine_hold(machine, id, kind, object);
}

/* ---- what happens to objects ---- */

void machine_event(struct machine *machine, char letter, int id)
{
    text_add_char(&machine->events, ' ');
    text_add_char(&machine->events, letter);
    text_add_number(&machine->events, id);
}

/* With a callback or without. */
static void weaken(struct machine *machine, int id, void *object)
{
    const struct side *side = machine->side;
    void *callback = NULL, *weak;

    machine->action[LAST_WORDS] = ACTION_LOG;
    if (id % 2 == 0)
        callback = machine_make_callback(machine, LAST_WORDS);
    weak = side->weak(WEAK_REF, object, callback);
    if (callback != NULL)
        side->decref(callback);
    if (side->references(weak) == 1)
        names_set(&machine->names, weak, LAST_WORDS);
    machine_drop(machine, LAST_WORDS);
    machine_hold(machine, LAST_WORDS, HELD_WEAK, weak);
}

void machine_finalize(struct machine *machine, enum node_kind_word kind,
                      void *object)
{
    const struct side *side = machine->side;
    int id = side->node_id(object);

    machine_event(machine, 'F', id);
    if (kind == NODE_RESURRECTS)
        machine_hold_again(machine, id, HELD_NODE, object);
    if (kind == NODE_COLLECTS)
        machine_event(machine, '=', (int)side->collect(id % GENERATIONS));
    if (kind == NODE_WEAKENS)
        weaken(machine, id, object);
    for (unsigned i = 0; kind == NODE_SUICIDAL && i < 2; i++)
        side->set_slot(object, i, NULL);
}

void machine_del(struct machine *machine, enum node_kind_word kind,
                 void *object)
{
    int id = machine->side->node_id(object);

    machine_event(machine, 'L', id);
    if (kind == NODE_RETURNS)
        machine_hold_again(machine, id, HELD_NODE, object);
    if (kind == NODE_WEAK_LAST)
        weaken(machine, id, object);
}

void machine_dealloc(struct machine *machine, void *object)
{
    machine_event(machine, 'D', machine->side->node_id(object));
}

void machine_unraisable(struct machine *machine)
{
    text_add(&machine->events, " U");
}

/* ---- callbacks ---- */

static void call_link(struct machine *machine, int id, void *value)
{
    const struct side *side = machine->side;
    struct held held = machine_held(machine, id);

    if (held.kind == HELD_NOT)
        return;
    side->incref(held.object);
    if (held.kind == HELD_NODE)
        side->set_slot(held.object, 0, value);
    else if (held.kind == HELD_LIST)
        side->append(held.object, value);
    else if (held.kind == HELD_DICT)
        side->put(held.object, side->word(id % WORDS), value);
    else if (held.kind == HELD_SET && side->node_id(value) >= 0)
        side->add(held.object, value);
    side->decref(held.object);
}

static void call_link_new(struct machine *machine, int id)
{
    const struct side *side = machine->side;
    void *node = side->node(NODE_LOGS, machine->anonymous++);

    call_link(machine, id, node);
    side->decref(node);
}

/* What it does its id says. */
void machine_call_node(struct machine *machine, void *node, void *weak)
{
    const struct side *side = machine->side;
    int id = side->node_id(node);

    machine_event(machine, 'K', id);
    text_add_number(&machine->events, machine_name(machine, weak));
    if (id % 4 == 1)
        side->set_slot(node, 0, weak);
    else if (id % 4 == 2)
        machine_event(machine, '=', (int)side->collect(id % GENERATIONS));
    else if (id % 4 == 3)
        side->set_slot(node, 1, NULL);
}

/* One collects, which does nothing; one goes to the end of the list that is
 * being told, and may so be told twice, and another not at all; and one of
 * them raises. */
bool machine_listen(struct machine *machine, int listener, bool is_stop,
                    const intptr_t numbers[3])
{
    const struct side *side = machine->side;
    intptr_t generation = numbers[0];

    machine_event(machine, is_stop ? 'E' : 'B', listener);
    for (int i = 0; i < 3; i++) {
        text_add_char(&machine->events, ',');
        text_add_number(&machine->events, numbers[i]);
    }
    if (listener == 2 && !is_stop)
        machine_event(machine, '=', (int)side->collect((int)generation));
    if (listener == 1 && is_stop && generation == 1) {
        side->unhook(listener);
        side->hook(listener);
    }
    return !(listener == 2 && is_stop && generation == 0);
}

bool machine_call(struct machine *machine, int callback, void *weak)
{
    int on = machine->action_on[callback];

    machine_event(machine, 'C', machine_name(machine, weak));
    switch ((enum action)machine->action[callback]) {
    case ACTION_KEEP:
        machine_hold_again(machine, callback, HELD_WEAK, weak);
        break;
    case ACTION_DROP:
        machine_drop(machine, on);
        break;
    case ACTION_LINK:
        call_link(machine, on, weak);
        break;
    case ACTION_NEW:
        call_link_new(machine, on);
        break;
    case ACTION_COLLECT:
        machine_event(machine, '=',
                      (int)machine->side->collect(on % GENERATIONS));
        break;
    case ACTION_RAISE:
        return false;
    default:
        break;
    }
    return true;
}
