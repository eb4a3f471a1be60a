/* program_run.c - one cell of a real program, and the making of its inputs. */
#include "program_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "subject.h"
#include "supervisor.h"
#include "text.h"

enum {
    INPUT_MS_MAX = 60000,
    SAMPLE_MS_MIN = 10,
    SAMPLE_MS_MAX = 100,
};

/* ---- inputs ---- */

/* Under the launcher, for the redirection; under no subject. */
static int input_run(char *const *argv, struct failure *ret_error)
{
    char **environment = environment_plain(0);
    struct supervised_end end;
    struct supervised what = {
        .path = argv[0],
        .argv = argv,
        .envp = environment,
        .record_fd = -1,
        .timeout_ms = INPUT_MS_MAX,
    };
    int error = supervisor_run(&what, &end);
    text_list_free(environment);
    if (error < 0)
        return failure_set(ret_error, "%s: %s", argv[0], strerror(-error));
    if (end.ending != ENDING_EXITED || end.code != 0)
        return failure_set(ret_error, "an input could not be made: %s %d",
                           end.ending == ENDING_EXITED ? "exit status"
                                                       : "ended by",
                           end.code);
    return 0;
}

/* Made beside its place and renamed: half an input is never found later. */
static int input_make(const struct program_place *place, const json_t *input,
                      const char *path, struct failure *ret_error)
{
    char *launcher = program_tool("assay-launch", ret_error);
    if (launcher == NULL)
        return -1;
    char *part = text_format("%s.part", path);
    char **argv = text_list_add(text_split(""), launcher);
    argv = text_list_add(argv, text_copy("--stdout"));
    argv = text_list_add(argv, text_copy(part));
    argv = program_words(place, argv, json_object_get(input, "made_by"));
    int result = input_run(argv, ret_error);
    if (result == 0 && rename(part, path) != 0)
        result = failure_set(ret_error, "%s: %s", path, strerror(errno));
    text_list_free(argv);
    free(part);
    return result;
}

static int input_prepare(const struct program_place *place, const json_t *input,
                         struct failure *ret_error)
{
    char *path =
        text_format("%s/%s", place->inputs, program_text(input, "file"));
    int result =
        access(path, R_OK) == 0 ? 0 : input_make(place, input, path, ret_error);
    free(path);
    return result;
}

int program_prepare(const struct program *program, const char *work_folder,
                    struct failure *ret_error)
{
    struct program_place place;
    int result = 0;
    size_t i;
    json_t *input;
    if (program_place_make(program, work_folder, &place, ret_error) < 0)
        return -1;
    json_array_foreach(json_object_get(program->definition, "inputs"), i, input)
    {
        if (result == 0)
            result = input_prepare(&place, input, ret_error);
    }
    program_place_free(&place);
    return result;
}

/* ---- a cell ---- */

/* Few enough looks that a timeline holds a run up to its watchdog. */
static uint32_t sample_ms(uint32_t timeout_ms)
{
    uint32_t ms = timeout_ms / TIMELINE_SAMPLES;
    return ms < SAMPLE_MS_MIN   ? SAMPLE_MS_MIN
           : ms > SAMPLE_MS_MAX ? SAMPLE_MS_MAX
                                : ms;
}

/* The user's own program has the user's environment, less a preload: whatever
 * stands there must not reach the tools. */
static char **cell_environment(const struct program_cell *cell, bool inherits)
{
    static const char preload[] = "LD_PRELOAD=";
    if (!inherits)
        return environment_plain(cell->seed);
    char **list = text_split("");
    for (char **entry = environ; *entry != NULL; entry++)
        if (strncmp(*entry, preload, strlen(preload)) != 0)
            list = text_list_add(list, text_copy(*entry));
    return list;
}

static int cell_supervise(const struct program_cell *cell,
                          const struct program_place *place,
                          const struct program_files *files,
                          struct supervised_end *ret_end,
                          struct failure *ret_error)
{
    char **argv = program_argv(cell, place, files, ret_error);
    if (argv == NULL)
        return -1;
    bool inherits =
        json_is_true(json_object_get(cell->program->definition, "inherit"));
    char **environment = cell_environment(cell, inherits);
    struct supervised what = {
        .path = argv[0],
        .argv = argv,
        .envp = environment,
        .record_fd = -1,
        .capture = files->capture,
        .directory = inherits ? NULL : place->run,
        .timeout_ms = cell->timeout_ms,
        .timeline = cell->timeline,
        .sample_interval_ms = sample_ms(cell->timeout_ms),
        .sample_below = "assay-launch",
    };
    int error = supervisor_run(&what, ret_end);
    if (error < 0)
        failure_set(ret_error, "%s: %s", argv[0], strerror(-error));
    text_list_free(environment);
    text_list_free(argv);
    return error < 0 ? -1 : 0;
}

static int cell_run_in(const struct program_cell *cell,
                       const struct program_place *place,
                       struct cell_result *ret_result, char *ret_digest,
                       struct failure *ret_error)
{
    struct program_files files = program_files_of(place);
    struct supervised_end end;
    int result = program_place_empty(place, ret_error);
    if (result == 0)
        result = cell_supervise(cell, place, &files, &end, ret_error);
    if (result == 0)
        result = program_outcome(cell, place, &files, &end, ret_result,
                                 ret_digest, ret_error);
    program_files_free(&files);
    return result;
}

int program_run(const struct program_cell *cell, struct cell_result *ret_result,
                char *ret_output, struct failure *ret_error)
{
    struct cell_result result = { .status = STATUS_OK };
    char digest[65] = "";
    struct program_place place;
    int failed = 0;
    if (cell->subject->is_floor) {
        result.status = STATUS_UNSUPPORTED;
        snprintf(result.message, sizeof(result.message),
                 "a real program needs the contents of its blocks");
    } else if (functions_are_own(&cell->subject->functions)) {
        result.status = STATUS_UNSUPPORTED;
        snprintf(result.message, sizeof(result.message),
                 "a real program calls malloc, which the subject does not "
                 "replace");
    } else {
        if (program_place_make(cell->program, cell->work_folder, &place,
                               ret_error) < 0)
            return -1;
        failed = cell_run_in(cell, &place, &result, digest, ret_error);
        program_place_free(&place);
    }
    if (failed < 0)
        return -1;
    /* ret_output may lie inside the result, so it is written last. */
    *ret_result = result;
    memcpy(ret_output, digest, sizeof(digest));
    return 0;
}
