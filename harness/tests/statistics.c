/* statistics.c - the statistics agree with published and hand-made values.
 *
 * Every expected number names its source; "by hand" means that the comment
 * shows the arithmetic. */
#include "statistics.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void expect_near(double actual, double expected, double tolerance)
{
    cr_expect(fabs(actual - expected) <= tolerance, "%.12g is not %.12g",
              actual, expected);
}

/* --- Rank sum ----------------------------------------------------------- */

/* Mann and Whitney's own table for two samples of three: 1, 1, 2, 3, 3, 3, 3,
 * 2, 1, 1 of the 20 interleavings give U = 0 .. 9. */
Test(statistics, the_rank_sum_counts_interleavings)
{
    static const double counts[] = { 1, 1, 2, 3, 3, 3, 3, 2, 1, 1 };
    double mass[10];

    cr_assert_eq(statistics_rank_sum_null(3, 3, mass), 0);
    for (size_t u = 0; u < COUNT(counts); u++)
        expect_near(20 * mass[u], counts[u], 1e-12);
}

/* Critical values of U, two-sided 5 %, as in the tables of most textbooks
 * (Siegel, "Nonparametric Statistics for the Behavioral Sciences", table K):
 * U up to the value is significant, so one step more is not. */
Test(statistics, rank_sums_reject_at_the_tabulated_values)
{
    static const size_t sizes[] = { 5, 6, 7, 8, 9, 10, 15, 20 };
    static const size_t critical[] = { 2, 5, 8, 13, 17, 23, 64, 127 };

    for (size_t i = 0; i < COUNT(sizes); i++) {
        static double mass[401];
        double tail = 0;

        cr_assert_eq(statistics_rank_sum_null(sizes[i], sizes[i], mass), 0);
        for (size_t u = 0; u <= critical[i]; u++)
            tail += mass[u];
        cr_expect(2 * tail <= 0.05, "n = %zu", sizes[i]);
        cr_expect(2 * (tail + mass[critical[i] + 1]) > 0.05, "n = %zu",
                  sizes[i]);
    }
}

/* Hollander and Wolfe (1973), p. 69: permeability of membranes at term and
 * at 12 to 26 weeks; one-sided p = 0.1272 (U = 35 of 50). */
