/* statistics_simulation.h - campaigns with a known truth, and ways to judge
 * them. Times are logarithms; a `scale` is the standard deviation of one cell.
 */
#ifndef ASSAY_STATISTICS_SIMULATION_H
#define ASSAY_STATISTICS_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIMULATION_ROWS       20
#define SIMULATION_BLOCKS_MAX 15

enum simulation_noise {
    NOISE_NORMAL,
    NOISE_OUTLIERS, /* one cell in ten has fourfold noise */
    NOISE_UNEVEN,   /* rows differ 16-fold in scale, blocks fourfold */
    NOISE_SKEWED,   /* lognormal: rarely, a cell takes much longer */
    NOISE_MODES,    /* the subject is in one of two modes, half the time each;
                     * the baseline lies still, between them */
    /* Two that break the assumptions, for the limits: */
    NOISE_UNLIKE,   /* the subject skewed, the baseline normal; equal means */
    NOISE_DRIFTING, /* blocks depend on the one before, correlation 0.5 */
    NOISES,
};

extern const char *const simulation_noise_names[NOISES];

struct simulation_plan {
    enum simulation_noise noise;
    size_t blocks;
    double scale; /* of a cell; a log-ratio has sqrt(2) of it */
    double shift; /* true log-ratio of row 0; all others have none */
};

struct simulation_campaign {
    size_t blocks;
    double log_ratios[SIMULATION_ROWS][SIMULATION_BLOCKS_MAX];
};

void simulation_draw(const struct simulation_plan *plan, uint64_t *state,
                     struct simulation_campaign *ret_campaign);

struct simulation_method {
    enum {
        METHOD_SIGNED_RANK, /* what statistics_judge() does */
        METHOD_T,           /* paired t on the log-ratios */
        METHOD_BOOTSTRAP,   /* percentile bootstrap of the median */
    } kind;
    bool holm; /* false: every row at 5 % by itself */
};

struct simulation_outcome {
    double p[SIMULATION_ROWS];
    bool rejected[SIMULATION_ROWS]; /* adjusted p < 5 %, whatever the rest */
    bool called[SIMULATION_ROWS];   /* faster or slower */
};

/* Exits with status 2 when the library reports an error. */
void simulation_decide(const struct simulation_campaign *campaign,
                       const struct simulation_method *method, uint64_t *state,
                       struct simulation_outcome *ret_outcome);

#endif
