/* cell.c - asks the cell program one row, and reads what came of it. */
#include "cell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counting.h"
#include "environment.h"
#include "places.h"
#include "subject.h"
#include "subject_functions.h"
#include "supervisor.h"
#include "text.h"

static const char *const modes[] = {
    [CELL_TIME] = "time",
    [CELL_MEMORY] = "memory",
    [CELL_SHADOW] = "shadow",
    [CELL_COUNT] = "count",
};

enum { SAMPLE_INTERVAL_MS = 20, OUTPUT_SHOWN = 160 };

const char *cell_kind_word(enum cell_kind kind)
{
    return modes[kind];
}

double cell_figure(const struct cell_result *result, const char *name,
                   double otherwise)
{
    for (uint32_t i = 0; i < result->figure_count; i++)
        if (strcmp(result->figures[i].name, name) == 0)
            return result->figures[i].value;
    return otherwise;
}

void cell_set_figure(struct cell_result *result, const char *name, double value)
{
    uint32_t i = 0;

    while (i < result->figure_count &&
           strcmp(result->figures[i].name, name) != 0)
        i++;
    if (i == RECORD_FIGURES)
        return;
    if (i == result->figure_count) {
        struct record_figure *fresh = &result->figures[result->figure_count++];

        snprintf(fresh->name, sizeof(fresh->name), "%s", name);
    }
    result->figures[i].value = value;
}

static void cell_say(struct cell_result *result, const char *what)
{
    snprintf(result->message, sizeof(result->message), "%s", what);
}

/* Strings of a record are read with a bound: a subject may scribble. */
static void cell_copy_text(char *to, size_t room, const char *from)
{
    snprintf(to, room, "%.*s", (int)(room - 1), from);
}

static void cell_take_record(struct cell_result *result,
                             const struct record *record)
{
    result->status = (enum status)record->status;
    result->digest = record->digest;
    result->figure_count = record->figure_count;
    memcpy(result->figures, record->figures, sizeof(result->figures));
    cell_copy_text(result->message, sizeof(result->message), record->message);
    cell_copy_text(result->provider, sizeof(result->provider),
                   record->provider);
    cell_copy_text(result->build_id, sizeof(result->build_id),
                   record->build_id);
    cell_copy_text(result->requirement, sizeof(result->requirement),
                   record->requirement);
}

/* A signal, a hang and a strange exit outweigh any record: what crashes at
 * exit has crashed. The record's figures stay beside it, for people. */
static void cell_judge(struct cell_result *result,
                       const struct supervised_end *end, bool sealed)
{
    const char *when =
        sealed ? "after the work was done, at exit" : "before it left a result";
    char text[256];

    result->strays = end->strays;
    result->code = end->code;
    if (end->ending == ENDING_SIGNALLED) {
        result->status = STATUS_CRASHED;
        snprintf(text, sizeof(text), "ended by signal %d (%s) %s", end->code,
                 strsignal(end->code), when);
    } else if (end->ending == ENDING_TIMEOUT) {
        result->status = STATUS_TIMEOUT;
        snprintf(text, sizeof(text), "still running after %.1f s, %s",
                 (double)end->wall_ns / 1e9, when);
    } else if (end->ending == ENDING_CANCELLED) {
        result->status = STATUS_CANCELLED;
        snprintf(text, sizeof(text), "stopped by the user");
    } else if (!sealed || end->code != 0) {
        result->status = STATUS_FAILED;
        snprintf(text, sizeof(text), "exit status %d %s", end->code, when);
    } else {
        return; /* the record speaks */
    }
    cell_say(result, text);
}

/* What the cell printed, though it prints nothing by itself: counted, and its
 * beginning kept where there is no better message. */
static void cell_take_output(struct cell_result *result, const char *capture)
{
    char text[OUTPUT_SHOWN + 1] = "";
    struct stat file;
    FILE *output = fopen(capture, "r");
    size_t got;

    if (output == NULL)
        return;
    if (fstat(fileno(output), &file) == 0)
        result->output_bytes = (uint32_t)file.st_size;
    got = fread(text, 1, OUTPUT_SHOWN, output);
    text[got] = '\0';
    fclose(output);
    for (size_t i = 0; i < got; i++)
        if ((unsigned char)text[i] < ' ')
            text[i] = ' ';
    if (got > 0 && result->status != STATUS_OK) {
        size_t used = strlen(result->message);

        snprintf(result->message + used, sizeof(result->message) - used,
                 "; it printed: %s", text);
    }
}

