/* program_load.c - reads the definitions of suites/programs. */
#include "program_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_file.h"
#include "places.h"
#include "text.h"

/* The file as text, or NULL with errno. */
static char *load_text(const char *path)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    if (getdelim(&text, &room, '\0', file) < 0 && text != NULL)
        text[0] = '\0';
    fclose(file);
    return text;
}

static void program_fill(struct program *program, json_t *definition)
{
    program->name = text_copy(program_text(definition, "name"));
    program->question = text_copy(program_text(definition, "question"));
    program->quick = json_is_true(json_object_get(definition, "quick"));
    program->definition = definition;
}

static int load_one(const char *path, struct program *ret_program,
                    struct failure *ret_error)
{
    json_error_t error;
    char *text = load_text(path);
    if (text == NULL)
        return failure_set(ret_error, "%s: %s", path, strerror(errno));
    json_t *definition = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    int result = 0;
    if (definition == NULL)
        result =
            failure_set(ret_error, "%s:%d: %s", path, error.line, error.text);
    else
        result = program_check(path, text, definition, ret_error);
    if (result == 0)
        program_fill(ret_program, definition);
    else
        json_decref(definition);
    free(text);
    return result;
}

static int is_definition(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int load_all(const char *folder, struct dirent **entries, int count,
                    struct program *programs, struct failure *ret_error)
{
    int result = 0;
    for (int i = 0; i < count && result == 0; i++) {
        char *path = text_format("%s/%s", folder, entries[i]->d_name);
        result = load_one(path, &programs[i], ret_error);
        free(path);
    }
    return result;
}

int programs_load(struct program **ret_programs, size_t *ret_count,
                  struct failure *ret_error)
{
    struct dirent **entries;
    char *folder = place_of_data("programs");
    if (folder == NULL)
        return failure_set(ret_error, "the folder 'programs' is not there: "
                                      "build or install Assay again");
    int count = scandir(folder, &entries, is_definition, alphasort);
    if (count < 0) {
        failure_set(ret_error, "%s: %s", folder, strerror(errno));
        free(folder);
        return -1;
    }
    struct program *programs =
        calloc((size_t)count + 1, sizeof(struct program));
    int result = programs == NULL
                     ? failure_set(ret_error, "out of memory")
                     : load_all(folder, entries, count, programs, ret_error);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(folder);
    if (result < 0) {
        programs_free(programs, programs != NULL ? (size_t)count : 0);
        return -1;
    }
    *ret_programs = programs;
    *ret_count = (size_t)count;
    return 0;
}

void program_free(struct program *program)
{
    free(program->name);
    free(program->question);
    json_decref(program->definition);
    *program = (struct program){ 0 };
}

void programs_free(struct program *programs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        program_free(&programs[i]);
    free(programs);
}

/* ---- what must be installed ---- */

static bool is_there(const struct program *program, const json_t *command,
                     const char *package, struct failure *ret_error)
{
    const char *path = json_string_value(json_array_get(command, 0));
    if (access(path, X_OK) != 0) {
        failure_set(ret_error,
                    "program %s needs %s, which is not installed\n"
                    "Install it with: apt-get install %s",
                    program->name, path, package != NULL ? package : "?");
        return false;
    }
    if (elf_file_is_program(path))
        return true;
    failure_set(ret_error,
                "program %s: %s is no ELF program (a wrapper script?), and "
                "only those are measured",
                program->name, path);
    return false;
}

bool program_is_installed(const struct program *program,
                          struct failure *ret_error)
{
    const json_t *definition = program->definition;
    const json_t *server = json_object_get(definition, "server");
    size_t i;
    json_t *input;
    if (!is_there(program, json_object_get(definition, "command"),
                  program_text(definition, "package"), ret_error))
        return false;
    if (server != NULL &&
        !is_there(program, json_object_get(server, "client"),
                  program_text(server, "client_package"), ret_error))
        return false;
    json_array_foreach(json_object_get(definition, "inputs"), i, input)
    {
        if (!is_there(program, json_object_get(input, "made_by"),
                      program_text(input, "package"), ret_error))
            return false;
    }
    return true;
}
