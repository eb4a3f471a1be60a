/* statistics.h - from paired timings to a verdict one can defend.
 *
 * Everything here is arithmetic on arrays of double: no files, no clock, no
 * state. The same input gives the same output, bit for bit, on one machine.
 * STATISTICS.md says why each choice was made and what was measured.
 *
 * Units:   an effect is a ratio subject/baseline (0.97: the subject takes 3 %
 *          less); a `log_ratio` is its natural logarithm; probabilities are
 *          0 to 1. No percentages.
 * Errors:  0, or a negative errno: -EINVAL for sizes or numbers that make no
 *          sense, -EDOM for a timing that has no logarithm, -ENOMEM. What is
 *          returned through a ret_x pointer is untouched on failure.
 * Owner:   arrays belong to the caller, input is never changed unless the
 *          function says so, and nothing allocated outlives a call.
 * Threads: any number; nothing is shared. */
#ifndef ASSAY_STATISTICS_H
#define ASSAY_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* A verdict needs 10 blocks; a campaign has at most 200 (the exact null
 * distribution takes blocks^3 steps). */
#define STATISTICS_BLOCKS_MIN 10
#define STATISTICS_BLOCKS_MAX 200

/* The share of campaigns without any difference that may call one. */
#define STATISTICS_ALPHA 0.05

/* A call needs ratio >= 1.01 or ratio <= 1/1.01 = 0.990099...: 1 % is the same
 * distance either way on the logarithm, so exchanging subject and baseline
 * exchanges faster and slower and changes nothing else. */
#define STATISTICS_RATIO_MIN 1.01

/* A row is noisy when the interquartile range of its ratios is over this
 * share of their median, and its effect is not clear of that noise: the
 * logarithm of the ratio is less than so many times the relative range. */
#define STATISTICS_NOISE_MAX   0.10
#define STATISTICS_NOISE_CLEAR 2.0

/* The power for which a smallest detectable effect is stated. */
#define STATISTICS_POWER 0.80

/* Two log-ratios nearer than this are one value, and one this near 0 is 0:
 * log(a/b) and -log(b/a) differ in their last bit, no clock resolves 1e-12. */
#define STATISTICS_TIE 1e-12

/* --- Order statistics ------------------------------------------------- */

/* Sorts in place, ascending. No NaN. */
void statistics_sort(double *values, size_t n);

/* Quantile q (0 to 1) of n >= 1 ascending values, by linear interpolation at
 * (n - 1) q: type 7 of Hyndman and Fan, "Sample Quantiles in Statistical
 * Packages", The American Statistician 50 (1996); R's default. */
double statistics_quantile(const double *sorted, size_t n, double q);

/* The value that sorting would put at index k < n; reorders the array. Takes
 * about n steps (Hoare, "Algorithm 65: find", CACM 4 (1961)). */
double statistics_select(double *values, size_t n, size_t k);

/* Median, and interquartile range over median, of n >= 1 values in any order.
 * -EINVAL when n is 0, a value is not finite, or (iqr) the median is 0. */
int statistics_median(const double *values, size_t n, double *ret_median);
int statistics_relative_iqr(const double *values, size_t n, double *ret_iqr);

/* Standard deviation with n - 1 below the line; 0 when n < 2. */
double statistics_spread(const double *values, size_t n);

/* --- Distributions ----------------------------------------------------- */

/* Regularised incomplete beta function I_x(a, b), a and b > 0, 0 <= x <= 1:
 * DLMF 8.17(v), the continued fraction 8.17.22. */
double statistics_beta(double x, double a, double b);

/* P(|T| >= |t|) for Student's t with `freedom` > 0 degrees of freedom. */
double statistics_student_p(double t, double freedom);

/* The t > 0 with P(|T| >= t) = p, 0 < p < 1. */
double statistics_student_t(double p, double freedom);

