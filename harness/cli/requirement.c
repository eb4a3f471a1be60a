/* requirement.c - asks the probe programs what they can decide. */
#include "requirement.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "places.h"
#include "text.h"

static const char *const severity_words[] = { "MUST", "SHOULD", "QUALITY" };

const char *severity_word(enum severity severity)
{
    return severity_words[severity];
}

int severity_from_word(const char *word)
{
    for (int i = 0; i < SEVERITIES; i++)
        if (strcasecmp(word, severity_words[i]) == 0 ||
            (word[1] == '\0' && strncasecmp(word, severity_words[i], 1) == 0))
            return i;
    return -1;
}

/* ---- loading ---- */

static json_t *requirements_ask(enum kind kind, json_error_t *error)
{
    char *program = place_of_program(kind_probe(kind));
    char *command;
    json_t *document = NULL;
    FILE *pipe;

    snprintf(error->text, sizeof(error->text), "the program is not there");
    if (program == NULL)
        return NULL;
    command = text_format("'%s' --list", program);
    pipe = popen(command, "re");
    if (pipe != NULL) {
        document = json_loadf(pipe, 0, error);
        pclose(pipe);
    }
    free(command);
    free(program);
    return document;
}

static const char *field(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static bool flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static struct requirement requirement_read(const json_t *check)
{
    int severity = severity_from_word(field(check, "severity"));
    int kind = kind_from_word(field(check, "kind"));
    const char *id = field(check, "id");
    struct requirement read = {
        .kind = (enum kind)kind,
        .id = id,
        .file = field(check, "family"),
        .profiles = field(check, "profiles"),
        .statement = field(check, "statement"),
        .source = field(check, "source"),
        .why = field(check, "why"),
        .wants = field(check, "wants"),
        .severity = severity < 0 ? SEVERITY_QUALITY : (enum severity)severity,
        .timeout_s =
            (unsigned)json_integer_value(json_object_get(check, "timeout_s")),
        .random = flag(check, "random"),
        .threads = flag(check, "threads"),
        .waits = flag(check, "waits"),
        .alone = flag(check, "alone"),
    };

    snprintf(read.family, sizeof(read.family), "%.*s", (int)strcspn(id, "-"),
             id);
    return read;
}

static int requirement_by_id(const void *left, const void *right)
{
    const struct requirement *a = left, *b = right;

    return strverscmp(a->id, b->id);
}

/* Moves the family of the requirement at `first` together, in front of all
 * others behind it, and orders it. Returns where the next one begins. */
static size_t requirements_gather(struct requirement *all, size_t first,
                                  size_t count)
{
    size_t end = first + 1;

    for (size_t i = end; i < count; i++) {
        struct requirement found = all[i];

        if (strcmp(found.family, all[first].family) != 0)
            continue;
        memmove(&all[end + 1], &all[end], (i - end) * sizeof(*all));
        all[end++] = found;
    }
    qsort(all + first, end - first, sizeof(*all), requirement_by_id);
    return end;
}

static void requirements_fill(struct requirements *list, const json_t *checks)
{
    json_t *check;
    size_t i;

    json_array_foreach((json_t *)checks, i, check)
    {
        list->all[list->count++] = requirement_read(check);
    }
    for (i = 0; i < list->count;)
        i = requirements_gather(list->all, i, list->count);
}

/* Two checks of one id, in two files, would be taken for each other. */
static const char *requirements_twice(const struct requirements *list)
{
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(list->all[i].id, list->all[i - 1].id) == 0)
            return list->all[i].id;
    return NULL;
}

/* Adds what the probe of that kind lists. */
static int requirements_add(json_t *checks, enum kind kind,
                            struct failure *ret_error)
{
    json_error_t error = { 0 };
    json_t *document = requirements_ask(kind, &error), *check;
    const json_t *listed = json_object_get(document, "checks");
    bool good = json_is_array(listed);
    size_t i;

    json_array_foreach((json_t *)listed, i, check)
    {
        json_object_set_new(check, "kind", json_string(kind_word(kind)));
        json_array_append(checks, check);
    }
    json_decref(document);
    return good ? 0
                : failure_set(ret_error,
                              "cannot read the checks from '%s --list': %s\n"
                              "Build or install Assay again.",
                              kind_probe(kind), error.text);
}

int requirements_load(int kind, struct requirements *ret_list,
                      struct failure *ret_error)
{
    struct requirements list = { 0 };
    json_t *checks = json_array();

    list.document = json_pack("{s:o}", "checks", checks);
    for (int each = 0; each < KINDS; each++)
        if ((kind < 0 || kind == each) &&
            requirements_add(checks, (enum kind)each, ret_error) != 0) {
            json_decref(list.document);
            return -1;
        }
    list.all = calloc(json_array_size(checks) + 1, sizeof(*list.all));
    if (list.all == NULL)
        exit(3);
    requirements_fill(&list, checks);
    if (requirements_twice(&list) != NULL) {
        failure_set(ret_error,
                    "the probes have two checks of %s\nGive one of them an id "
                    "of its own, such as %sb.",
                    requirements_twice(&list), requirements_twice(&list));
        requirements_free(&list);
        return -1;
    }
    *ret_list = list;
    return 0;
}

