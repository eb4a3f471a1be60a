/* preload_test.c - floor, witness and launcher, each in processes of its own.
 * The runner itself is never preloaded. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "text.h"

enum { MIB = 1024 * 1024 };

/* ---- the floor ---- */

static void floor_act(const char *act)
{
    const char *argv[] = { child_tool("floor-actor"), act, NULL };
    struct child_end end = child_run(argv, child_tool("libassay-floor.so"));
    cr_assert(end.status == 0, "%s: status %d: %s", act, end.status,
              end.output);
}

Test(floor, unarmed_it_is_glibc)
{
    floor_act("unarmed");
}

Test(floor, armed_every_request_gets_one_block_and_free_does_nothing)
{
    floor_act("armed");
}

Test(floor, what_it_cannot_serve_goes_to_glibc_and_is_counted)
{
    floor_act("too-large");
}

Test(floor, its_blocks_may_be_resized_and_freed_after_the_loop)
{
    floor_act("later");
}

Test(floor, other_threads_stay_unarmed_and_may_free_its_blocks)
{
    floor_act("threads");
}

Test(floor, threads_armed_at_once_have_blocks_of_their_own)
{
    floor_act("private");
}

Test(floor, an_armed_pair_costs_far_less_than_glibcs)
{
    floor_act("cheap");
}

/* ---- the witness ---- */

/* Runs a command with the witness behind `subject`; the lines it left. */
static const char *witness_lines(const char *const *argv, const char *subject)
{
    const char *lines = child_path("witness");
    char *preload = text_format("%s%s%s", subject, *subject != '\0' ? ":" : "",
                                child_tool("libassay-witness.so"));
    setenv("ASSAY_WITNESS", lines, 1);
    struct child_end end = child_run(argv, preload);
    unsetenv("ASSAY_WITNESS");
    free(preload);
    cr_assert(end.status == 0, "status %d: %s", end.status, end.output);
    return child_file(lines);
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;
    while ((text = strstr(text, part)) != NULL) {
        count++;
        text += strlen(part);
    }
    return count;
}

Test(witness, every_process_of_a_tree_leaves_a_line)
{
    const char *argv[] = { "/bin/sh", "-c",
                           "/bin/true; /bin/true & (/bin/sh -c '/bin/true; :');"
                           " wait",
                           NULL };
    const char *lines = witness_lines(argv, "");
    cr_assert(count_of(lines, "/true\n") == 3, "%s", lines);
    cr_assert(count_of(lines, "\n") == 5, "%s", lines);
    cr_assert(count_of(lines, "libc.so.6\t") == 5, "%s", lines);
}

Test(witness, its_line_names_process_parent_provider_and_executable)
{
    const char *argv[] = { child_tool("program-actor"), "nothing", "-", NULL };
    const char *lines = witness_lines(argv, child_tool("libassay-floor.so"));
    char *wanted = text_format("\t%d\t%s\t%s\n", (int)getpid(),
                               child_tool("libassay-floor.so"), argv[0]);
    cr_assert(strstr(lines, wanted) != NULL, "%s", lines);
    cr_assert(atoi(lines) > 0);
    free(wanted);
}

/* python3 of Debian is linked at a fixed address and carries stubs. */
Test(witness, stubs_in_the_executable_are_no_providers)
{
    const char *argv[] = { "/usr/bin/python3", "-S", "-c", "pass", NULL };
    const char *floor = child_tool("libassay-floor.so");
    const char *lines = witness_lines(argv, floor);
    cr_assert(count_of(lines, floor) == 1, "%s", lines);
    cr_assert(count_of(lines, "malloc=") == 0, "%s", lines);
}

Test(witness, a_library_that_replaces_a_part_is_shown_function_by_function)
{
    const char *argv[] = { "/bin/true", NULL };
    const char *lines = witness_lines(argv, child_tool("libpart-subject.so"));
    cr_assert(strstr(lines, "\tmalloc=") != NULL, "%s", lines);
    cr_assert(count_of(lines, "libpart-subject.so") == 1, "%s", lines);
    cr_assert(count_of(lines, "libc.so.6") == 3, "%s", lines);
}

Test(witness, it_speaks_where_all_descriptors_are_closed)
{
    const char *argv[] = { child_tool("program-actor"), "close-all", "-",
                           NULL };
    const char *lines = witness_lines(argv, "");
    cr_assert(count_of(lines, "\n") == 2, "%s", lines);
}

/* ---- the launcher ---- */

static const char *report_of(const char *const *program)
{
    const char *argv[16] = { child_tool("assay-launch"), "--report",
                             child_path("report") };
    for (size_t i = 0; program[i] != NULL; i++)
        argv[3 + i] = program[i];
    struct child_end end = child_run(argv, NULL);
    cr_assert(end.status == 0, "status %d: %s", end.status, end.output);
    return child_file(argv[2]);
}

Test(launcher, an_empty_program_is_under_2_MiB_however_large_the_caller)
{
    size_t bytes = 400 * (size_t)MIB;
    char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const char *argv[] = { "/bin/true", NULL };
    cr_assert(pages != MAP_FAILED);
    memset(pages, 1, bytes);
    double resident = child_figure(report_of(argv), "maxrss_bytes");
    cr_assert(resident > 0 && resident < 2 * MIB, "%.0f bytes", resident);
}

Test(launcher, it_links_nothing_but_libc)
{
    const char *argv[] = { "/usr/bin/ldd", child_tool("assay-launch"), NULL };
    struct child_end end = child_run(argv, NULL);
    cr_assert(strstr(end.output, "libc.so") != NULL, "%s", end.output);
    cr_assert(count_of(end.output, "=>") == 1, "%s", end.output);
}

