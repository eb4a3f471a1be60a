/* fork.c - what is allocated lives on in the child, and so does malloc. (FRK)
 */
#include <pthread.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process_memory.h"
#include "system/await.h"
#include "system/churn.h"
#include "system/exec.h"
#include "system/share.h"
#include "system/team.h"

enum { FORK_CHILD_MS = 5000 };

/* What a child leaves for the verdict. */
struct fork_words {
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

static const char *fork_try_all(void)
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
                    FORK_CHILD_MS / 1000);
    if (end->signal != 0)
        return fail(run, "child %u of fork was killed by %s", number,
                    check_signal_word(end->signal));
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
                       void *argument, struct child_end *ret_end)
{
    const struct timespec run_up = { 0, 400000 };
    pid_t child;

    nanosleep(&run_up, NULL);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        check_silence();
        _exit(function(argument));
    }
    team->resting = true;
    if (child > 0)
        check_await(child, FORK_CHILD_MS, ret_end);
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

/* ---- FRK-4: fork handlers of the application ---- */

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

static void *fork_forker(void *given)
{
    struct fork_forker *forker = given;

    for (unsigned i = 0; i < forker->forks && !forker->hung; i++) {
        pid_t child = fork();
        struct child_end end;

        if (child == 0)
            _exit(fork_try_all() != NULL);
        if (child < 0)
            break;
        check_await(child, FORK_CHILD_MS, &end);
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
                    FORK_CHILD_MS / 1000);
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
        .timeout_ms = 4000,
    };
    struct exec_end end;

    if (check_exec(&request, &end) != 0)
        return error(run, "the aid could not be started");
    if (end.child.timed_out)
        return outcome(run, "hang", "it did not end within 4 s");
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
        return outcome(run, "hang", "150 forks did not end within 5 s");
    if (end.signal != 0)
        return outcome(run, "crash", "killed by %s",
                       check_signal_word(end.signal));
    if (end.status != 0)
        return outcome(run, "corrupt", "%s", churn->wrong);
    return outcome(run, "works", "150 forks from a signal handler");
}

/* ---- FRK-6: generations ---- */

enum { FORK_OWNED = 300, FORK_OWNERS = 2, FORK_EARLY = 50 };

struct fork_line {
    unsigned generations;
    volatile unsigned reached;
    uint64_t early_bytes; /* resident in generation FORK_EARLY */
    uint64_t late_bytes;
};

struct fork_owner {
    void **blocks;
    pthread_barrier_t *ready;
};

/* Allocates, and is then alive and idle when its process forks. */
static void *fork_owner(void *given)
{
    struct fork_owner *owner = given;

    for (unsigned i = 0; i < FORK_OWNED; i++) {
        size_t size = 16 + (size_t)i * 29;

        owner->blocks[i] = subject->malloc(size);
        if (owner->blocks[i] != NULL)
            memset(owner->blocks[i], 0x5a, size);
    }
    pthread_barrier_wait(owner->ready);
    while (pause() < 0)
        ;
    return NULL;
}

/* One generation: two threads allocate and vanish, the child frees. Returns
 * in the child only, or false when it cannot go on. */
static bool fork_generation(void)
{
    static void *blocks[FORK_OWNERS][FORK_OWNED];
    static pthread_barrier_t ready;
    struct fork_owner owners[FORK_OWNERS];
    pthread_t threads[FORK_OWNERS];
    pid_t child;

    pthread_barrier_init(&ready, NULL, FORK_OWNERS + 1);
    for (unsigned i = 0; i < FORK_OWNERS; i++) {
        owners[i] = (struct fork_owner){ blocks[i], &ready };
        if (pthread_create(&threads[i], NULL, fork_owner, &owners[i]) != 0)
            return false;
    }
    pthread_barrier_wait(&ready);
    child = fork();
    if (child < 0)
        return false;
    if (child > 0)
        _exit(0);
    for (unsigned i = 0; i < FORK_OWNERS; i++)
        for (unsigned k = 0; k < FORK_OWNED; k++)
            subject->free(blocks[i][k]);
    return true;
}

static int fork_line(struct fork_line *line)
{
    while (line->reached < line->generations) {
        alarm(FORK_CHILD_MS / 1000); /* nobody waits for this process */
        if (!fork_generation())
            return 1;
        line->reached++;
        if (line->reached == FORK_EARLY)
            line->early_bytes = process_memory_bytes("VmRSS");
    }
    line->late_bytes = process_memory_bytes("VmRSS");
    return 0;
}

