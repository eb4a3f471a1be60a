/* options.c - the command line of a probe program. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

/* By write(): a message about wrong usage must not allocate either. */
static int options_refuse(const char *what, const char *word)
{
    const char *parts[] = { probe_kind.program, ": ", what, word, "\n" };

    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        (void)!write(STDERR_FILENO, parts[i], strlen(parts[i]));
    return -1;
}

static int options_number(const char *text, uint64_t *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoull(text, &end, 0);
    return errno != 0 || end == text || *end != '\0' ? -1 : 0;
}

static int options_value(struct probe_options *options, const char *word,
                         const char *value)
{
    uint64_t number;

    if (value == NULL)
        return options_refuse("a value is missing after ", word);
    if (strcmp(word, "--subject") == 0) {
        options->subject = value;
        return 0;
    }
    if (strcmp(word, "--script") == 0) {
        options->script = value;
        return 0;
    }
    if (strcmp(word, "--out") == 0) {
        options->out = value;
        return 0;
    }
    if (options_number(value, &number) != 0)
        return options_refuse("no number: ", value);
    if (strcmp(word, "--seed") == 0)
        options->seed = number;
    else if (strcmp(word, "--repeat") == 0 && number <= UINT_MAX)
        options->repeat = (unsigned)number;
    else if (strcmp(word, "--patience") == 0 && number <= UINT_MAX)
        options->patience = (unsigned)number;
    else
        return options_refuse("unknown option ", word);
    return 0;
}

int probe_options_parse(struct probe_options *ret_options, char **arguments)
{
    struct probe_options options = {
        .task = PROBE_RUN, .out = "assay-out", .seed = 1, .patience = 100
    };

    for (; *arguments != NULL; arguments++) {
        if (strcmp(*arguments, "--help") == 0)
            options.task = PROBE_HELP;
        else if (strcmp(*arguments, "--list") == 0)
            options.task = PROBE_LIST;
        else if (strcmp(*arguments, "--bare") == 0)
            options.bare = true;
        else if (**arguments != '-') {
            options.check = probe_find(*arguments);
            if (options.check == NULL)
                return options_refuse("no such check: ", *arguments);
        } else if (options_value(&options, arguments[0], arguments[1]) != 0) {
            return -1;
        } else {
            arguments++;
        }
    }
    if (options.task == PROBE_RUN &&
        (options.check == NULL || options.subject == NULL))
        return options_refuse("a check and --subject PATH are needed", "");
    *ret_options = options;
    return 0;
}
