/* command_campaign.c - the common part of `assay bench` and `assay run`. */
#include "command.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "counts.h"
#include "micro.h"
#include "micro_table.h"
#include "summary.h"
#include "supervisor.h"
#include "table.h"
#include "text.h"

enum {
    TIMEOUT_S = 60,
    BLOCKS_QUICK = 10,
    BLOCKS_FULL = 15,
    BLOCKS_MICRO = 9,
    MEMORY_CELLS_FULL = 3,
};

/* Counts of two campaigns compare only on the same requests: a seed and a
 * scale that are always the same, unless the user gives others. */
#define COUNTS_SCALE 0.01
enum { COUNTS_SEED = 1 };

/* ---- options ---- */

enum {
    KEY_BASELINE = 256,
    KEY_BLOCKS,
    KEY_SEED,
    KEY_OUT,
    KEY_RESUME,
    KEY_STRICT,
    KEY_TIMEOUT,
    KEY_JSON,
};

static const struct argp_option options[] = {
    { "subjects", 's', "A,B", 0,
      "What is compared: names that 'assay list' shows, or paths of shared "
      "libraries; PATH@my_ calls my_malloc, my_calloc, my_realloc and my_free "
      "of a library that replaces no malloc, PATH@my_:one-thread leaves out "
      "rows with threads",
      1 },
    { "baseline", KEY_BASELINE, "NAME", 0,
      "What the others are divided by (glibc); it decides the kind", 1 },
    { "blocks", KEY_BLOCKS, "N", 0,
      "Cells of each subject on each row (10 quick, else 15); fewer than 10 "
      "give no verdict",
      1 },
    { "seed", KEY_SEED, "N", 0,
      "Seed of all requests and orders (drawn anew, and printed)", 1 },
    { "timeout", KEY_TIMEOUT, "SECONDS", 0, "Watchdog of one cell (60)", 1 },
    { "strict", KEY_STRICT, NULL, 0, "Refuse to start on a busy machine", 1 },
    { "out", KEY_OUT, "DIR", 0, "Folder for the results (assay-out/DATE-TIME)",
      2 },
    { "resume", KEY_RESUME, NULL, 0,
      "Go on with the campaign in --out; everything else as it was", 2 },
    { "json", KEY_JSON, NULL, 0,
      "Print the summary as JSON on stdout instead of the table", 2 },
    { 0 },
};

uint64_t argument_number64(struct argp_state *state, const char *text,
                           const char *option)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-')
        argp_error(state, "%s: '%s' is no whole number", option, text);
    return value;
}

unsigned argument_number(struct argp_state *state, const char *text,
                         const char *option, unsigned least, unsigned most)
{
    uint64_t value = argument_number64(state, text, option);

    if (value < least || value > most)
        argp_error(state, "%s: %s is out of range; from %u to %u", option, text,
                   least, most);
    return (unsigned)value;
}

