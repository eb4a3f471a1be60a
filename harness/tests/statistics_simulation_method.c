/* statistics_simulation_method.c - one campaign judged in three ways. */
#include "statistics_simulation.h"

#include "statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough for a p of 0.05/20 to be more than two resamples. */
#define RESAMPLES 1000

static void method_require(int error)
{
    if (error == 0)
        return;
    fprintf(stderr, "statistics-simulation: %s\n", strerror(-error));
    exit(2);
}

/* Student's paired t on the log-ratios; the estimate is their mean. */
static double method_t(const double *log_ratios, size_t n, double *ret_p)
{
    double mean = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += log_ratios[i] / (double)n;
    double error = statistics_spread(log_ratios, n) / sqrt((double)n);
    *ret_p = statistics_student_p(mean / error, (double)(n - 1));
    return mean;
}

static double resampled_median(const double *log_ratios, size_t n,
                               uint64_t *state)
{
    double resample[SIMULATION_BLOCKS_MAX];
    for (size_t i = 0; i < n; i++)
        resample[i] =
            log_ratios[(size_t)(statistics_uniform(state) * (double)n)];
    double upper = statistics_select(resample, n, n / 2);
    return (upper + statistics_select(resample, n, (n - 1) / 2)) / 2.0;
}

/* The p at which a percentile interval of the bootstrapped median begins to
 * exclude 0; the estimate is the median. */
static double method_bootstrap(const double *log_ratios, size_t n,
                               uint64_t *state, double *ret_p)
{
    size_t below = 0;
    size_t above = 0;
    for (size_t i = 0; i < RESAMPLES; i++) {
        double median = resampled_median(log_ratios, n, state);
        below += median <= 0.0;
        above += median >= 0.0;
    }
    double smaller = (double)(below < above ? below : above);
    *ret_p = fmin(1.0, 2.0 * smaller / RESAMPLES);
    double median;
    method_require(statistics_median(log_ratios, n, &median));
    return median;
}

static void decide_signed_rank(const struct simulation_campaign *campaign,
                               struct simulation_outcome *ret_outcome,
                               double *ret_estimates)
{
    struct statistics_sample samples[SIMULATION_ROWS];
    struct statistics_row rows[SIMULATION_ROWS];
    for (size_t i = 0; i < SIMULATION_ROWS; i++)
        samples[i] = (struct statistics_sample){ campaign->log_ratios[i],
                                                 campaign->blocks };
    method_require(statistics_judge(samples, SIMULATION_ROWS, rows));
    for (size_t i = 0; i < SIMULATION_ROWS; i++) {
        ret_outcome->p[i] = rows[i].p;
        ret_outcome->rejected[i] = rows[i].p_adjusted < STATISTICS_ALPHA;
        ret_outcome->called[i] = rows[i].verdict == STATISTICS_FASTER ||
                                 rows[i].verdict == STATISTICS_SLOWER;
        ret_estimates[i] = log(rows[i].ratio);
    }
}

/* The rules of the verdict, for methods the library does not have. */
static void decide_by_p(struct simulation_outcome *outcome,
                        const double *estimates, bool holm)
{
    double adjusted[SIMULATION_ROWS];
    memcpy(adjusted, outcome->p, sizeof adjusted);
    if (holm)
        method_require(statistics_holm(outcome->p, SIMULATION_ROWS, adjusted));
    for (size_t i = 0; i < SIMULATION_ROWS; i++) {
        outcome->rejected[i] = adjusted[i] < STATISTICS_ALPHA;
        outcome->called[i] = outcome->rejected[i] &&
                             fabs(estimates[i]) >= log(STATISTICS_RATIO_MIN);
    }
}

void simulation_decide(const struct simulation_campaign *campaign,
                       const struct simulation_method *method, uint64_t *state,
                       struct simulation_outcome *ret_outcome)
{
    size_t n = campaign->blocks;
    double estimates[SIMULATION_ROWS];
    if (method->kind == METHOD_SIGNED_RANK)
        decide_signed_rank(campaign, ret_outcome, estimates);
    for (size_t i = 0; i < SIMULATION_ROWS; i++) {
        const double *log_ratios = campaign->log_ratios[i];
        double *p = &ret_outcome->p[i];
        if (method->kind == METHOD_T)
            estimates[i] = method_t(log_ratios, n, p);
        else if (method->kind == METHOD_BOOTSTRAP)
            estimates[i] = method_bootstrap(log_ratios, n, state, p);
    }
    if (method->kind != METHOD_SIGNED_RANK || !method->holm)
        decide_by_p(ret_outcome, estimates, method->holm);
}
