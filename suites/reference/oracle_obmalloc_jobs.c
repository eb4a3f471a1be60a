/* oracle_obmalloc_jobs.c - every run in a process of its own, some at a time.
 *
 * A run starts from a process that never asked libpython for anything. When
 * it crashes, what it did last is in the outcome it shared. */
#include "oracle_obmalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    DIFFERENCES_MAX = 3, /* then no more runs are started */
    PROGRESS_S = 5,
};

struct job {
    pid_t pid; /* 0: none */
    struct plan plan;
    struct outcome *outcome;
};

struct jobs {
    const struct request *request;
    struct job *job;
    uint64_t next, count; /* runs: a seed, and one of its skews */
    uint32_t running;
    time_t told; /* when progress was printed */

    uint64_t runs, differences;
    struct outcome total;
};

_Noreturn void oracle_give_up(const char *what)
{
    fprintf(stderr, "oracle-obmalloc: %s (%s)\n", what, strerror(errno));
    exit(EXIT_TOOL);
}

static void *jobs_shared(size_t bytes)
{
    void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED)
        oracle_give_up("no shared memory for the outcomes");
    return shared;
}

static void jobs_open(struct jobs *jobs, const struct request *request)
{
    uint64_t seeds = request->seed_last - request->seed_first + 1;
    sigset_t set;

    *jobs = (struct jobs){ .request = request,
                           .count = seeds * request->skew_count,
                           .told = time(NULL) };
    jobs->job = calloc(request->jobs, sizeof *jobs->job);
    if (jobs->job == NULL)
        oracle_give_up("no memory for jobs");
    for (uint32_t i = 0; i < request->jobs; i++)
        jobs->job[i].outcome = jobs_shared(sizeof(struct outcome));
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static struct plan jobs_plan(const struct request *request, uint64_t number)
{
    return (struct plan){
        .seed = request->seed_first + number / request->skew_count,
        .skew_bytes = request->skews[number % request->skew_count],
        .operations = request->operations,
        .count_every = request->count_every,
    };
}

static _Noreturn void job_run(const struct job *job, uint32_t limit_s)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(limit_s);
    run_script(&job->plan, job->outcome);
    _exit(EXIT_EQUAL);
}

static void jobs_start(struct jobs *jobs, struct job *job)
{
    job->plan = jobs_plan(jobs->request, jobs->next++);
    memset(job->outcome, 0, sizeof *job->outcome);
    fflush(NULL);
    job->pid = fork();
    if (job->pid < 0)
        oracle_give_up("no process for a run");
    if (job->pid == 0)
        job_run(job, jobs->request->limit_s);
    jobs->running++;
}

/* ---- what a run found ---- */

static const char *skew_text(int64_t skew_bytes, char *text, size_t bytes)
{
    if (skew_bytes == SKEW_VARIED)
        snprintf(text, bytes, "varied");
    else
        snprintf(text, bytes, "%" PRId64, skew_bytes);
    return text;
}

static void job_print_history(const struct job *job, uint64_t lines)
{
    uint64_t end = job->outcome->operations;
    uint64_t known = end < HISTORY_MAX ? end : HISTORY_MAX;
    char text[256];

    if (lines > known)
        lines = known;
    for (uint64_t i = end - lines; i < end; i++) {
        operation_print(&job->outcome->history[i % HISTORY_MAX], text,
                        sizeof text);
        printf("  %" PRIu64 ": %s\n", i + 1, text);
    }
}

static void job_print(const struct job *job, const struct request *request)
{
    const struct plan *plan = &job->plan;
    const struct outcome *outcome = job->outcome;
    char skew[32];

    skew_text(plan->skew_bytes, skew, sizeof skew);
    printf("difference: seed %" PRIu64 ", skew %s, operation %" PRIu64 ": %s\n",
           plan->seed, skew, outcome->operations, outcome->difference);
    job_print_history(job, request->history);
    printf("repeat: oracle-obmalloc --seeds %" PRIu64 " --operations %" PRIu64
           " --skew %s --count-every %u --history %u\n",
           plan->seed, outcome->operations, skew, plan->count_every,
           request->history);
}

