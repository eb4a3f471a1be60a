/* shrink.c - the shortest script that still fails, by leaving parts out. */
#include "engine/shrink.h"

#include <string.h>

#include "clock.h"

static bool shrink_may_go_on(const struct shrinking *shrinking)
{
    return shrinking->attempts < shrinking->attempts_max &&
           (shrinking->until_ns == 0 || clock_wall_ns() < shrinking->until_ns);
}

/* The script without [from, until). */
static void shrink_without(struct script *without, const struct script *script,
                           size_t from, size_t until)
{
    const struct operation *operations = script->operations;

    memcpy(without->operations, operations, from * sizeof(*operations));
    memcpy(without->operations + from, operations + until,
           (script->count - until) * sizeof(*operations));
    without->count = script->count - (until - from);
}

/* One pass with pieces of this length, from the end. Whether any was left
 * out. */
static bool shrink_pass(struct script *script, struct script *spare,
                        struct shrinking *shrinking, size_t piece)
{
    bool shorter = false;

    for (size_t until = script->count; until > 0;) {
        size_t from = until > piece ? until - piece : 0;

        if (!shrink_may_go_on(shrinking))
            return false;
        shrink_without(spare, script, from, until);
        shrinking->attempts++;
        if (spare->count > 0 && shrinking->fails(shrinking->argument, spare)) {
            memcpy(script->operations, spare->operations,
                   spare->count * sizeof(*spare->operations));
            script->count = spare->count;
            shorter = true;
        }
        until = from;
    }
    return shorter;
}

int script_shrink(struct script *script, struct shrinking *shrinking)
{
    struct script spare;
    size_t piece = (script->count + 1) / 2;

    if (script_create(&spare, script->count) != 0)
        return -1;
    while (script->count > 1 && shrink_may_go_on(shrinking)) {
        bool shorter = shrink_pass(script, &spare, shrinking, piece);

        if (piece == 1 && !shorter)
            break;
        piece = piece > 1 ? (piece + 1) / 2 : 1;
        if (piece > script->count)
            piece = (script->count + 1) / 2;
    }
    return 0;
}
