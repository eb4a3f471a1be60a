/* deviation.c - reads the list of a subject's known deviations. */
#include "deviation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "places.h"
#include "requirement.h"
#include "subject.h"
#include "text.h"

/* "1:14.0.6-12" is 14.0.6: neither a packager's epoch nor its revision says
 * what the code is. */
static char *version_upstream(const char *version)
{
    const char *colon = strchr(version, ':');
    char *upstream = text_copy(colon != NULL ? colon + 1 : version);
    char *revision = strrchr(upstream, '-');

    if (revision != NULL)
        *revision = '\0';
    return upstream;
}

static bool deviation_is_of(const struct deviation *deviation,
                            const char *version)
{
    return (*deviation->from == '\0' ||
            strverscmp(deviation->from, version) <= 0) &&
           (*deviation->below == '\0' ||
            strverscmp(version, deviation->below) < 0);
}

static const char *field(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* The set of words, or 0 when one is no verdict. */
static unsigned deviation_verdicts(const json_t *words)
{
    unsigned set = 0;
    json_t *word;
    size_t i;

    json_array_foreach((json_t *)words, i, word)
    {
        const char *text = json_string_value(word);
        int kind = text == NULL ? -1 : verdict_from_word(text);

        if (kind < 0 || kind == VERDICT_PASS)
            return 0;
        set |= 1u << kind;
    }
    return set;
}

static int deviation_read(const json_t *entry, struct deviation *ret_deviation)
{
    *ret_deviation = (struct deviation){
        .requirement = field(entry, "requirement"),
        .from = field(entry, "from"),
        .below = field(entry, "below"),
        .reason = field(entry, "reason"),
        .link = field(entry, "link"),
        .verdicts = deviation_verdicts(json_object_get(entry, "verdicts")),
        .sometimes = json_is_true(json_object_get(entry, "sometimes")),
    };
    return *ret_deviation->requirement == '\0' ||
                   *ret_deviation->from == '\0' ||
                   *ret_deviation->reason == '\0' ||
                   *ret_deviation->link == '\0' || ret_deviation->verdicts == 0
               ? -1
               : 0;
}

static int deviations_fill(struct deviations *list, const char *version,
                           const char *path, struct failure *ret_error)
{
    json_t *entry;
    size_t i;

    list->all = calloc(json_array_size(list->document) + 1, sizeof(*list->all));
    if (list->all == NULL)
        exit(3);
    json_array_foreach(list->document, i, entry)
    {
        struct deviation *next = &list->all[list->count];

        if (deviation_read(entry, next) != 0)
            return failure_set(
                ret_error,
                "%s: entry %zu needs requirement, from, verdicts (no 'pass'), "
                "reason and link\nimpl/peers/README.md has the format.",
                path, i + 1);
        list->count += deviation_is_of(next, version);
    }
    return 0;
}

static int deviations_read(struct deviations *list, const char *path,
                           const char *version, struct failure *ret_error)
{
    json_error_t error;

    list->document = json_load_file(path, 0, &error);
    if (!json_is_array(list->document))
        return failure_set(ret_error, "%s:%d: %s", path, error.line,
                           list->document != NULL ? "no JSON array"
                                                  : error.text);
    return deviations_fill(list, version, path, ret_error);
}

/* plugin:NAME has plugin-NAME.json. */
static char *deviation_file(const char *subject)
{
    char *name = text_format("deviations/%s.json", subject);

    for (char *at = name; *at != '\0'; at++)
        if (*at == ':')
            *at = '-';
    return name;
}

int deviations_load(const struct subject *subject,
                    struct deviations *ret_deviations,
                    struct failure *ret_error)
{
    char *name = deviation_file(subject->name);
    char *path = *subject->version == '\0' ? NULL : place_of_data(name);
    char *version = version_upstream(subject->version);
    struct deviations list = { 0 };
    int result =
        path == NULL ? 0 : deviations_read(&list, path, version, ret_error);

    free(version);
    free(path);
    free(name);
    if (result != 0)
        deviations_free(&list);
    else
        *ret_deviations = list;
    return result;
}

int deviations_verify(const struct deviations *deviations,
                      const struct subject *subject,
                      const struct requirements *list,
                      struct failure *ret_error)
{
    json_t *entry;
    size_t i;

    json_array_foreach(deviations->document, i, entry)
    {
        const char *id = field(entry, "requirement");

        if (requirement_find(list, id) == NULL)
            return failure_set(
                ret_error,
                "deviations/%s.json: entry %zu is of '%s', which is no "
                "requirement\nA deviation of nothing would hide nothing and "
                "say nothing: 'assay explain' names those that there are.",
                subject->name, i + 1, id);
    }
    return 0;
}

void deviations_free(struct deviations *deviations)
{
    free(deviations->all);
    json_decref(deviations->document);
    *deviations = (struct deviations){ 0 };
}

const struct deviation *deviation_find(const struct deviations *deviations,
                                       const char *requirement)
{
    for (size_t i = 0; i < deviations->count; i++)
        if (strcmp(deviations->all[i].requirement, requirement) == 0)
            return &deviations->all[i];
    return NULL;
}

bool deviation_allows(const struct deviation *deviation, enum verdict_kind kind)
{
    return (deviation->verdicts >> kind & 1) != 0;
}
