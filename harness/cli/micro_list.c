/* micro_list.c - asks `assay-micro` what it can run. */
#include "micro_list.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "places.h"
#include "text.h"

static json_t *micro_list_ask(struct failure *ret_error)
{
    char *program = place_of_program("assay-micro");
    json_error_t error = { .text = "it cannot be run" };
    json_t *json = NULL;
    char *command;
    FILE *pipe;

    if (program == NULL) {
        failure_set(ret_error, "the program assay-micro is not there: it is "
                               "built where google-benchmark is\nInstall "
                               "libbenchmark-dev and build Assay again.");
        return NULL;
    }
    command = text_format("'%s' --list", program);
    pipe = popen(command, "re");
    if (pipe != NULL) {
        json = json_loadf(pipe, 0, &error);
        pclose(pipe);
    }
    if (json == NULL)
        failure_set(ret_error, "cannot read %s: %s\nBuild Assay again.",
                    command, error.text);
    free(command);
    free(program);
    return json;
}

static long long micro_list_number(const json_t *entry, const char *field)
{
    return json_integer_value(json_object_get(entry, field));
}

static bool micro_list_wants(char *const *names, const char *name)
{
    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return names == NULL;
}

static void micro_list_fill(struct micro_list *list, char *const *names)
{
    json_t *all = json_object_get(list->json, "benchmarks"), *entry;
    size_t i;

    list->entries = calloc(json_array_size(all) + 1, sizeof(*list->entries));
    list->library_version = line_text(list->json, "google_benchmark");
    json_array_foreach(all, i, entry)
    {
        if (micro_list_wants(names, line_text(entry, "name")))
            list->entries[list->count++] = (struct micro_entry){
                .name = line_text(entry, "name"),
                .size_bytes = micro_list_number(entry, "size_bytes"),
                .alignment_bytes = micro_list_number(entry, "alignment_bytes"),
                .operation = line_text(entry, "operation"),
                .group = line_text(entry, "group"),
            };
    }
}

/* All families, each once. */
static char **micro_list_names(const json_t *json)
{
    char **names = text_split("");
    json_t *entry;
    size_t i;

    json_array_foreach(json_object_get(json, "benchmarks"), i, entry)
    {
        size_t count = text_list_count(names);

        if (count == 0 ||
            strcmp(names[count - 1], line_text(entry, "name")) != 0)
            names = text_list_add(names, text_copy(line_text(entry, "name")));
    }
    return names;
}

static int micro_list_check(const json_t *json, char *const *names,
                            struct failure *ret_error)
{
    char **known = micro_list_names(json);
    int result = 0;

    for (size_t i = 0; names != NULL && names[i] != NULL && result == 0; i++) {
        char *all;

        if (micro_list_wants(known, names[i]))
            continue;
        all = text_join(known);
        result = failure_set(ret_error,
                             "no micro-benchmark is called '%s'\nThere are %s.",
                             names[i], all);
        free(all);
    }
    text_list_free(known);
    return result;
}

int micro_list_load(char *const *names, struct micro_list *ret_list,
                    struct failure *ret_error)
{
    struct micro_list list = { .json = micro_list_ask(ret_error) };

    if (list.json == NULL)
        return -1;
    if (micro_list_check(list.json, names, ret_error) != 0) {
        json_decref(list.json);
        return -1;
    }
    micro_list_fill(&list, names);
    *ret_list = list;
    return 0;
}

void micro_list_free(struct micro_list *list)
{
    free(list->entries);
    json_decref(list->json);
    *list = (struct micro_list){ 0 };
}
