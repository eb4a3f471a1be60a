/* statistics_simulation.c - do the verdicts keep the rates they promise?
 *
 * Draws campaigns in which the truth is known, judges them, and compares the
 * shares with their bounds. A bound is broken when the exact binomial
 * probability of a share this far beyond it is under 1 in 1000.
 *
 * Exit status: 0 all bounds hold, 1 one is broken, 2 it could not be run. */
#include "statistics_simulation.h"

#include "statistics.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Twice the one-sided probability of crying broken by bad luck. */
#define BOUND_ALPHA 0.002

/* Noise of a cell. A/A is run where the 1 % rule hardly helps. */
#define SCALE_AA    0.03
#define SCALE_POWER 0.01

struct simulation {
    size_t campaigns;
    uint64_t seed;
    uint64_t state;
    struct simulation_method method;
    bool bounded; /* only lines that have a bound */
    size_t broken;
};

static void print_share(size_t hits, size_t trials)
{
    double low = NAN;
    double high = NAN;
    statistics_binomial_interval(hits, trials, 0.05, &low, &high);
    printf(" | %.2f %% (%.2f to %.2f)", 100.0 * (double)hits / (double)trials,
           100.0 * low, 100.0 * high);
}

/* Is the share too far outside [least, most] for chance? Counts it if so. */
static void check_share(struct simulation *simulation, size_t hits,
                        size_t trials, double least, double most)
{
    double low = 0.0;
    double high = 1.0;
    statistics_binomial_interval(hits, trials, BOUND_ALPHA, &low, &high);
    bool holds = high >= least && low <= most;
    if (least > 0.0 && most < 1.0)
        printf(" | %g to %g %%", 100.0 * least, 100.0 * most);
    else if (least > 0.0)
        printf(" | at least %g %%", 100.0 * least);
    else
        printf(" | at most %g %%", 100.0 * most);
    printf(" | %s |\n", holds ? "holds" : "BROKEN");
    simulation->broken += !holds;
}

/* --- Campaigns without any difference ----------------------------------- */

struct aa_counts {
    size_t rejecting; /* campaigns with any adjusted p < 5 % */
    size_t calling;   /* campaigns with any row called */
    size_t rows;      /* rows with p < 5 % by themselves */
};

static struct aa_counts aa_count(struct simulation *simulation,
                                 enum simulation_noise noise, size_t blocks)
{
    struct simulation_plan plan = { noise, blocks, SCALE_AA, 0.0 };
    struct aa_counts counts = { 0, 0, 0 };
    for (size_t i = 0; i < simulation->campaigns; i++) {
        struct simulation_campaign campaign;
        struct simulation_outcome outcome;
        simulation_draw(&plan, &simulation->state, &campaign);
        simulation_decide(&campaign, &simulation->method, &simulation->state,
                          &outcome);
        bool rejecting = false;
        bool calling = false;
        for (size_t row = 0; row < SIMULATION_ROWS; row++) {
            rejecting |= outcome.rejected[row];
            calling |= outcome.called[row];
            counts.rows += outcome.p[row] < STATISTICS_ALPHA;
        }
        counts.rejecting += rejecting;
        counts.calling += calling;
    }
    return counts;
}

static void aa_print(struct simulation *simulation, const char *name,
                     const char *blocks, const struct aa_counts *counts,
                     size_t campaigns, bool bounded)
{
    printf("| %s | %s | %.2f %% | %.2f %%", name, blocks,
           100.0 * (double)counts->rows / (double)(campaigns * SIMULATION_ROWS),
           100.0 * (double)counts->calling / (double)campaigns);
    print_share(counts->rejecting, campaigns);
    if (bounded)
        check_share(simulation, counts->rejecting, campaigns, 0.0,
                    STATISTICS_ALPHA);
    else
        printf(" | none | |\n");
}