/* Two-sided interval of at least 1 - alpha for the probability behind `hits`
 * of `trials`: Clopper and Pearson, Biometrika 26 (1934). Used for the twin's
 * false positives. -EINVAL when hits > trials or trials is 0. */
int statistics_binomial_interval(size_t hits, size_t trials, double alpha,
                                 double *ret_low, double *ret_high);

/* One draw from a stream the caller seeds by setting *state: uniform in
 * (0, 1), and standard normal. Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014; Box and Muller 1958. */
double statistics_uniform(uint64_t *state);
double statistics_normal(uint64_t *state);

/* --- Wilcoxon's signed-rank test --------------------------------------- */

/* How many Walsh averages (v[i] + v[j]) / 2, i <= j, n values have; and those
 * averages, unsorted, into an array of that length. */
size_t statistics_walsh_count(size_t n);
void statistics_walsh(const double *values, size_t n, double *ret_walsh);

/* Exact null distribution for n values without ties: ret_mass[s] is
 * P(T = s) for s = 0 .. n (n + 1) / 2, as many entries as Walsh averages and
 * one more. -EINVAL when n is 0 or over STATISTICS_BLOCKS_MAX. */
int statistics_signed_rank_null(size_t n, double *ret_mass);

/* The largest k with 2 P(T <= k - 1) < alpha, and P(T <= k - 1). A two-sided
 * test at alpha rejects when min(T+, T-) < k, and an interval runs from the
 * k-th smallest to the k-th largest Walsh average. k is 0, and the tail 0,
 * where n is too small for any rejection at alpha, which is in (0, 1). */
int statistics_signed_rank_cut(size_t n, double alpha, size_t *ret_cut,
                               double *ret_tail);

/* The smallest n for which an interval of at least 1 - alpha exists: 6 for
 * 95 %. 0 when not even STATISTICS_BLOCKS_MAX is enough. */
size_t statistics_blocks_for_interval(double alpha);

/* Exact two-sided p of the hypothesis that the values lie symmetrically
 * about 0.
 *
 * Ties get midranks; zeros are ranked with the others and then left out
 * (Pratt, JASA 54 (1959): dropping them before ranking can make a sample
 * less significant by moving it away from 0). The distribution is that of
 * all sign changes of the ranks that are left, so p is exact with ties and
 * zeros too. All values zero: p = 1. */
int statistics_signed_rank_p(const double *values, size_t n, double *ret_p);

/* Where the values are centred, on their own scale. */
struct statistics_location {
    double estimate; /* Hodges-Lehmann: the median of the Walsh averages */
    double low;      /* interval; -INFINITY and INFINITY when there is none */
    double high;
    double coverage; /* what the interval achieves, >= 1 - alpha; with ties
                      * a lower bound */
};

/* Estimate and interval by exact inversion of the signed-rank test: Hollander
 * and Wolfe, "Nonparametric Statistical Methods", 3.2 and 3.3. */
int statistics_locate(const double *values, size_t n, double alpha,
                      struct statistics_location *ret_location);

/* --- Two campaigns: the rank-sum test ------------------------------------ */

/* Samples of two campaigns are not paired; the exact null distribution takes
 * (n m)^2 / 4 steps. */
#define STATISTICS_SAMPLE_MAX STATISTICS_BLOCKS_MAX

/* Exact null distribution for samples of n and m values without ties:
 * ret_mass[u] is P(U = u) for u = 0 .. n m (Mann and Whitney, Annals of
 * Mathematical Statistics 18 (1947)). -EINVAL beyond STATISTICS_SAMPLE_MAX. */
int statistics_rank_sum_null(size_t n, size_t m, double *ret_mass);

struct statistics_shift {
    struct statistics_location location; /* of after - before */
    double p;       /* exact, two-sided; conservative where there are ties */
    double p_least; /* the smallest that samples of this size can reach */
};

/* By how much `after` is shifted against `before`: the median of all n m
 * differences (Hodges and Lehmann 1963), and its interval by exact inversion
 * of the rank-sum test: Hollander and Wolfe, 4.2 and 4.3. */
