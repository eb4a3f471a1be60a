/* oracle_collector_motifs.c - short plays that chance would hardly make.
 *
 * Each is about one rule that depends on several things at a time. A trace
 * plays them between its other operations, whenever it comes to that: what
 * else is held, and which thresholds there are, is left as it is, so each is
 * played in many ways. */
#include "oracle_collector.h"

/* The n-th object of a play: an id that is free is put in its place. */
#define O(n) (-1 - (n))

#define DO(what, ...)                                         \
    {                                                         \
        .kind = OPERATION_##what, .argument = { __VA_ARGS__ } \
    }
#define DO_PLAIN(what)           \
    {                            \
        .kind = OPERATION_##what \
    }
#define DO_WORD(what, of, ...)                                              \
    {                                                                       \
        .kind = OPERATION_##what, .word = (of), .argument = { __VA_ARGS__ } \
    }

/* Two that nothing but the garbage holds die with it, from the last. */
static const struct operation garbage_ends[] = {
    DO(COLLECT, 2),
    DO_PLAIN(GARBCLEAR),
    DO(SAVEALL, 1),
    DO_WORD(NEW, NODE_LOGS, O(0)),
    DO_WORD(NEW, NODE_LOGS, O(1)),
    DO(LINK, O(0), 0, O(0)),
    DO(LINK, O(1), 0, O(1)),
    DO(DROP, O(0)),
    DO(DROP, O(1)),
    DO(COLLECT, 0),
    DO(SAVEALL, 0),
    DO(TAKE, O(2), 0),
    DO(TAKE, O(3), 1),
    DO(CUT, O(2), 0),
    DO(CUT, O(3), 0),
    DO(DROP, O(2)),
    DO(DROP, O(3)),
    DO_PLAIN(GARBCLEAR),
};

/* With all saved, the garbage has what a legacy finalizer can reach too. */
static const struct operation legacy_saved[] = {
    DO(COLLECT, 2),
    DO_PLAIN(GARBCLEAR),
    DO(SAVEALL, 1),
    DO_WORD(NEW, NODE_LEGACY, O(0)),
    DO_WORD(NEW, NODE_PLAIN, O(1)),
    DO(LINK, O(0), 0, O(0)),
    DO(LINK, O(0), 1, O(1)),
    DO(DROP, O(0)),
    DO(DROP, O(1)),
    DO(COLLECT, 0),
    DO(SAVEALL, 0),
    DO(TAKE, O(2), 0),
    DO(CUT, O(2), 0),
    DO(DROP, O(2)),
    DO_PLAIN(GARBCLEAR),
};

/* The uncollectable are said when that is asked for, and not when only the
 * statistics are, which have them apart; and of two, only the one that has the
 * finalizer is garbage. */
static const struct operation legacy_said[] = {
    DO(COLLECT, 2),
    DO_PLAIN(GARBCLEAR),
    DO(DEBUG, 4),
    DO_WORD(NEW, NODE_LEGACY, O(0)),
    DO_WORD(NEW, NODE_PLAIN, O(1)),
    DO(LINK, O(0), 0, O(0)),
    DO(LINK, O(0), 1, O(1)),
    DO(DROP, O(1)),
    DO(DROP, O(0)),
    DO(COLLECT, 0),
    DO(DEBUG, 1),
    DO_WORD(NEW, NODE_LEGACY, O(2)),
    DO(LINK, O(2), 0, O(2)),
    DO(DROP, O(2)),
    DO(COLLECT, 0),
    DO(DEBUG, 0),
    DO(TAKE, O(3), 0),
    DO(TAKE, O(4), 1),
    DO(CUT, O(3), 0),
    DO(CUT, O(4), 0),
    DO(DROP, O(3)),
    DO(DROP, O(4)),
    DO_PLAIN(GARBCLEAR),
};

/* Who listens twice and ceases once is told at the second place. */
static const struct operation listens_twice[] = {
    DO(HOOK, 0),    DO(HOOK, 1),   DO(HOOK, 0),   DO(UNHOOK, 0),
    DO(COLLECT, 0), DO(UNHOOK, 1), DO(UNHOOK, 0),
};

/* The shared proxy stands behind the shared reference, whichever came first.
 */
