/* oracle_obmalloc.c - asks CPython's own obmalloc and the reference heap the
 * same things, and demands the same answers. */
#include "oracle_obmalloc.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_SEEDS = 256, KEY_OPERATIONS, KEY_SKEW, KEY_HISTORY, KEY_COUNT };

static const struct argp_option options[] = {
    { "seeds", KEY_SEEDS, "A[..B]", 0, "Scripts to run (1..4)", 0 },
    { "operations", KEY_OPERATIONS, "N", 0, "Length of each (100000)", 0 },
    { "skew", KEY_SKEW, "BYTES|varied|both", 0,
      "How far arenas lie from alignment: a multiple of 16 below 1 MiB, for "
      "each arena another, or each seed once aligned and once varied (both)",
      0 },
    { "history", KEY_HISTORY, "K", 0,
      "Operations printed before a difference (20)", 0 },
    { "count-every", KEY_COUNT, "K", 0,
      "Operations between two counts of all blocks (64)", 0 },
    { "jobs", 'j', "N", 0, "Runs at a time (number of processors)", 0 },
    { 0 },
};

static void parse_skew(struct argp_state *state, const char *text,
                       struct request *request)
{
    request->skew_count = 1;
    if (strcmp(text, "both") == 0)
        request->skew_count = 2;
    else if (strcmp(text, "varied") == 0)
        request->skews[0] = SKEW_VARIED;
    else
        request->skews[0] =
            (int64_t)oracle_number(state, "skew", text, 0, ARENA_BYTES - 1);
    if (request->skews[0] % STEP_BYTES != 0 && request->skews[0] >= 0)
        argp_error(state, "--skew: %s is no multiple of %d", text, STEP_BYTES);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct request *request = state->input;

    switch (key) {
    case KEY_SEEDS:
        oracle_seeds(state, argument, &request->seed_first,
                     &request->seed_last);
        return 0;
    case KEY_OPERATIONS:
        request->operations =
            oracle_number(state, "operations", argument, 1, UINT32_MAX);
        return 0;
    case KEY_SKEW:
        parse_skew(state, argument, request);
        return 0;
    case KEY_HISTORY:
        request->history =
            (uint32_t)oracle_number(state, "history", argument, 0, HISTORY_MAX);
        return 0;
    case KEY_COUNT:
        request->count_every = (uint32_t)oracle_number(state, "count-every",
                                                       argument, 1, UINT32_MAX);
        return 0;
    case 'j':
        request->jobs =
            (uint32_t)oracle_number(state, "jobs", argument, 1, 1024);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is no option", argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Runs scripts of malloc, calloc, realloc and free on PyObject_Malloc of "
    "libpython and on the reference heap, and compares after each operation: "
    "the arena and offset of the block, what was asked of the arena hook, "
    "contents, and at times counts and statistics. Exit status: 0 no "
    "difference, 1 differences, 2 wrong usage, 3 the oracle failed.",
    NULL,
    NULL,
    NULL
};

int main(int count, char **words)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct request request = {
        .seed_first = 1,
        .seed_last = 4,
        .skews = { 0, SKEW_VARIED },
        .skew_count = 2,
        .operations = 100000,
        .count_every = 64,
        .history = 20,
        .jobs = processors > 0 ? (uint32_t)processors : 1,
    };

    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, count, words, 0, NULL, &request);
    /* Far more than a run needs, even with a sanitizer. */
    request.limit_s = (uint32_t)(60 + request.operations / 5000);
    return jobs_run(&request);
}