int statistics_shift(const double *before, size_t n, const double *after,
                     size_t m, double alpha,
                     struct statistics_shift *ret_shift);

/* --- From a family of rows to verdicts --------------------------------- */

/* Writes n logarithms of subject[i] / baseline[i]. -EDOM unless every timing
 * is finite and over 0. */
int statistics_log_ratios(const double *subject, const double *baseline,
                          size_t n, double *ret_log_ratios);

/* Holm's step-down adjusted p: Scandinavian Journal of Statistics 6 (1979).
 * Keeps the share of families with any false rejection at alpha, however the
 * rows depend on each other. p and ret_adjusted may be one array. */
int statistics_holm(const double *p, size_t m, double *ret_adjusted);

enum statistics_verdict {
    STATISTICS_FASTER,
    STATISTICS_SLOWER,
    STATISTICS_INDISTINGUISHABLE,
    STATISTICS_NOISY,
    STATISTICS_TOO_FEW_BLOCKS,
};

/* "faster", "slower", "indistinguishable", "noisy", "too few blocks". */
const char *statistics_verdict_name(enum statistics_verdict verdict);

/* One row of one pair of subjects: a log-ratio for every block. */
struct statistics_sample {
    const double *log_ratios;
    size_t blocks; /* 0 .. STATISTICS_BLOCKS_MAX */
};

struct statistics_row {
    double ratio; /* estimate of subject / baseline; NaN without blocks */
    double low;   /* 95 % interval of this row alone; 0 and INFINITY when the */
    double high;  /* blocks are too few for one */
    double coverage;
    double noise;      /* relative interquartile range; NaN without blocks */
    double p;          /* of this row alone; 1 without blocks */
    double p_adjusted; /* Holm over the family */
    enum statistics_verdict verdict;
};

/* Judges a family: all rows of one pair of subjects, `count` of them, those
 * with few or no blocks included (they count in Holm's m: a row may not make
 * the others look better by failing).
 *
 * The first that holds is the verdict:
 *   too few blocks    under STATISTICS_BLOCKS_MIN, or even the smallest p
 *                     that many blocks can reach, 2^(1 - blocks), times
 *                     count is not under STATISTICS_ALPHA
 *   noisy             noise > STATISTICS_NOISE_MAX, and the effect is less
 *                     than STATISTICS_NOISE_CLEAR times the noise; counts as
 *                     no difference
 *   faster, slower    p_adjusted < STATISTICS_ALPHA and the ratio is at least
 *                     STATISTICS_RATIO_MIN away, below or above 1
 *   indistinguishable everything else */
int statistics_judge(const struct statistics_sample *samples, size_t count,
                     struct statistics_row *ret_rows);

/* The smallest true effect, as a ratio > 1, that is called with probability
 * STATISTICS_POWER in a row with this many blocks, in a family of this many
 * rows in which nothing else is called. `spread` is the standard deviation
 * that the row's log-ratios showed; that it is an estimate is allowed for. At
 * least STATISTICS_RATIO_MIN; INFINITY when the blocks are too few for any
 * call. The same distance holds downwards (1 / ratio). Assumes normal noise,
 * and that the row is not ruled noisy. */
int statistics_detectable(double spread, size_t blocks, size_t rows,
                          double *ret_ratio);

/* --- Summary of several effects ----------------------------------------- */

struct statistics_summary {
    double ratio;        /* geometric mean */
    double low;          /* 95 % interval by Student's t on the logarithms */
    double high;         /* (rows as a sample of possible rows) */
    double without_low;  /* the smallest and the largest geometric mean that */
    double without_high; /* leaving out one row gives */
};

/* Of n >= 2 effects given as logarithms. Print it beside their table only. */
int statistics_summarise(const double *log_effects, size_t n,
                         struct statistics_summary *ret_summary);

#endif
