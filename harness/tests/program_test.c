/* program_test.c - cells of real programs: what is run, and what is said of
 * whatever happens. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "program.h"
#include "subject.h"
#include "supervisor.h"
#include "text.h"

enum { MIB = 1024 * 1024, CELL_MS = 20000 };

static struct subject subject_named(const char *name)
{
    struct subject subject = { 0 };
    struct failure error;
    int found = subject_find(name, &subject, &error);
    if (found != 0)
        cr_skip_test("subject %s is not installed", name);
    return subject;
}

/* One cell and all that belongs to it. */
struct trial {
    struct program program;
    struct subject subject;
    struct program_cell cell;
    struct cell_result result;
    struct failure error;
    char output[65];
};

static int trial_run(struct trial *trial)
{
    trial->cell.program = &trial->program;
    trial->cell.subject = &trial->subject;
    trial->cell.work_folder = child_folder();
    if (trial->cell.timeout_ms == 0)
        trial->cell.timeout_ms = CELL_MS;
    trial->error.text[0] = '\0';
    return program_run(&trial->cell, &trial->result, trial->output,
                       &trial->error);
}

static struct trial trial_of(const char *subject, const char *const *argv)
{
    struct trial trial = { .subject = subject_named(subject) };
    int result =
        program_from_command((char *const *)argv, &trial.program, &trial.error);
    cr_assert(result == 0, "%s", trial.error.text);
    return trial;
}

/* The actor under a subject; the cell must have come to a result. */
static struct trial acted(const char *subject, const char *act,
                          const char *value)
{
    const char *argv[] = { child_tool("program-actor"), act, value, NULL };
    struct trial trial = trial_of(subject, argv);
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    return trial;
}

static void ended_as(const struct trial *trial, enum status status,
                     const char *message)
{
    cr_assert(trial->result.status == status, "%s, not %s: %s",
              status_word(trial->result.status), status_word(status),
              trial->result.message);
    cr_assert(strstr(trial->result.message, message) != NULL, "'%s'",
              trial->result.message);
}

static double figure(const struct trial *trial, const char *name)
{
    return cell_figure(&trial->result, name, -1);
}

/* ---- how a cell ends ---- */

Test(program, a_good_run_is_ok_with_all_its_figures)
{
    struct trial trial = acted("glibc", "resident", "30");
    ended_as(&trial, STATUS_OK, "");
    cr_assert(figure(&trial, "wall_ns") > 150e6);
    cr_assert(figure(&trial, "wall_ns") < 15e9);
    cr_assert(figure(&trial, "cpu_ns") ==
              figure(&trial, "user_ns") + figure(&trial, "sys_ns"));
    cr_assert(figure(&trial, "maxrss_bytes") > 30 * MIB);
    cr_assert(figure(&trial, "processes") == 1);
    cr_assert_str_eq(trial.result.provider, trial.subject.path);
    cr_assert(strlen(trial.output) == 64);
}

Test(program, an_exit_status_is_failed_with_its_last_words)
{
    struct trial trial = acted("glibc", "exit", "7");
    ended_as(&trial, STATUS_FAILED, "exit status 7: a last word");
    cr_assert(trial.result.code == 7);
}

Test(program, a_signal_is_crashed_even_inside_hyperfine)
{
    struct trial trial = acted("glibc", "signal", "11");
    ended_as(&trial, STATUS_CRASHED, "signal 11 (SIGSEGV)");
    cr_assert(trial.result.code == SIGSEGV);
}

Test(program, an_exit_status_over_128_is_no_signal)
{
    struct trial trial = acted("glibc", "exit", "139");
    ended_as(&trial, STATUS_FAILED, "exit status 139");
}

Test(program, a_hang_is_ended_by_the_watchdog)
{
    const char *argv[] = { child_tool("program-actor"), "hang", "-", NULL };
    struct trial trial = trial_of("glibc", argv);
    trial.cell.timeout_ms = 400;
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_TIMEOUT, "still running after 400 ms");
}

Test(program, the_floor_is_unsupported)
{
    const char *argv[] = { child_tool("program-actor"), "nothing", "-", NULL };
    struct trial trial = trial_of("glibc", argv);
    struct failure error;
    cr_assert(subject_floor(KIND_MALLOC, &trial.subject, &error) == 0, "%s",
              error.text);
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_UNSUPPORTED, "contents");
}

Test(program, a_cancelled_cell_is_no_result)
{
    const char *argv[] = { child_tool("program-actor"), "hang", "-", NULL };
    struct trial trial = trial_of("glibc", argv);
    supervisor_cancel();
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_CANCELLED, "");
}

