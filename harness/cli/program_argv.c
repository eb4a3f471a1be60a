/* program_argv.c - the command line of one cell.
 *
 *   time, program:    hyperfine -- 'assay-launch ... PROGRAM'
 *   memory, program:  assay-launch ... PROGRAM
 *   server:           assay-serve ... assay-launch ... SERVER
 *                         --client hyperfine -- 'CLIENT'
 *
 * The subject appears as an argument of assay-launch only, so that neither
 * hyperfine nor a client is ever preloaded. */
#include "program_parts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"
#include "subject.h"
#include "text.h"

struct program_files program_files_of(const struct program_place *place)
{
    return (struct program_files){
        .report = text_format("%s/report", place->run),
        .witness = text_format("%s/witness", place->run),
        .output = text_format("%s/stdout", place->run),
        .errors = text_format("%s/stderr", place->run),
        .replies = text_format("%s/replies", place->run),
        .hyperfine = text_format("%s/hyperfine.json", place->run),
        .capture = text_format("%s/tools", place->run),
    };
}

void program_files_free(struct program_files *files)
{
    free(files->report);
    free(files->witness);
    free(files->output);
    free(files->errors);
    free(files->replies);
    free(files->hyperfine);
    free(files->capture);
}

/* ---- the launcher ---- */

static char **add_option(char **list, const char *option, const char *value)
{
    list = text_list_add(list, text_copy(option));
    return text_list_add(list, text_copy(value));
}

static char **add_setting(char **list, const char *name, const char *value)
{
    list = text_list_add(list, text_copy("--set"));
    return text_list_add(list, text_format("%s=%s", name, value));
}

/* What the subject needs, then what the program needs. */
static char **add_settings(char **list, const struct program_cell *cell,
                           const struct program_place *place)
{
    json_t *definition = cell->program->definition, *value;
    const char *name;
    for (size_t i = 0; cell->subject->environment[i] != NULL; i++)
        list = add_option(list, "--set", cell->subject->environment[i]);
    if (!json_is_true(json_object_get(definition, "inherit"))) {
        list = add_setting(list, "HOME", place->run);
        list = add_setting(list, "TMPDIR", place->run);
    }
    json_object_foreach(json_object_get(definition, "environment"), name, value)
    {
        list = add_setting(list, name, json_string_value(value));
    }
    return list;
}

static char **add_input(char **list, const struct program_cell *cell,
                        const struct program_place *place)
{
    const char *input = program_text(cell->program->definition, "stdin");
    if (input == NULL)
        return list;
    list = text_list_add(list, text_copy("--stdin"));
    return text_list_add(list, program_word(place, input));
}

static char **launcher_argv(const struct program_cell *cell,
                            const struct program_place *place,
                            const struct program_files *files, char **list,
                            struct failure *ret_error)
{
    char *launcher = program_tool("assay-launch", ret_error);
    char *witness = program_tool("libassay-witness.so", ret_error);
    if (launcher == NULL || witness == NULL) {
        text_list_free(list);
        free(launcher);
        free(witness);
        return NULL;
    }
    list = text_list_add(list, launcher);
    list = add_option(list, "--subject", cell->subject->path);
    list = add_option(list, "--witness", witness);
    list = add_option(list, "--witness-file", files->witness);
    list = add_option(list, "--report", files->report);
    list = add_option(list, "--stdout", files->output);
    list = add_option(list, "--stderr", files->errors);
    list = add_input(list, cell, place);
    list = text_list_add(list, text_copy("--pad"));
    list = text_list_add(list,
                         text_format("%zu", environment_pad_bytes(cell->seed)));
    list = add_settings(list, cell, place);
    free(witness);
    return program_words(place, list,
                         json_object_get(cell->program->definition, "command"));
}

/* ---- hyperfine ---- */