/* Nobody is the parent of the last generation: its figure tells of its end. */
static bool fork_await_line(struct fork_line *line, unsigned timeout_ms)
{
    struct timespec rest = { 0, 2000000 };
    unsigned before = 0;

    for (unsigned idle = 0; idle < timeout_ms / 2; idle++) {
        if (line->late_bytes != 0)
            return true;
        if (line->reached != before)
            idle = 0;
        before = line->reached;
        nanosleep(&rest, NULL);
    }
    return false;
}

/* The line of that many generations; PASS when it came to its end. */
static enum verdict fork_run_line(struct check_run *run, unsigned generations,
                                  struct fork_line **ret_line)
{
    struct fork_line *line = check_share(sizeof(*line));
    pid_t child;

    if (line == NULL)
        return error(run, "no shared memory for the line");
    *ret_line = line;
    line->generations = generations;
    child = fork();
    if (child < 0)
        return error(run, "no child process could be started");
    if (child == 0) {
        check_silence();
        _exit(fork_line(line));
    }
    if (!fork_await_line(line, FORK_CHILD_MS + 1000))
        return fail(run, "generation %u crashed or did not end",
                    line->reached + 1);
    return VERDICT_PASS;
}

CHECK(FRK_6, SHOULD, "blocks of threads that vanished in fork can be freed",
      "POSIX.1-2024 fork(): only the calling thread goes on; practice as for "
      "FRK-2",
      .why = "The owner of a block may have no thread in the child. Freeing it "
             "must neither wait for that owner nor touch what it left half "
             "done (filed: microsoft/snmalloc 630). A line of generations: "
             "each one's threads allocate, its child frees and goes on.",
      .flags = CHECK_THREADS, .timeout_s = 60)
{
    struct fork_line *line;
    enum verdict verdict =
        fork_run_line(run, run->repeat != 0 ? 1000 : 60, &line);

    return verdict == VERDICT_PASS ? pass(run) : verdict;
}

CHECK(FRK_6b, QUALITY, "a line of forks does not grow without bound",
      "no clause: what a vanished thread's heap holds may stay unused",
      .why = "Heaps that nobody adopts, and queues that nobody drains, are "
             "inherited from generation to generation. Resident memory may "
             "grow by 24 MiB from the 50th generation to the last. Most "
             "allocators in wide use do grow: hence no demand.",
      .flags = CHECK_THREADS, .timeout_s = 90)
{
    struct fork_line *line;
    enum verdict verdict =
        fork_run_line(run, run->repeat != 0 ? 1000 : 200, &line);

    if (verdict != VERDICT_PASS)
        return verdict;
    figure(run, "generations", line->reached);
    figure(run, "growth_bytes",
           (double)line->late_bytes - (double)line->early_bytes);
    if (line->late_bytes > line->early_bytes + 24 * MIB)
        return fail(run,
                    "resident memory grew from %zu KiB in generation %u "
                    "to %zu KiB in generation %u",
                    (size_t)(line->early_bytes / KIB), FORK_EARLY,
                    (size_t)(line->late_bytes / KIB), line->generations);
    return pass(run);
}

/* ---- FRK-7: stdio's locks ---- */

static atomic_bool fork_stdio_over;

static void *fork_reader(void *given)
{
    (void)given;
    while (!fork_stdio_over) {
        FILE *file = fopen("/dev/zero", "r");
        char line[64], *got = NULL;
        size_t size = 0;

        if (file == NULL)
            return NULL;
        if (fgets(line, sizeof(line), file) == NULL)
            fork_stdio_over = true;
        fclose(file);
        file = fmemopen((char[]){ "one line\nand one\n" }, 17, "r");
        if (file != NULL) {
            (void)!getline(&got, &size, file);
            subject->free(got);
            fclose(file);
        }
    }
    return NULL;
}

static void *fork_flusher(void *given)
{
    (void)given;
    while (!fork_stdio_over)
        fflush(NULL);
    return NULL;
}

static int fork_stdio_child(void *given)
{
    FILE *file = fopen("/dev/null", "w");

    (void)given;
    if (file == NULL)
        return 0;
    fprintf(file, "%d %s\n", 1, "line");
    return fclose(file) != 0;
}

enum { FORK_STDIO_WRONG = 1, FORK_STDIO_NONE = 2 };

