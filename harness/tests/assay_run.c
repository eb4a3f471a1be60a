/* assay_run.c - a shell, two temporary files and an exit status, and what
 * tests assert of them. */
#include "assay_run.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

const char *test_folder(void)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof(folder), "/tmp/assay-test-XXXXXX");
        if (mkdtemp(folder) == NULL)
            abort();
    }
    return folder;
}

void test_folder_remove(void)
{
    char command[96];

    if (folder[0] == '\0')
        return;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0)
        abort();
}

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (file == NULL || (getdelim(&text, &size, '\0', file) < 0 && text)) {
        free(text);
        text = strdup("");
    }
    if (file != NULL)
        fclose(file);
    return text;
}

/* Takes the words over. */
static struct outcome run(char *words)
{
    struct outcome outcome = { .command = words };
    char out[96], err[96], *line;
    int status;

    snprintf(out, sizeof(out), "%s/stdout", test_folder());
    snprintf(err, sizeof(err), "%s/stderr", test_folder());
    if (asprintf(&line,
                 "export TMP=%s; cd \"$TMP\"; { %s ; } >%s 2>%s </dev/null",
                 test_folder(), words, out, err) < 0)
        abort();
    status = system(line);
    free(line);
    outcome.status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out = read_all(out);
    outcome.err = read_all(err);
    return outcome;
}

struct outcome shell(const char *command, ...)
{
    va_list arguments;
    char *words;

    va_start(arguments, command);
    if (vasprintf(&words, command, arguments) < 0)
        abort();
    va_end(arguments);
    return run(words);
}

struct outcome assay(const char *command, ...)
{
    struct outcome outcome;
    va_list arguments;
    char *words;

    va_start(arguments, command);
    if (vasprintf(&words, command, arguments) < 0)
        abort();
    va_end(arguments);
    outcome = shell("\"$ASSAY\" %s", words);
    free(words);
    return outcome;
}

void outcome_free(struct outcome *outcome)
{
    free(outcome->out);
    free(outcome->err);
    free(outcome->command);
    *outcome = (struct outcome){ 0 };
}

static bool is_named(const char *pid, const char *name)
{
    char path[64], text[32] = "";
    FILE *file;
    bool is;

    snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    is = fgets(text, sizeof(text), file) != NULL &&
         strncmp(text, name, strlen(name)) == 0;
    fclose(file);
    return is;
}

unsigned processes_named(const char *name)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    unsigned count = 0;

    while (proc != NULL && (entry = readdir(proc)) != NULL)
        count += is_named(entry->d_name, name);
    if (proc != NULL)
        closedir(proc);
    return count;
}

/* ---- assertions ---- */

void says(const char *text, const char *wanted)
{
    cr_assert_not_null(strstr(text, wanted), "'%s' is not in: %s", wanted,
                       text);
}

void outcome_says(const struct outcome *outcome, const char *wanted)
{
    cr_assert(strstr(outcome->out, wanted) != NULL ||
                  strstr(outcome->err, wanted) != NULL,
              "%s: '%s' is not in: %s%s", outcome->command, wanted,
              outcome->err, outcome->out);
}

static void status_is(const struct outcome *outcome, int status)
{
    cr_assert_eq(outcome->status, status, "%s: status %d, wanted %d: %s%s",
                 outcome->command, outcome->status, status, outcome->err,
                 outcome->out);
}

static void stream_says(const struct outcome *outcome, const char *stream,
                        const char *wanted)
{
    cr_assert_not_null(strstr(stream, wanted),
                       "%s: '%s' is not where it belongs: %s%s",
                       outcome->command, wanted, outcome->err, outcome->out);
}

void outcome_ends(struct outcome outcome, int status, const char *wanted)
{
    status_is(&outcome, status);
    outcome_says(&outcome, wanted);
    outcome_free(&outcome);
}

void outcome_refuses(struct outcome outcome, const char *one, const char *other)
{
    status_is(&outcome, 2);
    stream_says(&outcome, outcome.err, one);
    stream_says(&outcome, outcome.err, other);
    cr_assert_str_empty(outcome.out);
    outcome_free(&outcome);
}

void assay_ends(const char *words, int status, const char *wanted)
{
    struct outcome outcome = assay("%s", words);

    status_is(&outcome, status);
    stream_says(&outcome, status <= 1 ? outcome.out : outcome.err, wanted);
    outcome_free(&outcome);
}

void assay_refuses(const char *words, const char *one, const char *other)
{
    outcome_refuses(assay("%s", words), one, other);
}

void shell_works(const char *command)
{
    outcome_ends(shell("%s", command), 0, "");
}

void schema_holds(const char *results)
{
    outcome_ends(shell("\"$SCHEMA\" \"%s/results.jsonl\"", results), 0, "");
}

void builds_hold(void)
{
    shell_works(
        "/usr/bin/python3 -c '\n"
        "import json\n"
        "lines = [json.loads(line) for line in "
        "open(\"out/results.jsonl\")]\n"
        "builds = {subject[\"name\"]: subject[\"build_id\"] for "
        "subject in lines[0][\"identity\"][\"subjects\"]}\n"
        "cells = [line for line in lines if line.get(\"kind\") == \"time\" "
        "and not line[\"subject\"].startswith(\"plugin:\")]\n"
        "assert cells and all(cell[\"build_id\"] == "
        "builds[cell[\"subject\"]] != \"\" for cell in cells), cells'");
}

int cells(const char *subject, const char *status)
{
    int count = -1;
    struct outcome outcome =
        shell("grep '\"kind\":\"time\"' \"$TMP/out/results.jsonl\" | "
              "grep '\"subject\":\"%s\"' | grep -c '\"status\":\"%s\"'",
              subject, status);

    cr_assert_eq(sscanf(outcome.out, "%d", &count), 1, "%s", outcome.err);
    outcome_free(&outcome);
    return count;
}