static const struct operation proxy_second[] = {
    DO_WORD(NEW, NODE_PLAIN, O(0)),
    DO_WORD(WEAK, ACTION_NONE, O(1), O(0)),
    DO_WORD(PROXY, ACTION_NONE, O(2), O(0)),
    DO_WORD(WEAK, ACTION_LOG, O(3), O(0), O(0)),
    DO(WEAKS, O(0)),
    DO_WORD(WEAK, ACTION_NONE, O(4), O(0)),
    DO(WEAKS, O(0)),
    DO(DROP, O(0)),
    DO(DROP, O(1)),
    DO(DROP, O(2)),
    DO(DROP, O(3)),
    DO(DROP, O(4)),
};

/* A reference that is trash does not hear of a referent that lived, and dies
 * while callbacks of this collection are called. */
static const struct operation trash_is_deaf[] = {
    DO_WORD(NEW, NODE_PLAIN, O(0)),
    DO_WORD(NEW, NODE_PLAIN, O(1)),
    DO_WORD(WEAK, ACTION_LOG, O(2), O(1), O(0)),
    DO(LINK, O(0), 0, O(2)),
    DO(LINK, O(0), 1, O(0)),
    DO_WORD(WEAK, ACTION_DROP, O(3), O(0), O(1)),
    DO(DROP, O(2)),
    DO(DROP, O(0)),
    DO(COLLECT, 2),
    DO(DROP, O(1)),
    DO(DROP, O(3)),
};

/* Nor does one that is trash with its referent, which comes first in the
 * list. */
static const struct operation trash_is_dumb[] = {
    DO_WORD(NEW, NODE_PLAIN, O(0)),
    DO_WORD(WEAK, ACTION_LOG, O(1), O(0), O(0)),
    DO(LINK, O(0), 0, O(1)),
    DO(LINK, O(0), 1, O(0)),
    DO(DROP, O(1)),
    DO(DROP, O(0)),
    DO(COLLECT, 0),
};

/* A node whose end is no event tells those who refer to it weakly. */
static const struct operation quiet_tells[] = {
    DO_WORD(NEW, NODE_QUIET, O(0)),
    DO_WORD(WEAK, ACTION_NONE, O(1), O(0)),
    DO_WORD(WEAK, ACTION_LOG, O(2), O(0), O(0)),
    DO(DROP, O(0)),
    DO(DROP, O(1)),
    DO(DROP, O(2)),
};

/* Nor is it one when it dies with another, and it tells. */
static const struct operation quiet_pair_tells[] = {
    DO_WORD(NEW, NODE_QUIET, O(0)),
    DO_WORD(NEW, NODE_QUIET, O(1)),
    DO(LINK, O(0), 0, O(1)),
    DO_WORD(WEAK, ACTION_NONE, O(2), O(1)),
    DO_WORD(WEAK, ACTION_LOG, O(3), O(1), O(0)),
    DO(DROP, O(1)),
    DO(DROP, O(0)),
    DO(DROP, O(2)),
    DO(DROP, O(3)),
};

/* The collection that a new reference sets off ends the shared one, behind
 * which it was about to stand. */
static const struct operation shared_goes[] = {
    DO_WORD(NEW, NODE_PLAIN, O(0)),
    DO_WORD(NEW, NODE_PLAIN, O(1)),
    DO_WORD(WEAK, ACTION_NONE, O(2), O(1)),
    DO(LINK, O(0), 0, O(2)),
    DO(LINK, O(0), 1, O(0)),
    DO(DROP, O(2)),
    DO(DROP, O(0)),
    DO_PLAIN(ENABLE),
    DO(THRESHOLD, 1, 10, 10),
    DO_WORD(WEAK, ACTION_LOG, O(3), O(1), O(0)),
    DO(WEAKS, O(1)),
    DO(DROP, O(1)),
    DO(DROP, O(3)),
    DO(THRESHOLD, 700, 10, 10),
};

/* A table of strings that is given a node is another one; emptied, it is
 * kept for the next dict. */
static const struct operation table_kept[] = {
    DO(DICT, O(0)),
    DO(DICT, O(1)),
    DO_WORD(NEW, NODE_QUIET, O(2)),
    DO(LINK, O(0), 0, O(0)),
    DO(EMPTY, O(0)),
    DO(LINK, O(0), 1, O(1)),
    DO(FAIL, 2),
    DO(LINK, O(1), 2, O(2)),
    DO(PUT, O(0), O(2), O(1)),
    DO(PUT, O(1), O(2), O(0)),
    DO(DROP, O(0)),
    DO(DROP, O(1)),
    DO(COLLECT, 2),
    DO(DICT, O(3)),
    DO(LINK, O(3), 0, O(2)),
    DO(DROP, O(2)),
    DO(DROP, O(3)),
};

