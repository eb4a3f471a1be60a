/* program_evidence.c - reads what launcher, witness and hyperfine wrote. */
#include "program_parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { REPORT_BYTES_MAX = 4096, WITNESS_PROCESSES_MAX = 4096 };

/* ---- the launcher's report ---- */

/* The text behind "key=" at the start of a line, or NULL. */
static const char *report_value(const struct program_report *report,
                                const char *key)
{
    size_t length = strlen(key);
    const char *line = report->text;
    while (line != NULL && *line != '\0') {
        if (strncmp(line, key, length) == 0 && line[length] == '=')
            return line + length + 1;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return NULL;
}

double program_report_figure(const struct program_report *report,
                             const char *key)
{
    const char *value = report_value(report, key);
    return value != NULL ? strtod(value, NULL) : 0;
}

void program_report_read(const char *path, struct program_report *ret_report)
{
    *ret_report =
        (struct program_report){ .text = calloc(REPORT_BYTES_MAX, 1) };
    FILE *file = fopen(path, "re");
    if (file == NULL || ret_report->text == NULL) {
        if (file != NULL)
            fclose(file);
        return;
    }
    size_t got = fread(ret_report->text, 1, REPORT_BYTES_MAX - 1, file);
    fclose(file);
    const char *kind = report_value(ret_report, "kind");
    if (got == 0 || kind == NULL)
        return;
    ret_report->is_there = true;
    snprintf(ret_report->kind, sizeof(ret_report->kind), "%.*s",
             (int)strcspn(kind, "\n"), kind);
    ret_report->code = (int)program_report_figure(ret_report, "code");
    ret_report->pid = (pid_t)program_report_figure(ret_report, "pid");
}

void program_report_free(struct program_report *report)
{
    free(report->text);
    report->text = NULL;
}

/* ---- hyperfine's JSON ---- */

int program_hyperfine_read(const char *path, double *ret_wall_ns, int *ret_code)
{
    json_t *root = json_load_file(path, 0, NULL);
    const json_t *run = json_array_get(json_object_get(root, "results"), 0);
    const json_t *time = json_array_get(json_object_get(run, "times"), 0);
    const json_t *code = json_array_get(json_object_get(run, "exit_codes"), 0);
    int result = json_is_number(time) && code != NULL ? 0 : -1;
    if (result == 0) {
        *ret_wall_ns = json_number_value(time) * 1e9;
        *ret_code = json_is_integer(code) ? (int)json_integer_value(code) : -1;
    }
    json_decref(root);
    return result;
}

/* ---- the witness's lines ---- */

struct witness_line {
    pid_t pid;
    char *provider;
    char *executable;
};

/* Splits "pid ppid provider executable" at its tabs, in place. */
static bool witness_parse(char *text, struct witness_line *ret_line)
{
    char *rest = text, *field[4];
    for (size_t i = 0; i < TEXT_COUNT(field); i++) {
        field[i] = strsep(&rest, "\t\n");
        if (field[i] == NULL)
            return false;
    }
    *ret_line =
        (struct witness_line){ (pid_t)atol(field[0]), field[2], field[3] };
    return true;
}

/* The loader names an object as it was asked for; the subject is resolved. */
static bool is_same_object(const char *provider, const char *subject)
{
    char *real = realpath(provider, NULL);
    bool same = real != NULL && strcmp(real, subject) == 0;
    free(real);
    return same;
}

static bool is_new_process(pid_t *known, unsigned count, pid_t pid)
{
    for (unsigned i = 0; i < count; i++)
        if (known[i] == pid)
            return false;
    if (count < WITNESS_PROCESSES_MAX)
        known[count] = pid;
    return count < WITNESS_PROCESSES_MAX;
}

static void witness_take(struct program_witness *witness,
                         const struct witness_line *line, pid_t direct,
                         const char *subject)
{
    if (line->pid == direct) {
        witness->direct_spoke = true;
        snprintf(witness->provider, sizeof(witness->provider), "%s",
                 line->provider);
    }
    if (witness->stranger[0] == '\0' &&
        !is_same_object(line->provider, subject))
        snprintf(witness->stranger, sizeof(witness->stranger),
                 "process %d (%.200s) has malloc from %.500s", (int)line->pid,
                 line->executable, line->provider);
}

void program_witness_read(const char *path, pid_t direct, const char *subject,
                          struct program_witness *ret_witness)
{
    pid_t *known = calloc(WITNESS_PROCESSES_MAX, sizeof(pid_t));
    FILE *file = fopen(path, "re");
    struct witness_line line;
    char *text = NULL;
    size_t room = 0;
    *ret_witness = (struct program_witness){ 0 };
    while (file != NULL && known != NULL && getline(&text, &room, file) > 0) {
        if (!witness_parse(text, &line))
            continue;
        witness_take(ret_witness, &line, direct, subject);
        ret_witness->processes +=
            is_new_process(known, ret_witness->processes, line.pid);
    }
    if (file != NULL)
        fclose(file);
    free(text);
    free(known);
}

/* ---- messages ---- */

void program_last_line(const char *path, char *ret_line, size_t room)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t text_room = 0;
    ret_line[0] = '\0';
    while (file != NULL && getline(&text, &text_room, file) > 0) {
        text[strcspn(text, "\r\n")] = '\0';
        if (text[0] != '\0')
            snprintf(ret_line, room, "%.200s", text);
    }
    for (char *c = ret_line; *c != '\0'; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    if (file != NULL)
        fclose(file);
    free(text);
}
