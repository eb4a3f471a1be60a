/* program_output.c - what a program answered, and whether it is the same.
 *
 * All outputs of a cell are put behind each other in one file: one digest,
 * and one place to look at when it differs. */
#include "program_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sha2.h>

#include "subject.h"
#include "text.h"

enum { COPY_BYTES = 1 << 16 };

static char *gathered_path(const struct program_place *place)
{
    return text_format("%s/output", place->run);
}

/* "stdout", "stderr" and "replies" are the cell's; others the program made. */
static char *output_path(const char *name, const struct program_place *place,
                         const struct program_files *files)
{
    if (strcmp(name, "stdout") == 0)
        return text_copy(files->output);
    if (strcmp(name, "stderr") == 0)
        return text_copy(files->errors);
    if (strcmp(name, "replies") == 0)
        return text_copy(files->replies);
    return text_format("%s/%s", place->run, name);
}

static int append_file(FILE *to, const char *path)
{
    static char bytes[COPY_BYTES];
    size_t got;
    FILE *from = fopen(path, "re");
    if (from == NULL)
        return -1;
    while ((got = fread(bytes, 1, sizeof(bytes), from)) > 0)
        fwrite(bytes, 1, got, to);
    int result = ferror(from) || ferror(to) ? -1 : 0;
    fclose(from);
    return result;
}

static int append_all(FILE *to, const struct program_cell *cell,
                      const struct program_place *place,
                      const struct program_files *files,
                      struct failure *ret_error)
{
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(cell->program->definition, "output"), i,
                       name)
    {
        char *path = output_path(json_string_value(name), place, files);
        int result = append_file(to, path);
        free(path);
        if (result < 0)
            return failure_set(ret_error, "the output '%s' cannot be read: %s",
                               json_string_value(name), strerror(errno));
    }
    return 0;
}

int program_output_gather(const struct program_cell *cell,
                          const struct program_place *place,
                          const struct program_files *files, char *ret_digest,
                          struct failure *ret_error)
{
    char *path = gathered_path(place);
    FILE *to = fopen(path, "we");
    int result = to == NULL
                     ? failure_set(ret_error, "%s: %s", path, strerror(errno))
                     : append_all(to, cell, place, files, ret_error);
    if (to != NULL && fclose(to) != 0 && result == 0)
        result = failure_set(ret_error, "%s: %s", path, strerror(errno));
    if (result == 0 && SHA256File(path, ret_digest) == NULL)
        result = failure_set(ret_error, "%s: %s", path, strerror(errno));
    free(path);
    return result;
}

/* ---- where two outputs differ ---- */

/* Counts bytes from 0 and lines from 1; false where they are the same. */
static bool first_difference(FILE *left, FILE *right, size_t *ret_byte,
                             size_t *ret_line)
{
    size_t byte = 0, line = 1;
    for (;;) {
        int a = getc_unlocked(left), b = getc_unlocked(right);
        if (a != b) {
            *ret_byte = byte;
            *ret_line = line;
            return true;
        }
        if (a == EOF)
            return false;
        byte++;
        line += a == '\n';
    }
}

static void say_where(const char *expected, const char *wrong,
                      char *ret_message, size_t room)
{
    FILE *left = fopen(expected, "re"), *right = fopen(wrong, "re");
    size_t byte, line;
    if (left != NULL && right != NULL &&
        first_difference(left, right, &byte, &line))
        snprintf(ret_message, room,
                 "the output differs from the expected one at byte %zu (line "
                 "%zu): compare %.160s with %.160s",
                 byte, line, wrong, expected);
    else
        snprintf(ret_message, room,
                 "the output differs from the expected one, which is no longer "
                 "kept: see %.200s",
                 wrong);
    if (left != NULL)
        fclose(left);
    if (right != NULL)
        fclose(right);
}

static bool is_kept(const char *path, const char *digest)
{
    char kept[SHA256_DIGEST_STRING_LENGTH];
    return SHA256File(path, kept) != NULL && strcmp(kept, digest) == 0;
}

/* "outputs/expected", or "outputs/wrong-SUBJECT". */
static char *kept_path(const struct program_place *place, const char *name)
{
    char *path = text_format("%s/%s", place->kept, name);
    for (char *c = path + strlen(place->kept) + 1; *c != '\0'; c++)
        if (*c == '/')
            *c = '_';
    return path;
}

static char *wrong_path(const struct program_cell *cell,
                        const struct program_place *place)
{
    char *name = text_format("wrong-%s", cell->subject->name);
    char *path = kept_path(place, name);
    free(name);
    return path;
}

bool program_output_agrees(const struct program_cell *cell,
                           const struct program_place *place,
                           const char *digest, char *ret_message, size_t room)
{
    bool agrees = cell->expected == NULL || strcmp(cell->expected, digest) == 0;
    char *gathered = gathered_path(place);
    char *expected = kept_path(place, "expected");
    if (agrees && !is_kept(expected, digest)) {
        rename(gathered, expected);
    } else if (!agrees) {
        char *wrong = wrong_path(cell, place);
        rename(gathered, wrong);
        say_where(is_kept(expected, cell->expected) ? expected : "", wrong,
                  ret_message, room);
        free(wrong);
    }
    free(expected);
    free(gathered);
    return agrees;
}
