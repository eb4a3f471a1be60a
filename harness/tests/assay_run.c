/* assay_run.c - a shell, two temporary files and an exit status. */
#include "assay_run.h"

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

static struct outcome run(const char *words)
{
    struct outcome outcome = { 0 };
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
    struct outcome outcome;
    va_list arguments;
    char *words;

    va_start(arguments, command);
    if (vasprintf(&words, command, arguments) < 0)
        abort();
    va_end(arguments);
    outcome = run(words);
    free(words);
    return outcome;
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