Test(statistics, a_published_rank_sum_has_its_published_p)
{
    static const double term[] = { 0.80, 0.83, 1.89, 1.04, 1.45,
                                   1.38, 1.91, 1.64, 0.73, 1.46 };
    static const double early[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
    struct statistics_shift shift;

    cr_assert_eq(statistics_shift(early, COUNT(early), term, COUNT(term), 0.05,
                                  &shift),
                 0);
    expect_near(shift.p, 2 * 0.1272, 1e-4);
    cr_expect(shift.location.low < 0 && shift.location.high > 0);
    expect_near(shift.location.estimate, 0.305, 1e-9);
}

Test(statistics, a_shift_is_found_and_its_mirror_is_its_negative)
{
    static const double before[] = { 0.01, 0.02, 0.03, 0.04, 0.05, 0.06 };
    static const double after[] = { 0.11, 0.12, 0.13, 0.14, 0.15, 0.16 };
    struct statistics_shift up, down;

    cr_assert_eq(statistics_shift(before, 6, after, 6, 0.05, &up), 0);
    cr_assert_eq(statistics_shift(after, 6, before, 6, 0.05, &down), 0);
    expect_near(up.location.estimate, 0.10, 1e-12);
    expect_near(down.location.estimate, -0.10, 1e-12);
    expect_near(up.location.low, -down.location.high, 1e-12);
    expect_near(up.p, 2.0 / 924, 1e-12); /* 2 of the (12 over 6) orders */
    expect_near(up.p, up.p_least, 1e-15);
}

Test(statistics, a_shift_of_equal_samples_is_not_significant)
{
    static const double values[] = { 0.1, 0.1, 0.2 };
    struct statistics_shift shift;

    cr_assert_eq(statistics_shift(values, 3, values, 3, 0.05, &shift), 0);
    expect_near(shift.p, 1, 1e-12);
    cr_expect(isinf(shift.location.high) && isinf(shift.location.low));
}

Test(statistics, a_shift_of_nothing_is_refused)
{
    static const double value[] = { 1, NAN };
    struct statistics_shift shift;

    cr_expect_eq(statistics_shift(value, 0, value, 1, 0.05, &shift), -EINVAL);
    cr_expect_eq(statistics_shift(value, 1, value, 2, 0.05, &shift), -EINVAL);
    cr_expect_eq(statistics_shift(value, 1, value, 1, 1, &shift), -EINVAL);
}

/* --- Signed rank -------------------------------------------------------- */

/* OEIS A053632: subsets of 1..n by their sum. */
Test(statistics, null_distribution_counts_subsets_by_sum)
{
    static const double counts3[] = { 1, 1, 1, 2, 1, 1, 1 };
    static const double counts4[] = { 1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1 };
    static const double counts5[] = { 1, 1, 1, 2, 2, 3, 3, 3,
                                      3, 3, 3, 2, 2, 1, 1, 1 };
    static const double *const counts[] = { counts3, counts4, counts5 };
    for (size_t n = 3; n <= 5; n++) {
        double mass[16];
        cr_assert_eq(statistics_signed_rank_null(n, mass), 0);
        for (size_t s = 0; s <= statistics_walsh_count(n); s++)
            expect_near(mass[s] * ldexp(1.0, (int)n), counts[n - 3][s], 0.0);
    }
}

Test(statistics, null_distribution_sums_to_one_at_200_blocks)
{
    static double
        mass[STATISTICS_BLOCKS_MAX * (STATISTICS_BLOCKS_MAX + 1) / 2 + 1];
    cr_assert_eq(statistics_signed_rank_null(STATISTICS_BLOCKS_MAX, mass), 0);
    double sum = 0.0;
    for (size_t s = 0; s < COUNT(mass); s++)
        sum += mass[s];
    expect_near(sum, 1.0, 1e-12);
}

/* University of York, Department of Mathematics, "Critical values for T in
 * the Wilcoxon signed matched-pairs signed-rank test", two-tailed P = 0.05: T
 * up to the tabulated value is significant, so the cut is one more. */
Test(statistics, cuts_are_the_tabulated_critical_values)
{
    static const size_t critical[] = { 0,  2,  3,  5,  8,  10, 13, 17, 21, 25,
                                       29, 34, 40, 46, 52, 58, 65, 73, 81, 89 };
    for (size_t i = 0; i < COUNT(critical); i++) {
        size_t cut;
        double tail;
        cr_assert_eq(statistics_signed_rank_cut(6 + i, 0.05, &cut, &tail), 0);
        cr_expect_eq(cut, critical[i] + 1, "n %zu: cut %zu", 6 + i, cut);
    }
}

/* R: qsignrank(0.025, 9) = 6 and qsignrank(0.025, 15) = 26: the quantile is
 * the first sum whose P(T <= s) reaches 0.025, which is the cut. */
Test(statistics, cuts_are_the_quantiles_that_r_gives)
{
    size_t cut;
    double tail;
    cr_assert_eq(statistics_signed_rank_cut(9, 0.05, &cut, &tail), 0);
    cr_expect_eq(cut, 6);
    cr_assert_eq(statistics_signed_rank_cut(15, 0.05, &cut, &tail), 0);
    cr_expect_eq(cut, 26);
}

Test(statistics, a_95_percent_interval_needs_six_blocks)
{
    double values[] = { 1, 2, 3, 4, 5, 6 };
    struct statistics_location five;
    struct statistics_location six;
    cr_assert_eq(statistics_locate(values, 5, 0.05, &five), 0);
    cr_assert_eq(statistics_locate(values, 6, 0.05, &six), 0);
    cr_expect_eq(statistics_blocks_for_interval(0.05), 6);
    cr_expect(isinf(five.low) && isinf(five.high));
    expect_near(five.coverage, 1.0, 0.0);
    /* By hand: only the sum 0 is cut, so [min, max] and 1 - 2/64. */
    expect_near(six.low, 1.0, 0.0);
    expect_near(six.high, 6.0, 0.0);
    expect_near(six.coverage, 1.0 - 2.0 / 64.0, 1e-15);
}

/* Hollander and Wolfe, "Nonparametric Statistical Methods", 2nd edition,
 * pages 40 and 53 (Hamilton depression scale, R's ?wilcox.test): p 0.0391,
 * interval (-0.786, -0.010), estimate -0.46; V = 40, P = 10/512 one-sided. */
Test(statistics, depression_data_give_the_published_effect)
{
    static const double before[] = { 1.83, 0.50, 1.62, 2.48, 1.68,
                                     1.88, 1.55, 3.06, 1.30 };
    static const double after[] = { 0.878, 0.647, 0.598, 2.05, 1.06,
                                    1.29,  1.06,  3.14,  1.29 };
    double change[9];
    for (size_t i = 0; i < 9; i++)
        change[i] = after[i] - before[i];
    double p;
    struct statistics_location location;
    cr_assert_eq(statistics_signed_rank_p(change, 9, &p), 0);
    cr_assert_eq(statistics_locate(change, 9, 0.05, &location), 0);
    expect_near(p, 20.0 / 512.0, 1e-15);
    expect_near(location.estimate, -0.46, 5e-4);
    expect_near(location.low, -0.786, 5e-4);
    expect_near(location.high, -0.010, 5e-4);
    expect_near(location.coverage, 1.0 - 20.0 / 512.0, 1e-15);
}

/* Darwin's maize, in the documentation of scipy.stats.wilcoxon: statistic 24,
 * p = 0.041259765625 (no ties: 28 and -28 do not both occur). */
Test(statistics, maize_data_give_the_p_that_scipy_documents)
{
    static const double heights[] = { 6,  8,   14, 16, 23, 24,  28, 29,
                                      41, -48, 49, 56, 60, -67, 75 };
    double p;
    cr_assert_eq(statistics_signed_rank_p(heights, COUNT(heights), &p), 0);
    expect_near(p, 0.041259765625, 1e-15);
}

/* Bortz, Lienert and Boehnke, with exactRankTests::wilcox.exact, in R-help of
 * 25 August 2006: V = 13, p = 0.1367 (zeros dropped, as is the case here). */
Test(statistics, tied_data_give_the_exact_conditional_p)
{
    static const double changes[] = { -4, -1, -1, -1, -2, 1, -2, 4, -1, -1 };
    double p;
    cr_assert_eq(statistics_signed_rank_p(changes, COUNT(changes), &p), 0);
    expect_near(p, 140.0 / 1024.0, 1e-15);
}

/* Twice the rank of |values[i]| among all, zeros included. */
static double doubled_rank(const double *values, size_t n, size_t i)
{
    double rank = 1.0;
    for (size_t j = 0; j < n; j++) {
        rank += 2.0 * (fabs(values[j]) < fabs(values[i]));
        rank += fabs(values[j]) == fabs(values[i]);
    }
    return rank;
}

/* The definition, slowly: the share of all sign changes of the non-zero values
 * whose T is at least as far from the middle. */
static double enumerated_p(const double *values, size_t n)
{
    double ranks[16];
    double observed = 0.0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (values[i] == 0.0)
            continue;
        ranks[count] = doubled_rank(values, n, i);
        observed += copysign(ranks[count++], values[i]);
    }
    double extreme = 0.0;
    for (size_t signs = 0; signs < (size_t)1 << count; signs++) {
        double sum = 0.0;
        for (size_t i = 0; i < count; i++)
            sum += signs >> i & 1 ? ranks[i] : -ranks[i];
        extreme += fabs(sum) >= fabs(observed);
    }
    return ldexp(extreme, -(int)count);
}

