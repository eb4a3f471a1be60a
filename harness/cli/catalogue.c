/* catalogue.c - asks the cell program what it can run. */
#include "catalogue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "places.h"
#include "text.h"

/* Opens a pipe from `assay-cell ARGUMENTS`, or returns NULL. */
static FILE *cell_program_ask(const char *arguments)
{
    char *program = place_of_program("assay-cell");
    char *command;
    FILE *pipe;

    if (program == NULL)
        return NULL;
    command = text_format("'%s' %s", program, arguments);
    pipe = popen(command, "re");
    free(command);
    free(program);
    return pipe;
}

static struct catalogue_row *catalogue_add(struct catalogue *catalogue)
{
    size_t size = (catalogue->count + 1) * sizeof(*catalogue->rows);
    struct catalogue_row *rows = realloc(catalogue->rows, size);

    if (rows == NULL)
        exit(3);
    catalogue->rows = rows;
    rows[catalogue->count] = (struct catalogue_row){ 0 };
    return &rows[catalogue->count++];
}

static const char *field(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static enum kind catalogue_kind(const json_t *workload)
{
    int kind = kind_from_word(field(workload, "kind"));

    return kind < 0 ? KIND_MALLOC : (enum kind)kind;
}

/* The rows of a workload, for subjects of that kind. */
static void catalogue_add_rows(struct catalogue *catalogue,
                               const json_t *workload, enum kind kind,
                               const char *needs)
{
    json_t *rows = json_object_get(workload, "rows"), *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        *catalogue_add(catalogue) = (struct catalogue_row){
            .name = field(row, "name"),
            .workload = field(workload, "name"),
            .question = field(workload, "question"),
            .operation = field(workload, "operation"),
            .contract = field(workload, "contract"),
            .needs = json_object_get(workload, needs),
            .version = json_integer_value(json_object_get(workload, "version")),
            .kind = kind,
            .one_heap = json_object_get(workload, "heap_needs") != NULL,
            .quick = json_is_true(json_object_get(row, "quick")),
            .threads = json_is_true(json_object_get(workload, "threads")),
            .reads_back = json_is_true(json_object_get(workload, "reads_back")),
        };
    }
}

/* What one heap can serve is asked of object allocators, too: the same rows,
 * which then need what is required of those. */
static void catalogue_add_workload(struct catalogue *catalogue,
                                   const json_t *workload)
{
    catalogue_add_rows(catalogue, workload, catalogue_kind(workload), "needs");
    if (json_object_get(workload, "heap_needs") != NULL)
        catalogue_add_rows(catalogue, workload, KIND_ALLOCATOR, "heap_needs");
}

static void catalogue_add_program(struct catalogue *catalogue,
                                  const struct program *program)
{
    *catalogue_add(catalogue) = (struct catalogue_row){
        .name = program->name,
        .workload = program->name,
        .question = program->question,
        .operation = "run",
        .contract = "whole process",
        .version = 1,
        .quick = program->quick,
        .reads_back = true,
        .program = program,
    };
}

static int catalogue_ask_cell(struct catalogue *catalogue,
                              struct failure *ret_error)
{
    FILE *pipe = cell_program_ask("--list");
    json_error_t error = { .text = "the program is not there" };
    json_t *list, *workload;
    size_t i;

    catalogue->workloads = pipe == NULL ? NULL : json_loadf(pipe, 0, &error);
    if (pipe != NULL)
        pclose(pipe);
    if (catalogue->workloads == NULL)
        return failure_set(
            ret_error,
            "cannot read the workloads from 'assay-cell --list': "
            "%s\nBuild or install Assay again.",
            error.text);
    list = json_object_get(catalogue->workloads, "workloads");
    json_array_foreach(list, i, workload)
    {
        catalogue_add_workload(catalogue, workload);
    }
    return 0;
}

int catalogue_load(struct catalogue *ret_catalogue, struct failure *ret_error)
{
    struct catalogue found = { 0 };
    struct failure error;

    if (catalogue_ask_cell(&found, ret_error) != 0)
        return -1;
    if (programs_load(&found.programs, &found.program_count, &error) != 0) {
        catalogue_free(&found);
        return failure_set(ret_error, "%s", error.text);
    }
    for (size_t i = 0; i < found.program_count; i++)
        catalogue_add_program(&found, &found.programs[i]);
    *ret_catalogue = found;
    return 0;
}

int catalogue_of_program(struct program *program,
                         struct catalogue *ret_catalogue)
{
    struct catalogue found = { .program_count = 1 };

    found.programs = malloc(sizeof(*found.programs));
    if (found.programs == NULL)
        return -1;
    found.programs[0] = *program;
    catalogue_add_program(&found, &found.programs[0]);
    *ret_catalogue = found;
    return 0;
}

static bool row_answers_to(const struct catalogue_row *row, const char *name)
{
    return strcmp(row->name, name) == 0 || strcmp(row->workload, name) == 0;
}

