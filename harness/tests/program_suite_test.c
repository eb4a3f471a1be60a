/* program_suite_test.c - the programs of suites/programs, each for real. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "program.h"
#include "subject.h"
#include "supervisor.h"
#include "text.h"

enum { MIB = 1024 * 1024, CELL_MS = 30000 };

static struct program *programs;
static size_t program_count;

static void load(void)
{
    struct failure error;
    cr_assert(programs_load(&programs, &program_count, &error) == 0, "%s",
              error.text);
}

static const struct program *program_named(const char *name)
{
    for (size_t i = 0; i < program_count; i++)
        if (strcmp(programs[i].name, name) == 0)
            return &programs[i];
    cr_assert(0, "no program %s", name);
    return NULL;
}

static struct cell_result run(const struct program *program,
                              const char *subject_name,
                              struct program_cell cell, char *ret_output)
{
    struct subject subject;
    struct failure why;
    struct failure error;
    struct cell_result result;
    if (!program_is_installed(program, &error))
        cr_skip_test("%s", error.text);
    if (subject_find(subject_name, &subject, &why) != 0)
        cr_skip_test("%s", why.text);
    cell.program = program;
    cell.subject = &subject;
    cell.work_folder = child_folder();
    if (cell.timeout_ms == 0)
        cell.timeout_ms = CELL_MS;
    cr_assert(program_prepare(program, cell.work_folder, &error) == 0, "%s",
              error.text);
    cr_assert(program_run(&cell, &result, ret_output, &error) == 0, "%s",
              error.text);
    subject_free(&subject);
    return result;
}

static void is_ok(const struct cell_result *result, const char *program)
{
    cr_assert(result->status == STATUS_OK, "%s: %s: %s", program,
              status_word(result->status), result->message);
}

/* Whether a process of this name has its working folder in ours. */
static bool is_running_here(const char *name)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    bool found = false;
    while ((entry = readdir(proc)) != NULL) {
        char *comm = text_format("/proc/%s/comm", entry->d_name);
        char *cwd = text_format("/proc/%s/cwd", entry->d_name);
        char *where = realpath(cwd, NULL);
        if (atoi(entry->d_name) > 0 && where != NULL &&
            strncmp(where, child_folder(), strlen(child_folder())) == 0)
            found |= strstr(child_file(comm), name) != NULL;
        free(where);
        free(cwd);
        free(comm);
    }
    closedir(proc);
    return found;
}

/* ---- every program ---- */

static void answers_twice_alike(const char *name)
{
    char first[65], second[65];
    load();
    const struct program *program = program_named(name);
    struct cell_result one =
        run(program, "glibc", (struct program_cell){ .seed = 1 }, first);
    is_ok(&one, name);
    struct cell_result two =
        run(program, "glibc",
            (struct program_cell){ .seed = 2, .expected = first }, second);
    is_ok(&two, name);
    cr_assert_str_eq(first, second);
}

#define ANSWERS_TWICE_ALIKE(test, name) \
    Test(suite, test, .timeout = 60)    \
    {                                   \
        answers_twice_alike(name);      \
    }

ANSWERS_TWICE_ALIKE(gcc_large_answers_twice_alike, "gcc-large")
ANSWERS_TWICE_ALIKE(lua_tables_answers_twice_alike, "lua-tables")
ANSWERS_TWICE_ALIKE(perl_words_answers_twice_alike, "perl-words")
ANSWERS_TWICE_ALIKE(python_json_answers_twice_alike, "python-json")
ANSWERS_TWICE_ALIKE(python_objects_answers_twice_alike, "python-objects")
ANSWERS_TWICE_ALIKE(python_pymalloc_answers_twice_alike, "python-pymalloc")
ANSWERS_TWICE_ALIKE(redis_lrange_answers_twice_alike, "redis-lrange")
ANSWERS_TWICE_ALIKE(redis_set_get_answers_twice_alike, "redis-set-get")
ANSWERS_TWICE_ALIKE(sort_lines_answers_twice_alike, "sort-lines")
ANSWERS_TWICE_ALIKE(sqlite_index_answers_twice_alike, "sqlite-index")
ANSWERS_TWICE_ALIKE(xz_pages_answers_twice_alike, "xz-pages")

Test(suite, the_test_above_leaves_no_program_out)
{
    load();
    cr_assert(program_count == 11, "%zu programs", program_count);
    size_t quick = 0;
    for (size_t i = 0; i < program_count; i++)
        quick += programs[i].quick;
    cr_assert(quick >= 2);
}

