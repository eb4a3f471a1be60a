/* statistics_verdicts.c - every verdict is given for its reason and no other.
 */
#include "statistics.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>

#define ROWS_MAX 30

/* log_ratios around `centre`, evenly spaced over +- `half`. */
static void fill_even(double *log_ratios, size_t n, double centre, double half)
{
    for (size_t i = 0; i < n; i++)
        log_ratios[i] =
            centre + half * (2.0 * (double)i / (double)(n - 1) - 1.0);
}

/* Judges `rows` rows that are all this one, and returns the first. */
static struct statistics_row judge_alike(const double *log_ratios,
                                         size_t blocks, size_t rows)
{
    struct statistics_sample samples[ROWS_MAX];
    struct statistics_row judged[ROWS_MAX];
    for (size_t i = 0; i < rows; i++)
        samples[i] = (struct statistics_sample){ log_ratios, blocks };
    cr_assert_eq(statistics_judge(samples, rows, judged), 0);
    return judged[0];
}

Test(verdicts, have_the_names_the_reports_use)
{
    cr_expect_str_eq(statistics_verdict_name(STATISTICS_FASTER), "faster");
    cr_expect_str_eq(statistics_verdict_name(STATISTICS_SLOWER), "slower");
    cr_expect_str_eq(statistics_verdict_name(STATISTICS_INDISTINGUISHABLE),
                     "indistinguishable");
    cr_expect_str_eq(statistics_verdict_name(STATISTICS_NOISY), "noisy");
    cr_expect_str_eq(statistics_verdict_name(STATISTICS_TOO_FEW_BLOCKS),
                     "too few blocks");
}

Test(verdicts, a_clear_difference_is_called_in_its_direction)
{
    double log_ratios[15];
    fill_even(log_ratios, 15, log(0.9), 0.01);
    struct statistics_row faster = judge_alike(log_ratios, 15, 20);
    fill_even(log_ratios, 15, -log(0.9), 0.01);
    struct statistics_row slower = judge_alike(log_ratios, 15, 20);
    cr_expect_eq(faster.verdict, STATISTICS_FASTER);
    cr_expect_eq(slower.verdict, STATISTICS_SLOWER);
    cr_expect_float_eq(faster.ratio, 0.9, 1e-12);
    cr_expect_float_eq(faster.ratio * slower.ratio, 1.0, 1e-12);
    cr_expect_float_eq(faster.low * slower.high, 1.0, 1e-12);
    cr_expect_float_eq(faster.p, ldexp(1.0, -14), 1e-18);
    cr_expect_float_eq(faster.p_adjusted, 20 * ldexp(1.0, -14), 1e-15);
}

/* The limit is 1.01 and 1/1.01 alike; the intervals exclude 1 either way. */
Test(verdicts, less_than_one_percent_is_no_call)
{
    static const double ratios[] = { 1.0099, 1.0101, 1 / 1.0099, 1 / 1.0101 };
    static const enum statistics_verdict verdicts[] = {
        STATISTICS_INDISTINGUISHABLE, STATISTICS_SLOWER,
        STATISTICS_INDISTINGUISHABLE, STATISTICS_FASTER
    };
    for (size_t i = 0; i < 4; i++) {
        double log_ratios[15];
        fill_even(log_ratios, 15, log(ratios[i]), 1e-4);
        struct statistics_row row = judge_alike(log_ratios, 15, 20);
        cr_expect_eq(row.verdict, verdicts[i], "ratio %g: %s", ratios[i],
                     statistics_verdict_name(row.verdict));
        cr_expect(row.low > 1.0 || row.high < 1.0);
    }
}

/* By hand: 2/2^10 x 25 = 0.0488 passes, x 26 = 0.0508 does not. */
Test(verdicts, blocks_are_too_few_when_holm_cannot_be_passed)
{
    double log_ratios[11];
    fill_even(log_ratios, 11, 0.1, 0.01);
    cr_expect_eq(judge_alike(log_ratios, 9, 1).verdict,
                 STATISTICS_TOO_FEW_BLOCKS);
    cr_expect_eq(judge_alike(log_ratios, 10, 25).verdict, STATISTICS_SLOWER);
    cr_expect_eq(judge_alike(log_ratios, 10, 26).verdict,
                 STATISTICS_TOO_FEW_BLOCKS);
    cr_expect_eq(judge_alike(log_ratios, 11, 26).verdict, STATISTICS_SLOWER);
    cr_expect_eq(judge_alike(log_ratios, 0, 2).verdict,
                 STATISTICS_TOO_FEW_BLOCKS);
}

/* Even spacing over +- h has its quartiles at +- h/2: ratios e^(+-h/2) with
 * median 1, so an interquartile range of 2 sinh(h/2): 0.0950 and 0.1050. */
Test(verdicts, a_wide_row_is_noisy_even_when_its_p_is_small)
{
    double log_ratios[21];
    fill_even(log_ratios, 21, 0.19, 0.095);
    struct statistics_row calm = judge_alike(log_ratios, 21, 2);
    fill_even(log_ratios, 21, 0.19, 0.105);
    struct statistics_row wide = judge_alike(log_ratios, 21, 2);
    cr_expect_eq(calm.verdict, STATISTICS_SLOWER);
    cr_expect_eq(wide.verdict, STATISTICS_NOISY);
    cr_expect(wide.p_adjusted < 0.05);
    cr_expect_float_eq(calm.noise, 2 * sinh(0.0475), 1e-12);
}

