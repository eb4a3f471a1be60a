/* functions.c - reads and compares the names of a subject's functions. */
#include "functions.h"

#include <string.h>

static const char *const function_words[FUNCTIONS] = {
    [FUNCTION_MALLOC] = "malloc",
    [FUNCTION_CALLOC] = "calloc",
    [FUNCTION_REALLOC] = "realloc",
    [FUNCTION_FREE] = "free",
    [FUNCTION_ALIGNED_ALLOC] = "aligned_alloc",
};

const char *function_word(enum function function)
{
    return function_words[function];
}

bool functions_are_own(const struct functions *functions)
{
    return functions->name[FUNCTION_MALLOC][0] != '\0';
}

bool functions_are_equal(const struct functions *left,
                         const struct functions *right)
{
    for (int i = 0; i < FUNCTIONS; i++)
        if (strcmp(left->name[i], right->name[i]) != 0)
            return false;
    return true;
}

/* What a symbol of C may be made of: no comma, equals sign or space. */
static bool function_is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";

    return *name != '\0' && name[strspn(name, letters)] == '\0';
}

const char *functions_set(struct functions *functions, const char *word,
                          const char *name)
{
    int i = 0;

    while (i < FUNCTIONS && strcmp(function_words[i], word) != 0)
        i++;
    if (i == FUNCTIONS)
        return "what is renamed is malloc, calloc, realloc, free or "
               "aligned_alloc";
    if (!function_is_name(name))
        return "a function's name has letters, digits and underscores";
    if (strlen(name) >= FUNCTION_NAME_BYTES)
        return "a function's name has at most 95 characters";
    strcpy(functions->name[i], name);
    return NULL;
}

const char *functions_lack(const struct functions *functions)
{
    if (functions->name[FUNCTION_MALLOC][0] == '\0')
        return "there is no function for malloc";
    if (functions->name[FUNCTION_FREE][0] == '\0')
        return "there is no function for free";
    return NULL;
}

/* "word=name" of `size` characters. */
static const char *functions_take(struct functions *functions, const char *text,
                                  size_t size)
{
    char part[2 * FUNCTION_NAME_BYTES];
    char *equals;

    if (size >= sizeof(part))
        return "a function's name has at most 95 characters";
    memcpy(part, text, size);
    part[size] = '\0';
    equals = strchr(part, '=');
    if (equals == NULL)
        return "each is written as malloc=NAME";
    *equals = '\0';
    return functions_set(functions, part, equals + 1);
}

const char *functions_parse(const char *text, struct functions *ret_functions)
{
    struct functions functions = { 0 };
    const char *wrong = NULL;

    while (wrong == NULL && *text != '\0') {
        size_t size = strcspn(text, ",");

        wrong = functions_take(&functions, text, size);
        text += size + (text[size] == ',');
    }
    if (wrong == NULL)
        wrong = functions_lack(&functions);
    if (wrong == NULL)
        *ret_functions = functions;
    return wrong;
}
