/* micro_figures.c - from google-benchmark's JSON to a result line. */
#include "micro_figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "text.h"

static void micro_figures_end(struct micro_figures *one, enum status status,
                              int code, const char *message)
{
    one->status = status;
    one->code = code;
    snprintf(one->message, sizeof(one->message), "%s", message);
}

/* "pair/48", or "calloc-clean/48/manual_time". */
static const json_t *micro_figures_find(const json_t *json,
                                        const struct micro_entry *entry)
{
    char *name = text_format("%s/%lld", entry->name, entry->size_bytes);
    size_t length = strlen(name), i;
    const json_t *list = json_object_get(json, "benchmarks"), *run = NULL;

    for (i = 0; i < json_array_size(list); i++) {
        const char *given;

        run = json_array_get(list, i);
        given = line_text(run, "run_name");
        if (strncmp(given, name, length) == 0 &&
            (given[length] == '\0' || given[length] == '/'))
            break;
    }
    free(name);
    return i < json_array_size(list) ? run : NULL;
}

static void micro_figures_add(struct micro_figures *one, const json_t *run)
{
    const json_t *time = json_object_get(run, "real_time");
    const json_t *moved = json_object_get(run, "moved_share");

    if (json_is_true(json_object_get(run, "error_occurred"))) {
        micro_figures_end(one, STATUS_FAILED, 0,
                          line_text(run, "error_message"));
        return;
    }
    if (!json_is_number(time) || !(json_number_value(time) > 0) ||
        strcmp(line_text(run, "time_unit"), "ns") != 0) {
        micro_figures_end(one, STATUS_FAILED, 0,
                          "google-benchmark gave no time above 0 ns");
        return;
    }
    json_array_append_new(one->repetitions_ns,
                          json_real(json_number_value(time)));
    if (json_is_number(moved)) {
        one->moved_share += json_number_value(moved);
        one->moved_rounds++;
    }
}

static void micro_figures_take_one(struct micro_figures *one,
                                   const struct micro_entry *entry,
                                   const struct cell_result *result,
                                   const json_t *json)
{
    const json_t *run = micro_figures_find(json, entry);
    const json_t *context = json_object_get(json, "context");

    if (one->repetitions_ns == NULL)
        one->repetitions_ns = json_array();
    snprintf(one->provider, sizeof(one->provider), "%s", result->provider);
    snprintf(one->build_type, sizeof(one->build_type), "%s",
             line_text(context, "library_build_type"));
    if (one->status != STATUS_OK)
        return;
    if (result->status != STATUS_OK)
        micro_figures_end(one, result->status, result->code, result->message);
    else if (run == NULL)
        micro_figures_end(one, STATUS_FAILED, 0,
                          "the process ended well, and left no figures");
    else
        micro_figures_add(one, run);
}

void micro_figures_take(struct micro_figures *figures,
                        const struct micro_entry *entries, size_t count,
                        const struct cell_result *result, const char *path)
{
    json_t *json = json_load_file(path, 0, NULL);

    for (size_t i = 0; i < count; i++)
        micro_figures_take_one(&figures[i], &entries[i], result, json);
    json_decref(json);
    unlink(path);
}

json_t *micro_figures_line(const struct micro_figures *figures,
                           const struct micro_entry *entry, const char *subject)
{
    json_t *message = json_string(figures->message);
    json_t *line =
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:i, s:o, s:s, s:O}",
                  "kind", "micro", "name", entry->name, "size_bytes",
                  (json_int_t)entry->size_bytes, "alignment_bytes",
                  (json_int_t)entry->alignment_bytes, "operation",
                  entry->operation, "subject", subject, "status",
                  status_word(figures->status), "code", figures->code,
                  "message",
                  message != NULL ? message
                                  : json_string("its message is no text"),
                  "provider", figures->provider, "repetitions_ns",
                  figures->repetitions_ns);

    if (figures->build_type[0] != '\0')
        json_object_set_new(line, "library_build_type",
                            json_string(figures->build_type));
    if (figures->moved_rounds > 0)
        json_object_set_new(line, "moved_share",
                            json_real(figures->moved_share /
                                      figures->moved_rounds));
    return line;
}

void micro_figures_free(struct micro_figures *figures, size_t count)
{
    for (size_t i = 0; figures != NULL && i < count; i++)
        json_decref(figures[i].repetitions_ns);
    free(figures);
}
