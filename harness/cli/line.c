/* line.c - cells as JSON. */
#include "line.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "supervisor.h"
#include "text.h"

static json_t *line_figures(const struct cell_result *result)
{
    json_t *figures = json_object();

    for (uint32_t i = 0; i < result->figure_count; i++)
        json_object_set_new(figures, result->figures[i].name,
                            json_real(result->figures[i].value));
    return figures;
}

/* Arrays of numbers in the order of the schema: [ms, phase, rss, pss,
 * lazyfree, live], bytes all but the first two. */
static json_t *line_timeline(const struct memory_timeline *timeline)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < timeline->count; i++) {
        const struct memory_sample *sample = &timeline->samples[i];

        json_array_append_new(
            list, json_pack("[i, i, I, I, I, I]", (int)sample->time_ms,
                            (int)sample->phase, (json_int_t)sample->rss_bytes,
                            (json_int_t)sample->pss_bytes,
                            (json_int_t)sample->lazyfree_bytes,
                            (json_int_t)sample->live_bytes));
    }
    return list;
}

json_t *line_of_cell(const struct line_place *place,
                     const struct cell_result *result,
                     const struct memory_timeline *timeline)
{
    json_t *line = json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:I, s:I, "
        "s:i, s:i, s:o}",
        "kind", cell_kind_word(place->kind), "block", (int)place->block, "row",
        place->row, "subject", place->subject, "status",
        status_word(result->status), "code", result->code, "message",
        result->message, "requirement", result->requirement, "provider",
        result->provider, "build_id", result->build_id, "digest",
        result->digest_text, "seed", (json_int_t)place->seed, "pad_bytes",
        (json_int_t)place->pad_bytes, "strays", (int)result->strays,
        "output_bytes", (int)result->output_bytes, "figures",
        line_figures(result));

    if (line == NULL) /* a text of the subject's that is no UTF-8 */
        line =
            json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s, s:o}", "kind",
                      cell_kind_word(place->kind), "block", (int)place->block,
                      "row", place->row, "subject", place->subject, "status",
                      status_word(result->status), "code", result->code,
                      "message", "its message is no text", "figures",
                      line_figures(result));
    if (timeline != NULL)
        json_object_set_new(line, "timeline", line_timeline(timeline));
    return line;
}

char *line_key(const char *kind, unsigned block, const char *row,
               const char *subject)
{
    return text_format("%s %u %s %s", kind, block, row, subject);
}

json_t *line_index(const struct results *results)
{
    json_t *index = json_object(), *line;
    size_t i;

    if (results == NULL)
        return index;
    json_array_foreach(results->lines, i, line)
    {
        json_int_t block = json_integer_value(json_object_get(line, "block"));
        char *key =
            line_key(line_text(line, "kind"), (unsigned)block,
                     line_text(line, "row"), line_text(line, "subject"));

        json_object_set(index, key, line);
        free(key);
    }
    return index;
}

json_t *line_of_end(void)
{
    time_t now = time(NULL);
    char date[32];

    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    return json_pack("{s:s, s:s}", "kind", "end", "finished", date);
}

bool line_has_end(const struct results *results)
{
    size_t count = results == NULL ? 0 : json_array_size(results->lines);

    return count > 0 &&
           strcmp(line_text(json_array_get(results->lines, count - 1), "kind"),
                  "end") == 0;
}

const char *line_text(const json_t *line, const char *field)
{
    const char *text = json_string_value(json_object_get(line, field));

    return text == NULL ? "" : text;
}

enum status line_status(const json_t *line)
{
    int status = status_from_word(line_text(line, "status"));

    return status < 0 ? STATUS_FAILED : (enum status)status;
}

double line_figure(const json_t *line, const char *name, double otherwise)
{
    const json_t *value =
        json_object_get(json_object_get(line, "figures"), name);

    return json_is_number(value) ? json_number_value(value) : otherwise;
}