/* hyperfine takes a command as one string and splits it as a shell would. */
static char *quoted(char *const *words)
{
    size_t size = 1;
    for (size_t i = 0; words[i] != NULL; i++)
        size += 4 * strlen(words[i]) + 3;
    char *text = calloc(size, 1), *end = text;
    if (text == NULL)
        return text_copy("");
    for (size_t i = 0; words[i] != NULL; i++) {
        end = stpcpy(end, i > 0 ? " '" : "'");
        for (const char *c = words[i]; *c != '\0'; c++) {
            if (*c == '\'')
                end = stpcpy(end, "'\\'");
            *end++ = *c;
        }
        end = stpcpy(end, "'");
    }
    return text;
}

static char *hyperfine_find(struct failure *ret_error)
{
    static const char *const paths[] = { "/usr/bin/hyperfine",
                                         "/usr/local/bin/hyperfine" };
    for (size_t i = 0; i < TEXT_COUNT(paths); i++)
        if (access(paths[i], X_OK) == 0)
            return text_copy(paths[i]);
    failure_set(ret_error, "hyperfine keeps the clock of programs and is not "
                           "installed\nInstall it with: apt-get install "
                           "hyperfine");
    return NULL;
}

static char **hyperfine_argv(char *const *timed,
                             const struct program_files *files, char **list,
                             struct failure *ret_error)
{
    static const char *const options[] = { "-N", "-i",      "--runs",
                                           "1",  "--style", "none" };
    char *hyperfine = hyperfine_find(ret_error);
    if (hyperfine == NULL) {
        text_list_free(list);
        return NULL;
    }
    list = text_list_add(list, hyperfine);
    for (size_t i = 0; i < TEXT_COUNT(options); i++)
        list = text_list_add(list, text_copy(options[i]));
    list = add_option(list, "--export-json", files->hyperfine);
    list = text_list_add(list, text_copy("--"));
    return text_list_add(list, quoted(timed));
}

/* ---- assay-serve ---- */

static char **add_requests(char **list, const char *option,
                           const json_t *requests)
{
    size_t i;
    json_t *request;
    json_array_foreach(requests, i, request)
    {
        list = add_option(list, option, json_string_value(request));
    }
    return list;
}

static char **add_server(char **list, const json_t *server,
                         const struct program_files *files)
{
    list = add_option(list, "--socket", program_text(server, "socket"));
    list = add_option(list, "--ready", program_text(server, "ready"));
    list = add_option(list, "--reply", program_text(server, "reply"));
    list = add_option(list, "--stop", program_text(server, "stop"));
    list = add_option(list, "--transcript", files->replies);
    list = add_requests(list, "--fill", json_object_get(server, "fill"));
    return add_requests(list, "--ask", json_object_get(server, "ask"));
}

static char **server_argv(const struct program_cell *cell,
                          const struct program_place *place,
                          const struct program_files *files,
                          const json_t *server, struct failure *ret_error)
{
    char *driver = program_tool("assay-serve", ret_error);
    if (driver == NULL)
        return NULL;
    char **list = text_list_add(text_split(""), driver);
    list = add_server(list, server, files);
    list = launcher_argv(cell, place, files, list, ret_error);
    if (list == NULL)
        return NULL;
    list = text_list_add(list, text_copy("--client"));
    char **client =
        program_words(place, text_split(""), json_object_get(server, "client"));
    list = hyperfine_argv(client, files, list, ret_error);
    text_list_free(client);
    return list;
}

char **program_argv(const struct program_cell *cell,
                    const struct program_place *place,
                    const struct program_files *files,
                    struct failure *ret_error)
{
    const json_t *server = json_object_get(cell->program->definition, "server");
    if (server != NULL)
        return server_argv(cell, place, files, server, ret_error);
    char **launcher =
        launcher_argv(cell, place, files, text_split(""), ret_error);
    if (launcher == NULL || cell->kind == CELL_MEMORY)
        return launcher;
    char **list = hyperfine_argv(launcher, files, text_split(""), ret_error);
    text_list_free(launcher);
    return list;
}
