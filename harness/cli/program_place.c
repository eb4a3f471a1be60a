/* program_place.c - the folders of a program's cells, and what its words
 * mean there. */
#include "program_parts.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "places.h"
#include "text.h"

enum { OPEN_FOLDERS = 8 };

/* Makes `parent`/`name` and returns it absolute; NULL with errno. */
static char *folder_make(const char *parent, const char *name)
{
    char *path = text_format("%s/%s", parent, name);
    char *real = NULL;
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        real = realpath(path, NULL);
    free(path);
    return real;
}

static int place_make(const char *work_folder, const char *name,
                      struct program_place *place)
{
    char *all = folder_make(work_folder, "programs");
    char *own = all != NULL ? folder_make(all, name) : NULL;
    if (own != NULL) {
        place->inputs = folder_make(own, "inputs");
        place->run = folder_make(own, "run");
        place->kept = folder_make(own, "outputs");
    }
    int error = errno;
    free(own);
    free(all);
    errno = error;
    return place->inputs != NULL && place->run != NULL && place->kept != NULL
               ? 0
               : -1;
}

int program_place_make(const struct program *program, const char *work_folder,
                       struct program_place *ret_place,
                       struct failure *ret_error)
{
    struct program_place place = { .programs = place_of_data("programs") };
    int result = 0;
    if (place.programs == NULL)
        result = failure_set(ret_error, "the folder 'programs' is not there: "
                                        "build or install Assay again");
    else if (place_make(work_folder, program->name, &place) < 0)
        result = failure_set(ret_error, "%s: cannot make folders for %s: %s",
                             work_folder, program->name, strerror(errno));
    if (result < 0)
        program_place_free(&place);
    else
        *ret_place = place;
    return result;
}

void program_place_free(struct program_place *place)
{
    free(place->programs);
    free(place->inputs);
    free(place->run);
    free(place->kept);
    *place = (struct program_place){ 0 };
}

static int remove_below(const char *path, const struct stat *status, int kind,
                        struct FTW *walk)
{
    (void)status;
    (void)kind;
    return walk->level == 0 ? 0 : remove(path);
}

int program_place_empty(const struct program_place *place,
                        struct failure *ret_error)
{
    if (nftw(place->run, remove_below, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0)
        return 0;
    return failure_set(ret_error, "%s: cannot be emptied: %s", place->run,
                       strerror(errno));
}

/* The rest of the word when it begins with `prefix`, or NULL. */
static const char *word_behind(const char *word, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(word, prefix, length) == 0 ? word + length : NULL;
}

char *program_word(const struct program_place *place, const char *word)
{
    const char *rest = word_behind(word, "{programs}");
    if (rest != NULL)
        return text_format("%s%s", place->programs, rest);
    rest = word_behind(word, "{inputs}");
    if (rest != NULL)
        return text_format("%s%s", place->inputs, rest);
    return text_copy(word);
}

char **program_words(const struct program_place *place, char **list,
                     const json_t *words)
{
    size_t i;
    json_t *word;
    json_array_foreach(words, i, word)
    {
        list =
            text_list_add(list, program_word(place, json_string_value(word)));
    }
    return list;
}

const char *program_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

char *program_tool(const char *name, struct failure *ret_error)
{
    char *path = place_of_program(name);
    if (path == NULL)
        failure_set(ret_error, "%s is not there: build or install Assay again",
                    name);
    return path;
}
