/* checking.c - a worker process for each run, and the order they start in. */
#include "checking.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "patience.h"
#include "progress.h"
#include "requirement.h"
#include "subject.h"
#include "supervisor.h"

enum {
    WAITING_MAX = 16,  /* sleepers at a time: they hold memory */
    WORKER_BROKEN = 1, /* the worker could start nothing */
};

enum run_state { RUN_PENDING, RUN_UNDER_WAY, RUN_DONE };

struct run {
    const struct requirement *requirement;
    struct verdict *verdict;
    pid_t worker;
    enum run_state state;
};

struct scheduler {
    const struct checking_request *request;
    struct checking *checking;
    struct run *runs;
    size_t count;
    size_t slots_taken;
    size_t waiting;
    size_t under_way;
    size_t done;
    bool alone;   /* the run under way wants no other beside it */
    bool stopped; /* nothing more is started */
    uint64_t start_ns;
    sigset_t open_mask; /* of signals, as the caller had it */
    struct progress progress;
    struct failure *error;
    enum checking_ending ending;
};

void checking_cancel(void)
{
    supervisor_cancel();
}

/* ---- a worker ---- */

static void worker_on_stop(int number)
{
    (void)number;
    supervisor_cancel();
}

/* What is left of the time for all, in milliseconds; at least one, since 0
 * would be no limit. */
static uint32_t worker_time_left(const struct scheduler *scheduler)
{
    uint64_t budget = scheduler->request->budget_ns;
    uint64_t gone = clock_wall_ns() - scheduler->start_ns;

    if (budget == 0)
        return UINT32_MAX;
    return gone + NS_PER_MS >= budget ? 1
                                      : (uint32_t)((budget - gone) / NS_PER_MS);
}

static uint32_t worker_timeout_ms(const struct scheduler *scheduler,
                                  const struct run *run, unsigned percent)
{
    uint32_t own =
        run->requirement->timeout_s * (1000 / PATIENCE_OWN) * percent;
    uint32_t most = scheduler->request->timeout_ms;

    return most != 0 && most < own ? most : own;
}

/* A check that was given less time than it asks for has not hung. */
static int worker_decide(const struct scheduler *scheduler,
                         const struct run *run, uint64_t seed)
{
    unsigned patience = patience_percent();
    uint32_t wanted = worker_timeout_ms(scheduler, run, patience);
    uint32_t left = worker_time_left(scheduler);
    const struct verdict_request request = {
        .requirement = run->requirement,
        .subject = scheduler->request->subject,
        .seed = seed,
        .timeout_ms = left < wanted ? left : wanted,
        .patience_percent = patience,
        .out = scheduler->request->out,
    };
    int result = verdict_of(&request, run->verdict);

    if (result == 0 && run->verdict->kind == VERDICT_HANG && left < wanted) {
        run->verdict->kind = VERDICT_SKIP;
        snprintf(run->verdict->message, sizeof(run->verdict->message),
                 "not decided within the time given to all");
    }
    return result;
}

/* The keeper below dies with its worker, and the worker with the tool. */
static void worker_main(const struct scheduler *scheduler,
                        const struct run *run, uint64_t seed, pid_t parent)
{
    struct sigaction action = { .sa_handler = worker_on_stop };
    int result;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, &scheduler->open_mask, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(WORKER_BROKEN);
    result = worker_decide(scheduler, run, seed);
    if (result != 0)
        fprintf(stderr, "assay: cannot run assay-probe %s: %s\n",
                run->requirement->id, strerror(-result));
    _exit(result == 0 ? 0 : WORKER_BROKEN);
}

static void scheduler_fail(struct scheduler *scheduler, const char *text)
{
    failure_set(scheduler->error, "%s", text);
    scheduler->ending = CHECKING_FAILED;
    scheduler->stopped = true;
}

static void scheduler_start(struct scheduler *scheduler, struct run *run)
{
    size_t number = (size_t)(run - scheduler->runs);
    uint64_t seed =
        scheduler->request->seed + number % scheduler->request->repeat;
    pid_t parent = getpid();

    fflush(NULL);
    run->worker = fork();
    if (run->worker == 0)
        worker_main(scheduler, run, seed, parent);
    if (run->worker < 0) {
        scheduler_fail(scheduler, "cannot fork a worker");
        return;
    }
    run->state = RUN_UNDER_WAY;
    scheduler->under_way++;
    scheduler->alone = run->requirement->alone;
    if (run->requirement->waits)
        scheduler->waiting++;
    else
        scheduler->slots_taken++;
    if (!scheduler->request->quiet)
        progress_show(&scheduler->progress, run->requirement->id,
                      scheduler->request->subject->name);
}

/* ---- which comes next ---- */

static bool run_may_start(const struct scheduler *scheduler,
                          const struct run *run)
{
    if (scheduler->under_way > 0 &&
        (run->requirement->alone || scheduler->alone || scheduler->done == 0))
        return false;
    if (run->requirement->waits)
        return scheduler->waiting < WAITING_MAX;
    return scheduler->slots_taken < scheduler->request->jobs;
}

