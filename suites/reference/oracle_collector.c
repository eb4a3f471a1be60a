/* oracle_collector.c - asks CPython's own collector and the reference the
 * same things, and demands that all that can be seen of them is the same. */
#include "oracle_collector.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_SEEDS = 256,
    KEY_OPERATIONS,
    KEY_HISTORY,
    KEY_REPEAT,
    KEY_REPLAY,
    KEY_WITHOUT,
    KEY_WHOLE,
};

static const struct argp_option options[] = {
    { "seeds", KEY_SEEDS, "A[..B]", 0, "Traces to run (1..100)", 0 },
    { "operations", KEY_OPERATIONS, "N", 0, "Length of each (200)", 0 },
    { "history", KEY_HISTORY, "K", 0,
      "Operations of the whole trace printed before a difference (0)", 0 },
    { "jobs", 'j', "N", 0, "Runs at a time (number of processors)", 0 },
    { "repeat", KEY_REPEAT, NULL, 0,
      "Run the real side twice, at other addresses, in place of the reference",
      0 },
    { "replay", KEY_REPLAY, "FILE", 0,
      "Run the operations of a file, one a line, as they are printed", 0 },
    { "without", KEY_WITHOUT, "OPERATION", 0,
      "Draw none of these; may be given several times", 0 },
    { "whole", KEY_WHOLE, NULL, 0, "Do not shrink traces that differ", 0 },
    { 0 },
};

/* A trace without new objects or their end would not go on. */
static void parse_without(struct argp_state *state, const char *name,
                          struct request *request)
{
    int kind = operation_find(name);

    if (kind < 0 || kind == OPERATION_NEW || kind == OPERATION_DROP)
        argp_error(state, "--without: '%s' is none that can be left out", name);
    request->without |= 1ull << kind;
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
            (uint32_t)oracle_number(state, "operations", argument, 1,
                                    OPERATIONS_MAX);
        return 0;
    case KEY_HISTORY:
        request->history = (uint32_t)oracle_number(state, "history", argument,
                                                   0, OPERATIONS_MAX);
        return 0;
    case 'j':
        request->jobs =
            (uint32_t)oracle_number(state, "jobs", argument, 1, 1024);
        return 0;
    case KEY_REPEAT:
        request->repeat = true;
        return 0;
    case KEY_REPLAY:
        request->replay = argument;
        return 0;
    case KEY_WITHOUT:
        parse_without(state, argument, request);
        return 0;
    case KEY_WHOLE:
        request->whole = true;
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
    "Runs traces of new objects, references, weak references, finalizers and "
    "collections on libpython's collector and on the reference, and compares "
    "after each operation all that can be seen: the lists of all generations "
    "in order, counts, statistics, events in order, reference counts, weak "
    "references, garbage. A trace that differs is shrunk. Exit status: 0 no "
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
        .seed_last = 100,
        .operations = 200,
        .jobs = processors > 0 ? (uint32_t)processors : 1,
    };

    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, count, words, 0, NULL, &request);
    real_start();
    return request.replay != NULL ? jobs_replay(&request) : jobs_run(&request);
}