int argument_kind(struct argp_state *state, const char *text)
{
    int kind = kind_from_word(text);

    if (kind < 0)
        argp_error(state, "'%s' is no kind: malloc, allocator or collector",
                   text);
    return kind;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct campaign_settings *settings = state->input;

    switch (key) {
    case 's':
        settings->plan.subjects = text_split(argument);
        break;
    case KEY_BASELINE:
        settings->plan.baseline = argument;
        break;
    case KEY_BLOCKS:
        settings->plan.blocks =
            argument_number(state, argument, "--blocks", 0, 200);
        settings->blocks_given = true;
        break;
    case KEY_SEED:
        settings->plan.seed = argument_number64(state, argument, "--seed");
        settings->seed_given = true;
        break;
    case KEY_TIMEOUT:
        settings->plan.timeout_s =
            argument_number(state, argument, "--timeout", 1, 86400);
        break;
    case KEY_STRICT:
        settings->plan.strict = true;
        break;
    case KEY_OUT:
        settings->folder = argument;
        break;
    case KEY_RESUME:
        settings->resume = true;
        break;
    case KEY_JSON:
        settings->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp campaign_argp = {
    options, parse, NULL, NULL, NULL, NULL, NULL
};

struct campaign_settings campaign_defaults(void)
{
    return (struct campaign_settings){
        .plan = { .baseline = "glibc", .timeout_s = TIMEOUT_S, .scale = 1 },
    };
}

/* ---- running ---- */

int command_refuse(int status, const char *text)
{
    fprintf(stderr, "assay: %s\n", text);
    return status;
}

char *command_line(int count, char **words)
{
    char *line = text_copy(words[0]); /* "assay bench": main.c names it so */

    for (int i = 1; i < count; i++) {
        const char *quote = strpbrk(words[i], " '\"$\\*?") != NULL ? "'" : "";
        char *longer = text_format("%s %s%s%s", line, quote, words[i], quote);

        free(line);
        line = longer;
    }
    return line;
}

static void on_interrupt(int number_of_signal)
{
    (void)number_of_signal;
    supervisor_cancel();
}

static void watch_interrupts(void)
{
    struct sigaction action = { .sa_handler = on_interrupt,
                                .sa_flags = SA_RESTART | SA_RESETHAND };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* A file size limit is a full disk: an error of write, not a death. */
    signal(SIGXFSZ, SIG_IGN);
}

static char *folder_by_time(void)
{
    time_t now = time(NULL);
    char name[64];

    strftime(name, sizeof(name), "assay-out/%Y%m%d-%H%M%S", localtime(&now));
    return text_copy(name);
}

uint64_t seed_by_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec * 2654435761u ^
            (uint64_t)getpid() << 12) %
           1000000000u;
}

/* A resumed campaign goes on with the seed it was started with. */
static uint64_t seed_of_folder(const char *folder)
{
    struct results results;
    struct failure error;
    uint64_t seed = 0;

    if (results_load(folder, &results, &error) != 0)
        return 0; /* results_resume() will say what is wrong */
    seed = (uint64_t)json_integer_value(
        json_object_get(json_object_get(results.header, "identity"), "seed"));
    results_free(&results);
    return seed;
}

static void fill_counts(struct campaign_settings *settings)
{
    struct plan_options *plan = &settings->plan;

    plan->blocks = 0;
    plan->memory_cells = 0;
    if (plan->scale == 1)
        plan->scale = COUNTS_SCALE;
    if (!settings->seed_given)
        plan->seed = COUNTS_SEED;
}

static void fill_defaults(struct campaign_settings *settings)
{
    struct plan_options *plan = &settings->plan;

    if (plan->counts) {
        fill_counts(settings);
        return;
    }
    if (!settings->blocks_given)
        plan->blocks = plan->micro   ? BLOCKS_MICRO
                       : plan->quick ? BLOCKS_QUICK
                                     : BLOCKS_FULL;
    if (plan->micro)
        plan->memory_cells = 0;
    else if (!settings->memory_given)
        plan->memory_cells = plan->quick ? 1 : MEMORY_CELLS_FULL;
    if (!settings->seed_given)
        plan->seed = settings->resume && settings->folder != NULL
                         ? seed_of_folder(settings->folder)
                         : seed_by_time();
}