Test(launcher, it_reports_what_the_program_used)
{
    const char *argv[] = { child_tool("program-actor"), "resident", "40",
                           NULL };
    const char *report = report_of(argv);
    double resident = child_figure(report, "maxrss_bytes");
    cr_assert(resident > 40 * MIB && resident < 46 * MIB, "%s", report);
    cr_assert(child_figure(report, "wall_ns") > 150e6, "%s", report);
    cr_assert(child_figure(report, "minor_faults") > 50, "%s", report);
    cr_assert(child_figure(report, "code") == 0, "%s", report);
}

Test(launcher, a_daemon_left_behind_is_waited_for_and_counted)
{
    const char *argv[] = { child_tool("program-actor"), "daemon", "200", NULL };
    const char *report = report_of(argv);
    double cpu_ns =
        child_figure(report, "user_ns") + child_figure(report, "sys_ns");
    cr_assert(child_figure(report, "adopted") == 1, "%s", report);
    cr_assert(cpu_ns >= 190e6, "%s", report);
}

static int launched_status(const char *act, const char *value)
{
    const char *argv[] = { child_tool("assay-launch"),
                           "--report",
                           child_path("report"),
                           child_tool("program-actor"),
                           act,
                           value,
                           NULL };
    return child_run(argv, NULL).status;
}

Test(launcher, it_exits_as_the_program_does)
{
    cr_assert(launched_status("exit", "0") == 0);
    cr_assert(launched_status("exit", "37") == 37);
    cr_assert(launched_status("signal", "11") == 128 + SIGSEGV);
    cr_assert(strstr(child_file(child_path("report")), "kind=signalled\n") !=
              NULL);
    cr_assert(child_figure(child_file(child_path("report")), "code") == 11);
}

Test(launcher, what_cannot_be_started_is_told_apart)
{
    const char *missing[] = { child_tool("assay-launch"), "--report",
                              child_path("report"), "/no/such/program", NULL };
    struct child_end end = child_run(missing, NULL);
    cr_assert(end.status == 127, "%d", end.status);
    cr_assert(strstr(end.output, "/no/such/program") != NULL);
    cr_assert(strstr(child_file(missing[2]), "kind=not-started\n") != NULL);
    const char *empty[] = { child_tool("assay-launch"), NULL };
    cr_assert(child_run(empty, NULL).status == 125);
}

Test(launcher, output_and_messages_go_to_files)
{
    const char *argv[] = { child_tool("assay-launch"),
                           "--stdout",
                           child_path("out"),
                           "--stderr",
                           child_path("err"),
                           child_tool("program-actor"),
                           "print",
                           "a line",
                           NULL };
    struct child_end end = child_run(argv, NULL);
    cr_assert(end.status == 0 && end.output[0] == '\0', "%s", end.output);
    cr_assert_str_eq(child_file(argv[2]), "a line\n");
    cr_assert_str_eq(child_file(argv[4]), "to stderr\n");
}

static struct child_end environment_seen(const char *name)
{
    const char *argv[] = { child_tool("assay-launch"),
                           "--subject",
                           child_tool("libassay-floor.so"),
                           "--set",
                           "ONE=1",
                           "--pad",
                           "100",
                           "--set",
                           "TWO=2=2",
                           child_tool("program-actor"),
                           "environment",
                           name,
                           NULL };
    return child_run(argv, NULL);
}

Test(launcher, only_the_program_has_the_preload_and_the_settings)
{
    setenv("LD_PRELOAD", "", 1);
    setenv("ONE", "mine", 1);
    cr_assert_str_eq(environment_seen("ONE").output, "1\n");
    cr_assert_str_eq(environment_seen("TWO").output, "2=2\n");
    cr_assert(strlen(environment_seen("ASSAY_PAD").output) == 101);
    char *preload = text_format("%s\n", child_tool("libassay-floor.so"));
    cr_assert_str_eq(environment_seen("LD_PRELOAD").output, preload);
    free(preload);
    cr_assert_str_eq(environment_seen("ASSAY_WITNESS").output, "(unset)\n");
}

static void await_text(const char *path, const char *text)
{
    for (int look = 0; look < 500; look++) {
        if (strstr(child_file(path), text) != NULL)
            return;
        usleep(10000);
    }
    cr_assert(0, "%s never held '%s'", path, text);
}

static void forwards(int signal, const char *name)
{
    const char *argv[] = { child_tool("assay-launch"),
                           "--stdout",
                           child_path("out"),
                           child_tool("program-actor"),
                           "on-term",
                           "3",
                           NULL };
    int status;
    unlink(argv[2]);
    pid_t pid = child_start(argv);
    await_text(argv[2], "waiting\n");
    kill(pid, signal);
    cr_assert(waitpid(pid, &status, 0) == pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    cr_assert(strstr(child_file(argv[2]), name) != NULL);
}

Test(launcher, it_passes_SIGTERM_and_SIGINT_on, .timeout = 10)
{
    forwards(SIGTERM, "got SIGTERM\n");
    forwards(SIGINT, "got SIGINT\n");
}

Test(launcher, the_program_dies_with_a_launcher_that_is_killed, .timeout = 10)
{
    const char *argv[] = { child_tool("assay-launch"),
                           "--stdout",
                           child_path("out"),
                           "/bin/sh",
                           "-c",
                           "echo $$; sleep 60",
                           NULL };
    pid_t pid = child_start(argv);
    await_text(argv[2], "\n");
    pid_t program = (pid_t)atoi(child_file(argv[2]));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    for (int look = 0; look < 500 && kill(program, 0) == 0; look++)
        usleep(10000);
    cr_assert(kill(program, 0) != 0, "the program is still there");
}
