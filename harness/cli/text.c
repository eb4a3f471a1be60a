/* text.c - strings for the command line. */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_ENOUGH = 3, WORD_MAX = 127 };

static void *text_check(void *memory)
{
    if (memory == NULL) {
        fputs("assay: out of memory\n", stderr);
        exit(3);
    }
    return memory;
}

char *text_format(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return text_check(text);
}

char *text_copy(const char *text)
{
    return text_check(strdup(text));
}

size_t text_list_count(char *const *list)
{
    size_t count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

char **text_list_add(char **list, char *text)
{
    size_t count = text_list_count(list);

    list = text_check(realloc(list, (count + 2) * sizeof(*list)));
    list[count] = text;
    list[count + 1] = NULL;
    return list;
}

char **text_split(const char *text)
{
    char **list = text_check(calloc(1, sizeof(*list)));

    while (*text != '\0') {
        size_t size = strcspn(text, ",");

        if (size > 0)
            list = text_list_add(list, text_check(strndup(text, size)));
        text += size + (text[size] == ',');
    }
    return list;
}

char **text_list_copy(char *const *list)
{
    char **copy = text_split("");

    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        copy = text_list_add(copy, text_copy(list[i]));
    return copy;
}

bool text_lists_are_equal(char *const *left, char *const *right)
{
    while (*left != NULL && *right != NULL && strcmp(*left, *right) == 0)
        left++, right++;
    return *left == NULL && *right == NULL;
}

void text_list_free(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        free(list[i]);
    free(list);
}

char *text_join(char *const *list)
{
    char *joined = text_copy("");

    for (size_t i = 0; list[i] != NULL; i++) {
        char *longer =
            text_format("%s%s%s", joined, i > 0 ? ", " : "", list[i]);

        free(joined);
        joined = longer;
    }
    return joined;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

void text_fold(FILE *out, const char *text, size_t indent, size_t width)
{
    size_t room = width - indent;

    while (strlen(text) > room) {
        size_t cut = room;

        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut == 0)
            break;
        fprintf(out, "%.*s\n%*s", (int)cut, text, (int)indent, "");
        text += cut + 1;
    }
    fprintf(out, "%s\n", text);
}

size_t text_distance(const char *left, const char *right)
{
    size_t columns = strlen(right), row[WORD_MAX + 1];

    if (columns > WORD_MAX || strlen(left) > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= columns; j++)
        row[j] = j;
    for (size_t i = 0; left[i] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < columns; j++) {
            size_t above = row[j + 1];
            size_t swap = diagonal + (left[i] != right[j]);

            row[j + 1] = smallest(above + 1, row[j] + 1, swap);
            diagonal = above;
        }
    }
    return row[columns];
}

char *text_nearest(const char *word, char *const *list)
{
    char *found = NULL;

    for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
        size_t distance = text_distance(word, list[i]);
        size_t common = strlen(word);
        int prefix = common >= 2 && strncmp(word, list[i], common) == 0;
        char *longer;

        /* A third of the word may differ: more would offer anything. */
        if (!prefix && (distance > NEAR_ENOUGH || distance * 2 > common))
            continue;
        longer = found == NULL ? text_format("did you mean %s", list[i])
                               : text_format("%s or %s", found, list[i]);
        free(found);
        found = longer;
    }
    if (found != NULL) {
        char *question = text_format("%s?", found);

        free(found);
        return question;
    }
    return text_copy("");
}