Test(statistics, p_is_the_share_of_sign_changes_with_ties_and_zeros)
{
    uint64_t state = 20;
    for (size_t round = 0; round < 300; round++) {
        double values[12];
        size_t n = 1 + round % COUNT(values);
        for (size_t i = 0; i < n; i++)
            values[i] = round % 2 ? floor(7.0 * statistics_uniform(&state)) - 2
                                  : statistics_normal(&state) + 0.5;
        double p;
        cr_assert_eq(statistics_signed_rank_p(values, n, &p), 0);
        expect_near(p, enumerated_p(values, n), 1e-12);
    }
}

/* By hand, Pratt: 0 0 take ranks 1 2, so +3 has rank 3 and -5 rank 4: T is 3
 * or 4 of {0, 3, 4, 7}, p = 2 P(T <= 3) = 1. With three of one sign on ranks
 * 3 4 5: p = 2/8. */
Test(statistics, zeros_are_ranked_and_then_left_out)
{
    static const double opposed[] = { 0, 3, 0, -5 };
    static const double agreed[] = { 0, 3, 0, 5, 7 };
    static const double nothing[] = { 0, 0, 0 };
    double p;
    cr_assert_eq(statistics_signed_rank_p(opposed, 4, &p), 0);
    expect_near(p, 1.0, 0.0);
    cr_assert_eq(statistics_signed_rank_p(agreed, 5, &p), 0);
    expect_near(p, 0.25, 0.0);
    cr_assert_eq(statistics_signed_rank_p(nothing, 3, &p), 0);
    expect_near(p, 1.0, 0.0);
}

