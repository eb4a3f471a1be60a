/* compare_refusal.c - what two campaigns must have in common.
 *
 * A ratio of ratios of two machines, scales or versions of a workload is a
 * number, and says nothing of the subject. */
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "line.h"
#include "text.h"

/* "baseline" is the library that others are divided by, not its name. */
const char *const compare_fields[] = {
    "machine",           "baseline", "scale",     "threads", "quick",
    "allocator_options", "cell",     "workloads", NULL
};

static bool refusal_is_allowed(const char *field, char *const *allowed)
{
    for (size_t i = 0; allowed != NULL && allowed[i] != NULL; i++)
        if (strcmp(allowed[i], field) == 0)
            return true;
    return false;
}

/* The first key of two objects whose values differ, or NULL. */
static const char *refusal_key(const json_t *was, const json_t *is)
{
    const json_t *value;
    const char *key;

    json_object_foreach((json_t *)is, key, value)
    {
        if (!json_equal(json_object_get(was, key), value))
            return key;
    }
    json_object_foreach((json_t *)was, key, value)
    {
        if (json_object_get(is, key) == NULL)
            return key;
    }
    return NULL;
}

/* Names the innermost value that differs: "machine.processor.model". */
static char *refusal_path(const char *field, const json_t **was,
                          const json_t **is)
{
    char *path = text_copy(field);
    const char *key;

    while (json_is_object(*was) && json_is_object(*is) &&
           (key = refusal_key(*was, *is)) != NULL) {
        char *longer = text_format("%s.%s", path, key);

        free(path);
        path = longer;
        *was = json_object_get(*was, key);
        *is = json_object_get(*is, key);
    }
    return path;
}

static int refusal_say(const char *field, const struct campaign_read *before,
                       const struct campaign_read *after, const json_t *was,
                       const json_t *is, struct failure *ret_error)
{
    char *path = refusal_path(field, &was, &is);
    char *left = json_dumps(was, JSON_ENCODE_ANY | JSON_COMPACT);
    char *right = json_dumps(is, JSON_ENCODE_ANY | JSON_COMPACT);

    failure_set(ret_error,
                "the campaigns differ in '%s':\n  %s: %.200s\n  %s: %.200s\n"
                "Measure again with the same, or say --allow %s.",
                path, before->folder, left != NULL ? left : "nothing",
                after->folder, right != NULL ? right : "nothing", field);
    free(path);
    free(left);
    free(right);
    return -1;
}

static json_t *refusal_baseline(const struct campaign_read *campaign)
{
    const struct summary *summary = &campaign->summary;
    const json_t *subjects = json_object_get(summary->identity, "subjects");
    const json_t *subject = json_array_get(subjects, summary->baseline);

    return json_pack("{s:s, s:s, s:s}", "name", line_text(subject, "name"),
                     "version", line_text(subject, "version"), "sha256",
                     line_text(subject, "sha256"));
}

/* The versions of the rows that both have, each "row": version. */
static json_t *refusal_versions(const struct summary *own,
                                const struct summary *other)
{
    json_t *versions = json_object();

    for (size_t i = 0; i < own->row_count; i++)
        for (size_t j = 0; j < other->row_count; j++)
            if (strcmp(own->rows[i].name, other->rows[j].name) == 0)
                json_object_set(versions, own->rows[i].name,
                                json_object_get(own->rows[i].info, "version"));
    return versions;
}

/* The program that makes the requests: another build of it is another
 * measuring instrument. */
static json_t *refusal_cell(const struct campaign_read *campaign)
{
    const json_t *identity = campaign->summary.identity;

    return json_pack("[s, s]", line_text(identity, "cell_sha256"),
                     line_text(identity, "cell_b_sha256"));
}

static json_t *refusal_value(const char *field, const struct campaign_read *own,
                             const struct campaign_read *other)
{
    if (strcmp(field, "baseline") == 0)
        return refusal_baseline(own);
    if (strcmp(field, "workloads") == 0)
        return refusal_versions(&own->summary, &other->summary);
    if (strcmp(field, "cell") == 0)
        return refusal_cell(own);
    return json_incref(json_object_get(own->summary.identity, field));
}

int compare_refusal(const struct campaign_read *before,
                    const struct campaign_read *after, char *const *allowed,
                    struct failure *ret_error)
{
    int result = 0;

    for (size_t i = 0; result == 0 && compare_fields[i] != NULL; i++) {
        const char *field = compare_fields[i];
        json_t *was = refusal_value(field, before, after);
        json_t *is = refusal_value(field, after, before);

        if (!json_equal(was, is) && !refusal_is_allowed(field, allowed))
            result = refusal_say(field, before, after, was, is, ret_error);
        json_decref(was);
        json_decref(is);
    }
    return result;
}
