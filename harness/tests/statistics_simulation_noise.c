/* statistics_simulation_noise.c - campaigns drawn under each kind of noise. */
#include "statistics_simulation.h"

#include "statistics.h"

#include <math.h>

#define DRIFT_CORRELATION 0.5

const char *const simulation_noise_names[NOISES] = {
    "normal", "outliers", "uneven", "skewed", "modes", "unlike", "drifting",
};

/* A lognormal draw with its mean and standard deviation (sqrt(e), and
 * sqrt(e (e - 1))) brought to 0 and 1. */
static double noise_skewed(uint64_t *state)
{
    double mean = exp(0.5);
    return (exp(statistics_normal(state)) - mean) / (mean * sqrt(expm1(1.0)));
}

static double noise_with_outliers(uint64_t *state)
{
    double factor = statistics_uniform(state) < 0.1 ? 4.0 : 1.0;
    return factor * statistics_normal(state);
}

/* Two modes, 2 apart, each a tenth as wide as the whole. */
static double noise_in_modes(uint64_t *state)
{
    double mode = statistics_uniform(state) < 0.5 ? -1.0 : 1.0;
    return mode + 0.1 * statistics_normal(state);
}

/* The log-ratio of one block, in units of the cell's scale. */
static double noise_ratio(enum simulation_noise noise, uint64_t *state)
{
    switch (noise) {
    case NOISE_OUTLIERS:
        return noise_with_outliers(state) - noise_with_outliers(state);
    case NOISE_SKEWED:
        return noise_skewed(state) - noise_skewed(state);
    case NOISE_MODES:
        return noise_in_modes(state) - 0.1 * statistics_normal(state);
    case NOISE_UNLIKE:
        return noise_skewed(state) - statistics_normal(state);
    case NOISE_UNEVEN: {
        double block = exp2(2.0 * statistics_uniform(state) - 1.0);
        return block * M_SQRT2 * statistics_normal(state);
    }
    case NOISE_NORMAL:
    case NOISE_DRIFTING:
    case NOISES:
        break;
    }
    return M_SQRT2 * statistics_normal(state);
}

static void noise_row(const struct simulation_plan *plan, uint64_t *state,
                      double *ret_log_ratios)
{
    double scale = plan->scale;
    if (plan->noise == NOISE_UNEVEN)
        scale *= exp2(4.0 * statistics_uniform(state) - 2.0);
    double before = noise_ratio(plan->noise, state);
    for (size_t i = 0; i < plan->blocks; i++) {
        double now = noise_ratio(plan->noise, state);
        if (plan->noise == NOISE_DRIFTING)
            now = DRIFT_CORRELATION * before +
                  sqrt(1.0 - DRIFT_CORRELATION * DRIFT_CORRELATION) * now;
        ret_log_ratios[i] = scale * now;
        before = now;
    }
}

void simulation_draw(const struct simulation_plan *plan, uint64_t *state,
                     struct simulation_campaign *ret_campaign)
{
    ret_campaign->blocks = plan->blocks;
    for (size_t row = 0; row < SIMULATION_ROWS; row++)
        noise_row(plan, state, ret_campaign->log_ratios[row]);
    for (size_t i = 0; i < plan->blocks; i++)
        ret_campaign->log_ratios[0][i] += plan->shift;
}