/* A dying tuple lets go of its items from the last. */
static const struct operation tuple_ends[] = {
    DO_WORD(NEW, NODE_LOGS, O(0)),
    DO_WORD(NEW, NODE_LOGS, O(1)),
    { .kind = OPERATION_TUPLE, .count = 3, .argument = { O(2), O(0), O(1) } },
    DO(DROP, O(0)),
    DO(DROP, O(1)),
    DO(DROP, O(2)),
};

/* A dict that is refused its first table is not tracked for it. */
static const struct operation dict_refused[] = {
    DO(DICT, O(0)),
    DO_WORD(NEW, NODE_QUIET, O(1)),
    DO(FAIL, 1),
    DO(PUT, O(0), O(1), O(1)),
    DO(PUT, O(0), O(1), O(1)),
    DO(DROP, O(0)),
    DO(DROP, O(1)),
};

/* A dying dict lets go of a key before its value. */
static const struct operation dict_ends[] = {
    DO(DICT, O(0)),
    DO_WORD(NEW, NODE_LOGS, O(1)),
    DO_WORD(NEW, NODE_LOGS, O(2)),
    DO(PUT, O(0), O(1), O(2)),
    DO(DROP, O(1)),
    DO(DROP, O(2)),
    DO(DROP, O(0)),
};

/* A table of strings that a dict has outgrown is kept for the next dict,
 * which then asks for none. */
static const struct operation table_outgrown[] = {
    DO(DICT, O(0)),          DO(LINK, O(0), 0, O(0)),
    DO(LINK, O(0), 1, O(0)), DO(LINK, O(0), 2, O(0)),
    DO(LINK, O(0), 3, O(0)), DO(LINK, O(0), 4, O(0)),
    DO(LINK, O(0), 5, O(0)), DO(FAIL, 2),
    DO(DICT, O(1)),          DO(LINK, O(1), 0, O(0)),
    DO(EMPTY, O(0)),         DO(DROP, O(0)),
    DO(DROP, O(1)),
};

/* Where a set goes on taking; and a key for which there is no room. */
static const struct operation set_pops[] = {
    DO(SET, O(0)),       DO(FILL, O(0), 4), DO(CUT, O(0), 0),
    DO(CUT, O(0), 0),    DO(CUT, O(0), 0),  DO(FILL, O(0), 3),
    DO(CUT, O(0), 0),    DO(CUT, O(0), 0),  DO(EMPTY, O(0)),
    DO(FILL, O(0), 4),   DO(FAIL, 2),       DO(FILL, O(0), 1),
    DO(REFERENTS, O(0)), DO(FILL, O(0), 1), DO(REFERENTS, O(0)),
    DO(DROP, O(0)),
};

/* Many keys that start at the same few places. */
static const struct operation set_is_full[] = {
    DO(SET, O(0)),    DO(FILL, O(0), 40), DO(REFERENTS, O(0)),
    DO(CUT, O(0), 0), DO(FILL, O(0), 30), DO(REFERENTS, O(0)),
    DO(DROP, O(0)),
};

#define PLAY(operations)                                       \
    {                                                          \
        operations, sizeof(operations) / sizeof(*(operations)) \
    }

static const struct {
    const struct operation *operation;
    uint32_t count;
} plays[] = {
    PLAY(garbage_ends), PLAY(legacy_saved),     PLAY(listens_twice),
    PLAY(proxy_second), PLAY(trash_is_deaf),    PLAY(trash_is_dumb),
    PLAY(shared_goes),  PLAY(table_kept),       PLAY(tuple_ends),
    PLAY(dict_ends),    PLAY(table_outgrown),   PLAY(set_pops),
    PLAY(set_is_full),  PLAY(legacy_said),      PLAY(quiet_tells),
    PLAY(dict_refused), PLAY(quiet_pair_tells),
};

uint32_t motif_count(void)
{
    return sizeof plays / sizeof *plays;
}

bool motif_operation(uint32_t motif, uint32_t step, int first_id,
                     struct operation *ret_operation)
{
    if (step >= plays[motif].count)
        return false;
    *ret_operation = plays[motif].operation[step];
    for (int i = 0; i < ARGUMENTS_MAX; i++)
        if (ret_operation->argument[i] < 0)
            ret_operation->argument[i] =
                first_id - 1 - ret_operation->argument[i];
    return true;
}