/* By hand: ten equal ranks, one of them negative: 2 (1 + 10) / 1024. Were the
 * last bit a difference, the negative one would have rank 10 of 10. */
Test(statistics, ties_survive_the_last_bit_of_a_logarithm)
{
    double values[10];
    for (size_t i = 0; i < 9; i++)
        values[i] = 0.05;
    values[9] = -nextafter(0.05, 1.0);
    double p;
    cr_assert_eq(statistics_signed_rank_p(values, 10, &p), 0);
    expect_near(p, 22.0 / 1024.0, 1e-15);
}

/* The interval is the inversion of the test: without ties it holds 0 exactly
 * when the test does not reject. An order statistic one off breaks this. */
Test(statistics, interval_excludes_zero_exactly_when_p_is_small)
{
    uint64_t state = 7;
    size_t rejected = 0;
    for (size_t round = 0; round < 2000; round++) {
        double values[20];
        size_t n = 6 + round % 15;
        for (size_t i = 0; i < n; i++)
            values[i] = statistics_normal(&state) + 0.6;
        double p;
        struct statistics_location location;
        cr_assert_eq(statistics_signed_rank_p(values, n, &p), 0);
        cr_assert_eq(statistics_locate(values, n, 0.05, &location), 0);
        cr_expect_eq(p<0.05, location.low> 0.0 || location.high < 0.0);
        rejected += p < 0.05;
    }
    cr_expect(rejected > 500 && rejected < 1900, "%zu", rejected);
}

Test(statistics, nonsense_is_refused_and_leaves_the_result)
{
    double values[] = { 1.0, NAN };
    double p = 42.0;
    cr_expect_eq(statistics_signed_rank_p(values, 2, &p), -EINVAL);
    cr_expect_eq(statistics_signed_rank_p(values, 0, &p), -EINVAL);
    static const double zeros[STATISTICS_BLOCKS_MAX + 1];
    cr_expect_eq(statistics_signed_rank_p(zeros, COUNT(zeros), &p), -EINVAL);
    cr_expect_eq(statistics_median(values, 2, &p), -EINVAL);
    expect_near(p, 42.0, 0.0);
}

/* --- Holm ---------------------------------------------------------------- */

static void expect_holm(const double *p, const double *expected, size_t m)
{
    double adjusted[8];
    cr_assert_eq(statistics_holm(p, m, adjusted), 0);
    for (size_t i = 0; i < m; i++)
        expect_near(adjusted[i], expected[i], 1e-12);
}

/* The worked example of Wikipedia's "Holm-Bonferroni method", and the one in
 * the documentation of stdlib's padjust, which is p.adjust. In both the
 * largest raw step is not the last: only the running maximum gives these. */
Test(statistics, holm_gives_the_worked_examples)
{
    static const double p4[] = { 0.01, 0.04, 0.03, 0.005 };
    static const double adjusted4[] = { 0.03, 0.06, 0.06, 0.02 };
    static const double p5[] = { 0.319, 0.201, 0.4, 0.374, 0.113 };
    static const double adjusted5[] = { 0.957, 0.804, 0.957, 0.957, 0.565 };
    expect_holm(p4, adjusted4, 4);
    expect_holm(p5, adjusted5, 5);
}

Test(statistics, holm_is_capped_at_one_and_equal_for_equal_p)
{
    static const double p[] = { 0.6, 0.02, 0.02, 0.9 };
    static const double adjusted[] = { 1.0, 0.08, 0.08, 1.0 };
    expect_holm(p, adjusted, 4);
}

/* --- Order statistics ------------------------------------------------------
 */

/* R: quantile(mtcars$mpg) = 10.400 15.425 19.200 22.800 33.900. */
Test(statistics, quantiles_are_of_type_seven)
{
    double mpg[] = { 21.0, 21.0, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4,
                     22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4,
                     14.7, 32.4, 30.4, 33.9, 21.5, 15.5, 15.2, 13.3,
                     19.2, 27.3, 26.0, 30.4, 15.8, 19.7, 15.0, 21.4 };
    static const double quartiles[] = { 10.4, 15.425, 19.2, 22.8, 33.9 };
    double median;
    double iqr;
    cr_assert_eq(statistics_median(mpg, 32, &median), 0);
    cr_assert_eq(statistics_relative_iqr(mpg, 32, &iqr), 0);
    expect_near(median, 19.2, 1e-12);
    expect_near(iqr, 7.375 / 19.2, 1e-12);
    statistics_sort(mpg, 32);
    for (size_t i = 0; i < 5; i++)
        expect_near(statistics_quantile(mpg, 32, 0.25 * (double)i),
                    quartiles[i], 1e-12);
}