static void run_aa_kinds(struct simulation *simulation, int first, int end,
                         struct aa_counts *sum)
{
    for (int noise = first; noise < end; noise++) {
        for (size_t blocks = 10; blocks <= 15; blocks += 5) {
            struct aa_counts counts = aa_count(simulation, noise, blocks);
            aa_print(simulation, simulation_noise_names[noise],
                     blocks == 10 ? "10" : "15", &counts, simulation->campaigns,
                     noise < NOISE_UNLIKE);
            sum->rejecting += counts.rejecting;
            sum->calling += counts.calling;
            sum->rows += counts.rows;
        }
    }
}

/* The bound is on rejections, which hold the calls: neither the 1 % rule nor
 * the verdict `noisy` may hide a test that does not keep its rate. The sum
 * over the kinds of noise sees smaller faults than any one of them. */
static void run_aa(struct simulation *simulation)
{
    printf("\nA/A: %d rows, %g %% noise a cell\n\n"
           "| noise | blocks | rows p < 5 %% | campaigns calling |"
           " campaigns rejecting | bound | |\n"
           "|---|---|---|---|---|---|---|\n",
           SIMULATION_ROWS, 100.0 * SCALE_AA);
    struct aa_counts sum = { 0, 0, 0 };
    struct aa_counts unbounded = { 0, 0, 0 };
    run_aa_kinds(simulation, 0, NOISE_UNLIKE, &sum);
    aa_print(simulation, "all of these", "both", &sum,
             2 * NOISE_UNLIKE * simulation->campaigns, true);
    if (!simulation->bounded)
        run_aa_kinds(simulation, NOISE_UNLIKE, NOISES, &unbounded);
}

/* --- Campaigns with one difference -------------------------------------- */

/* In how many campaigns row 0, the only one shifted, is called. */
static size_t power_count(struct simulation *simulation,
                          const struct simulation_plan *plan)
{
    size_t found = 0;
    for (size_t i = 0; i < simulation->campaigns; i++) {
        struct simulation_campaign campaign;
        struct simulation_outcome outcome;
        simulation_draw(plan, &simulation->state, &campaign);
        simulation_decide(&campaign, &simulation->method, &simulation->state,
                          &outcome);
        found += outcome.called[0];
    }
    return found;
}

static void run_power(struct simulation *simulation)
{
    printf("\nPower: 3 %% in one row of %d, %g %% noise a cell\n\n"
           "| noise | blocks | found | bound | |\n|---|---|---|---|---|\n",
           SIMULATION_ROWS, 100.0 * SCALE_POWER);
    for (int noise = 0; noise < NOISE_UNLIKE; noise++) {
        for (size_t blocks = 10; blocks <= 15; blocks += 5) {
            struct simulation_plan plan = { noise, blocks, SCALE_POWER,
                                            log(1.03) };
            bool bounded = noise == NOISE_NORMAL && blocks == 15;
            size_t found;

            if (simulation->bounded && !bounded)
                continue;
            found = power_count(simulation, &plan);
            printf("| %s | %zu", simulation_noise_names[noise], blocks);
            print_share(found, simulation->campaigns);
            if (bounded)
                check_share(simulation, found, simulation->campaigns, 0.95,
                            1.0);
            else
                printf(" | none | |\n");
        }
    }
}

/* --- Does the smallest detectable effect have the power it states? -------- */

static double detectable_shift(double spread, size_t blocks)
{
    double ratio;
    int error = statistics_detectable(spread, blocks, SIMULATION_ROWS, &ratio);
    if (error != 0) {
        fprintf(stderr, "statistics-simulation: %s\n", strerror(-error));
        exit(2);
    }
    return log(ratio);
}

/* Plants, in a fresh campaign, the effect computed from the spread that a
 * row of an earlier campaign showed: the figure as a report prints it. */
static size_t detectable_own(struct simulation *simulation,
                             struct simulation_plan plan, double *ret_shift)
{
    struct simulation one = *simulation;
    size_t found = 0;
    double sum = 0.0;
    one.campaigns = 1;
    for (size_t i = 0; i < simulation->campaigns; i++) {
        struct simulation_campaign earlier;
        plan.shift = 0.0;
        simulation_draw(&plan, &one.state, &earlier);
        plan.shift = detectable_shift(statistics_spread(earlier.log_ratios[0],
                                                        plan.blocks),
                                      plan.blocks);
        sum += plan.shift;
        found += power_count(&one, &plan);
    }
    simulation->state = one.state;
    *ret_shift = sum / (double)simulation->campaigns;
    return found;
}