/* ---- whether the subject was active ---- */

Test(program, a_static_program_is_not_active)
{
    const char *argv[] = { child_tool("program-actor-static"), "nothing", "-",
                           NULL };
    struct trial trial = trial_of("glibc", argv);
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_NOT_ACTIVE, "left no witness");
}

Test(program, a_library_that_replaces_nothing_is_not_active)
{
    const char *argv[] = { child_tool("program-actor"), "nothing", "-", NULL };
    struct trial trial = trial_of(child_tool("libassay-witness.so"), argv);
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_NOT_ACTIVE, "libc.so.6");
}

Test(program, a_library_that_replaces_a_part_is_not_active)
{
    struct trial trial =
        acted(child_tool("libpart-subject.so"), "nothing", "-");
    ended_as(&trial, STATUS_NOT_ACTIVE, "malloc=");
    cr_assert(strstr(trial.result.message, "program-actor") != NULL);
}

Test(program, a_child_with_another_malloc_is_found_in_the_tree)
{
    struct trial trial = acted("jemalloc", "swap-preload", "-");
    ended_as(&trial, STATUS_NOT_ACTIVE, "libc.so.6");
    cr_assert(figure(&trial, "processes") == 2);
}

/* ---- its answer ---- */

Test(program, another_answer_than_expected_is_wrong_output_with_the_place)
{
    struct trial first = acted("glibc", "usable", "20");
    const char *argv[] = { child_tool("program-actor"), "usable", "20", NULL };
    struct trial second = trial_of("jemalloc", argv);
    ended_as(&first, STATUS_OK, "");
    second.cell.expected = first.output;
    cr_assert(trial_run(&second) == 0, "%s", second.error.text);
    ended_as(&second, STATUS_WRONG_OUTPUT, "at byte 20 (line 2)");
    cr_assert(strcmp(first.output, second.output) != 0);
    const char *kept = child_path("programs/program-actor/outputs/expected");
    const char *wrong =
        child_path("programs/program-actor/outputs/wrong-jemalloc");
    cr_assert_str_eq(child_file(kept), "the same first line\n24\n");
    cr_assert_str_eq(child_file(wrong), "the same first line\n32\n");
}

Test(program, the_expected_answer_is_ok_and_stays_kept)
{
    struct trial first = acted("glibc", "print", "text");
    const char *argv[] = { child_tool("program-actor"), "print", "text", NULL };
    struct trial second = trial_of("jemalloc", argv);
    second.cell.expected = first.output;
    cr_assert(trial_run(&second) == 0, "%s", second.error.text);
    ended_as(&second, STATUS_OK, "");
    cr_assert_str_eq(child_file(
                         child_path("programs/program-actor/outputs/expected")),
                     "text\n");
}

/* ---- memory cells ---- */

static uint64_t peak_bytes(const struct memory_timeline *timeline)
{
    uint64_t peak = 0;
    for (uint32_t i = 0; i < timeline->count; i++)
        if (timeline->samples[i].pss_bytes > peak)
            peak = timeline->samples[i].pss_bytes;
    return peak;
}

Test(program, a_memory_cell_sees_the_program_and_not_the_launcher)
{
    const char *argv[] = { child_tool("program-actor"), "resident", "30",
                           NULL };
    struct trial trial = trial_of("glibc", argv);
    trial.cell.kind = CELL_MEMORY;
    trial.cell.timeline = timeline_create();
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_OK, "");
    uint64_t peak = peak_bytes(trial.cell.timeline);
    cr_assert(peak > 30 * MIB && peak < 32 * MIB, "%lu", peak);
}

/* ---- what a user gives ---- */

static const char *refusal(const char *const *argv)
{
    static struct failure error;
    struct program program;
    cr_assert(program_from_command((char *const *)argv, &program, &error) < 0);
    return error.text;
}

Test(program, a_script_is_refused_with_the_command_to_use_instead)
{
    const char *script = child_path("script");
    FILE *file = fopen(script, "w");
    fputs("#!/usr/bin/env python3\nprint(1)\n", file);
    fclose(file);
    chmod(script, 0755);
    const char *argv[] = { script, "one", NULL };
    char *instead = text_format("-- python3 %s one", script);
    cr_assert(strstr(refusal(argv), instead) != NULL, "%s", refusal(argv));
    free(instead);
}