static int show_counts(const struct results *results, bool json)
{
    struct counts counts = counts_read(results);
    int status = counts_have_finding(&counts) ? EXIT_FINDING : EXIT_GOOD;

    if (json) {
        json_t *value = counts_to_json(&counts);

        json_dumpf(value, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(value);
    } else {
        counts_print(&counts, stdout);
    }
    counts_free(&counts);
    return status;
}

static int show_micro(const struct results *results, bool json)
{
    struct micro_table table = micro_table_read(results);
    int status = micro_table_has_finding(&table) ? EXIT_FINDING : EXIT_GOOD;

    if (json) {
        json_t *value = micro_table_to_json(&table);

        json_dumpf(value, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(value);
    } else {
        micro_table_print(&table, stdout);
    }
    micro_table_free(&table);
    return status;
}

static int show(const char *folder, bool json)
{
    struct results results;
    struct failure error;
    struct summary summary;
    int status = EXIT_BROKEN;

    if (results_load(folder, &results, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    if (counts_are_in(&results)) {
        status = show_counts(&results, json);
    } else if (micro_is_in(&results)) {
        status = show_micro(&results, json);
    } else if (summary_make(&results, &summary, &error) == 0) {
        if (json) {
            json_t *value = summary_to_json(&summary);

            json_dumpf(value, stdout, JSON_INDENT(2));
            putchar('\n');
            json_decref(value);
        } else {
            table_print(&summary, stdout);
        }
        status = summary_has_finding(&summary) ? EXIT_FINDING : EXIT_GOOD;
        summary_free(&summary);
    } else {
        command_refuse(EXIT_BROKEN, error.text);
    }
    results_free(&results);
    if (fflush(stdout) != 0 || ferror(stdout))
        return command_refuse(EXIT_BROKEN, "cannot write to stdout");
    return status;
}

/* Dies of the signal it was sent, as a shell expects. */
static int die_interrupted(const char *folder)
{
    fprintf(stderr,
            "assay: stopped. The finished cells are kept in %s; the "
            "same command with --out %s --resume goes on.\n",
            folder, folder);
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
    return EXIT_BROKEN;
}

static int run_open(const struct plan *plan, const char *folder,
                    struct results_writer *writer,
                    const struct results *earlier, bool json)
{
    struct failure error;

    fprintf(stderr, "Results: %s (seed %lu)\n", writer->path,
            plan->options.seed);
    if (plan->busy != NULL)
        fprintf(stderr, "The machine is busy: %s. Figures will be noisy.\n",
                plan->busy);
    watch_interrupts();
    switch ((plan->options.micro ? micro_run : campaign_run)(plan, folder,
                                                             writer, earlier,
                                                             &error)) {
    case CAMPAIGN_COMPLETE:
        return show(folder, json);
    case CAMPAIGN_CANCELLED:
        return die_interrupted(folder);
    default:
        return command_refuse(EXIT_BROKEN, error.text);
    }
}

/* A library that exports no malloc will hardly be active; the rows say so. */
static void warn_of_no_malloc(const struct plan *plan)
{
    for (size_t i = 0; i < plan->subject_count; i++)
        if (!kind_is_plugin(plan->subjects[i].kind) &&
            !plan->subjects[i].exports[KIND_MALLOC] &&
            !functions_are_own(&plan->subjects[i].functions))
            fprintf(stderr,
                    "assay: %s exports no malloc: expect rows not-active\n",
                    plan->subjects[i].path);
}

static int run_plan(const struct plan *plan, const char *folder,
                    const struct campaign_settings *settings)
{
    struct results earlier = { 0 };
    struct results_writer writer;
    struct failure error;
    int result, status;

    result =
        settings->resume
            ? results_resume(folder, plan->header, &writer, &earlier, &error)
            : results_create(folder, plan->header, &writer, &error);
    if (result != 0)
        return command_refuse(EXIT_USAGE, error.text);
    if (earlier.torn)
        fprintf(stderr, "assay: the last line was cut short; that cell is "
                        "run again\n");
    warn_of_no_malloc(plan);
    status = run_open(plan, folder, &writer, settings->resume ? &earlier : NULL,
                      settings->json);
    if (settings->resume)
        results_free(&earlier);
    results_close(&writer);
    return status;
}

int command_campaign(const struct catalogue *catalogue,
                     const struct campaign_settings *given)
{
    struct campaign_settings settings = *given;
    struct plan plan;
    struct failure error;
    char *folder;
    int status;

    if (settings.resume && settings.folder == NULL)
        return command_refuse(EXIT_USAGE, "--resume needs --out, the folder "
                                          "of the campaign to go on with");
    fill_defaults(&settings);
    if (plan_make(catalogue, &settings.plan, &plan, &error) != 0)
        return command_refuse(EXIT_USAGE, error.text);
    folder =
        settings.folder != NULL ? text_copy(settings.folder) : folder_by_time();
    status = run_plan(&plan, folder, &settings);
    free(folder);
    plan_free(&plan);
    return status;
}
