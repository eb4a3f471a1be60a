/* oracle_collector_jobs.c - runs of all seeds, some at a time. */
#include "oracle_collector.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum {
    DIFFERENCES_MAX = 3, /* then no more runs are started */
    PROGRESS_S = 5,
    REPEATS = 2,
};

/* A seed; on the real side alone there are two runs of it. */
struct job {
    uint64_t seed;
    int child[REPEATS]; /* 0: none */
    struct outcome *outcome[REPEATS];
    struct plan plan;
};

struct jobs {
    const struct request *request;
    struct job *job;
    uint64_t next; /* seed */
    uint32_t running;
    time_t told; /* when progress was printed */

    uint64_t runs, operations, values, differences;
};

static void jobs_open(struct jobs *jobs, const struct request *request)
{
    sigset_t set;

    *jobs = (struct jobs){ .request = request,
                           .next = request->seed_first,
                           .told = time(NULL) };
    jobs->job = calloc(request->jobs, sizeof *jobs->job);
    if (jobs->job == NULL)
        oracle_give_up("no memory for jobs");
    for (uint32_t i = 0; i < request->jobs; i++)
        for (int j = 0; j < REPEATS; j++)
            jobs->job[i].outcome[j] = outcome_new();
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Far more than a run needs, even with a sanitizer. */
static uint32_t limit_of(uint32_t operations)
{
    return 30 + operations / 100;
}

static bool job_runs(const struct job *job)
{
    return job->child[0] != 0 || job->child[1] != 0;
}

/* Where memory never fails, the reference has its own heap, and takes the
 * blocks of objects from it without a call: so half of the seeds are run. */
static uint64_t without_of(const struct request *request, uint64_t seed)
{
    return request->without | (seed % 2 == 1 ? 1ull << OPERATION_FAIL : 0);
}

static void jobs_start(struct jobs *jobs, struct job *job)
{
    const struct request *request = jobs->request;

    job->seed = jobs->next++;
    job->plan = (struct plan){
        .trace = trace_generate(job->seed, request->operations,
                                without_of(request, job->seed)),
        .alone = request->repeat,
        .limit_s = limit_of(request->operations),
    };
    for (int i = 0; i < (request->repeat ? REPEATS : 1); i++) {
        job->plan.elsewhere = i > 0;
        job->child[i] = run_start(&job->plan, job->outcome[i]);
    }
    jobs->running++;
}

/* ---- what a run found ---- */

static void print_operations(const struct trace *trace, uint32_t first)
{
    char text[256];

    for (uint32_t i = first; i < trace->count; i++) {
        operation_print(&trace->operation[i], text, sizeof text);
        printf("  %s\n", text);
    }
}

static void print_history(const struct trace *trace, uint64_t end,
                          uint32_t lines)
{
    struct trace before = { trace->operation, (uint32_t)end };

    if (lines == 0 || end == 0)
        return;
    printf("the last operations of it, from the %" PRIu64 "th:\n",
           end > lines ? end - lines + 1 : 1);
    print_operations(&before, end > lines ? (uint32_t)end - lines : 0);
}

/* The trace and the outcome are those of the short trace afterwards. */
static void print_shrunk(struct plan *plan, struct outcome *outcome)
{
    uint32_t runs;

    fflush(stdout);
    runs = trace_shrink(plan, outcome);
    printf("shrunk in %u runs to %u operations (for --replay):\n", runs,
           plan->trace.count);
    print_operations(&plan->trace, 0);
    printf("which differ in %s\n", outcome->difference[0] == '\0'
                                       ? "nothing, when run once more"
                                       : outcome->difference);
}

/* The options that bring the same run back. */
static void print_options(const struct job *job, const struct request *request)
{
    uint64_t without = without_of(request, job->seed);

    printf("repeat: oracle-collector --seeds %" PRIu64 " --operations %u",
           job->seed, request->operations);
    for (int kind = 0; kind < OPERATIONS; kind++)
        if (without >> kind & 1)
            printf(" --without %s", operation_name((enum operation_kind)kind));
    printf("%s\n", request->repeat ? " --repeat" : "");
}

static void job_print(struct job *job, const struct request *request)
{
    struct outcome *outcome = job->outcome[0];

    printf("difference: seed %" PRIu64 ", operation %" PRIu64 " of %u: %s\n",
           job->seed, outcome->operations, request->operations,
           outcome->difference);
    print_history(&job->plan.trace, outcome->operations, request->history);
    if (!request->repeat && !request->whole)
        print_shrunk(&job->plan, outcome);
    print_options(job, request);
}

/* Two runs of the real side that saw something else. */
static void job_compare(struct job *job)
{
    struct outcome *one = job->outcome[0];
    const struct outcome *two = job->outcome[1];

    if (one->difference[0] != '\0')
        return;
    if (two->difference[0] != '\0') {
        memcpy(one->difference, two->difference, DIFFERENCE_MAX);
        return;
    }
    for (uint64_t i = 0; i <= job->plan.trace.count; i++)
        if (one->digest[i] != two->digest[i]) {
            one->operations = i;
            snprintf(one->difference, DIFFERENCE_MAX,
                     "the real side is not the same a second time");
            return;
        }
}

static void jobs_finish(struct jobs *jobs, struct job *job)
{
    struct outcome *outcome = job->outcome[0];

    jobs->running--;
    jobs->runs++;
    if (jobs->request->repeat)
        job_compare(job);
    jobs->operations += outcome->operations;
    jobs->values += outcome->values;
    jobs->differences += outcome->difference[0] != '\0';
    if (outcome->difference[0] != '\0')
        job_print(job, jobs->request);
    free(job->plan.trace.operation);
}

/* ---- all runs ---- */

static uint64_t jobs_count(const struct jobs *jobs)
{
    return jobs->request->seed_last - jobs->request->seed_first + 1;
}

static void jobs_tell(struct jobs *jobs)
{
    time_t now = time(NULL);

    if (now - jobs->told < PROGRESS_S)
        return;
    jobs->told = now;
    fprintf(stderr,
            "oracle-collector: %" PRIu64 " of %" PRIu64 " runs, %" PRIu64
            " differences\n",
            jobs->runs, jobs_count(jobs), jobs->differences);
}

static void job_reap(struct jobs *jobs, struct job *job)
{
    int status;

    if (!job_runs(job))
        return;
    for (int i = 0; i < REPEATS; i++)
        if (job->child[i] != 0 &&
            waitpid(job->child[i], &status, WNOHANG) > 0) {
            job->child[i] = 0;
            run_explain(job->outcome[i], status);
        }
    if (!job_runs(job))
        jobs_finish(jobs, job);
}

static void jobs_wait(struct jobs *jobs)
{
    struct timespec limit = { .tv_sec = PROGRESS_S };
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigtimedwait(&set, NULL, &limit);
    for (uint32_t i = 0; i < jobs->request->jobs; i++)
        job_reap(jobs, &jobs->job[i]);
}

static void jobs_fill(struct jobs *jobs)
{
    for (uint32_t i = 0; i < jobs->request->jobs; i++)
        if (!job_runs(&jobs->job[i]) &&
            jobs->next <= jobs->request->seed_last &&
            jobs->differences < (jobs->request->whole ? 1 : DIFFERENCES_MAX))
            jobs_start(jobs, &jobs->job[i]);
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
    printf("seeds %" PRIu64 "..%" PRIu64 ", %" PRIu64 " of %" PRIu64
           " runs%s: %" PRIu64 " operations, %" PRIu64
           " values compared, %" PRIu64 " differences\n",
           request->seed_first, request->seed_last, jobs.runs,
           jobs_count(&jobs), request->repeat ? " of the real side twice" : "",
           jobs.operations, jobs.values, jobs.differences);
    return jobs.differences > 0 ? EXIT_DIFFERENT : EXIT_EQUAL;
}

int jobs_replay(const struct request *request)
{
    struct outcome *outcome = outcome_new();
    struct plan plan = { .trace = trace_read(request->replay),
                         .alone = request->repeat };

    plan.limit_s = limit_of(plan.trace.count);
    run_wait(&plan, outcome);
    if (outcome->difference[0] != '\0')
        printf("difference: operation %" PRIu64 ": %s\n", outcome->operations,
               outcome->difference);
    printf("%s: %" PRIu64 " operations, %" PRIu64
           " values compared, %d differences\n",
           request->replay, outcome->operations, outcome->values,
           outcome->difference[0] != '\0');
    free(plan.trace.operation);
    return outcome->difference[0] != '\0' ? EXIT_DIFFERENT : EXIT_EQUAL;
}
