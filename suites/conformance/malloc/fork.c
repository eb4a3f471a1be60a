/* fork.c - what is allocated lives on in the child, and so does malloc. (FRK)
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fork.h"
#include "system/await.h"
#include "system/churn.h"
#include "system/exec.h"
#include "system/share.h"
#include "system/team.h"

/* What a child leaves for the verdict. */
struct fork_words {
    volatile bool whole; /* it came to the end of what it had to do */
    char wrong[120];
};

/* ---- one child's test of every function, at all ranges of sizes ---- */

static const char *fork_try_size(size_t size)
{
    void *aligned = NULL;
    unsigned char *block = subject->malloc(size);
    unsigned char *zeroed = subject->calloc(1, size);

    if (block == NULL || zeroed == NULL)
        return "NULL from malloc or calloc";
    if (subject->posix_memalign(&aligned, 64, size) != 0)
        return "no memory from posix_memalign";
    block[0] = block[size - 1] = 1;
    if (zeroed[0] != 0 || zeroed[size - 1] != 0)
        return "calloc's memory is not zero";
    block = subject->realloc(block, size * 2);
    if (block == NULL || block[0] != 1 || block[size - 1] != 1)
        return "realloc lost what was written";
    subject->free(block);
    subject->free(zeroed);
    subject->free(aligned);
    return NULL;
}

const char *fork_try_all(void)
{
    static const size_t sizes[] = {
        8, 24, 48, 100, 512, 1500, 4096, 9000, 40000, 130000, 700000, 3000000
    };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        const char *wrong = fork_try_size(sizes[i]);

        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static void fork_say(struct fork_words *words, const char *wrong)
{
    if (words->wrong[0] == '\0')
        snprintf(words->wrong, sizeof(words->wrong), "%s", wrong);
}

/* PASS when the child ended with 0; else the verdict and its words. */
static enum verdict fork_judge(struct check_run *run, unsigned number,
                               const struct child_end *end, const char *wrong)
{
    if (end->timed_out)
        return fail(run, "child %u of fork did not end within %u s", number,
                    fork_child_s());
    if (check_end_word(end) != NULL)
        return fail(run, "child %u of fork ended by %s", number,
                    check_end_word(end));
    if (end->status != 0)
        return fail(run, "child %u of fork: %s", number,
                    *wrong != '\0' ? wrong : "it ended with another status");
    return VERDICT_PASS;
}

/* ---- FRK-1 ---- */

static int fork_inherit(void *given)
{
    struct churn *churn = given; /* this process's copy */
    struct child_end end;

    if (!churn_verify(churn) || fork_try_all() != NULL)
        return 1;
    if (churn->random.state % 2 == 0 && churn->steps < 20000) {
        churn_steps(churn, 2000);
        if (check_child(fork_inherit, churn, FORK_CHILD_MS, &end) != 0 ||
            end.timed_out || end.signal != 0 || end.status != 0)
            return 2;
    }
    return churn_steps(churn, 2000) && churn_finish(churn) ? 0 : 1;
}

CHECK(FRK_1, MUST, "a child of fork uses the blocks it inherits and new ones",
      "POSIX.1-2024 fork(): the child is an exact copy",
      .why = "The child of a process with one thread may call anything. It "
             "looks at what it inherited, resizes and frees it, and forks "
             "again; the parent's blocks must not have changed. Maps shared by "
             "mistake, and caches keyed by a process id, fail here.",
      .flags = CHECK_RANDOM)
{
    struct churn *churn = check_map(sizeof(*churn));

    if (churn == NULL)
        return error(run, "no memory for the model");
    churn_start(churn, run->seed, 1);
    for (unsigned round = 0; round < 20; round++) {
        struct child_end end;
        enum verdict verdict;

        if (!churn_steps(churn, 500))
            return fail(run, "before fork: %s", churn->wrong);
        if (check_child(fork_inherit, churn, FORK_CHILD_MS, &end) != 0)
            return error(run, "no child process could be started");
        verdict = fork_judge(run, round, &end,
                             end.status == 2 ? "its own child failed"
                                             : "blocks were not as inherited");
        if (verdict != VERDICT_PASS)
            return verdict;
        if (!churn_verify(churn))
            return fail(run, "in the parent, after fork: %s", churn->wrong);
    }
    return churn_finish(churn) ? pass(run)
                               : fail(run, "at the end: %s", churn->wrong);
}

/* ---- FRK-2, FRK-3: fork while others allocate ---- */

static int fork_try_in_child(void *given)
{
    const char *wrong = fork_try_all();

    if (wrong != NULL)
        fork_say(given, wrong);
    return wrong != NULL;
}

/* The team churns when this thread forks, and rests while the child runs: on
 * a small machine the child would wait for it. */
static pid_t fork_amid(struct team *team, int (*function)(void *),
                       struct fork_words *words, struct child_end *ret_end)
{
    const struct timespec run_up = { 0, 400000 };
    pid_t child;

    nanosleep(&run_up, NULL);
    words->whole = false;
    child = fork();
    if (child == 0) {
        int status;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        check_silence();
        status = function(words);
        words->whole = true;
        _exit(status);
    }
    team->resting = true;
    if (child > 0)
        check_await(child, FORK_CHILD_MS, ret_end);
    if (child > 0 && !words->whole)
        check_end_left(ret_end);
    team->resting = false;
    return child;
}

/* Forks `forks` times under the load of four threads. */
static enum verdict fork_under_load(struct check_run *run, unsigned forks,
                                    int (*function)(void *))
{
    struct team *team = team_start(run->seed, 4);
    struct fork_words *words = check_share(sizeof(*words));
    enum verdict verdict = VERDICT_PASS;
    const char *wrong;

    if (team == NULL || words == NULL)
        return error(run, "no threads, or no memory for them");
    for (unsigned i = 0; i < forks && verdict == VERDICT_PASS; i++) {
        struct child_end end;

        if (fork_amid(team, function, words, &end) < 0)
            verdict = error(run, "no child process could be started");
        else
            verdict = fork_judge(run, i, &end, words->wrong);
    }
    wrong = team_stop(team);
    if (verdict == VERDICT_PASS && wrong != NULL)
        return fail(run, "in the parent's threads: %s", wrong);
    return verdict == VERDICT_PASS ? pass(run) : verdict;
}

CHECK(FRK_2, SHOULD, "malloc works in the child of a threaded fork",
      "the C library's own malloc does so; POSIX.1-2024 fork() allows the "
      "child only async-signal-safe calls",
      .why = "Whoever forks while threads allocate copies locks that their "
             "holders will never give back. The C library of Linux takes "
             "malloc's locks around fork, and programs have come to rely on "
             "it (filed: jemalloc/jemalloc 1805, 2402, gperftools/gperftools "
             "499, microsoft/snmalloc 630). POSIX promises nothing here: hence "
             "no MUST. 150 forks under four allocating threads; every child "
             "tries every function at twelve sizes.",
      .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 40)
{
    return fork_under_load(run, run->repeat != 0 ? 150 * run->repeat : 150,
                           fork_try_in_child);
}

static void *fork_child_thread(void *given)
{
    const char *wrong = fork_try_all();

    if (wrong != NULL)
        fork_say(given, wrong);
    return NULL;
}

static void *fork_at_exit_block;

static void fork_at_exit(void)
{
    subject->free(fork_at_exit_block);
    subject->free(subject->malloc(100));
}

/* Leaves by exit(), not by _exit(): handlers and destructors run. */
static int fork_threads_and_exit(void *given)
{
    struct fork_words *words = given;
    pthread_t threads[3];

    fork_at_exit_block = subject->malloc(1000);
    if (atexit(fork_at_exit) != 0)
        return 0;
    for (unsigned i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, fork_child_thread, words) != 0) {
            fork_say(words, "no thread can be started");
            return 1;
        }
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    words->whole = true;
    exit(words->wrong[0] != '\0');
}

