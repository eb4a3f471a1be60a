/* subject_functions.c - reads, checks and writes a subject's own names. */
#include "subject_functions.h"

#include <stdlib.h>
#include <string.h>

#include "elf_file.h"
#include "text.h"

#define ONE_THREAD ":one-thread"

/* ---- from the list ---- */

static const char *functions_wrong(struct functions *functions,
                                   const json_t *names)
{
    const char *word, *wrong = NULL;
    const json_t *name;

    json_object_foreach((json_t *)names, word, name)
    {
        if (wrong == NULL)
            wrong =
                json_is_string(name)
                    ? functions_set(functions, word, json_string_value(name))
                    : "a function's name is a text";
    }
    return wrong != NULL ? wrong : functions_lack(functions);
}

/* How often rows ask: from one thread only, or from as many as there are. */
static void subject_set_contract(struct subject *subject, bool one_thread,
                                 const char *contract)
{
    subject->one_thread = one_thread;
    if (contract == NULL)
        contract = one_thread ? "one thread" : "thread-safe";
    subject->contract = text_copy(contract);
}

int subject_functions_of_entry(struct subject *subject, const json_t *entry,
                               struct failure *ret_error)
{
    const json_t *names = json_object_get(entry, "functions");
    const json_t *threads = json_object_get(entry, "threads");
    const char *wrong;

    if (names == NULL)
        return 0;
    wrong = functions_wrong(&subject->functions, names);
    if (wrong == NULL && threads != NULL && json_integer_value(threads) != 1)
        wrong = "\"threads\" is 1 or left out";
    if (wrong != NULL)
        return failure_set(ret_error, "subjects.json: %s: %s", subject->name,
                           wrong);
    subject_set_contract(subject, threads != NULL,
                         json_string_value(json_object_get(entry, "contract")));
    return 0;
}

/* ---- from a path ---- */

static const char *prefix_set(struct functions *functions, const char *prefix,
                              enum function function)
{
    const char *word = function_word(function);
    char *name = text_format("%s%s", prefix, word);
    const char *wrong = functions_set(functions, word, name);

    free(name);
    return wrong;
}

static int prefix_take(struct subject *subject, const char *prefix,
                       struct failure *ret_error)
{
    const char *wrong =
        *prefix == '\0' ? "no prefix stands behind the @" : NULL;
    char *aligned = text_format("%saligned_alloc", prefix);

    for (int i = 0; i < FUNCTION_ALIGNED_ALLOC && wrong == NULL; i++)
        wrong = prefix_set(&subject->functions, prefix, i);
    if (wrong == NULL && elf_file_exports(subject->path, aligned))
        wrong = prefix_set(&subject->functions, prefix, FUNCTION_ALIGNED_ALLOC);
    free(aligned);
    if (wrong == NULL)
        return 0;
    return failure_set(ret_error,
                       "%s@%s: %s\nPATH@my_ means the functions my_malloc, "
                       "my_calloc, my_realloc and my_free of the library.",
                       subject->path, prefix, wrong);
}

int subject_functions_of_prefix(struct subject *subject, const char *given,
                                struct failure *ret_error)
{
    char *prefix = text_copy(given);
    size_t size = strlen(prefix), suffix = strlen(ONE_THREAD);
    bool one_thread =
        size >= suffix && strcmp(prefix + size - suffix, ONE_THREAD) == 0;
    int result;

    if (one_thread)
        prefix[size - suffix] = '\0';
    subject_set_contract(subject, one_thread, NULL);
    result = prefix_take(subject, prefix, ret_error);
    if (result == 0) {
        char *name = text_format("%s@%s", subject->name, prefix);

        free(subject->name);
        subject->name = name;
    }
    free(prefix);
    return result;
}

/* ---- what the file says ---- */

char *subject_functions_missing(const struct subject *subject)
{
    char **missing = text_split("");
    char *joined;

    for (int i = 0; i < FUNCTIONS; i++) {
        const char *name = subject->functions.name[i];

        if (*name != '\0' && !elf_file_exports(subject->path, name))
            missing = text_list_add(missing, text_copy(name));
    }
    joined = text_join(missing);
    text_list_free(missing);
    return joined;
}

int subject_functions_check(const struct subject *subject,
                            struct failure *ret_error)
{
    char *missing = subject_functions_missing(subject);
    int result = 0;

    if (*missing != '\0')
        result = failure_set(ret_error,
                             "subject %s: %s exports no %s\nThe library of "
                             "a subject under names of its own has them all.",
                             subject->name, subject->path, missing);
    free(missing);
    return result;
}

/* ---- writing ---- */

char *subject_functions_text(const struct subject *subject)
{
    char *text = text_copy("");

    for (int i = 0; i < FUNCTIONS; i++) {
        const char *name = subject->functions.name[i];
        char *longer;

        if (*name == '\0')
            continue;
        longer = text_format("%s%s%s=%s", text, *text != '\0' ? "," : "",
                             function_word(i), name);
        free(text);
        text = longer;
    }
    return text;
}

void subject_functions_to_json(const struct subject *subject, json_t *value)
{
    json_t *names = json_object();

    if (!functions_are_own(&subject->functions)) {
        json_decref(names);
        return;
    }
    for (int i = 0; i < FUNCTIONS; i++)
        if (subject->functions.name[i][0] != '\0')
            json_object_set_new(names, function_word(i),
                                json_string(subject->functions.name[i]));
    json_object_set_new(value, "functions", names);
    json_object_set_new(value, "contract", json_string(subject->contract));
    if (subject->one_thread)
        json_object_set_new(value, "threads", json_integer(1));
}
