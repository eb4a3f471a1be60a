/* launch.c - assay-launch: runs one program under one subject. */
#include "launch.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The exit statuses of shells for what could not be started. */
enum {
    EXIT_USAGE = 125,
    EXIT_NO_EXEC = 126,
    EXIT_NO_FILE = 127,
    EXIT_SIGNAL_BASE = 128,
    PAD_BYTES_MAX = 65536,
};

enum launch_option {
    OPTION_SUBJECT = 's',
    OPTION_WITNESS = 'w',
    OPTION_WITNESS_FILE = 'W',
    OPTION_SET = 'e',
    OPTION_PAD = 'p',
    OPTION_INPUT = 'i',
    OPTION_OUTPUT = 'o',
    OPTION_ERRORS = 'E',
    OPTION_REPORT = 'r',
};

static const struct argp_option options[] = {
    { "subject", OPTION_SUBJECT, "LIBRARY", 0, "Preload LIBRARY", 0 },
    { "witness", OPTION_WITNESS, "LIBRARY", 0,
      "Preload LIBRARY after the subject", 0 },
    { "witness-file", OPTION_WITNESS_FILE, "FILE", 0,
      "Where the witness writes a line for every process", 0 },
    { "set", OPTION_SET, "NAME=VALUE", 0,
      "Set this in the program's environment alone (repeatable)", 0 },
    { "pad", OPTION_PAD, "BYTES", 0, "Add BYTES of padding to its environment",
      0 },
    { "stdin", OPTION_INPUT, "FILE", 0, "Its input (default: /dev/null)", 0 },
    { "stdout", OPTION_OUTPUT, "FILE", 0, "Where its output goes", 0 },
    { "stderr", OPTION_ERRORS, "FILE", 0, "Where its messages go", 0 },
    { "report", OPTION_REPORT, "FILE", 0,
      "Write how it ended and what it used, as key=value lines", 0 },
    { 0 },
};

static void launch_parse_set(struct launch *launch, const char *setting,
                             struct argp_state *state)
{
    if (strchr(setting, '=') == NULL || setting[0] == '=')
        argp_error(state, "--set %s: must be NAME=VALUE", setting);
    launch->settings[launch->setting_count++] = setting;
}

static void launch_parse_pad(struct launch *launch, const char *text,
                             struct argp_state *state)
{
    char *end;
    unsigned long bytes = strtoul(text, &end, 10);
    if (*end != '\0' || end == text || bytes > PAD_BYTES_MAX)
        argp_error(state, "--pad %s: must be a number from 0 to %d", text,
                   PAD_BYTES_MAX);
    launch->pad_bytes = (unsigned)bytes;
}

/* Everything from the first word that is no option belongs to the program. */
static void launch_parse_program(struct launch *launch,
                                 struct argp_state *state)
{
    launch->argv = state->argv + state->next - 1;
    state->next = state->argc;
    if (strchr(launch->argv[0], '/') == NULL)
        argp_error(state, "%s: give the program by a path with a slash",
                   launch->argv[0]);
}

static error_t launch_parse(int key, char *value, struct argp_state *state)
{
    struct launch *launch = state->input;
    switch (key) {
    case OPTION_SUBJECT:
        launch->subject = value;
        return 0;
    case OPTION_WITNESS:
        launch->witness = value;
        return 0;
    case OPTION_WITNESS_FILE:
        launch->witness_file = value;
        return 0;
    case OPTION_SET:
        launch_parse_set(launch, value, state);
        return 0;
    case OPTION_PAD:
        launch_parse_pad(launch, value, state);
        return 0;
    case OPTION_INPUT:
        launch->input = value;
        return 0;
    case OPTION_OUTPUT:
        launch->output = value;
        return 0;
    case OPTION_ERRORS:
        launch->errors = value;
        return 0;
    case OPTION_REPORT:
        launch->report = value;
        return 0;
    case ARGP_KEY_ARG:
        launch_parse_program(launch, state);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no program given");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = launch_parse,
    .args_doc = "PROGRAM [ARGUMENT...]",
    .doc = "Run PROGRAM with a malloc library preloaded into it and its "
           "descendants alone, and report what they used.\v"
           "Exits with PROGRAM's status, or 128 plus the signal that ended "
           "it; 125 when this command line is wrong, 126 or 127 when PROGRAM "
           "cannot be started.",
};

static int launch_status(const struct launch_end *end)
{
    switch (end->kind) {
    case LAUNCH_EXITED:
        return end->code;
    case LAUNCH_SIGNALLED:
        return EXIT_SIGNAL_BASE + end->code;
    default:
        return end->code == ENOENT ? EXIT_NO_FILE : EXIT_NO_EXEC;
    }
}

static int launch_fail(const char *what, int error)
{
    fprintf(stderr, "assay-launch: %s: %s\n", what, strerror(error));
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct launch launch = { 0 };
    struct launch_end end = { 0 };
    launch.settings = calloc((size_t)argc, sizeof(char *));
    if (launch.settings == NULL)
        return launch_fail("settings", ENOMEM);
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &launch);
    char **environment = launch_environment(&launch);
    if (environment == NULL)
        return launch_fail("environment", ENOMEM);
    int error = launch_run(&launch, environment, &end);
    if (error < 0)
        return launch_fail(launch.argv[0], -error);
    if (end.kind == LAUNCH_NOT_STARTED)
        launch_fail(launch.argv[0], end.code);
    if (launch.report != NULL) {
        error = launch_report(launch.report, &end);
        if (error < 0)
            return launch_fail(launch.report, -error);
    }
    return launch_status(&end);
}
