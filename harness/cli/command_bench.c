/* command_bench.c - `assay bench`: subjects on workloads. */
#include "command.h"

#include <argp.h>
#include <limits.h>
#include <stdlib.h>

#include "text.h"

enum {
    KEY_WORKLOADS = 512,
    KEY_QUICK,
    KEY_THREADS,
    KEY_SCALE,
    KEY_MEMORY,
    KEY_NO_GATE,
    KEY_COUNTS,
    KEY_MICRO,
};

static const struct argp_option options[] = {
    { "workloads", KEY_WORKLOADS, "X,Y", 0,
      "Workloads, rows or programs that 'assay list' shows (all of them)", 1 },
    { "quick", KEY_QUICK, NULL, 0,
      "Fewer rows and fewer repetitions; sizes, live sets and threads stay",
      1 },
    { "threads", KEY_THREADS, "N", 0,
      "Threads of the rows that use threads (the usable processors)", 1 },
    { "scale", KEY_SCALE, "F", 0,
      "Multiplies live sets and repetitions (1, which is what is published)",
      1 },
    { "memory-cells", KEY_MEMORY, "N", 0,
      "Cells of each subject and row that are watched for memory (1 quick, "
      "else 3)",
      1 },
    { "no-gate", KEY_NO_GATE, NULL, 0,
      "Do not ask first whether the subjects meet the requirements that the "
      "rows need; each row is still run small under the shadow model",
      1 },
    { "counts", KEY_COUNTS, NULL, 0,
      "Instead of taking times, count the instructions and simulated cache "
      "misses of rows of one thread under valgrind, at a small fixed scale "
      "and seed: equal from run to run",
      1 },
    { "micro", KEY_MICRO, NULL, 0,
      "Instead of workloads, run micro-benchmarks: one call over sizes from 1 "
      "byte to 1 MiB; --workloads chooses among them by name, --blocks says "
      "how often (9), --scale multiplies the time of each (20 ms)",
      1 },
    { 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct campaign_settings *settings = state->input;
    char *end;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = settings;
        break;
    case KEY_WORKLOADS:
        settings->plan.workloads = text_split(argument);
        break;
    case KEY_QUICK:
        settings->plan.quick = true;
        break;
    case KEY_THREADS:
        settings->plan.threads =
            argument_number(state, argument, "--threads", 1, UINT_MAX);
        break;
    case KEY_COUNTS:
        settings->plan.counts = true;
        break;
    case KEY_MICRO:
        settings->plan.micro = true;
        break;
    case KEY_MEMORY:
        settings->plan.memory_cells =
            argument_number(state, argument, "--memory-cells", 0, 1000);
        settings->memory_given = true;
        break;
    case KEY_NO_GATE:
        settings->plan.no_gate = true;
        break;
    case KEY_SCALE:
        settings->plan.scale = strtod(argument, &end);
        if (*end != '\0' || end == argument)
            argp_error(state, "the scale '%s' is no number", argument);
        break;
    case ARGP_KEY_ARG:
        argp_error(state,
                   "'%s' is no option; subjects are given with --subjects",
                   argument);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char help[] =
    "Compares memory allocators on synthetic workloads and real programs, "
    "object allocators on those workloads that one heap can serve, or "
    "collectors on theirs.\v"
    "The baseline's twin and the floor are added to every campaign. Results "
    "are appended to DIR/results.jsonl line by line. All subjects are of the "
    "baseline's kind: mallocs, object allocators or collectors; plugin:NAME "
    "makes an object allocator of a malloc.\n\n"
    "  assay bench --quick --subjects reference,jemalloc,mimalloc\n"
    "  assay bench --subjects ./libmine.so --workloads churn,pair-48\n"
    "  assay bench --micro --subjects ./libmine.so\n"
    "  assay bench --subjects ./libmypool.so,talloc --baseline plugin:glibc\n"
    "  assay bench --subjects ./libmygc.so,lua-gc --baseline cpython-gc\n\n"
    "Exit status: 0 good; 1 a row of a subject has no honest time (it "
    "crashed, hung, was wrong or not active); 2 wrong usage; 3 assay itself "
    "failed.";

static const struct argp_child children[] = { { &campaign_argp, 0, NULL, 0 },
                                              { 0 } };
static const struct argp argp = { options,  parse, NULL, help,
                                  children, NULL,  NULL };

int command_bench(int count, char **words)
{
    struct campaign_settings settings = campaign_defaults();
    struct catalogue catalogue;
    struct failure error;
    char *line = command_line(count, words);
    int status;

    argp_parse(&argp, count, words, 0, NULL, &settings);
    settings.plan.command = line;
    if (settings.plan.subjects == NULL)
        settings.plan.subjects = text_split("reference,jemalloc,mimalloc");
    if (catalogue_load(&catalogue, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    status = command_campaign(&catalogue, &settings);
    catalogue_free(&catalogue);
    text_list_free((char **)settings.plan.subjects);
    text_list_free((char **)settings.plan.workloads);
    free(line);
    return status;
}