static void jobs_add(struct jobs *jobs, const struct outcome *outcome)
{
    struct outcome *total = &jobs->total;

    jobs->runs++;
    jobs->differences += outcome->difference[0] != '\0';
    total->operations += outcome->operations;
    total->blocks += outcome->blocks;
    total->arenas_taken += outcome->arenas_taken;
    total->arenas_released += outcome->arenas_released;
    total->refusals += outcome->refusals;
    total->dumps += outcome->dumps;
}

static void jobs_finish(struct jobs *jobs, struct job *job, int status)
{
    job->pid = 0;
    jobs->running--;
    if (!job->outcome->ended)
        oracle_explain_end(status, job->outcome->difference, DIFFERENCE_MAX);
    if (job->outcome->difference[0] != '\0')
        job_print(job, jobs->request);
    jobs_add(jobs, job->outcome);
}

/* ---- all runs ---- */

static uint64_t jobs_operations(const struct jobs *jobs)
{
    uint64_t sum = jobs->total.operations;

    for (uint32_t i = 0; i < jobs->request->jobs; i++)
        if (jobs->job[i].pid != 0)
            sum += jobs->job[i].outcome->operations;
    return sum;
}

static void jobs_tell(struct jobs *jobs)
{
    time_t now = time(NULL);

    if (now - jobs->told < PROGRESS_S)
        return;
    jobs->told = now;
    fprintf(stderr,
            "oracle-obmalloc: %" PRIu64 " of %" PRIu64 " runs, %" PRIu64
            " operations, %" PRIu64 " differences\n",
            jobs->runs, jobs->count, jobs_operations(jobs), jobs->differences);
}

static void jobs_wait(struct jobs *jobs)
{
    struct timespec limit = { .tv_sec = PROGRESS_S };
    sigset_t set;
    int status;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigtimedwait(&set, NULL, &limit);
    for (uint32_t i = 0; i < jobs->request->jobs; i++)
        if (jobs->job[i].pid != 0 &&
            waitpid(jobs->job[i].pid, &status, WNOHANG) > 0)
            jobs_finish(jobs, &jobs->job[i], status);
}

static void jobs_fill(struct jobs *jobs)
{
    for (uint32_t i = 0; i < jobs->request->jobs; i++)
        if (jobs->job[i].pid == 0 && jobs->next < jobs->count &&
            jobs->differences < DIFFERENCES_MAX)
            jobs_start(jobs, &jobs->job[i]);
}

static void jobs_print_totals(const struct jobs *jobs)
{
    const struct request *request = jobs->request;
    const struct outcome *total = &jobs->total;

    printf("seeds %" PRIu64 "..%" PRIu64 ", %" PRIu64 " of %" PRIu64
           " runs: %" PRIu64 " operations, %" PRIu64
           " blocks compared, arenas %" PRIu64 " taken %" PRIu64
           " released %" PRIu64 " refused, blocks counted every %u, %" PRIu64
           " statistics compared, %" PRIu64 " differences\n",
           request->seed_first, request->seed_last, jobs->runs, jobs->count,
           total->operations, total->blocks, total->arenas_taken,
           total->arenas_released, total->refusals, request->count_every,
           total->dumps, jobs->differences);
}

int jobs_run(const struct request *request)
{
    static struct jobs jobs;

    jobs_open(&jobs, request);
    jobs_fill(&jobs);
    while (jobs.running > 0) {
        jobs_wait(&jobs);
        jobs_tell(&jobs);
        jobs_fill(&jobs);
    }
    jobs_print_totals(&jobs);
    return jobs.differences > 0 ? EXIT_DIFFERENT : EXIT_EQUAL;
}
