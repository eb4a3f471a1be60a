/* fork_programs.c - fork amid stdio, and programs that are spawned. (FRK) */
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fork.h"
#include "system/await.h"
#include "system/exec.h"
#include "system/team.h"

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
        return outcome(run, "hang", "%u forks did not end within %u s", forks,
                       check_limit_ms(2 * FORK_CHILD_MS) / 1000);
    if (check_end_word(&end) != NULL)
        return outcome(run, "crash", "ended by %s", check_end_word(&end));
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

/* PASS when number `number` ended with 0; else the verdict and its words. */
static enum verdict fork_spawned(struct check_run *run, unsigned number,
                                 const struct child_end *end)
{
    if (end->timed_out)
        return fail(run, "/bin/true number %u: no end within %u s", number,
                    fork_child_s());
    if (end->signal != 0)
        return fail(run, "/bin/true number %u: killed by %s", number,
                    check_signal_word(end->signal));
    return end->status == 0 ? VERDICT_PASS
                            : fail(run, "/bin/true number %u: exit status %d",
                                   number, end->status);
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
        verdict = fork_spawned(run, i, &end);
    }
    wrong = team_stop(team);
    if (verdict == VERDICT_PASS && wrong != NULL)
        return fail(run, "in the parent's threads: %s", wrong);
    return verdict == VERDICT_PASS ? pass(run) : verdict;
}