/* 0: sleepers first, so that others run meanwhile; alone ones come last. Yet
 * the very first run, which tells whether the subject is active, is short. */
static int run_rank(const struct scheduler *scheduler, const struct run *run)
{
    if (run->requirement->alone)
        return 3;
    if (scheduler->done == 0)
        return run->requirement->waits ? 2 : 1;
    return run->requirement->waits ? 0 : 1;
}

static struct run *scheduler_next(const struct scheduler *scheduler)
{
    struct run *best = NULL;

    for (size_t i = 0; i < scheduler->count; i++) {
        struct run *run = &scheduler->runs[i];

        if (run->state != RUN_PENDING)
            continue;
        if (best == NULL ||
            run_rank(scheduler, run) < run_rank(scheduler, best))
            if (run->requirement->alone || run_may_start(scheduler, run))
                best = run;
    }
    return best != NULL && run_may_start(scheduler, best) ? best : NULL;
}

static void scheduler_fill(struct scheduler *scheduler)
{
    struct run *next;

    while (!scheduler->stopped && !supervisor_is_cancelled() &&
           (next = scheduler_next(scheduler)) != NULL)
        scheduler_start(scheduler, next);
}

/* ---- what ended ---- */

static void checked_add(struct checked *checked, const struct run *run)
{
    const struct verdict *verdict = run->verdict;

    checked->requirement = run->requirement;
    if (run->state != RUN_DONE || verdict->kind == VERDICT_CANCELLED)
        return;
    checked->runs++;
    checked->passed += verdict->kind == VERDICT_PASS;
    checked->wall_ns += verdict->wall_ns;
    if (checked->printed == NULL && verdict->output_bytes > 0 &&
        verdict->kind <= VERDICT_SKIP)
        checked->printed = verdict;
    if (checked->worst == NULL || verdict->kind > checked->worst->kind)
        checked->worst = verdict;
}

/* Of each run of that requirement, in their order. */
static struct checked *checked_sum(struct scheduler *scheduler, size_t number)
{
    struct checked *checked = &scheduler->checking->all[number];
    unsigned repeat = scheduler->request->repeat;

    *checked = (struct checked){ 0 };
    for (unsigned i = 0; i < repeat; i++)
        checked_add(checked, &scheduler->runs[number * repeat + i]);
    return checked;
}

static void checked_tell(struct scheduler *scheduler, size_t number)
{
    struct checked *checked = &scheduler->checking->all[number];

    if (scheduler->request->on_checked != NULL && checked->runs > 0)
        scheduler->request->on_checked(scheduler->request->context, checked);
}

static void scheduler_note(struct scheduler *scheduler, const struct run *run)
{
    const struct verdict *verdict = run->verdict;

    if (scheduler->request->quiet || verdict->kind == VERDICT_PASS ||
        verdict->kind == VERDICT_SKIP)
        return;
    progress_note(&scheduler->progress, "%s %s: %s", run->requirement->id,
                  verdict_word(verdict->kind), verdict->message);
}

/* The last run of a requirement decides it. */
static void scheduler_sum(struct scheduler *scheduler, const struct run *run)
{
    unsigned repeat = scheduler->request->repeat;
    size_t number = (size_t)(run - scheduler->runs) / repeat;

    if (checked_sum(scheduler, number)->runs == repeat)
        checked_tell(scheduler, number);
}

static void scheduler_take(struct scheduler *scheduler, struct run *run,
                           int status)
{
    run->state = RUN_DONE;
    scheduler->under_way--;
    scheduler->done++;
    scheduler->progress.done++;
    scheduler->alone = false;
    if (run->requirement->waits)
        scheduler->waiting--;
    else
        scheduler->slots_taken--;
    if (supervisor_is_cancelled()) {
        scheduler->stopped = true;
        scheduler->ending = CHECKING_CANCELLED;
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        scheduler_fail(scheduler, "a check could not be started; see above");
    } else if (run->verdict->kind == VERDICT_NOT_ACTIVE) {
        scheduler->checking->not_active = true;
        scheduler->stopped = true;
    }
    if (scheduler->ending == CHECKING_COMPLETE) {
        scheduler_note(scheduler, run);
        scheduler_sum(scheduler, run);
    }
}

static void scheduler_stop_workers(const struct scheduler *scheduler)
{
    for (size_t i = 0; i < scheduler->count; i++)
        if (scheduler->runs[i].state == RUN_UNDER_WAY)
            kill(scheduler->runs[i].worker, SIGTERM);
}

static bool scheduler_reap(struct scheduler *scheduler)
{
    int status;
    pid_t ended = waitpid(-1, &status, WNOHANG);

    for (size_t i = 0; ended > 0 && i < scheduler->count; i++)
        if (scheduler->runs[i].worker == ended &&
            scheduler->runs[i].state == RUN_UNDER_WAY)
            scheduler_take(scheduler, &scheduler->runs[i], status);
    return ended > 0;
}

