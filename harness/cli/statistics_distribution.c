/* statistics_distribution.c - Student's t, binomial intervals, random draws.
 *
 * All of them but the draws are the incomplete beta function and its inverse.
 */
#include "statistics.h"

#include <errno.h>
#include <math.h>

#include "random.h"

/* The fraction settles after some sqrt(max(a, b)) terms (DLMF 8.17(v)); this
 * many serve counts of a million, and cost 10 us. */
#define BETA_TERMS 2000

/* More halvings than a double has steps between 0 and 1 worth telling apart. */
#define BISECTIONS 200

/* The continued fraction of DLMF 8.17.22, from its far end inwards; `term` n
 * is d_n of 8.17.23. */
static double beta_fraction(double x, double a, double b)
{
    double value = 1.0;
    for (int n = BETA_TERMS; n >= 1; n--) {
        double m = floor(n / 2.0);
        double above = n % 2 == 0 ? m * (b - m) : -(a + m) * (a + b + m);
        double below = n % 2 == 0 ? (a + 2 * m - 1) * (a + 2 * m)
                                  : (a + 2 * m) * (a + 2 * m + 1);
        value = 1.0 + above / below * x / value;
    }
    return 1.0 / value;
}

double statistics_beta(double x, double a, double b)
{
    if (x <= 0.0)
        return 0.0;
    if (x >= 1.0)
        return 1.0;
    /* On the other side of the mean the fraction converges slowly. */
    if (x > (a + 1.0) / (a + b + 2.0))
        return 1.0 - statistics_beta(1.0 - x, b, a);
    double front = a * log(x) + b * log1p(-x) - log(a) + lgamma(a + b) -
                   lgamma(a) - lgamma(b);
    return exp(front) * beta_fraction(x, a, b);
}

double statistics_student_p(double t, double freedom)
{
    double x = freedom / (freedom + t * t);
    return statistics_beta(x, freedom / 2.0, 0.5);
}

double statistics_student_t(double p, double freedom)
{
    double low = 0.0;
    double high = 1.0;
    while (statistics_student_p(high, freedom) > p && high < 1e300)
        high *= 2.0;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2.0;
        if (statistics_student_p(middle, freedom) > p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2.0;
}

/* The x with I_x(a, b) = p. */
static double beta_inverse(double p, double a, double b)
{
    double low = 0.0;
    double high = 1.0;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2.0;
        if (statistics_beta(middle, a, b) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2.0;
}

int statistics_binomial_interval(size_t hits, size_t trials, double alpha,
                                 double *ret_low, double *ret_high)
{
    if (trials == 0 || hits > trials || !(alpha > 0.0 && alpha < 1.0))
        return -EINVAL;
    double k = (double)hits;
    double rest = (double)(trials - hits);
    *ret_low = hits == 0 ? 0.0 : beta_inverse(alpha / 2.0, k, rest + 1.0);
    *ret_high =
        hits == trials ? 1.0 : beta_inverse(1.0 - alpha / 2.0, k + 1.0, rest);
    return 0;
}

double statistics_uniform(uint64_t *state)
{
    return ((double)(random_mix(*state += RANDOM_GOLDEN) >> 11) + 0.5) *
           0x1p-53;
}

double statistics_normal(uint64_t *state)
{
    double radius = sqrt(-2.0 * log(statistics_uniform(state)));
    return radius * cos(2.0 * M_PI * statistics_uniform(state));
}
