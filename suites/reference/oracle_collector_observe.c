/* oracle_collector_observe.c - all that can be seen of a machine, as text.
 *
 * A line for each field, "name: ...", in one order; the lines of two machines
 * are compared as they are, or their digests are. */
#include "oracle_collector.h"

static void see_number(struct text *text, intptr_t number)
{
    text_add_char(text, ' ');
    text_add_number(text, number);
}

static void see_objects(struct machine *machine, const char *name, size_t count)
{
    struct text *text = &machine->observed;

    if (count > OBJECTS_MAX)
        oracle_give_up("too many objects to look at");
    text_add(text, name);
    for (size_t i = 0; i < count; i++)
        see_number(text, machine_name(machine, machine->objects[i]));
}

static void see_lists(struct machine *machine)
{
    static const char *const names[] = { "\ngeneration 0:", "\ngeneration 1:",
                                         "\ngeneration 2:", "\npermanent:" };
    const struct side *side = machine->side;

    for (int i = 0; i <= PERMANENT; i++)
        see_objects(machine, names[i],
                    side->objects(i, machine->objects, OBJECTS_MAX));
    see_objects(machine,
                "\ngarbage:", side->garbage(machine->objects, OBJECTS_MAX));
}

static void see_state(struct machine *machine)
{
    struct text *text = &machine->observed;
    struct collector_state state;

    machine->side->state(&state);
    text_add(text, "\ncounts:");
    for (int i = 0; i < GENERATIONS; i++)
        see_number(text, state.count[i]);
    text_add(text, "\nthresholds and enabled:");
    for (int i = 0; i < GENERATIONS; i++)
        see_number(text, state.threshold[i]);
    see_number(text, state.enabled);
    text_add(text, "\nstatistics (collections, collected, uncollectable):");
    for (int i = 0; i < GENERATIONS; i++) {
        see_number(text, state.collections[i]);
        see_number(text, state.collected[i]);
        see_number(text, state.uncollectable[i]);
    }
    text_add(text, "\nlong-lived pending and total:");
    see_number(text, state.pending);
    see_number(text, state.total);
}

static bool has_bytes(enum held_kind kind)
{
    return kind == HELD_LIST || kind == HELD_DICT || kind == HELD_SET;
}

/* id:references, t where tracked, f where finalized; of what grows =, and how
 * many bytes it has; and of weak references ->, and the target. */
static void see_held(struct machine *machine, int id)
{
    const struct side *side = machine->side;
    struct held held = machine->held[id];
    struct text *text = &machine->observed;

    see_number(text, id);
    text_add_char(text, ':');
    text_add_number(text, side->references(held.object));
    if (side->is_tracked(held.object))
        text_add_char(text, 't');
    if (side->is_finalized(held.object))
        text_add_char(text, 'f');
    if (has_bytes(held.kind)) {
        text_add_char(text, '=');
        text_add_number(text, (intptr_t)side->bytes(held.object));
    }
    if (held.kind == HELD_WEAK || held.kind == HELD_PROXY) {
        void *target = side->weak_target(held.object);

        text_add(text, "->");
        if (target != NULL)
            text_add_number(text, machine_name(machine, target));
    }
}

static void see_all_held(struct machine *machine)
{
    text_add(&machine->observed, "\nheld:");
    for (int i = 0; i < IDS_MAX / 64; i++)
        for (uint64_t bits = machine->is_held[i]; bits != 0; bits &= bits - 1)
            see_held(machine, i * 64 + __builtin_ctzll(bits));
}

void machine_observe(struct machine *machine, bool digested)
{
    struct text *text = &machine->observed;

    text->digested = digested;
    text_clear(text);
    text_add(text, "result: ");
    if (machine->done)
        text_add_number(text, machine->result);
    else
        text_add_char(text, '-');
    text_add(text, machine->answer.bytes);
    text_add(text, "\nevents:");
    text_add(text, machine->events.bytes);
    see_lists(machine);
    see_state(machine);
    see_all_held(machine);
    text_add_char(text, '\n');
}