/* Forks amid threads that read and flush. */
static int fork_amid_stdio(void *given)
{
    void *(*const functions[])(void *) = { fork_reader, fork_flusher,
                                           fork_reader };
    const unsigned *forks = given;
    pthread_t threads[3];

    for (unsigned i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, functions[i], NULL) != 0)
            return FORK_STDIO_NONE;
    for (unsigned i = 0; i < *forks; i++) {
        struct child_end end;

        if (check_child(fork_stdio_child, NULL, FORK_CHILD_MS, &end) != 0)
            return FORK_STDIO_NONE;
        if (end.timed_out || end.signal != 0 || end.status != 0)
            return FORK_STDIO_WRONG;
    }
    fork_stdio_over = true;
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

CHECK(FRK_7, QUALITY, "fork, stdio and malloc do not wait for one another",
      "glibc malloc/tst-malloc-fork-deadlock; no clause",
      .why = "fork runs its handlers first and then takes stdio's lock; "
             "fflush(NULL) holds that and waits for a stream, whose getline "
             "waits for malloc. An allocator that takes its locks in a fork "
             "handler closes the circle, and only the C library's own can take "
             "them after stdio's. Those in wide use hang here now and then: so "
             "the ending is told, and no demand.",
      .flags = CHECK_THREADS, .timeout_s = 15)
{
    unsigned forks = run->repeat != 0 ? 100 * run->repeat : 100;
    struct child_end end;

    if (check_child(fork_amid_stdio, &forks, 2 * FORK_CHILD_MS, &end) != 0)
        return error(run, "no child process could be started");
    if (end.timed_out)
        return outcome(run, "hang", "%u forks did not end within 10 s", forks);
    if (end.signal != 0)
        return outcome(run, "crash", "killed by %s",
                       check_signal_word(end.signal));
    if (end.status == FORK_STDIO_NONE)
        return error(run, "no thread or child could be started");
    if (end.status != 0)
        return outcome(run, "broken", "a child of fork hung or failed");
    return outcome(run, "works", "%u forks amid stdio", forks);
}

/* ---- FRK-8: spawning ---- */

extern char **environ;

/* 0, or an errno. vfork: nothing but exec in the child. */
static int fork_spawn(bool by_vfork, pid_t *ret_child)
{
    static char *arguments[] = { (char *)"true", NULL };
    pid_t child;

    if (!by_vfork)
        return posix_spawn(ret_child, "/bin/true", NULL, NULL, arguments,
                           environ);
    child = vfork();
    if (child == 0) {
        execve("/bin/true", arguments, environ);
        _exit(EXEC_FAILED);
    }
    *ret_child = child;
    return child < 0 ? errno : 0;
}

CHECK(FRK_8, MUST, "programs are spawned while threads allocate",
      "POSIX.1-2024 posix_spawn(), vfork() of earlier issues",
      .why = "posix_spawn and vfork run no fork handlers and share the "
             "parent's memory until exec: neither side may notice. Programs "
             "are started by both under the load of three threads, with the "
             "subject preloaded into each.",
      .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 60)
{
    struct team *team = team_start(run->seed, 3);
    unsigned spawns = run->repeat != 0 ? 500 : 100;
    enum verdict verdict = VERDICT_PASS;
    const char *wrong;

    if (access("/bin/true", X_OK) != 0)
        return skip(run, "there is no /bin/true");
    if (team == NULL)
        return error(run, "no threads, or no memory for them");
    for (unsigned i = 0; i < spawns && verdict == VERDICT_PASS; i++) {
        struct child_end end;
        pid_t child;
        int result = fork_spawn(i % 2 != 0, &child);

        if (result != 0) {
            verdict = fail(run, "spawn %u failed: %s", i, strerror(result));
            break;
        }
        check_await(child, FORK_CHILD_MS, &end);
        if (end.timed_out || end.signal != 0 || end.status != 0)
            verdict = fail(run, "/bin/true number %u: %s %d", i,
                           end.timed_out ? "no end within 5 s"
                           : end.signal  ? "killed by signal"
                                         : "exit status",
                           end.signal != 0 ? end.signal : end.status);
    }
    wrong = team_stop(team);
    if (verdict == VERDICT_PASS && wrong != NULL)
        return fail(run, "in the parent's threads: %s", wrong);
    return verdict == VERDICT_PASS ? pass(run) : verdict;
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
            fork_say(given, churn->wrong);
            return 1;
        }
        nanosleep(&rest, NULL);
    }
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
