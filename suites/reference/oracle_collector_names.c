/* oracle_collector_names.c - the ids of what lies at an address.
 *
 * Lists, tuples, dicts, sets, weak references and callbacks have no room for
 * an id. The machine makes all there are and names each of them: so the last
 * one named at an address is the one that lies there, and the name of one that
 * died is never taken for that of another. Open addressing; nothing is ever
 * taken out. */
#include "oracle_collector.h"

#include <stdlib.h>

#include "random.h"

enum { NAMES_ROOM = 1 << 18 };

void names_open(struct names *names)
{
    names->address = calloc(NAMES_ROOM, sizeof *names->address);
    names->id = calloc(NAMES_ROOM, sizeof *names->id);
    names->count = 0;
    if (names->address == NULL || names->id == NULL)
        oracle_give_up("no memory for names");
}

static uint32_t names_slot(const struct names *names, const void *object)
{
    uintptr_t address = (uintptr_t)object;
    uint32_t slot = (uint32_t)random_mix(address) % NAMES_ROOM;

    while (names->address[slot] != 0 && names->address[slot] != address)
        slot = (slot + 1) % NAMES_ROOM;
    return slot;
}

void names_set(struct names *names, const void *object, int id)
{
    uint32_t slot = names_slot(names, object);

    if (names->address[slot] == 0 && ++names->count > NAMES_ROOM / 4 * 3)
        oracle_give_up("too many addresses to name");
    names->address[slot] = (uintptr_t)object;
    names->id[slot] = id;
}

int names_find(const struct names *names, const void *object)
{
    uint32_t slot = names_slot(names, object);

    return names->address[slot] == 0 ? -1 : names->id[slot];
}
