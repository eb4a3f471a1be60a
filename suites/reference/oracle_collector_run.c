/* oracle_collector_run.c - one trace, in a process of its own. */
#include "oracle_collector.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "random.h"

_Noreturn void oracle_give_up(const char *what)
{
    dprintf(STDERR_FILENO, "oracle-collector: %s\n", what);
    exit(EXIT_TOOL);
}

struct outcome *outcome_new(void)
{
    void *shared = mmap(NULL, sizeof(struct outcome), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        oracle_give_up("no shared memory for an outcome");
    return shared;
}

/* ---- what is compared ---- */

/* The length of a line, and no more than can be shown. */
static int line_length(const char *line)
{
    size_t length = strcspn(line, "\n");

    return length < DIFFERENCE_MAX / 3 ? (int)length : DIFFERENCE_MAX / 3;
}

/* Where the first line that differs starts. */
static size_t line_of_difference(const char *a, const char *b)
{
    size_t start = 0;

    for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++)
        if (a[i] == '\n')
            start = i + 1;
    return start;
}

static void tell_difference(struct outcome *outcome, const char *real,
                            const char *ours)
{
    size_t at = line_of_difference(real, ours);
    int field = (int)strcspn(real + at, ":");

    snprintf(outcome->difference, DIFFERENCE_MAX,
             "%.*s\n  real %.*s\n  ours %.*s", field, real + at,
             line_length(real + at) - field, real + at + field,
             line_length(ours + at) - field, ours + at + field);
}

/* ---- the child ---- */

struct run {
    struct machine machine[SIDES];
    unsigned sides;
    struct outcome *outcome;
};

static void run_open(struct run *run, const struct plan *plan,
                     struct outcome *outcome)
{
    run->outcome = outcome;
    run->sides = plan->alone ? 1 : SIDES;
    machine_open(&run->machine[REAL], side_open_real(&run->machine[REAL]));
    if (!plan->alone)
        machine_open(&run->machine[OURS],
                     side_open_ours(&run->machine[OURS],
                                    trace_has(&plan->trace, OPERATION_FAIL)));
}

static void run_observe(struct run *run, bool digested)
{
    for (unsigned i = 0; i < run->sides; i++)
        machine_observe(&run->machine[i], digested);
}

/* False at a difference. The first comparison is before any operation. */
static bool run_compare(struct run *run)
{
    struct outcome *outcome = run->outcome;
    const struct text *real = &run->machine[REAL].observed;
    const struct text *ours = &run->machine[OURS].observed;
    uint64_t number = outcome->operations;

    run_observe(run, true);
    outcome->values += real->used;
    outcome->digest[number] =
        digest_add(number > 0 ? outcome->digest[number - 1] : 0, real->digest);
    if (run->sides == 1 || real->digest == ours->digest)
        return true;
    run_observe(run, false);
    tell_difference(outcome, real->bytes, ours->bytes);
    return false;
}

static void run_trace(struct run *run, const struct trace *trace)
{
    bool equal = run_compare(run);

    for (uint32_t i = 0; equal && i < trace->count; i++) {
        run->outcome->operations++;
        for (unsigned j = 0; j < run->sides; j++)
            machine_do(&run->machine[j], &trace->operation[i]);
        equal = run_compare(run);
    }
    run->outcome->ended = true;
}

/* Takes blocks of all sizes, so that what follows lies elsewhere. */
static void lie_elsewhere(void)
{
    struct machine unused;
    const struct side *side = side_open_real(&unused);

    for (int id = 0; id < 999; id++)
        side->callback(id);
}

static _Noreturn void run_child(const struct plan *plan,
                                struct outcome *outcome)
{
    static struct run run;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(plan->limit_s);
    if (plan->elsewhere)
        lie_elsewhere();
    run_open(&run, plan, outcome);
    run_trace(&run, &plan->trace);
    _exit(EXIT_EQUAL);
}

/* ---- the parent ---- */

int run_start(const struct plan *plan, struct outcome *outcome)
{
    pid_t child;

    memset(outcome, 0, offsetof(struct outcome, digest));
    fflush(NULL);
    child = fork();
    if (child < 0)
        oracle_give_up("no process for a run");
    if (child == 0)
        run_child(plan, outcome);
    return child;
}

void run_explain(struct outcome *outcome, int status)
{
    if (!outcome->ended)
        oracle_explain_end(status, outcome->difference, DIFFERENCE_MAX);
}

void run_wait(const struct plan *plan, struct outcome *outcome)
{
    pid_t child = run_start(plan, outcome);
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            oracle_give_up("a run cannot be waited for");
    run_explain(outcome, status);
}
