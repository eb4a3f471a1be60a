/* oracle_collector_asking.c - operations that ask, or set what is told. */
#include "oracle_collector.h"

#include <string.h>

enum { DEBUG_LINES = 7, DEBUG_SAVEALL = 32 };

/* ---- asking ---- */

static size_t ask(struct machine *machine, enum operation_kind kind,
                  void *object)
{
    const struct side *side = machine->side;
    void **ret = machine->objects;

    if (kind == OPERATION_REFERENTS)
        return side->referents(object, ret, OBJECTS_MAX);
    if (kind == OPERATION_REFERRERS)
        return side->referrers(object, ret, OBJECTS_MAX);
    return side->weaks(object, ret, OBJECTS_MAX);
}

static void answer_objects(struct machine *machine, size_t count)
{
    if (count > OBJECTS_MAX)
        oracle_give_up("an answer has too many objects");
    for (size_t i = 0; i < count; i++) {
        text_add_char(&machine->answer, ' ');
        text_add_number(&machine->answer,
                        machine_name(machine, machine->objects[i]));
    }
}

bool machine_ask(struct machine *machine, const struct operation *operation)
{
    struct held held = machine_held(machine, operation->argument[0]);
    size_t count;

    if (operation->kind == OPERATION_OBJECTS) {
        count = machine->side->listed(operation->argument[0] % GENERATIONS,
                                      machine->objects, OBJECTS_MAX);
    } else {
        if (held.kind == HELD_NOT ||
            (operation->kind == OPERATION_WEAKS && held.kind != HELD_NODE &&
             held.kind != HELD_SET))
            return false;
        count = ask(machine, operation->kind, held.object);
    }
    answer_objects(machine, count);
    return true;
}

/* ---- setting ---- */

static void set_debug(struct machine *machine, unsigned which, unsigned flags)
{
    machine->debug = (machine->debug & ~which) | (flags & which);
    machine->side->set_debug(machine->debug);
}

bool machine_set(struct machine *machine, const struct operation *operation)
{
    int32_t value = operation->argument[0];

    switch ((enum operation_kind)operation->kind) {
    case OPERATION_SAVEALL:
        set_debug(machine, DEBUG_SAVEALL, value != 0 ? DEBUG_SAVEALL : 0);
        return true;
    case OPERATION_DEBUG:
        set_debug(machine, DEBUG_LINES, (unsigned)value);
        return true;
    case OPERATION_FAIL:
        machine->fail_in = value;
        return true;
    case OPERATION_HOOK:
        machine->side->hook(value % LISTENERS);
        return true;
    case OPERATION_UNHOOK:
        machine->side->unhook(value % LISTENERS);
        return true;
    default:
        return false;
    }
}

/* ---- what the debug flags said ---- */

/* How many characters at the start of `said` are of one run only: an address,
 * or the seconds that a collection took. */
static size_t passing(const char *said)
{
    size_t digits;

    if (strncmp(said, "0x", 2) == 0)
        return 2 + strspn(said + 2, "0123456789abcdef");
    digits = strspn(said, "0123456789.");
    return strncmp(said + digits, "s elapsed", 9) == 0 ? digits : 0;
}

/* On one line; addresses and times become stars. */
void machine_answer_said(struct machine *machine)
{
    const char *said = machine->side->said();

    while (*said != '\0') {
        size_t unsaid = passing(said);

        if (unsaid > 0)
            text_add_char(&machine->answer, '*');
        else
            text_add_char(&machine->answer, *said == '\n' ? '|' : *said);
        said += unsaid > 0 ? unsaid : 1;
    }
}
