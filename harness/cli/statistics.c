/* statistics.c - the verdicts: a family of rows, Holm, the rule of 1 %. */
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int statistics_log_ratios(const double *subject, const double *baseline,
                          size_t n, double *ret_log_ratios)
{
    for (size_t i = 0; i < n; i++)
        if (!(subject[i] > 0.0 && isfinite(subject[i]) && baseline[i] > 0.0 &&
              isfinite(baseline[i])))
            return -EDOM;
    for (size_t i = 0; i < n; i++)
        ret_log_ratios[i] = log(subject[i]) - log(baseline[i]);
    return 0;
}

struct holm_step {
    double p;
    size_t index;
};

static int holm_compare(const void *left, const void *right)
{
    const struct holm_step *a = left;
    const struct holm_step *b = right;
    return (a->p > b->p) - (a->p < b->p);
}

int statistics_holm(const double *p, size_t m, double *ret_adjusted)
{
    if (m == 0)
        return 0;
    for (size_t i = 0; i < m; i++)
        if (!(p[i] >= 0.0 && p[i] <= 1.0))
            return -EINVAL;
    struct holm_step *steps = malloc(m * sizeof *steps);
    if (steps == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < m; i++)
        steps[i] = (struct holm_step){ p[i], i };
    qsort(steps, m, sizeof *steps, holm_compare);
    /* Law: along ascending p the adjusted p never falls. */
    double reached = 0.0;
    for (size_t i = 0; i < m; i++) {
        reached = fmax(reached, fmin(1.0, (double)(m - i) * steps[i].p));
        ret_adjusted[steps[i].index] = reached;
    }
    free(steps);
    return 0;
}

const char *statistics_verdict_name(enum statistics_verdict verdict)
{
    switch (verdict) {
    case STATISTICS_FASTER:
        return "faster";
    case STATISTICS_SLOWER:
        return "slower";
    case STATISTICS_INDISTINGUISHABLE:
        return "indistinguishable";
    case STATISTICS_NOISY:
        return "noisy";
    case STATISTICS_TOO_FEW_BLOCKS:
        return "too few blocks";
    }
    return "unknown verdict";
}

static int row_noise(const struct statistics_sample *sample, double *ret_noise)
{
    double ratios[STATISTICS_BLOCKS_MAX];
    for (size_t i = 0; i < sample->blocks; i++)
        ratios[i] = exp(sample->log_ratios[i]);
    return statistics_relative_iqr(ratios, sample->blocks, ret_noise);
}

/* What a row says by itself; p_adjusted and verdict need the family. */
static int row_measure(const struct statistics_sample *sample,
                       struct statistics_row *ret_row)
{
    struct statistics_row row = {
        .ratio = NAN, .high = INFINITY, .coverage = 1.0, .noise = NAN, .p = 1.0
    };
    struct statistics_location location;
    int error = 0;
    if (sample->blocks > 0) {
        error = statistics_locate(sample->log_ratios, sample->blocks,
                                  STATISTICS_ALPHA, &location);
        if (error == 0)
            error = statistics_signed_rank_p(sample->log_ratios, sample->blocks,
                                             &row.p);
        if (error == 0)
            error = row_noise(sample, &row.noise);
        if (error != 0)
            return error;
        row.ratio = exp(location.estimate);
        row.low = exp(location.low);
        row.high = exp(location.high);
        row.coverage = location.coverage;
    }
    *ret_row = row;
    return 0;
}

static enum statistics_verdict row_verdict(const struct statistics_row *row,
                                           size_t blocks, size_t count)
{
    double p_smallest = ldexp(1.0, 1 - (int)blocks);
    if (blocks < STATISTICS_BLOCKS_MIN ||
        !(p_smallest * (double)count < STATISTICS_ALPHA))
        return STATISTICS_TOO_FEW_BLOCKS;
    if (row->noise > STATISTICS_NOISE_MAX &&
        fabs(log(row->ratio)) < STATISTICS_NOISE_CLEAR * row->noise)
        return STATISTICS_NOISY;
    if (!(row->p_adjusted < STATISTICS_ALPHA))
        return STATISTICS_INDISTINGUISHABLE;
    if (row->ratio <= 1.0 / STATISTICS_RATIO_MIN)
        return STATISTICS_FASTER;
    if (row->ratio >= STATISTICS_RATIO_MIN)
        return STATISTICS_SLOWER;
    return STATISTICS_INDISTINGUISHABLE;
}

/* Fills `rows` whatever happens; `p` is scratch of the same length. */
static int family_judge(const struct statistics_sample *samples, size_t count,
                        struct statistics_row *rows, double *p)
{
    for (size_t i = 0; i < count; i++) {
        int error = row_measure(&samples[i], &rows[i]);
        if (error != 0)
            return error;
        p[i] = rows[i].p;
    }
    int error = statistics_holm(p, count, p);
    if (error != 0)
        return error;
    for (size_t i = 0; i < count; i++) {
        rows[i].p_adjusted = p[i];
        rows[i].verdict = row_verdict(&rows[i], samples[i].blocks, count);
    }
    return 0;
}

int statistics_judge(const struct statistics_sample *samples, size_t count,
                     struct statistics_row *ret_rows)
{
    if (count == 0)
        return 0;
    struct statistics_row *rows = malloc(count * sizeof *rows);
    double *p = malloc(count * sizeof *p);
    int error = -ENOMEM;
    if (rows != NULL && p != NULL)
        error = family_judge(samples, count, rows, p);
    if (error == 0)
        memcpy(ret_rows, rows, count * sizeof *rows);
    free(p);
    free(rows);
    return error;
}

/* The sum of all but one of the logarithms, divided, for every one. */
static void summary_leave_one_out(const double *log_effects, size_t n,
                                  double sum,
                                  struct statistics_summary *summary)
{
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double without = (sum - log_effects[i]) / (double)(n - 1);
        low = fmin(low, without);
        high = fmax(high, without);
    }
    summary->without_low = exp(low);
    summary->without_high = exp(high);
}

int statistics_summarise(const double *log_effects, size_t n,
                         struct statistics_summary *ret_summary)
{
    if (n < 2)
        return -EINVAL;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += log_effects[i];
    if (!isfinite(sum))
        return -EINVAL;
    double mean = sum / (double)n;
    double half = statistics_student_t(STATISTICS_ALPHA, (double)(n - 1)) *
                  statistics_spread(log_effects, n) / sqrt((double)n);
    struct statistics_summary summary = { .ratio = exp(mean),
                                          .low = exp(mean - half),
                                          .high = exp(mean + half) };
    summary_leave_one_out(log_effects, n, sum, &summary);
    *ret_summary = summary;
    return 0;
}