CHECK(FRK_3, SHOULD, "the child of a threaded fork starts threads and exits",
      "practice of servers that fork workers; POSIX as for FRK-2",
      .why = "The child has the tables of threads that it has not got. Threads "
             "of its own, and the walk over all heaps at exit(), meet them "
             "(filed: microsoft/mimalloc 1198).",
      .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 30)
{
    return fork_under_load(run, run->repeat != 0 ? 40 * run->repeat : 40,
                           fork_threads_and_exit);
}

/* ---- FRK-9 ---- */

static int fork_limit_data(void *given)
{
    const struct rlimit limit = { 256 * MIB, 256 * MIB };

    (void)given;
    return setrlimit(RLIMIT_DATA, &limit);
}

/* Frees much, rests so that background work would be due, and exits. */
static int fork_live_on(void *given)
{
    const struct timespec rest = { 0, 60000000 };
    struct fork_words *words = given;
    struct churn *churn = check_map(sizeof(*churn));
    void *large[32];

    if (churn == NULL)
        return 0;
    churn_start(churn, 9, 9);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < 32; i++)
            large[i] = subject->malloc(MIB / 2);
        for (unsigned i = 0; i < 32; i++)
            subject->free(large[i]);
        if (!churn_steps(churn, 2000)) {
            fork_say(words, churn->wrong);
            return 1;
        }
        nanosleep(&rest, NULL);
    }
    words->whole = true;
    exit(0);
}

CHECK(FRK_9, SHOULD, "a child lives on without the allocator's own threads",
      "practice of servers that fork workers; POSIX as for FRK-2",
      .why = "A background thread that gives memory back is not there in the "
             "child; whoever waits for it, at exit or at a full queue, waits "
             "for ever (jemalloc's background_thread had to learn it). The "
             "child churns, rests and exits, and one more runs a program under "
             "a limit of data.",
      .flags = CHECK_THREADS, .timeout_s = 30)
{
    const struct exec_request request = {
        .path = "/bin/true",
        .argv = (const char *[]){ "true", NULL },
        .prepare = fork_limit_data,
        .timeout_ms = FORK_CHILD_MS,
    };
    enum verdict verdict = fork_under_load(run, 3, fork_live_on);
    struct exec_end end;

    if (verdict != VERDICT_PASS || access("/bin/true", X_OK) != 0)
        return verdict;
    if (check_exec(&request, &end) != 0)
        return error(run, "no program could be started");
    if (end.child.timed_out || end.child.signal != 0 || end.child.status != 0)
        return fail(run, "under RLIMIT_DATA of 256 MiB /bin/true %s",
                    check_exec_words(&end));
    return pass(run);
}
