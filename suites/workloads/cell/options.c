/* options.c - reads the command line of the cell program. */
#include "options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_DEFAULT = 2, THREADS_MAX = 1024, MESSAGE_BYTES = 512 };

/* Without stdio's buffers: this process may run under a subject. */
__attribute__((format(printf, 1, 2))) static int options_wrong(
    const char *format, ...)
{
    char text[MESSAGE_BYTES] = "assay-cell: ";
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, sizeof(text) - used - 1, format, arguments);
    va_end(arguments);
    used = strlen(text);
    text[used++] = '\n';
    if (write(STDERR_FILENO, text, used) < 0)
        return -1; /* nobody is there to read it */
    return -1;
}

static int options_find_row(struct cell_options *options, const char *name)
{
    for (size_t i = 0; workloads[i] != NULL; i++) {
        for (const struct row *row = workloads[i]->rows; row->name; row++) {
            if (strcmp(row->name, name) != 0)
                continue;
            options->workload = workloads[i];
            options->row = row;
            return 0;
        }
    }
    return options_wrong("no row is called '%s'; --list names them all", name);
}

static int options_number(const char *name, const char *text, uint64_t most,
                          uint64_t *ret_number)
{
    char *end;
    uint64_t number;

    errno = 0;
    number = strtoull(text, &end, 0);
    if (end == text || *end != '\0' || errno != 0 || number > most ||
        strchr(text, '-') != NULL)
        return options_wrong("%s takes a number up to %llu, not '%s'", name,
                             (unsigned long long)most, text);
    *ret_number = number;
    return 0;
}

static int options_scale(struct cell_options *options, const char *text)
{
    char *end;
    double scale = strtod(text, &end);

    if (end == text || *end != '\0' || !(scale > 0) || scale > 1e6)
        return options_wrong("--scale takes a factor above 0, not '%s'", text);
    options->scale = scale;
    return 0;
}

static int options_mode(struct cell_options *options, const char *text)
{
    static const char *const words[] = { "time", "memory", "shadow", "count" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], text) == 0) {
            options->mode = (enum cell_mode)i;
            return 0;
        }
    }
    return options_wrong("--mode is time, memory, shadow or count, not '%s'",
                         text);
}

static int options_threads(struct cell_options *options, const char *text)
{
    uint64_t threads = 0;

    if (options_number("--threads", text, THREADS_MAX, &threads) != 0)
        return -1;
    if (threads == 0)
        return options_wrong("--threads takes 1 to %d", THREADS_MAX);
    options->threads = (unsigned)threads;
    return 0;
}

static int options_repetitions(struct cell_options *options, const char *text)
{
    if (options_number("--repetitions", text, UINT64_MAX / 2,
                       &options->repetitions) != 0)
        return -1;
    return options->repetitions > 0
               ? 0
               : options_wrong("--repetitions takes 1 or more");
}

static int options_seed(struct cell_options *options, const char *text)
{
    return options_number("--seed", text, UINT64_MAX, &options->seed);
}

static int options_subject(struct cell_options *options, const char *text)
{
    options->subject = text;
    return 0;
}

static int options_functions(struct cell_options *options, const char *text)
{
    const char *wrong = functions_parse(text, &options->functions);

    return wrong == NULL ? 0
                         : options_wrong("--functions '%s': %s", text, wrong);
}

static const struct options_valued {
    const char *name;
    int (*take)(struct cell_options *options, const char *text);
} options_valued[] = {
    { "--subject", options_subject },
    { "--mode", options_mode },
    { "--seed", options_seed },
    { "--scale", options_scale },
    { "--threads", options_threads },
    { "--repetitions", options_repetitions },
    { "--functions", options_functions },
};

/* An option with a value: 1 when it was one, 0 when not, -1 when wrong. */
static int options_take_valued(struct cell_options *options, const char *name,
                               const char *value)
{
    enum { COUNT = sizeof(options_valued) / sizeof(options_valued[0]) };

    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(options_valued[i].name, name) != 0)
            continue;
        if (value == NULL)
            return options_wrong("%s needs a value", name);
        return options_valued[i].take(options, value) == 0 ? 1 : -1;
    }
    return 0;
}

static int options_flag(struct cell_options *options, const char *name)
{
    if (strcmp(name, "--quick") == 0)
        options->quick = true;
    else if (strcmp(name, "--floor") == 0)
        options->floor = true;
    else if (strcmp(name, "--one-thread") == 0)
        options->one_thread = true;
    else if (strcmp(name, "--collector") == 0)
        options->collector = true;
    else if (strcmp(name, "--allocator") == 0)
        options->allocator = true;
    else if (strcmp(name, "--list") == 0)
        options->task = TASK_LIST;
    else if (strcmp(name, "--help") == 0)
        options->task = TASK_HELP;
    else if (strcmp(name, "--memory-bytes") == 0)
        options->task = TASK_MEMORY_BYTES;
    else
        return options_wrong("unknown option '%s'; try --help", name);
    return 0;
}

static int options_complete(struct cell_options *options)
{
    if (options->task == TASK_LIST || options->task == TASK_HELP)
        return 0;
    if (options->row == NULL)
        return options_wrong("which row? --list names them all");
    if (options->task == TASK_RUN && options->subject == NULL)
        return options_wrong("which library is the subject? --subject PATH");
    if (!(options->workload->flags & WORKLOAD_THREADS))
        options->threads = 1;
    if (options->workload->flags & WORKLOAD_PAIRS)
        options->threads += options->threads % 2;
    return 0;
}

int cell_options_parse(struct cell_options *ret_options, char **arguments)
{
    struct cell_options options = {
        .task = TASK_RUN,
        .scale = 1,
        .threads = THREADS_DEFAULT,
        .seed = 1,
    };

    for (char **next = arguments; *next != NULL; next++) {
        int valued = options_take_valued(&options, *next, next[1]);

        if (valued < 0)
            return -1;
        next += valued;
        if (valued == 1)
            continue;
        if (**next != '-') {
            if (options_find_row(&options, *next) != 0)
                return -1;
        } else if (options_flag(&options, *next) != 0) {
            return -1;
        }
    }
    if (options_complete(&options) != 0)
        return -1;
    *ret_options = options;
    return 0;
}