/* Signals arrive here and nowhere else: none is lost between two looks. */
static void scheduler_wait(struct scheduler *scheduler)
{
    const struct timespec longest = { .tv_sec = 1 };

    while (!scheduler_reap(scheduler)) {
        if (supervisor_is_cancelled())
            scheduler_stop_workers(scheduler);
        ppoll(NULL, 0, &longest, &scheduler->open_mask);
    }
}

/* Where there is no terminal: a line at each quarter. */
static void scheduler_tell(struct scheduler *scheduler, size_t before)
{
    size_t quarter = (scheduler->count + 3) / 4;

    if (!scheduler->request->quiet && !scheduler->progress.terminal &&
        scheduler->count >= 20 && scheduler->done < scheduler->count &&
        before / quarter != scheduler->done / quarter)
        progress_stage(&scheduler->progress, "checking");
}

static void scheduler_loop(struct scheduler *scheduler)
{
    for (;;) {
        size_t before = scheduler->done;

        scheduler_fill(scheduler);
        if (scheduler->under_way == 0)
            break;
        if (scheduler->stopped)
            scheduler_stop_workers(scheduler);
        scheduler_wait(scheduler);
        scheduler_tell(scheduler, before);
    }
    if (supervisor_is_cancelled())
        scheduler->ending = CHECKING_CANCELLED;
}

/* ---- the whole ---- */

static void on_child(int number)
{
    (void)number; /* only to interrupt the sleep */
}

static void scheduler_run(struct scheduler *scheduler)
{
    struct sigaction child = { .sa_handler = on_child }, before;
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGHUP);
    sigprocmask(SIG_BLOCK, &blocked, &scheduler->open_mask);
    sigaction(SIGCHLD, &child, &before);
    scheduler_loop(scheduler);
    sigaction(SIGCHLD, &before, NULL);
    sigprocmask(SIG_SETMASK, &scheduler->open_mask, NULL);
}

/* What has ended is summed, and told where it was not yet. */
static void checking_sum(struct scheduler *scheduler)
{
    struct checking *checking = scheduler->checking;

    for (size_t i = 0; i < checking->count; i++) {
        bool told = checking->all[i].runs == scheduler->request->repeat;

        checked_sum(scheduler, i);
        if (!told && scheduler->ending == CHECKING_COMPLETE)
            checked_tell(scheduler, i);
    }
    checking->wall_ns = clock_wall_ns() - scheduler->start_ns;
}

static int checking_prepare(struct checking *checking,
                            struct scheduler *scheduler)
{
    const struct checking_request *request = scheduler->request;
    void *shared;

    while (request->chosen[checking->count] != NULL)
        checking->count++;
    assert(checking->count > 0);
    scheduler->count = checking->count * request->repeat;
    checking->verdict_count = scheduler->count;
    checking->all = calloc(checking->count, sizeof(*checking->all));
    scheduler->runs = calloc(scheduler->count, sizeof(*scheduler->runs));
    shared = mmap(NULL, scheduler->count * sizeof(*checking->verdicts),
                  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -1;
    checking->verdicts = shared;
    if (checking->all == NULL || scheduler->runs == NULL)
        return -1;
    for (size_t i = 0; i < scheduler->count; i++)
        scheduler->runs[i] = (struct run){
            .requirement = request->chosen[i / request->repeat],
            .verdict = &checking->verdicts[i],
        };
    return 0;
}

enum checking_ending checking_run(const struct checking_request *request,
                                  struct checking *ret_checking,
                                  struct failure *ret_error)
{
    struct checking checking = { 0 };
    struct scheduler scheduler = { .request = request,
                                   .checking = &checking,
                                   .error = ret_error,
                                   .start_ns = clock_wall_ns() };

    if (checking_prepare(&checking, &scheduler) != 0) {
        failure_set(ret_error, "out of memory");
        scheduler.ending = CHECKING_FAILED;
    } else {
        progress_start(&scheduler.progress, scheduler.count);
        scheduler.progress.things = "checks";
        snprintf(scheduler.progress.stage, sizeof(scheduler.progress.stage),
                 "checking");
        scheduler_run(&scheduler);
        if (!request->quiet)
            progress_end(&scheduler.progress);
        checking_sum(&scheduler);
    }
    free(scheduler.runs);
    if (scheduler.ending == CHECKING_COMPLETE)
        *ret_checking = checking;
    else
        checking_free(&checking);
    return scheduler.ending;
}

void checking_free(struct checking *checking)
{
    if (checking->verdicts != NULL)
        munmap(checking->verdicts,
               checking->verdict_count * sizeof(*checking->verdicts));
    free(checking->all);
    *checking = (struct checking){ 0 };
}
