/* report_absent.c - what a campaign did not compare, said by name. */
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "line.h"
#include "report_markdown.h"
#include "subject.h"
#include "text.h"

static bool has_name(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(line_text(json_array_get(list, i), "name"), name) == 0)
            return true;
    return false;
}

/* Adds "before a, b, c." and frees the names; nothing when there are none. */
static void say(json_t *sentences, const char *before, char **names)
{
    char *list = text_join(names);
    char *text = text_format("%s %s.", before, list);

    if (names[0] != NULL)
        json_array_append_new(sentences, json_string(text));
    free(text);
    free(list);
    text_list_free(names);
}

/* A plug-in replaces no malloc, and has no time on these rows. */
static bool is_plugin_only(const json_t *subject)
{
    const char *plugin = line_text(subject, "plugin");

    return *plugin != '\0' && strcmp(plugin, line_text(subject, "path")) == 0;
}

static void say_subjects(json_t *sentences, const json_t *identity)
{
    json_t *known = subjects_known(), *subject;
    char **names = text_split("");
    size_t i;

    json_array_foreach(known, i, subject)
    {
        if (!is_plugin_only(subject) &&
            !has_name(json_object_get(identity, "subjects"),
                      line_text(subject, "name")))
            names = text_list_add(names, text_copy(line_text(subject, "name")));
    }
    json_decref(known);
    say(sentences,
        "Subjects that Assay knows and this campaign does not have:", names);
}

/* What is compared: the first subject's kind. */
static enum kind kind_compared(const json_t *identity)
{
    const json_t *first =
        json_array_get(json_object_get(identity, "subjects"), 0);
    int kind = kind_from_word(line_text(first, "kind"));

    return kind < 0 ? KIND_MALLOC : (enum kind)kind;
}

static void say_rows(json_t *sentences, const json_t *identity)
{
    enum kind kind = kind_compared(identity);
    struct catalogue catalogue;
    struct failure error;
    char **names = text_split("");

    if (catalogue_load(&catalogue, &error) == 0) {
        for (size_t i = 0; i < catalogue.count; i++)
            if (catalogue.rows[i].kind == kind &&
                !has_name(json_object_get(identity, "rows"),
                          catalogue.rows[i].name))
                names = text_list_add(names, text_copy(catalogue.rows[i].name));
        catalogue_free(&catalogue);
    }
    say(sentences, "Rows that Assay has and this campaign does not:", names);
}

static void say_unsupported(json_t *sentences, const struct summary *summary)
{
    char **names = text_split("");

    for (size_t row = 0; row < summary->row_count; row++)
        for (size_t i = 0; i < summary->subject_count; i++)
            if (report_shows(summary, i) &&
                summary->rows[row].cells[i].status != STATUS_OK)
                names =
                    text_list_add(names,
                                  text_format("%s on %s", summary->subjects[i],
                                              summary->rows[row].name));
    say(sentences, "Without an honest time:", names);
}

json_t *report_not_compared(const struct report *report,
                            const struct report_campaign *campaign)
{
    const json_t *identity =
        json_object_get(campaign->results.header, "identity");
    const json_t *processor =
        json_object_get(json_object_get(identity, "machine"), "processor");
    json_t *sentences = json_array();

    (void)report;
    say_subjects(sentences, identity);
    say_rows(sentences, identity);
    if (campaign->has_summary)
        say_unsupported(sentences, &campaign->summary);
    if (json_integer_value(json_object_get(processor, "usable")) <= 2)
        json_array_append_new(sentences,
                              json_string(
                                  "Scaling over processors: the machine has "
                                  "two at most."));
    json_array_append_new(
        sentences,
        json_string("Other options of the allocators than their defaults and "
                    "those told below, other machines, other versions."));
    return sentences;
}
