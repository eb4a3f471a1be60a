/* statistics_detectable.c - the smallest effect that a row could have called.
 *
 * Law: adding d to all log-ratios adds d to all Walsh averages, so a sample of
 * noise is called once d lifts both its k-th smallest Walsh average over 0
 * (the test, at Holm's first step) and their median to log 1.01 (the 1 %
 * rule). The d needed is a number per sample; the effect found with a power of
 * 80 % is the 80 % quantile of that number. A normal
 * approximation of the power will not do: at 10 blocks and 20 rows it says
 * 1.25 standard deviations where 2.01 are needed (only ten equal signs count).
 *
 * The spread is itself an estimate from as few blocks. Taken for the truth it
 * gives a power of 72 to 74 %, so every sample is drawn with the spread that
 * another such estimate would suggest: the power is then 80 % over campaigns.
 */
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* The stream of noise belongs to the definition of the figure: the same row
 * gives the same figure for ever. 2000 samples leave the power uncertain by
 * 0.9 points (sqrt(0.8 x 0.2 / 2000)). */
#define DETECTABLE_SEED    UINT64_C(0xa55a7)
#define DETECTABLE_SAMPLES 2000

static void detectable_draw(size_t blocks, double *ret_noise, uint64_t *state)
{
    for (size_t i = 0; i < blocks; i++)
        ret_noise[i] = statistics_normal(state);
}

/* The shift that one sample of normal noise needs in order to be called. */
static double detectable_shift(double spread, size_t blocks, size_t cut,
                               double *walsh, uint64_t *state)
{
    double noise[STATISTICS_BLOCKS_MAX] = { 0.0 };
    detectable_draw(blocks, noise, state);
    double scale = spread / statistics_spread(noise, blocks);
    detectable_draw(blocks, noise, state);
    for (size_t i = 0; i < blocks; i++)
        noise[i] *= scale;
    size_t count = statistics_walsh_count(blocks);
    statistics_walsh(noise, blocks, walsh);
    double low = statistics_select(walsh, count, cut - 1);
    double upper = statistics_select(walsh, count, count / 2);
    double lower = statistics_select(walsh, count, (count - 1) / 2);
    double estimate = (lower + upper) / 2.0;
    return fmax(-low, log(STATISTICS_RATIO_MIN) - estimate);
}

static int detectable_quantile(double spread, size_t blocks, size_t cut,
                               double *ret_shift)
{
    double *walsh = malloc(statistics_walsh_count(blocks) * sizeof *walsh);
    double *shifts = malloc(DETECTABLE_SAMPLES * sizeof *shifts);
    int error = -ENOMEM;
    if (walsh != NULL && shifts != NULL) {
        uint64_t state = DETECTABLE_SEED;
        for (size_t i = 0; i < DETECTABLE_SAMPLES; i++)
            shifts[i] = detectable_shift(spread, blocks, cut, walsh, &state);
        statistics_sort(shifts, DETECTABLE_SAMPLES);
        *ret_shift =
            statistics_quantile(shifts, DETECTABLE_SAMPLES, STATISTICS_POWER);
        error = 0;
    }
    free(shifts);
    free(walsh);
    return error;
}

int statistics_detectable(double spread, size_t blocks, size_t rows,
                          double *ret_ratio)
{
    if (!(spread >= 0.0 && isfinite(spread)) || rows == 0)
        return -EINVAL;
    if (blocks > STATISTICS_BLOCKS_MAX)
        return -EINVAL;
    size_t cut = 0;
    double tail;
    int error = 0;
    if (blocks >= STATISTICS_BLOCKS_MIN)
        error =
            statistics_signed_rank_cut(blocks, STATISTICS_ALPHA / (double)rows,
                                       &cut, &tail);
    if (error != 0)
        return error;
    double shift = INFINITY;
    if (cut > 0)
        error = detectable_quantile(spread, blocks, cut, &shift);
    if (error != 0)
        return error;
    *ret_ratio = exp(fmax(shift, log(STATISTICS_RATIO_MIN)));
    return 0;
}