static bool row_is_chosen(const struct catalogue_row *row, char *const *names,
                          enum kind kind, bool quick)
{
    if (row->kind != kind)
        return false;
    if (names == NULL)
        return row->quick || !quick;
    for (size_t i = 0; names[i] != NULL; i++) {
        if (strcmp(row->name, names[i]) == 0)
            return true;
        /* A workload asked for in a quick campaign means its quick rows. */
        if (strcmp(row->workload, names[i]) == 0 && (row->quick || !quick))
            return true;
    }
    return false;
}

static char **catalogue_names(const struct catalogue *catalogue)
{
    char **names = text_split("");

    for (size_t i = 0; i < catalogue->count; i++) {
        const struct catalogue_row *row = &catalogue->rows[i];

        if (row->kind == KIND_ALLOCATOR)
            continue; /* named as a row of mallocs */
        if (i == 0 || strcmp(row->workload, row[-1].workload) != 0)
            names = text_list_add(names, text_copy(row->workload));
        if (strcmp(row->name, row->workload) != 0)
            names = text_list_add(names, text_copy(row->name));
    }
    return names;
}

static int catalogue_check_names(const struct catalogue *catalogue,
                                 char *const *names, struct failure *ret_error)
{
    for (size_t n = 0; names != NULL && names[n] != NULL; n++) {
        bool known = false;

        for (size_t i = 0; i < catalogue->count; i++)
            known = known || row_answers_to(&catalogue->rows[i], names[n]);
        if (!known) {
            char **all = catalogue_names(catalogue);
            char *nearest = text_nearest(names[n], all);

            failure_set(
                ret_error,
                "unknown workload '%s'%s%s\n'assay list' shows all of them.",
                names[n], *nearest != '\0' ? "; " : "", nearest);
            free(nearest);
            text_list_free(all);
            return -1;
        }
    }
    return 0;
}

/* The first row of that name, if subjects of this kind are asked none. */
static const struct catalogue_row *catalogue_row_of_others(
    const struct catalogue *catalogue, const char *name, enum kind kind)
{
    const struct catalogue_row *other = NULL;

    for (size_t i = catalogue->count; i-- > 0;) {
        const struct catalogue_row *row = &catalogue->rows[i];

        if (!row_answers_to(row, name))
            continue;
        if (row->kind == kind)
            return NULL;
        other = row;
    }
    return other;
}

/* A row for subjects of another kind would be unsupported by each of them. */
static int catalogue_check_kinds(const struct catalogue *catalogue,
                                 char *const *names, enum kind kind,
                                 struct failure *ret_error)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++) {
        const struct catalogue_row *row =
            catalogue_row_of_others(catalogue, names[i], kind);

        if (row != NULL)
            return failure_set(ret_error,
                               "row %s is for subjects of the kind %s, and "
                               "these are of the kind %s\n'assay list' shows "
                               "which rows and subjects go together.",
                               row->name, kind_word(row->kind),
                               kind_word(kind));
    }
    return 0;
}

static bool catalogue_has_kind(const struct catalogue *catalogue,
                               enum kind kind)
{
    for (size_t i = 0; i < catalogue->count; i++)
        if (catalogue->rows[i].kind == kind)
            return true;
    return false;
}

int catalogue_choose(const struct catalogue *catalogue, char *const *names,
                     enum kind kind, bool quick,
                     const struct catalogue_row ***ret_rows,
                     struct failure *ret_error)
{
    const struct catalogue_row **rows;
    size_t count = 0;

    if (catalogue_check_names(catalogue, names, ret_error) != 0 ||
        catalogue_check_kinds(catalogue, names, kind, ret_error) != 0)
        return -1;
    rows = calloc(catalogue->count + 1, sizeof(*rows));
    if (rows == NULL)
        exit(3);
    for (size_t i = 0; i < catalogue->count; i++)
        if (row_is_chosen(&catalogue->rows[i], names, kind, quick))
            rows[count++] = &catalogue->rows[i];
    if (count == 0 && !catalogue_has_kind(catalogue, kind)) {
        free(rows);
        return failure_set(ret_error,
                           "nothing that is to run can be asked of a subject "
                           "of the kind %s\n'assay list' shows the rows, and "
                           "for which kind each is.",
                           kind_word(kind));
    }
    if (count == 0) {
        free(rows);
        return failure_set(ret_error,
                           "none of these workloads has a row in the "
                           "quick campaign\nLeave --quick out, or name "
                           "the row itself.");
    }
    *ret_rows = rows;
    return 0;
}

uint64_t catalogue_memory_bytes(const struct catalogue_row *row, double scale,
                                unsigned threads)
{
    char *arguments = text_format("%s --memory-bytes --scale %.9g --threads %u",
                                  row->name, scale, row->threads ? threads : 1);
    FILE *pipe = cell_program_ask(arguments);
    double bytes = 0;

    free(arguments);
    if (pipe == NULL)
        return 0;
    if (fscanf(pipe, "%lf", &bytes) != 1)
        bytes = 0;
    pclose(pipe);
    return bytes >= 1.8e19 ? UINT64_MAX : (uint64_t)bytes;
}

void catalogue_free(struct catalogue *catalogue)
{
    free(catalogue->rows);
    json_decref(catalogue->workloads);
    programs_free(catalogue->programs, catalogue->program_count);
    *catalogue = (struct catalogue){ 0 };
}
