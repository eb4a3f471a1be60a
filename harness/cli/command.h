/* command.h - what every subcommand of `assay` is.
 *
 * Exit statuses are the same everywhere. */
#ifndef ASSAY_COMMAND_H
#define ASSAY_COMMAND_H

#include "campaign.h"
#include "catalogue.h"
#include "plan.h"

enum exit_status {
    EXIT_GOOD = 0,
    EXIT_FINDING = 1, /* a row without an honest time, a regression */
    EXIT_USAGE = 2,   /* decided before anything ran */
    EXIT_BROKEN = 3,  /* the tool itself failed */
};

int command_bench(int count, char **words);
int command_run(int count, char **words);
int command_list(int count, char **words);
int command_check(int count, char **words);
int command_explain(int count, char **words);
int command_compare(int count, char **words);
int command_report(int count, char **words);

/* What bench and run share: where results go, and how they are shown. */
struct campaign_settings {
    struct plan_options plan;
    const char *folder; /* NULL: one named by the time */
    bool resume;
    bool json;
    bool blocks_given;
    bool seed_given;
    bool memory_given;
};

/* Makes the plan, runs it and prints its table. Returns the exit status. */
int command_campaign(const struct catalogue *catalogue,
                     const struct campaign_settings *settings);

/* The command as typed, for the header of results; the caller frees. */
char *command_line(int count, char **words);

/* Prints "assay: " and the text to stderr; returns `status`. */
int command_refuse(int status, const char *text);

/* The options bench and run have in common, for argp. */
struct argp;
extern const struct argp campaign_argp;

/* An option's argument as a number; argp_error() when it is none. */
struct argp_state;
uint64_t argument_number64(struct argp_state *state, const char *text,
                           const char *option);
unsigned argument_number(struct argp_state *state, const char *text,
                         const char *option, unsigned least, unsigned most);

/* An option's argument as a kind of subjects (enum kind); argp_error() when it
 * is none. */
int argument_kind(struct argp_state *state, const char *text);

/* A drawn seed, small enough to be typed again. */
uint64_t seed_by_time(void);

/* Defaults of these options. */
struct campaign_settings campaign_defaults(void);

#endif