void requirements_free(struct requirements *list)
{
    free(list->all);
    json_decref(list->document);
    *list = (struct requirements){ 0 };
}

/* ---- choosing ---- */

static char *requirement_id_spelt(const char *id)
{
    char *spelt = text_copy(id);

    for (char *at = spelt; *at != '\0'; at++)
        if (*at == '_')
            *at = '-';
    return spelt;
}

const struct requirement *requirement_find(const struct requirements *list,
                                           const char *id)
{
    char *spelt = requirement_id_spelt(id);
    const struct requirement *found = NULL;

    for (size_t i = 0; i < list->count && found == NULL; i++)
        if (strcasecmp(list->all[i].id, spelt) == 0)
            found = &list->all[i];
    free(spelt);
    return found;
}

/* "ALN-4" and "aln_4" are the one; "ALN" is all of ALN-..., as 'ALN-*' is;
 * a file is named by its stem. */
static bool requirement_matches(const struct requirement *requirement,
                                const char *pattern)
{
    char *spelt = requirement_id_spelt(pattern);
    size_t size = strlen(spelt);
    bool matches = fnmatch(spelt, requirement->id, FNM_CASEFOLD) == 0 ||
                   fnmatch(pattern, requirement->file, 0) == 0 ||
                   (strncasecmp(spelt, requirement->id, size) == 0 &&
                    requirement->id[size] == '-');

    free(spelt);
    return matches;
}

static bool requirement_is_of(const struct requirement *requirement, int kind)
{
    return kind < 0 || requirement->kind == (enum kind)kind;
}

static bool requirement_is_chosen(const struct requirement *requirement,
                                  const struct requirement_choice *choice)
{
    if ((choice->severities >> requirement->severity & 1) == 0 ||
        !requirement_is_of(requirement, choice->kind))
        return false;
    if (choice->filters == NULL)
        return true;
    for (size_t i = 0; choice->filters[i] != NULL; i++)
        if (requirement_matches(requirement, choice->filters[i]))
            return true;
    return false;
}

static int requirements_no_match(const struct requirements *list,
                                 const struct requirement_choice *choice,
                                 const char *filter, struct failure *ret_error)
{
    const char *word = choice->kind < 0 ? "" : kind_word(choice->kind);

    char **ids = text_split("");
    char *nearest;

    for (size_t i = 0; i < list->count; i++)
        if (requirement_is_of(&list->all[i], choice->kind))
            ids = text_list_add(ids, text_copy(list->all[i].id));
    nearest = text_nearest(filter, ids);
    failure_set(ret_error,
                "no requirement matches '%s'%s%s%s%s\n'assay explain --list' "
                "shows all of them.",
                filter, *word != '\0' ? ", of kind " : "", word,
                *nearest != '\0' ? "; " : "", nearest);
    free(nearest);
    text_list_free(ids);
    return -1;
}

static int requirements_check_filters(const struct requirements *list,
                                      const struct requirement_choice *choice,
                                      struct failure *ret_error)
{
    char *const *filters = choice->filters;

    for (size_t n = 0; filters != NULL && filters[n] != NULL; n++) {
        bool matches = false;

        for (size_t i = 0; i < list->count; i++)
            matches =
                matches || (requirement_is_of(&list->all[i], choice->kind) &&
                            requirement_matches(&list->all[i], filters[n]));
        if (!matches)
            return requirements_no_match(list, choice, filters[n], ret_error);
    }
    return 0;
}

int requirements_choose(const struct requirements *list,
                        const struct requirement_choice *choice,
                        const struct requirement ***ret_chosen,
                        struct failure *ret_error)
{
    const struct requirement **chosen;
    size_t count = 0;

    if (requirements_check_filters(list, choice, ret_error) != 0)
        return -1;
    chosen = calloc(list->count + 1, sizeof(*chosen));
    if (chosen == NULL)
        exit(3);
    for (size_t i = 0; i < list->count; i++)
        if (requirement_is_chosen(&list->all[i], choice))
            chosen[count++] = &list->all[i];
    if (count == 0) {
        free(chosen);
        return failure_set(ret_error,
                           "no requirement of that severity matches the "
                           "filter\nLeave --severity out, or give "
                           "'--severity all'.");
    }
    *ret_chosen = chosen;
    return 0;
}

/* ---- profiles ---- */

static bool word_stands_in(const char *word, const char *list)
{
    size_t size = strlen(word);

    for (const char *at = list; (at = strstr(at, word)) != NULL; at += size)
        if ((at == list || at[-1] == ' ') &&
            (at[size] == '\0' || at[size] == ' '))
            return true;
    return false;
}

bool requirement_counts(const struct requirement *requirement,
                        const char *profile)
{
    bool named = word_stands_in(profile, requirement->profiles);

    if (requirement->severity == SEVERITY_QUALITY)
        return named && strcmp(profile, "hardened") == 0;
    return named || *requirement->profiles == '\0';
}