Test(program, a_command_is_found_along_the_path)
{
    const char *argv[] = { "true", NULL };
    setenv("PATH", "/no/such/folder:/usr/bin:/bin", 1);
    struct trial trial = trial_of("glibc", argv);
    cr_assert_str_eq(trial.program.name, "true");
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_OK, "");
    const char *missing[] = { "no-such-program-at-all", NULL };
    cr_assert(strstr(refusal(missing), "on the PATH") != NULL);
    const char *none[] = { NULL };
    cr_assert(strstr(refusal(none), "no program given") != NULL);
}

/* Debian's redis-server is a link to a program that looks at its name. */
Test(program, a_link_is_run_by_the_name_it_was_given)
{
    const char *link = child_path("other-name");
    const char *argv[] = { link, "nothing", "-", NULL };
    cr_assert(symlink(child_tool("program-actor"), link) == 0);
    struct trial trial = trial_of("glibc", argv);
    const json_t *command =
        json_object_get(trial.program.definition, "command");
    cr_assert_str_eq(trial.program.name, "other-name");
    cr_assert_str_eq(json_string_value(json_array_get(command, 0)), link);
    cr_assert(trial_run(&trial) == 0, "%s", trial.error.text);
    ended_as(&trial, STATUS_OK, "");
}

Test(program, words_with_quotes_and_spaces_arrive_as_they_are)
{
    struct trial trial = acted("glibc", "print", "it's \"a\" $HOME {x} \\ *");
    ended_as(&trial, STATUS_OK, "");
    cr_assert_str_eq(child_file(
                         child_path("programs/program-actor/outputs/expected")),
                     "it's \"a\" $HOME {x} \\ *\n");
}

/* A preload in the user's environment reaches neither tools nor program. */
Test(program, a_preload_around_assay_reaches_nobody)
{
    setenv("LD_PRELOAD", child_tool("libpart-subject.so"), 1);
    struct trial trial = acted("glibc", "nothing", "-");
    unsetenv("LD_PRELOAD");
    ended_as(&trial, STATUS_OK, "");
}

/* ---- definitions ---- */

/* What loading says of a folder that holds this one file. */
static const char *loading(const char *text)
{
    static struct failure error;
    struct program *programs;
    size_t count;
    mkdir(child_path("programs"), 0755);
    FILE *file = fopen(child_path("programs/one.json"), "w");
    fputs(text, file);
    fclose(file);
    setenv("ASSAY_PLACES", child_folder(), 1);
    error.text[0] = '\0';
    if (programs_load(&programs, &count, &error) == 0)
        programs_free(programs, count);
    unsetenv("ASSAY_PLACES");
    return error.text;
}

#define HEAD                                                         \
    "{ \"name\": \"one\",\n  \"question\": \"q\", \"why\": \"w\",\n" \
    "  \"package\": \"p\",\n"

static void says(const char *text, const char *wanted)
{
    const char *said = loading(text);
    cr_assert(strstr(said, wanted) != NULL, "'%s'", said);
}

Test(definition, what_is_wrong_is_said_with_file_and_line)
{
    says("{ \"name\": \"one\",\n\n  oops }", "one.json:3: ");
    says(HEAD "  \"comand\": [\"/a\"], \"output\": [\"stdout\"] }",
         "one.json:4: key 'comand' is unknown; did you mean");
    says(HEAD "  \"output\": [\"stdout\"] }",
         "one.json:1: key 'command' is missing");
    says(HEAD "  \"command\": \"/a\", \"output\": [\"stdout\"] }",
         "one.json:4: key 'command' must be an array");
    says(HEAD "  \"command\": [\"a\"],\n  \"output\": [\"stdout\"] }",
         "one.json:4: key 'command' must begin with an absolute path");
    says(HEAD "  \"command\": [\"/a\"],\n  \"output\": [\"replies\"] }",
         "one.json:5: key 'output' names replies");
    says(HEAD "  \"command\": [\"/a\"], \"output\": [\"stdout\"],\n"
              "  \"inputs\": [ { \"file\": \"x\",\n    \"made\": [] } ] }",
         "one.json:6: key 'made' is unknown");
    says("[1]", "one.json:1: must be an object");
}

Test(definition, a_right_one_loads_and_a_missing_package_is_named)
{
    struct program *programs;
    struct failure error;
    size_t count;
    cr_assert_str_eq(loading(HEAD "  \"command\": [\"/no/such\"],\n"
                                  "  \"output\": [\"stdout\"] }"),
                     "");
    setenv("ASSAY_PLACES", child_folder(), 1);
    cr_assert(programs_load(&programs, &count, &error) == 0);
    cr_assert(count == 1);
    cr_assert(!program_is_installed(&programs[0], &error));
    cr_assert(strstr(error.text, "apt-get install p") != NULL, "%s",
              error.text);
}
