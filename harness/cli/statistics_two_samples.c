/* statistics_two_samples.c - the exact rank-sum test, and its inversion.
 *
 * Law: U counts the pairs (x, y) with y > x. Under the null hypothesis every
 * interleaving of the two samples is equally likely, and the largest of all
 * n + m values is a y with probability m / (n + m): it then stands above all
 * n of the x. U is also how many of the n m differences y - x lie above 0,
 * which is why order statistics of the differences invert the test. */
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static bool two_samples_fit(size_t n, size_t m)
{
    return n > 0 && m > 0 && n <= STATISTICS_SAMPLE_MAX &&
           m <= STATISTICS_SAMPLE_MAX;
}

/* For one n after the other: ret_mass[s] for the samples' sizes (n, j) is in
 * table[j * room + s]. From (n - 1, j) and (n, j - 1). */
static void two_samples_next(double *table, size_t room, size_t n, size_t m)
{
    for (size_t j = 1; j <= m; j++) {
        double *own = &table[j * room];
        const double *less = &table[(j - 1) * room];
        double last_is_x = (double)n / (double)(n + j);
        double last_is_y = (double)j / (double)(n + j);

        for (size_t s = 0; s <= n * j; s++) {
            double with_x = s <= (n - 1) * j ? own[s] : 0;
            double with_y = s >= n ? less[s - n] : 0;

            own[s] = last_is_x * with_x + last_is_y * with_y;
        }
    }
}

int statistics_rank_sum_null(size_t n, size_t m, double *ret_mass)
{
    size_t room = n * m + 1;
    double *table;

    if (!two_samples_fit(n, m))
        return -EINVAL;
    table = calloc((m + 1) * room, sizeof(*table));
    if (table == NULL)
        return -ENOMEM;
    for (size_t j = 0; j <= m; j++)
        table[j * room] = 1; /* no x: no pair */
    for (size_t i = 1; i <= n; i++)
        two_samples_next(table, room, i, m);
    for (size_t s = 0; s < room; s++)
        ret_mass[s] = table[m * room + s];
    free(table);
    return 0;
}

/* All differences, ascending. */
static void two_samples_differences(const double *before, size_t n,
                                    const double *after, size_t m,
                                    double *ret_differences)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            ret_differences[at++] = after[j] - before[i];
    statistics_sort(ret_differences, at);
}

/* The smaller of the two counts of pairs; a tie is half a pair for either,
 * and a half is rounded against the difference. */
static size_t two_samples_count(const double *differences, size_t count)
{
    size_t above = 0, equal = 0, below;

    for (size_t i = 0; i < count; i++) {
        above += differences[i] > STATISTICS_TIE;
        equal += fabs(differences[i]) <= STATISTICS_TIE;
    }
    below = count - above - equal;
    return (above < below ? above : below) + (equal + 1) / 2;
}

/* The largest k with 2 P(U <= k - 1) < alpha, and that tail. */
static size_t two_samples_cut(const double *mass, double alpha,
                              double *ret_tail)
{
    size_t cut = 0;
    double tail = 0;

    while (2 * (tail + mass[cut]) < alpha)
        tail += mass[cut++];
    *ret_tail = tail;
    return cut;
}

static void two_samples_fill(const double *differences, size_t count,
                             const double *mass, double alpha,
                             struct statistics_shift *ret_shift)
{
    size_t fewer = two_samples_count(differences, count);
    double tail, p = 0;
    size_t cut = two_samples_cut(mass, alpha, &tail);

    for (size_t s = 0; s <= fewer && s <= count; s++)
        p += mass[s];
    *ret_shift = (struct statistics_shift){
        .location = { .estimate = statistics_quantile(differences, count, 0.5),
                      .low = cut == 0 ? -INFINITY : differences[cut - 1],
                      .high = cut == 0 ? INFINITY : differences[count - cut],
                      .coverage = 1 - 2 * tail },
        .p = fmin(1, 2 * p),
        .p_least = 2 * mass[0],
    };
}

static bool two_samples_are_finite(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

int statistics_shift(const double *before, size_t n, const double *after,
                     size_t m, double alpha, struct statistics_shift *ret_shift)
{
    double *differences, *mass;
    int error = 0;

    if (!two_samples_fit(n, m) || !(alpha > 0 && alpha < 1) ||
        !two_samples_are_finite(before, n) || !two_samples_are_finite(after, m))
        return -EINVAL;
    differences = malloc(n * m * sizeof(*differences));
    mass = malloc((n * m + 1) * sizeof(*mass));
    if (differences == NULL || mass == NULL)
        error = -ENOMEM;
    if (error == 0)
        error = statistics_rank_sum_null(n, m, mass);
    if (error == 0) {
        two_samples_differences(before, n, after, m, differences);
        two_samples_fill(differences, n * m, mass, alpha, ret_shift);
    }
    free(mass);
    free(differences);
    return error;
}
