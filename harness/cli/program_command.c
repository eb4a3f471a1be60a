/* program_command.c - a program given on the command line.
 *
 * It becomes a definition like those of the folder, but runs where the user
 * stands and with the user's environment. */
#include "program_parts.h"

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"
#include "text.h"

static bool is_executable_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           access(path, X_OK) == 0;
}

/* Symbolic links stay: a program may look at the name it was called by, as
 * Debian's redis-server does, which is a link to redis-check-rdb. */
static char *command_absolute(const char *path)
{
    if (path[0] == '/')
        return text_copy(path);
    char *here = getcwd(NULL, 0);
    char *absolute = text_format("%s/%s", here != NULL ? here : ".", path);
    free(here);
    return absolute;
}

/* As execvp finds it, made absolute; NULL when nowhere. */
static char *command_find(const char *word)
{
    if (strchr(word, '/') != NULL)
        return is_executable_file(word) ? command_absolute(word) : NULL;
    const char *folders = getenv("PATH");
    if (folders == NULL)
        folders = "/usr/local/bin:/usr/bin:/bin";
    while (true) {
        int length = (int)(strchrnul(folders, ':') - folders);
        char *path = length == 0
                         ? text_copy(word)
                         : text_format("%.*s/%s", length, folders, word);
        char *found = is_executable_file(path) ? command_absolute(path) : NULL;
        free(path);
        if (found != NULL || folders[length] == '\0')
            return found;
        folders += length + 1;
    }
}

/* The interpreter's words in the first line of a script, or NULL. */
static char *script_interpreter(const char *path)
{
    char line[PATH_MAX] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    bool got = fgets(line, sizeof(line), file) != NULL;
    fclose(file);
    if (!got || strncmp(line, "#!", 2) != 0)
        return NULL;
    char *words = line + 2;
    while (isspace((unsigned char)*words))
        words++;
    words[strcspn(words, "\r\n")] = '\0';
    return *words != '\0' ? text_copy(words) : NULL;
}

/* "/usr/bin/env [-S] python3 -u" is said as "python3 -u". */
static const char *interpreter_to_name(const char *interpreter)
{
    static const char env[] = "/usr/bin/env ", split[] = "-S ";
    if (strncmp(interpreter, env, strlen(env)) == 0)
        interpreter += strlen(env);
    if (strncmp(interpreter, split, strlen(split)) == 0)
        interpreter += strlen(split);
    return interpreter;
}

static int command_refuse(const char *path, char *const *argv,
                          struct failure *ret_error)
{
    char *interpreter = script_interpreter(path);
    if (interpreter == NULL)
        return failure_set(ret_error,
                           "%s is no ELF program for this machine: a subject "
                           "can only be preloaded into one",
                           path);
    char *rest = text_copy("");
    for (size_t i = 1; argv[i] != NULL; i++) {
        char *longer = text_format("%s %s", rest, argv[i]);
        free(rest);
        rest = longer;
    }
    failure_set(ret_error,
                "%s is a script: what would be measured is its interpreter, "
                "'%s'\nName it yourself: assay run ... -- %s %s%s",
                path, interpreter, interpreter_to_name(interpreter), path,
                rest);
    free(rest);
    free(interpreter);
    return -1;
}

static json_t *command_definition(const char *path, char *const *argv)
{
    json_t *words = json_array();
    json_array_append_new(words, json_string(path));
    for (size_t i = 1; argv[i] != NULL; i++)
        json_array_append_new(words, json_string(argv[i]));
    return json_pack("{s:o, s:b, s:[s]}", "command", words, "inherit", 1,
                     "output", "stdout");
}

/* json_string() refuses what is not UTF-8, and so does hyperfine. */
static bool words_are_text(const json_t *definition, char *const *argv)
{
    return json_array_size(json_object_get(definition, "command")) ==
           text_list_count(argv);
}

int program_from_command(char *const *argv, struct program *ret_program,
                         struct failure *ret_error)
{
    if (argv[0] == NULL)
        return failure_set(ret_error, "no program given after '--'");
    char *path = command_find(argv[0]);
    if (path == NULL)
        return failure_set(ret_error,
                           "%s: no such program%s\nGive its path, or the "
                           "name of one that PATH has",
                           argv[0],
                           strchr(argv[0], '/') != NULL ? "" : " on the PATH");
    int result = 0;
    if (!elf_file_is_program(path))
        result = command_refuse(path, argv, ret_error);
    json_t *definition = command_definition(path, argv);
    if (result == 0 && !words_are_text(definition, argv))
        result =
            failure_set(ret_error, "%s: the arguments must be UTF-8", argv[0]);
    if (result == 0)
        *ret_program = (struct program){
            .name = text_copy(basename(path)),
            .question = text_format("What does %s cost?", argv[0]),
            .definition = json_incref(definition),
        };
    json_decref(definition);
    free(path);
    return result;
}