Test(suite, every_process_of_gcc_is_counted, .timeout = 60)
{
    char output[65];
    load();
    struct cell_result result = run(program_named("gcc-large"), "jemalloc",
                                    (struct program_cell){ 0 }, output);
    is_ok(&result, "gcc-large");
    cr_assert(cell_figure(&result, "processes", 0) == 3); /* gcc, cc1, as */
}

/* ---- servers ---- */

Test(server, redis_runs_on_the_subject_and_not_on_what_it_links)
{
    char output[65];
    load();
    struct cell_result result = run(program_named("redis-set-get"), "glibc",
                                    (struct program_cell){ 0 }, output);
    is_ok(&result, "redis-set-get");
    cr_assert(strstr(result.provider, "libc.so.6") != NULL);
    cr_assert(cell_figure(&result, "cpu_ns", 0) > 0);
    cr_assert(!is_running_here("redis"));
}

Test(server, its_answers_are_the_same_under_jemalloc)
{
    char glibc[65], jemalloc[65];
    load();
    const struct program *program = program_named("redis-set-get");
    struct cell_result one =
        run(program, "glibc", (struct program_cell){ 0 }, glibc);
    is_ok(&one, "redis under glibc");
    struct cell_result two =
        run(program, "jemalloc", (struct program_cell){ .expected = glibc },
            jemalloc);
    is_ok(&two, "redis under jemalloc");
    cr_assert(!is_running_here("redis"));
}

Test(server, its_memory_is_its_own_and_not_the_clients)
{
    char output[65];
    uint64_t peak = 0;
    load();
    struct program_cell cell = { .kind = CELL_MEMORY };
    cell.timeline = timeline_create();
    struct cell_result result =
        run(program_named("redis-set-get"), "glibc", cell, output);
    is_ok(&result, "redis-set-get");
    for (uint32_t i = 0; i < cell.timeline->count; i++)
        if (cell.timeline->samples[i].rss_bytes > peak)
            peak = cell.timeline->samples[i].rss_bytes;
    /* With client and hyperfine it would be 10 MiB more. The kernel keeps
     * ru_maxrss from counters of each processor and adds them up late, so that
     * it may lie a little below what smaps says. */
    cr_assert(peak > 4 * MIB);
    cr_assert((double)peak <=
              cell_figure(&result, "maxrss_bytes", 0) + 2 * MIB);
}

Test(server, one_that_hangs_is_ended_by_the_watchdog_and_gone)
{
    char output[65];
    load();
    const struct program *program = program_named("redis-set-get");
    json_t *server = json_object_get(program->definition, "server");
    json_object_set_new(server, "fill",
                        json_pack("[s]", "EVAL \"while true do end\" 0"));
    struct cell_result result =
        run(program, "glibc", (struct program_cell){ .timeout_ms = 1000 },
            output);
    cr_assert(result.status == STATUS_TIMEOUT, "%s", result.message);
    cr_assert(!is_running_here("redis"));
}

static struct cell_result server_filled_by(const char *request)
{
    char output[65];
    load();
    json_t *definition = program_named("redis-set-get")->definition;
    json_t *command = json_object_get(definition, "command");
    json_array_append_new(command, json_string("--enable-debug-command"));
    json_array_append_new(command, json_string("yes"));
    json_object_set_new(json_object_get(definition, "server"), "fill",
                        json_pack("[s]", request));
    return run(program_named("redis-set-get"), "glibc",
               (struct program_cell){ 0 }, output);
}

Test(server, one_that_crashes_is_crashed)
{
    struct cell_result result = server_filled_by("DEBUG SEGFAULT");
    cr_assert(result.status == STATUS_CRASHED, "%s: %s",
              status_word(result.status), result.message);
    cr_assert(!is_running_here("redis"));
}

Test(server, one_that_ends_too_early_is_failed)
{
    struct cell_result result = server_filled_by("SHUTDOWN NOSAVE");
    cr_assert(result.status == STATUS_FAILED, "%s: %s",
              status_word(result.status), result.message);
    cr_assert(strstr(result.message, "did not reply") != NULL, "%s",
              result.message);
}

/* The server is well; the cell is not. */
Test(server, a_client_that_fails_is_failed)
{
    char output[65];
    load();
    json_t *definition = program_named("redis-set-get")->definition;
    json_object_set_new(json_object_get(definition, "server"), "client",
                        json_pack("[s]", "/bin/false"));
    struct cell_result result = run(program_named("redis-set-get"), "glibc",
                                    (struct program_cell){ 0 }, output);
    cr_assert(result.status == STATUS_FAILED, "%s: %s",
              status_word(result.status), result.message);
    cr_assert(strstr(result.message, "client") != NULL, "%s", result.message);
    cr_assert(!is_running_here("redis"));
}