static char **cell_arguments(const struct cell_request *request,
                             const char *program)
{
    char **list = text_split("");

    list = text_list_add(list, text_copy(program));
    list = text_list_add(list, text_copy(request->row));
    list = text_list_add(list, text_copy("--subject"));
    list = text_list_add(list, text_copy(request->subject->path));
    list = text_list_add(list, text_copy("--mode"));
    list = text_list_add(list, text_copy(modes[request->kind]));
    list = text_list_add(list, text_copy("--seed"));
    list = text_list_add(list, text_format("%lu", request->seed));
    list = text_list_add(list, text_copy("--threads"));
    list = text_list_add(list, text_format("%u", request->threads));
    list = text_list_add(list, text_copy("--scale"));
    list = text_list_add(list, text_format("%.9g", request->scale));
    if (functions_are_own(&request->subject->functions)) {
        list = text_list_add(list, text_copy("--functions"));
        list = text_list_add(list, subject_functions_text(request->subject));
    }
    if (request->subject->one_thread)
        list = text_list_add(list, text_copy("--one-thread"));
    if (request->quick)
        list = text_list_add(list, text_copy("--quick"));
    if (request->subject->kind == KIND_COLLECTOR)
        list = text_list_add(list, text_copy("--collector"));
    else if (request->subject->kind == KIND_ALLOCATOR)
        list = text_list_add(list, text_copy("--allocator"));
    if (request->subject->kind != KIND_COLLECTOR && request->subject->is_floor)
        list = text_list_add(list, text_copy("--floor"));
    return list;
}

/* Runs a program that leaves a record. 0 or a negative errno. */
static int cell_supervise(struct supervised *what,
                          struct cell_result *ret_result)
{
    struct supervised_end end;
    struct record *record;
    int record_fd, result = record_create(&record, &record_fd);

    memset(ret_result, 0, sizeof(*ret_result));
    if (result != 0)
        return result;
    unlink(what->capture);
    what->record = record;
    what->record_fd = record_fd;
    result = supervisor_run(what, &end);
    if (result == 0) {
        bool sealed = record_is_sealed(record);

        if (sealed)
            cell_take_record(ret_result, record);
        cell_judge(ret_result, &end, sealed);
        cell_take_output(ret_result, what->capture);
        cell_set_figure(ret_result, "process_wall_ns", (double)end.wall_ns);
    }
    record_destroy(record, record_fd);
    return result;
}

static int cell_say_broken(const char *program, int result)
{
    if (result != 0)
        fprintf(stderr, "assay: cannot run %s: %s\n", program,
                strerror(-result));
    return result == 0 ? 0 : -1;
}

int cell_run_program(char *const *arguments, char *const *settings,
                     const char *capture, uint32_t timeout_ms,
                     struct cell_result *ret_result)
{
    struct supervised what = {
        .path = arguments[0],
        .argv = arguments,
        .envp = settings,
        .capture = capture,
        .timeout_ms = timeout_ms,
    };

    return cell_say_broken(arguments[0], cell_supervise(&what, ret_result));
}

static int cell_run_row(const struct cell_request *request, const char *program,
                        struct cell_result *ret_result)
{
    char **arguments = cell_arguments(request, program);
    char **settings = environment_for(request->subject, request->pad_seed);
    char *counted = request->kind == CELL_COUNT
                        ? text_format("%s.callgrind", request->capture)
                        : NULL;
    struct supervised what = {
        .path = program,
        .argv = arguments,
        .envp = settings,
        .capture = request->capture,
        .timeout_ms = request->timeout_ms,
        .timeline = request->timeline,
        .sample_interval_ms = SAMPLE_INTERVAL_MS,
    };
    int result;

    if (counted != NULL) {
        what.argv = arguments = counting_arguments(arguments, counted);
        what.path = arguments[0];
    }
    result = cell_supervise(&what, ret_result);
    if (result == 0 && counted != NULL)
        counting_take(ret_result, counted);
    free(counted);
    text_list_free(settings);
    text_list_free(arguments);
    return cell_say_broken(program, result);
}

/* A subject that ends well without valgrind did not crash: the two do not go
 * together, and there is no count. */
static int cell_blame_valgrind(const struct cell_request *request,
                               const char *program,
                               struct cell_result *ret_result)
{
    struct cell_request plain = *request;
    struct cell_result result;
    char why[sizeof(ret_result->message)];

    if (ret_result->status != STATUS_CRASHED &&
        ret_result->status != STATUS_FAILED)
        return 0;
    plain.kind = CELL_TIME;
    if (cell_run_row(&plain, program, &result) != 0)
        return -1;
    if (result.status != STATUS_OK)
        return 0;
    memcpy(why, ret_result->message, sizeof(why));
    ret_result->status = STATUS_UNSUPPORTED;
    ret_result->code = 0;
    snprintf(ret_result->message, sizeof(ret_result->message),
             "under valgrind alone: %.480s", why);
    return 0;
}

int cell_run(const struct cell_request *request, struct cell_result *ret_result)
{
    char *program =
        place_of_program(request->other_layout ? "assay-cell-b" : "assay-cell");
    int result;

    if (program == NULL) {
        fprintf(stderr, "assay: the program assay-cell is not there: build or "
                        "install Assay again\n");
        return -1;
    }
    result = cell_run_row(request, program, ret_result);
    if (result == 0 && request->kind == CELL_COUNT)
        result = cell_blame_valgrind(request, program, ret_result);
    free(program);
    return result;
}