/* The same width beside an effect of a quarter: twice 0.105 is 0.21. */
Test(verdicts, an_effect_clear_of_its_noise_is_called)
{
    double log_ratios[21];
    fill_even(log_ratios, 21, 0.22, 0.105);
    cr_expect_eq(judge_alike(log_ratios, 21, 2).verdict, STATISTICS_SLOWER);
    fill_even(log_ratios, 21, -0.22, 0.105);
    cr_expect_eq(judge_alike(log_ratios, 21, 2).verdict, STATISTICS_FASTER);
    fill_even(log_ratios, 21, -0.2, 0.105);
    cr_expect_eq(judge_alike(log_ratios, 21, 2).verdict, STATISTICS_NOISY);
}

/* By hand: one of ten is negative and has rank 2, so p = 2 x 3/1024 = 0.0059
 * (sums 0, 1, 2): called alone, not among 20, where the row's own interval
 * still excludes 1. */
Test(verdicts, holm_over_the_family_decides)
{
    double clear[10];
    double flat[10];
    fill_even(clear, 10, 0.05, 0.06);
    fill_even(flat, 10, 0.0, 0.01);
    struct statistics_sample samples[20] = { { clear, 10 } };
    for (size_t i = 1; i < 20; i++)
        samples[i] = (struct statistics_sample){ flat, 10 };
    struct statistics_row alone;
    struct statistics_row family[20];
    cr_assert_eq(statistics_judge(samples, 1, &alone), 0);
    cr_assert_eq(statistics_judge(samples, 20, family), 0);
    cr_expect_eq(alone.verdict, STATISTICS_SLOWER);
    cr_expect_eq(family[0].verdict, STATISTICS_INDISTINGUISHABLE);
    cr_expect(family[0].low > 1.0);
    cr_expect_float_eq(alone.p, 6.0 / 1024.0, 1e-15);
    cr_expect_float_eq(family[0].p_adjusted, 20 * family[0].p, 1e-12);
}

Test(verdicts, identical_cells_are_indistinguishable)
{
    double zeros[15] = { 0.0 };
    struct statistics_row row = judge_alike(zeros, 15, 20);
    cr_expect_eq(row.verdict, STATISTICS_INDISTINGUISHABLE);
    cr_expect_float_eq(row.p, 1.0, 0.0);
    cr_expect_float_eq(row.low, 1.0, 0.0);
    cr_expect_float_eq(row.high, 1.0, 0.0);
}

Test(verdicts, a_bad_number_is_refused_and_leaves_the_rows)
{
    double good[2] = { 0.1, 0.2 };
    double bad[2] = { 0.1, INFINITY };
    struct statistics_sample samples[] = { { good, 2 }, { bad, 2 } };
    struct statistics_row rows[2] = { { .p = 42.0 }, { .p = 43.0 } };
    cr_expect_eq(statistics_judge(samples, 2, rows), -EINVAL);
    cr_expect_float_eq(rows[0].p, 42.0, 0.0);
    double ratio = 7.0;
    double none = 0.0;
    cr_expect_eq(statistics_log_ratios(good, &none, 1, &ratio), -EDOM);
    cr_expect_float_eq(ratio, 7.0, 0.0);
    cr_assert_eq(statistics_log_ratios(good, good, 1, &ratio), 0);
    cr_expect_float_eq(ratio, 0.0, 0.0);
}

/* The mean of Phi(c s)^10 over estimates s of a standard deviation of 1 from 10
 * blocks, whose 9 s^2 has the chi-squared density. */
static double power_of_ten_equal_signs(double c)
{
    double power = 0.0;
    double mass = 0.0;
    for (double s = 0.0005; s < 4.0; s += 0.001) {
        double density = pow(s, 8.0) * exp(-4.5 * s * s);
        power += density * pow(0.5 * erfc(-c * s / M_SQRT2), 10.0);
        mass += density;
    }
    return power / mass;
}

/* With 10 blocks and 20 rows only ten equal signs are enough, so the power at
 * shift c x spread has this form. Tolerance: three standard errors of a share
 * of 80 % among 2000. */
Test(verdicts, detectable_effect_is_the_closed_form_where_there_is_one)
{
    double ratio;
    cr_assert_eq(statistics_detectable(0.02, 10, 20, &ratio), 0);
    cr_expect_float_eq(power_of_ten_equal_signs(log(ratio) / 0.02), 0.8, 0.027);
}

Test(verdicts, detectable_effect_has_a_floor_and_knows_when_nothing_is)
{
    double ratio;
    cr_assert_eq(statistics_detectable(0.0, 15, 20, &ratio), 0);
    cr_expect_float_eq(ratio, 1.01, 1e-12);
    cr_assert_eq(statistics_detectable(0.01, 9, 1, &ratio), 0);
    cr_expect(isinf(ratio));
    cr_assert_eq(statistics_detectable(0.01, 10, 26, &ratio), 0);
    cr_expect(isinf(ratio));
    cr_expect_eq(statistics_detectable(-1.0, 10, 1, &ratio), -EINVAL);
}

Test(verdicts, detectable_effect_falls_with_blocks_and_grows_with_rows)
{
    double few;
    double more;
    double wider;
    cr_assert_eq(statistics_detectable(0.03, 12, 20, &few), 0);
    cr_assert_eq(statistics_detectable(0.03, 30, 20, &more), 0);
    cr_assert_eq(statistics_detectable(0.03, 12, 90, &wider), 0);
    cr_expect(more < few);
    cr_expect(wider > few);
}
