/* supervisor.c - the keeper always comes back, alone, and tells the truth. */
#include "supervisor.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record.h"

TestSuite(supervisor, .timeout = 30);

static char *const no_environment[] = { "PATH=/usr/bin:/bin", NULL };

/* Runs a shell command under the supervisor. */
static struct supervised_end run(const char *command, uint32_t timeout_ms)
{
    char *words[] = { "sh", "-c", (char *)command, NULL };
    struct supervised what = {
        .path = "/bin/sh",
        .argv = words,
        .envp = no_environment,
        .record_fd = -1,
        .timeout_ms = timeout_ms,
    };
    struct supervised_end end = { 0 };

    cr_assert_eq(supervisor_run(&what, &end), 0);
    return end;
}

Test(supervisor, an_exit_status_comes_back)
{
    struct supervised_end end = run("exit 7", 5000);

    cr_assert_eq(end.ending, ENDING_EXITED);
    cr_assert_eq(end.code, 7);
    cr_assert_eq(end.strays, 0);
}

Test(supervisor, a_signal_comes_back_as_that_signal)
{
    struct supervised_end end = run("kill -SEGV $$", 5000);

    cr_assert_eq(end.ending, ENDING_SIGNALLED);
    cr_assert_eq(end.code, SIGSEGV);
}

Test(supervisor, a_hang_is_ended_by_the_watchdog)
{
    struct supervised_end end = run("trap '' TERM INT; sleep 60", 300);

    cr_assert_eq(end.ending, ENDING_TIMEOUT);
    cr_assert_geq(end.wall_ns, 300000000u);
    cr_assert_lt(end.wall_ns, 10000000000u);
}

Test(supervisor, descendants_in_other_sessions_are_found_and_killed)
{
    struct supervised_end end =
        run("for i in 1 2 3; do setsid sh -c 'sleep 60 & sleep 60' & done; "
            "sleep 0.3",
            5000);

    cr_assert_eq(end.ending, ENDING_EXITED);
    cr_assert_geq(end.strays, 6, "%u", end.strays);
}

Test(supervisor, a_program_that_is_not_there_is_an_error_of_its_own)
{
    char *words[] = { "none", NULL };
    struct supervised what = {
        .path = "/nonexistent/program",
        .argv = words,
        .envp = no_environment,
        .record_fd = -1,
        .timeout_ms = 1000,
    };
    struct supervised_end end;

    cr_assert_eq(supervisor_run(&what, &end), -ENOENT);
}

Test(supervisor, a_limit_on_memory_reaches_the_child)
{
    char *words[] = { "sh", "-c", "ulimit -v | grep -qx 65536", NULL };
    struct supervised what = {
        .path = "/bin/sh",
        .argv = words,
        .envp = no_environment,
        .record_fd = -1,
        .timeout_ms = 5000,
        .address_space_bytes = 64 << 20,
    };
    struct supervised_end end;

    cr_assert_eq(supervisor_run(&what, &end), 0);
    cr_assert_eq(end.code, 0);
}

static void cancel_soon(int number)
{
    (void)number;
    supervisor_cancel();
}

Test(supervisor, a_cancelled_run_ends_and_so_do_all_later_ones)
{
    struct supervised_end end;

    signal(SIGALRM, cancel_soon);
    alarm(1);
    end = run("sleep 60", 20000);
    cr_assert_eq(end.ending, ENDING_CANCELLED);
    cr_assert(supervisor_is_cancelled());
    end = run("exit 0", 5000);
    cr_assert_eq(end.ending, ENDING_CANCELLED);
}

Test(supervisor, a_timeline_sees_memory_grow_in_a_child_of_the_child)
{
    struct memory_timeline *timeline = timeline_create();
    char *words[] = { "sh", "-c",
                      "python3 -c 'import time; x = bytearray(64 << 20); "
                      "time.sleep(0.5)'; true",
                      NULL };
    struct supervised what = {
        .path = "/bin/sh",
        .argv = words,
        .envp = no_environment,
        .record_fd = -1,
        .timeout_ms = 20000,
        .timeline = timeline,
        .sample_interval_ms = 20,
    };
    struct supervised_end end;
    uint64_t most = 0;

    cr_assert_eq(supervisor_run(&what, &end), 0);
    for (uint32_t i = 0; i < timeline->count; i++)
        most = timeline->samples[i].rss_bytes > most
                   ? timeline->samples[i].rss_bytes
                   : most;
    cr_assert_geq(timeline->count, 5);
    cr_assert_geq(most, 64u << 20);
    cr_assert_lt(most, 256u << 20);
    timeline_destroy(timeline);
}

Test(record, a_record_is_sealed_only_by_its_end)
{
    struct record *record;
    int fd;

    cr_assert_eq(record_create(&record, &fd), 0);
    record_set(record, "wall_ns", 12);
    cr_assert_not(record_is_sealed(record));
    record_finish(record, STATUS_OK, "%s", "");
    cr_assert(record_is_sealed(record));
    cr_assert_eq(record_get(record, "wall_ns", 0), 12);
}

Test(record, one_byte_scribbled_anywhere_breaks_the_seal)
{
    struct record *record;
    unsigned char *bytes;
    int fd;

    cr_assert_eq(record_create(&record, &fd), 0);
    record_finish(record, STATUS_OK, "%s", "");
    bytes = (unsigned char *)record;
    for (size_t at = offsetof(struct record, status);
         at < offsetof(struct record, seal); at += 7) {
        bytes[at] ^= 1;
        cr_assert_not(record_is_sealed(record), "byte %zu", at);
        bytes[at] ^= 1;
    }
    cr_assert(record_is_sealed(record));
}

Test(record, more_figures_than_there_is_room_for_are_refused)
{
    struct record *record;
    char name[16];
    int fd;

    cr_assert_eq(record_create(&record, &fd), 0);
    for (int i = 0; i <= RECORD_FIGURES; i++) {
        snprintf(name, sizeof(name), "figure_%d", i);
        record_set(record, name, i);
    }
    record_finish(record, STATUS_OK, "%s", "");
    cr_assert_not(record_is_sealed(record));
}
