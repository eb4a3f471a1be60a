/* oracle_obmalloc_run.c - one script on both sides, compared at each step. */
#include "oracle_obmalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pattern.h"

/* Statistics are read often enough to tell where counts part, and seldom
 * enough that work a heap puts off is still put off in between. */
enum { STATS_EVERY = 10000 };

struct run {
    struct side sides[SIDES];
    struct blocks blocks;
    struct script script;
    struct outcome *outcome;
    uint32_t count_every;
};

/* False, so that a comparison can end with it. */
__attribute__((format(printf, 2, 3))) static bool run_differs(
    struct run *run, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(run->outcome->difference, DIFFERENCE_MAX, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- what is asked ---- */

static void *side_ask(const struct side *side,
                      const struct operation *operation, void *block)
{
    const struct memory_allocator *to = &side->allocator;

    switch (operation->kind) {
    case OPERATION_MALLOC:
        return to->malloc(to->context, operation->bytes);
    case OPERATION_CALLOC:
        return to->calloc(to->context, operation->count, operation->bytes);
    case OPERATION_REALLOC:
        return to->realloc(to->context, block, operation->bytes);
    case OPERATION_FREE:
        to->free(to->context, block);
        return NULL;
    case OPERATION_REFUSE:
        break;
    }
    return NULL;
}

static size_t operation_bytes(const struct operation *operation)
{
    size_t bytes;

    if (operation->kind != OPERATION_CALLOC)
        return operation->bytes;
    return __builtin_mul_overflow(operation->count, operation->bytes, &bytes)
               ? SIZE_MAX
               : bytes;
}

static void run_ask(struct run *run, const struct operation *operation,
                    void *ret_answer[SIDES])
{
    const struct block *block = &run->blocks.block[operation->block];

    for (int i = 0; i < SIDES; i++) {
        struct side *side = &run->sides[i];

        side->arenas.event_count = 0;
        if (operation->kind == OPERATION_REFUSE) {
            side->arenas.refuse_after = (uint32_t)operation->bytes;
            side->arenas.refuse_count = (uint32_t)operation->count;
        }
        side->raw.refuse_bytes =
            operation->refuse_raw ? operation_bytes(operation) : 0;
        ret_answer[i] = side_ask(side, operation, block->start[i]);
        side->raw.refuse_bytes = 0;
    }
}

/* ---- what is compared ---- */

static bool run_compare_places(struct run *run, void *const answer[SIDES],
                               struct place *ret_place)
{
    struct place real = arenas_place(&run->sides[REAL].arenas, answer[REAL]);
    struct place ours = arenas_place(&run->sides[OURS].arenas, answer[OURS]);
    char real_text[64], ours_text[64];

    *ret_place = real;
    run->outcome->blocks += real.kind != PLACE_NULL;
    if (real.kind == ours.kind && real.kind != PLACE_LOST &&
        real.ordinal == ours.ordinal && real.offset == ours.offset)
        return true;
    return run_differs(run, "the answer: real %s, ours %s",
                       place_text(real, real_text, sizeof real_text),
                       place_text(ours, ours_text, sizeof ours_text));
}

static const char *events_text(const struct arena_source *source, char *text,
                               size_t bytes)
{
    static const char *const words[] = { "takes", "releases", "is refused",
                                         "returns what is none:" };
    size_t used = 0;

    snprintf(text, bytes, "nothing");
    for (uint32_t i = 0; i < source->event_count && i < ARENA_EVENTS_MAX; i++)
        if (used < bytes)
            used += (size_t)snprintf(text + used, bytes - used, "%s%s arena %u",
                                     i > 0 ? ", " : "",
                                     words[source->events[i].kind],
                                     source->events[i].ordinal);
    return text;
}

static bool run_compare_events(struct run *run)
{
    const struct arena_source *real = &run->sides[REAL].arenas;
    const struct arena_source *ours = &run->sides[OURS].arenas;
    uint32_t count = real->event_count;
    char real_text[256], ours_text[256];

    if (count == ours->event_count && count <= ARENA_EVENTS_MAX &&
        memcmp(real->events, ours->events, count * sizeof *real->events) == 0)
        return true;
    return run_differs(run, "arenas: real %s; ours %s",
                       events_text(real, real_text, sizeof real_text),
                       events_text(ours, ours_text, sizeof ours_text));
}

static bool run_compare_counts(struct run *run)
{
    struct side *sides = run->sides;
    size_t real = sides[REAL].blocks(sides[REAL].allocator.context);
    size_t ours = sides[OURS].blocks(sides[OURS].allocator.context);

    if (real == ours)
        return true;
    return run_differs(run, "blocks given out: real %zu, ours %zu", real, ours);
}

static bool run_compare_stats(struct run *run)
{
    struct side *sides = run->sides;
    struct obheap_stats real, ours;
    char text[512];

    sides[REAL].stats(sides[REAL].allocator.context, &real);
    sides[OURS].stats(sides[OURS].allocator.context, &ours);
    run->outcome->dumps++;
    return !stats_differ(&real, &ours, text, sizeof text) ||
           run_differs(run, "%s", text);
}

/* The pattern of a block is that of its id and reaches to the end of its
 * class: what lies behind the request is copied as well. */
static bool run_check_kept(struct run *run, uint32_t id, void *const at[SIDES],
                           size_t bytes)
{
    for (int i = 0; i < SIDES; i++) {
        size_t wrong = pattern_mismatch(at[i], id, 0, bytes);

        if (wrong < bytes)
            return run_differs(run,
                               "contents: %s lost byte %zu of block b%u, of "
                               "which %zu are to be kept",
                               run->sides[i].name, wrong, id, bytes);
    }
    return true;
}

static bool run_check_zero(struct run *run, void *const at[SIDES], size_t bytes)
{
    for (int i = 0; i < SIDES; i++) {
        const unsigned char *start = at[i];

        for (size_t j = 0; j < bytes; j++)
            if (start[j] != 0)
                return run_differs(run, "calloc: %s left byte %zu of %zu as %u",
                                   run->sides[i].name, j, bytes, start[j]);
    }
    return true;
}

/* ---- what is kept in mind ---- */

/* A block that a pool serves may be used to the end of its class; one that
 * realloc left where it was has the class it had. */
static size_t room_of(const struct block *before, void *const answer[SIDES],
                      struct place place, size_t bytes)
{
    if (place.kind != PLACE_ARENA)
        return bytes;
    if (answer[REAL] == before->start[REAL])
        return before->room;
    return (bytes + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
}

static void run_keep(struct run *run, uint32_t id, void *const answer[SIDES],
                     struct place place, size_t bytes)
{
    struct block *block = &run->blocks.block[id];
    size_t room = room_of(block, answer, place, bytes);

    if (!blocks_is_live(&run->blocks, id))
        blocks_add(&run->blocks);
    for (int i = 0; i < SIDES; i++) {
        pattern_fill(answer[i], id, 0, room);
        block->start[i] = answer[i];
    }
    block->bytes = bytes;
    block->room = room;
    block->place = place;
}

/* What an answer must hold before it is written to. */
static bool run_check_contents(struct run *run,
                               const struct operation *operation,
                               void *const answer[SIDES], size_t bytes)
{
    size_t room = run->blocks.block[operation->block].room;

    if (operation->kind == OPERATION_CALLOC)
        return run_check_zero(run, answer, bytes);
    if (operation->kind == OPERATION_REALLOC)
        return run_check_kept(run, operation->block, answer,
                              room < bytes ? room : bytes);
    return true;
}

static bool run_compare(struct run *run, const struct operation *operation,
                        void *const answer[SIDES], struct place *ret_place)
{
    size_t bytes = operation_bytes(operation);
    uint32_t id = operation->block;

    if (!run_compare_places(run, answer, ret_place) || !run_compare_events(run))
        return false;
    if (operation->kind == OPERATION_FREE) {
        *ret_place = run->blocks.block[id].place;
        if (blocks_is_live(&run->blocks, id))
            blocks_drop(&run->blocks, id);
        return true;
    }
    if (ret_place->kind == PLACE_NULL)
        return true;
    if (!run_check_contents(run, operation, answer, bytes))
        return false;
    run_keep(run, id, answer, *ret_place, bytes);
    return true;
}

/* ---- a step ---- */

static bool run_check_before(struct run *run, const struct operation *operation)
{
    const struct block *block = &run->blocks.block[operation->block];

    return !blocks_is_live(&run->blocks, operation->block) ||
           operation->kind != OPERATION_FREE ||
           run_check_kept(run, operation->block, block->start, block->room);
}

/* The outcome is kept up to date: the next operation may crash. */
static void run_note_arenas(struct run *run)
{
    const struct arena_source *real = &run->sides[REAL].arenas;

    run->script.arenas_now = real->taken - real->released;
    run->outcome->arenas_taken = real->taken;
    run->outcome->arenas_released = real->released;
    run->outcome->refusals = real->refused;
}

static bool run_step(struct run *run)
{
    struct outcome *outcome = run->outcome;
    uint64_t number = outcome->operations++;
    struct remembered *remembered = &outcome->history[number % HISTORY_MAX];
    void *answer[SIDES];

    *remembered = (struct remembered){ .operation = script_next(&run->script) };
    if (!run_check_before(run, &remembered->operation))
        return false;
    run_ask(run, &remembered->operation, answer);
    run_note_arenas(run);
    if (!run_compare(run, &remembered->operation, answer, &remembered->place))
        return false;
    remembered->done = true;
    if (outcome->operations % run->count_every == 0 && !run_compare_counts(run))
        return false;
    return outcome->operations % STATS_EVERY != 0 || run_compare_stats(run);
}

static void run_open(struct run *run, const struct plan *plan,
                     struct outcome *outcome)
{
    *run = (struct run){ .outcome = outcome, .count_every = plan->count_every };
    for (int i = 0; i < SIDES; i++)
        arenas_open(&run->sides[i].arenas, plan->seed, plan->skew_bytes);
    blocks_open(&run->blocks);
    script_open(&run->script, plan->seed, &run->blocks);
    side_open_real(&run->sides[REAL]);
    side_open_ours(&run->sides[OURS]);
}

void run_script(const struct plan *plan, struct outcome *outcome)
{
    static struct run run;

    run_open(&run, plan, outcome);
    while (outcome->operations < plan->operations && run_step(&run))
        ;
    if (outcome->difference[0] == '\0' && run_compare_counts(&run))
        run_compare_stats(&run);
    outcome->ended = true;
}
