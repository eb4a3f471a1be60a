/* text.h - small helpers for strings and lists of strings.
 *
 * Errors: running out of memory ends the tool with status 3 and a message.
 * Owner:  the caller frees what is returned. */
#ifndef ASSAY_TEXT_H
#define ASSAY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TEXT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A fresh string, printf-like. */
char *text_format(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* A copy that never fails. */
char *text_copy(const char *text);

/* The parts of a comma-separated list, ended by NULL; empty parts are left
 * out. Freed by text_list_free(). */
char **text_split(const char *text);
char **text_list_add(char **list, char *text); /* takes `text` over */
size_t text_list_count(char *const *list);
char **text_list_copy(char *const *list); /* of NULL: an empty one */
bool text_lists_are_equal(char *const *left, char *const *right);
void text_list_free(char **list);
char *text_join(char *const *list); /* "a, b" */

/* Writes it in lines of `width` columns, folded at blanks; the first goes on at
 * column `indent`, where the others begin. */
void text_fold(FILE *out, const char *text, size_t indent, size_t width);

/* How many single-character edits lie between two words (Levenshtein 1966). */
size_t text_distance(const char *left, const char *right);

/* The words of the list nearest to `word`, as "did you mean a or b?", or an
 * empty string when none is near. */
char *text_nearest(const char *word, char *const *list);

#endif
