/* command_run.c - `assay run`: a program of the user's under each subject. */
#include "command.h"

#include <argp.h>
#include <stdlib.h>

#include "text.h"

struct run_settings {
    struct campaign_settings campaign;
    char **program;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run_settings *settings = state->input;

    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &settings->campaign;
        break;
    case ARGP_KEY_ARGS:
        settings->program = state->argv + state->next;
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "no program given; it stands behind --");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char help[] =
    "Runs a program under each subject and compares time, memory and "
    "output.\v"
    "The program is found along PATH and must be an ELF file: for a script, "
    "name its interpreter. It should do the same work and print the same "
    "each time; an output that differs from the one under the baseline is "
    "wrong-output.\n\n"
    "  assay run --subjects jemalloc,mimalloc -- sort --parallel=2 big.txt\n\n"
    "Exit status: 0 good; 1 a row without an honest time; 2 wrong usage; 3 "
    "assay itself failed.";

static const struct argp_child children[] = { { &campaign_argp, 0, NULL, 0 },
                                              { 0 } };
static const struct argp argp = { NULL, parse,    "-- PROGRAM [ARGUMENT...]",
                                  help, children, NULL,
                                  NULL };

int command_run(int count, char **words)
{
    struct run_settings settings = { .campaign = campaign_defaults() };
    struct plan_options *plan = &settings.campaign.plan;
    struct catalogue catalogue = { 0 };
    struct program program;
    struct failure error;
    char *line = command_line(count, words);
    int status;

    argp_parse(&argp, count, words, ARGP_IN_ORDER, NULL, &settings);
    plan->command = line;
    plan->quick = true; /* 10 blocks: what a user waits for */
    if (plan->subjects == NULL)
        plan->subjects = text_split("reference,jemalloc,mimalloc");
    if (program_from_command(settings.program, &program, &error) != 0)
        return command_refuse(EXIT_USAGE, error.text);
    program.quick = true;
    if (catalogue_of_program(&program, &catalogue) != 0)
        return command_refuse(EXIT_BROKEN, "out of memory");
    status = command_campaign(&catalogue, &settings.campaign);
    catalogue_free(&catalogue);
    text_list_free((char **)plan->subjects);
    free(line);
    return status;
}
