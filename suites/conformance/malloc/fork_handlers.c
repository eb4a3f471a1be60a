/* fork_handlers.c - fork where it is not expected: handlers that allocate,
 * several threads at once, signal handlers. (FRK) */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fork.h"
#include "system/await.h"
#include "system/churn.h"
#include "system/exec.h"
#include "system/share.h"
#include "system/team.h"

/* ---- FRK-4: fork handlers of the application ---- */

enum { FORK_EARLY_MS = 4000 };

static void fork_handler(void)
{
    void *block = subject->malloc(200);

    subject->free(subject->calloc(3, 50));
    subject->free(subject->realloc(block, 5000));
}

struct fork_forker {
    pthread_t thread;
    unsigned forks;
    unsigned failed; /* children that did not end with 0 */
    bool hung;
};

static int fork_try(void *unused)
{
    (void)unused;
    return fork_try_all() != NULL;
}

static void *fork_forker(void *given)
{
    struct fork_forker *forker = given;

    for (unsigned i = 0; i < forker->forks && !forker->hung; i++) {
        struct child_end end;

        if (check_child(fork_try, NULL, FORK_CHILD_MS, &end) != 0)
            break;
        forker->hung = end.timed_out;
        forker->failed += end.signal != 0 || end.status != 0;
    }
    return NULL;
}

static enum verdict fork_concurrently(struct check_run *run, unsigned forks)
{
    struct team *team = team_start(run->seed, 2);
    struct fork_forker forkers[3];
    unsigned failed = 0, hung = 0;
    const char *wrong;

    if (team == NULL)
        return error(run, "no threads, or no memory for them");
    for (unsigned i = 0; i < 3; i++) {
        forkers[i] = (struct fork_forker){ .forks = forks };
        if (pthread_create(&forkers[i].thread, NULL, fork_forker,
                           &forkers[i]) != 0)
            return error(run, "no thread could be started");
    }
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(forkers[i].thread, NULL);
        failed += forkers[i].failed;
        hung += forkers[i].hung;
    }
    wrong = team_stop(team);
    if (hung != 0)
        return fail(run, "a child of fork did not end within %u s",
                    fork_child_s());
    if (failed != 0)
        return fail(run, "%u of %u children of fork failed", failed, 3 * forks);
    return wrong != NULL ? fail(run, "in the parent: %s", wrong) : pass(run);
}

CHECK(FRK_4, SHOULD, "fork handlers may allocate, and several threads may fork",
      "POSIX.1-2024 pthread_atfork(); glibc malloc/tst-mallocfork",
      .why = "An application's prepare handler runs before that of an "
             "allocator which registered earlier, and its child handler after: "
             "both may allocate. An allocator that registers late, or whose "
             "locks are taken in another order than malloc takes them, "
             "deadlocks when three threads fork together.",
      .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 30)
{
    if (pthread_atfork(fork_handler, fork_handler, fork_handler) != 0)
        return error(run, "no fork handler could be registered");
    return fork_concurrently(run, run->repeat != 0 ? 40 * run->repeat : 40);
}

CHECK(FRK_4b, QUALITY, "fork handlers registered before the allocator may, too",
      "POSIX.1-2024 pthread_atfork(): handlers nest",
      .why = "A library that is initialised before the allocator has its "
             "prepare handler run when the allocator already holds its locks. "
             "The C library's own malloc takes its locks after all handlers; a "
             "preloaded one cannot, so this is no demand: the ending is told.",
      .flags = CHECK_THREADS, .timeout_s = 30)
{
    const char *aid = check_beside(run, "assay-probe-aid");
    const struct exec_request request = {
        .path = aid,
        .argv = (const char *[]){ aid, "early-atfork", NULL },
        .set = "ASSAY_AID_EARLY=atfork",
        .timeout_ms = FORK_EARLY_MS,
    };
    struct exec_end end;

    if (check_exec(&request, &end) != 0)
        return error(run, "the aid could not be started");
    if (end.child.timed_out)
        return outcome(run, "hang", "it did not end within %u s",
                       check_limit_ms(FORK_EARLY_MS) / 1000);
    if (end.child.signal != 0 || end.child.status != 0)
        return outcome(run, "broken", "it %s", check_exec_words(&end));
    return outcome(run, "works", "handlers that allocate ran in every phase");
}

/* ---- FRK-5: _Fork in a signal handler that interrupts malloc ---- */

static volatile sig_atomic_t fork_signals, fork_bad_children;

static void fork_on_alarm(int number)
{
    int before = errno, status = 0;
    pid_t child = _Fork();

    (void)number;
    if (child == 0)
        _exit(0);
    if (child > 0) {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        fork_signals++;
        fork_bad_children += status != 0;
    }
    errno = before;
}

static int fork_from_handler(void *given)
{
    const struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
    const struct itimerval never = { { 0, 0 }, { 0, 0 } };
    struct sigaction action = { .sa_handler = fork_on_alarm,
                                .sa_flags = SA_RESTART };
    struct churn *churn = given;

    churn_start(churn, 5, 5);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    while (fork_signals < 150 && churn_steps(churn, 200))
        ;
    setitimer(ITIMER_REAL, &never, NULL);
    return churn_finish(churn) && fork_bad_children == 0 ? 0 : 1;
}

CHECK(FRK_5, QUALITY, "_Fork from a signal handler amid malloc does no harm",
      "POSIX.1-2024 _Fork(): async-signal-safe; glibc tst-mallocfork2, "
      "tst-mallocfork3",
      .why = "_Fork runs no fork handlers and so may be called from a signal "
             "handler at any point; the child here does nothing but _exit().",
      .flags = CHECK_RANDOM)
{
    struct churn *churn = check_share(sizeof(*churn));
    struct child_end end;

    if (churn == NULL)
        return error(run, "no memory for the model");
    if (check_child(fork_from_handler, churn, FORK_CHILD_MS, &end) != 0)
        return error(run, "no child process could be started");
    if (end.timed_out)
        return outcome(run, "hang", "150 forks did not end within %u s",
                       fork_child_s());
    if (check_end_word(&end) != NULL)
        return outcome(run, "crash", "ended by %s", check_end_word(&end));
    if (end.status != 0)
        return outcome(run, "corrupt", "%s", churn->wrong);
    return outcome(run, "works", "150 forks from a signal handler");
}