Test(statistics, selection_finds_what_sorting_would)
{
    uint64_t state = 3;
    for (size_t round = 0; round < 500; round++) {
        double values[40];
        double sorted[40];
        size_t n = 1 + round % COUNT(values);
        for (size_t i = 0; i < n; i++)
            values[i] = floor(20.0 * statistics_uniform(&state));
        memcpy(sorted, values, sizeof sorted);
        statistics_sort(sorted, n);
        size_t k = round * 7 % n;
        expect_near(statistics_select(values, n, k), sorted[k], 0.0);
    }
}

/* --- Distributions ---------------------------------------------------------
 */

/* NIST/SEMATECH e-Handbook 1.3.6.7.2, column 0.975; and R's paired t.test of
 * the sleep data, t = -4.0621 with 9 degrees of freedom, p = 0.002833. */
Test(statistics, student_t_gives_the_tabulated_values)
{
    expect_near(statistics_student_t(0.05, 1), 12.706, 5e-4);
    expect_near(statistics_student_t(0.05, 10), 2.228, 5e-4);
    expect_near(statistics_student_t(0.05, 30), 2.042, 5e-4);
    expect_near(statistics_student_t(0.05, 100), 1.984, 5e-4);
    expect_near(statistics_student_p(-4.0621, 9), 0.002833, 5e-7);
}

static void expect_binomial(size_t hits, size_t trials, double low, double high,
                            double tolerance)
{
    double actual_low;
    double actual_high;
    cr_assert_eq(statistics_binomial_interval(hits, trials, 0.05, &actual_low,
                                              &actual_high),
                 0);
    expect_near(actual_low, low, tolerance);
    expect_near(actual_high, high, tolerance);
}

Test(statistics, binomial_intervals_are_the_published_ones)
{
    /* R's ?binom.test (Conover, Mendel's plants): 682 of 925. */
    expect_binomial(682, 925, 0.7076683, 0.7654066, 5e-8);
    /* R's binom.test(10, 20). */
    expect_binomial(10, 20, 0.2719578, 0.7280422, 5e-8);
    /* scipy's BinomTestResult.proportion_ci, k = 7, n = 50. */
    expect_binomial(7, 50, 0.05819170033997342, 0.26739600249700846, 1e-12);
    /* By hand: none of n has the upper limit 1 - 0.025^(1/n). */
    expect_binomial(0, 10, 0.0, 1.0 - pow(0.025, 0.1), 1e-12);
    expect_binomial(10, 10, pow(0.025, 0.1), 1.0, 1e-12);
}

/* Vigna's splitmix64.c, seed 1234567: 6457827717110365317 comes first and
 * 3203168211198807973 second. */
Test(statistics, draws_follow_the_published_generator)
{
    uint64_t state = 1234567;
    expect_near(statistics_uniform(&state), 6457827717110365317.0 * 0x1p-64,
                1e-15);
    expect_near(statistics_uniform(&state), 3203168211198807973.0 * 0x1p-64,
                1e-15);
}

/* --- Summary ----------------------------------------------------------------
 */

/* By hand: logs of 0.5, 1, 2 are -l, 0, l with l = 0.693147: geometric mean 1,
 * standard deviation l, t(0.975, 2) = 4.303 (NIST), half width 4.303 l / sqrt
 * 3 = 1.7220; without the first (1 x 2)^(1/2), without the last its inverse. */
Test(statistics, geometric_mean_has_interval_and_leave_one_out_range)
{
    double effects[] = { log(0.5), 0.0, log(2.0) };
    struct statistics_summary summary;
    cr_assert_eq(statistics_summarise(effects, 3, &summary), 0);
    expect_near(summary.ratio, 1.0, 1e-12);
    expect_near(log(summary.low), -1.7220, 3e-4);
    expect_near(log(summary.high), 1.7220, 3e-4);
    expect_near(summary.without_low, sqrt(0.5), 1e-12);
    expect_near(summary.without_high, sqrt(2.0), 1e-12);
    cr_expect_eq(statistics_summarise(effects, 1, &summary), -EINVAL);
}