static void run_detectable(struct simulation *simulation)
{
    printf("\nDetectable effect: planted where a row states it\n\n"
           "| noise a cell | blocks | effect | found | bound | |\n"
           "|---|---|---|---|---|---|\n");
    static const struct simulation_plan plans[] = {
        { NOISE_NORMAL, 10, 0.002, 0.0 },  { NOISE_NORMAL, 15, 0.002, 0.0 },
        { NOISE_NORMAL, 10, 0.02, 0.0 },   { NOISE_NORMAL, 15, 0.02, 0.0 },
        { NOISE_OUTLIERS, 10, 0.01, 0.0 }, { NOISE_OUTLIERS, 15, 0.01, 0.0 },
    };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        bool bounded = plans[i].noise == NOISE_NORMAL;
        double shift;
        size_t found;

        if (simulation->bounded && !bounded)
            continue;
        found = detectable_own(simulation, plans[i], &shift);
        printf("| %s, %g %% | %zu | %.2f %%",
               simulation_noise_names[plans[i].noise], 100.0 * plans[i].scale,
               plans[i].blocks, 100.0 * expm1(shift));
        print_share(found, simulation->campaigns);
        if (bounded)
            check_share(simulation, found, simulation->campaigns, 0.78, 0.82);
        else
            printf(" | none | |\n");
    }
}

/* --- Command line --------------------------------------------------------- */

static int usage(FILE *stream)
{
    fputs(
        "usage: statistics-simulation [--campaigns N] [--seed N] [--no-holm]\n"
        "                             [--method signed-rank|t|bootstrap]\n"
        "                             [--bounded]  (no lines without a "
        "bound)\n",
        stream);
    return 2;
}

static bool parse_method(const char *name, struct simulation_method *method)
{
    static const char *const names[] = { "signed-rank", "t", "bootstrap" };
    for (int i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            method->kind = i;
            return true;
        }
    }
    return false;
}

static bool parse_number(const char *text, uint64_t *ret_number)
{
    char *end;
    *ret_number = strtoull(text, &end, 0);
    return end != text && *end == '\0';
}

static bool parse_options(int argc, char **argv, struct simulation *simulation)
{
    static const struct option options[] = {
        { "campaigns", required_argument, NULL, 'c' },
        { "seed", required_argument, NULL, 's' },
        { "method", required_argument, NULL, 'm' },
        { "no-holm", no_argument, NULL, 'h' },
        { "bounded", no_argument, NULL, 'b' },
        { NULL, 0, NULL, 0 },
    };
    uint64_t campaigns = simulation->campaigns;
    bool good = true;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'c')
            good &= parse_number(optarg, &campaigns) && campaigns > 0;
        else if (c == 's')
            good &= parse_number(optarg, &simulation->seed);
        else if (c == 'm')
            good &= parse_method(optarg, &simulation->method);
        else if (c == 'h')
            simulation->method.holm = false;
        else if (c == 'b')
            simulation->bounded = true;
        else
            good = false;
    }
    simulation->campaigns = campaigns;
    return good && optind == argc;
}

int main(int argc, char **argv)
{
    struct simulation simulation = { .campaigns = 1000,
                                     .seed = 1,
                                     .method = { .holm = true } };
    if (!parse_options(argc, argv, &simulation))
        return usage(stderr);
    simulation.state = simulation.seed;
    printf("%zu campaigns a line, --seed %llu; shares with 95 %% intervals\n",
           simulation.campaigns, (unsigned long long)simulation.seed);
    run_aa(&simulation);
    run_power(&simulation);
    if (simulation.method.kind == METHOD_SIGNED_RANK && simulation.method.holm)
        run_detectable(&simulation);
    printf("\n%zu bounds broken\n", simulation.broken);
    return simulation.broken > 0;
}
