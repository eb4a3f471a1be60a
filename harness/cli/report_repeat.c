/* report_repeat.c - the command that measures one row again. */
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report.h"
#include "text.h"

/* The next word of a command line as it was typed, quotes kept; NULL at its
 * end. */
static char *next_word(const char **at)
{
    const char *start = *at + strspn(*at, " ");
    const char *end = start;
    bool quoted = false;

    while (*end != '\0' && (quoted || *end != ' '))
        quoted ^= *end++ == '\'';
    *at = end;
    return end > start ? strndup(start, (size_t)(end - start)) : NULL;
}

/* Options that name where results go, or which rows there are: 2 when the
 * value is a word of its own, 1 when not, 0 for other words. */
static int is_replaced(const char *word)
{
    static const char *const options[] = { "--out", "--workloads" };

    if (strcmp(word, "--resume") == 0 || strcmp(word, "--json") == 0)
        return 1;
    for (size_t i = 0; i < TEXT_COUNT(options); i++) {
        size_t size = strlen(options[i]);

        if (strncmp(word, options[i], size) == 0 &&
            (word[size] == '\0' || word[size] == '='))
            return word[size] == '\0' ? 2 : 1;
    }
    return 0;
}

/* Appends a word; takes it over. */
static char *append(char *line, char *word)
{
    char *longer = text_format("%s%s%s", line, *line != '\0' ? " " : "", word);

    free(line);
    free(word);
    return longer;
}

static char *kept_words(const char *typed)
{
    char *line = text_copy(""), *word;
    int skip = 0;

    while ((word = next_word(&typed)) != NULL) {
        if (skip == 0)
            skip = is_replaced(word);
        if (skip == 0)
            line = append(line, word);
        else {
            free(word);
            skip--;
        }
    }
    return line;
}

char *report_repeat(const json_t *header, const char *row)
{
    const char *typed = line_text(header, "command");
    json_int_t seed = json_integer_value(
        json_object_get(json_object_get(header, "identity"), "seed"));
    char *line;

    if (strncmp(typed, "assay bench", strlen("assay bench")) != 0)
        return text_copy(typed); /* `assay run` has one row */
    line = kept_words(typed);
    if (strstr(line, "--seed") == NULL)
        line = append(line, text_format("--seed %lld", (long long)seed));
    return append(line, strpbrk(row, " '\"$`\\<>|&;*?()") == NULL
                            ? text_format("--workloads %s", row)
                            : text_format("--workloads '%s'", row));
}
