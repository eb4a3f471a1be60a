/* statistics_signed_rank.c - the exact signed-rank test, and its inversion.
 *
 * Law: T, the sum of the ranks of the positive values, is under the null
 * hypothesis a sum in which every rank is there or not with probability 1/2.
 * Without ties T also counts the Walsh averages above 0, which is why order
 * statistics of the Walsh averages invert the test. */
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

size_t statistics_walsh_count(size_t n)
{
    return n * (n + 1) / 2;
}

void statistics_walsh(const double *values, size_t n, double *ret_walsh)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++)
            ret_walsh[at++] = (values[i] + values[j]) / 2.0;
}

static int signed_rank_check(const double *values, size_t n)
{
    if (n == 0 || n > STATISTICS_BLOCKS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return -EINVAL;
    return 0;
}

/* mass[s] = P(sum = s) where each of `count` ranks is in the sum or not with
 * probability 1/2; mass has one entry more than the sum of all. */
static void signed_rank_mass(const size_t *ranks, size_t count, double *mass)
{
    size_t reached = 0;
    mass[0] = 1.0;
    for (size_t i = 0; i < count; i++) {
        size_t rank = ranks[i];
        for (size_t s = reached + 1; s <= reached + rank; s++)
            mass[s] = 0.0;
        reached += rank;
        /* Downwards, so that mass[s - rank] is still without this rank. */
        for (size_t s = reached + 1; s-- > 0;)
            mass[s] = (mass[s] + (s >= rank ? mass[s - rank] : 0.0)) / 2.0;
    }
}

int statistics_signed_rank_null(size_t n, double *ret_mass)
{
    if (n == 0 || n > STATISTICS_BLOCKS_MAX)
        return -EINVAL;
    size_t ranks[STATISTICS_BLOCKS_MAX];
    for (size_t i = 0; i < n; i++)
        ranks[i] = i + 1;
    signed_rank_mass(ranks, n, ret_mass);
    return 0;
}

int statistics_signed_rank_cut(size_t n, double alpha, size_t *ret_cut,
                               double *ret_tail)
{
    if (n == 0 || n > STATISTICS_BLOCKS_MAX || !(alpha > 0.0 && alpha < 1.0))
        return -EINVAL;
    double *mass = malloc((statistics_walsh_count(n) + 1) * sizeof *mass);
    if (mass == NULL)
        return -ENOMEM;
    statistics_signed_rank_null(n, mass);
    size_t cut = 0;
    double tail = 0.0;
    while (2.0 * (tail + mass[cut]) < alpha)
        tail += mass[cut++];
    free(mass);
    *ret_cut = cut;
    *ret_tail = tail;
    return 0;
}

size_t statistics_blocks_for_interval(double alpha)
{
    for (size_t n = 1; n <= STATISTICS_BLOCKS_MAX; n++)
        if (ldexp(1.0, 1 - (int)n) < alpha)
            return n;
    return 0;
}

struct ranked_value {
    double size;
    bool positive;
};

static int ranked_compare(const void *left, const void *right)
{
    const struct ranked_value *a = left;
    const struct ranked_value *b = right;
    return (a->size > b->size) - (a->size < b->size);
}

static void ranked_sort(const double *values, size_t n,
                        struct ranked_value *ret_ranked)
{
    for (size_t i = 0; i < n; i++)
        ret_ranked[i] =
            (struct ranked_value){ fabs(values[i]), values[i] > 0.0 };
    qsort(ret_ranked, n, sizeof *ret_ranked, ranked_compare);
}

/* Twice the midrank of every value that is not zero, and twice T: doubled,
 * midranks are whole numbers. Returns how many are not zero. */
static size_t ranked_double(const struct ranked_value *ranked, size_t n,
                            size_t *ret_ranks, size_t *ret_positive_sum)
{
    size_t count = 0;
    size_t positive_sum = 0;
    for (size_t first = 0, end; first < n; first = end) {
        end = first + 1;
        while (end < n &&
               ranked[end].size - ranked[end - 1].size <= STATISTICS_TIE)
            end++;
        if (ranked[first].size <= STATISTICS_TIE)
            continue;
        for (size_t i = first; i < end; i++) {
            ret_ranks[count++] = first + end + 1;
            if (ranked[i].positive)
                positive_sum += first + end + 1;
        }
    }
    *ret_positive_sum = positive_sum;
    return count;
}

/* P(sum <= limit) over all ways to leave ranks in or out; -1 without memory. */
static double signed_rank_tail(const size_t *ranks, size_t count, size_t total,
                               size_t limit)
{
    double *mass = calloc(total + 1, sizeof *mass);
    if (mass == NULL)
        return -1.0;
    signed_rank_mass(ranks, count, mass);
    double tail = 0.0;
    for (size_t s = 0; s <= limit; s++)
        tail += mass[s];
    free(mass);
    return tail;
}

int statistics_signed_rank_p(const double *values, size_t n, double *ret_p)
{
    int error = signed_rank_check(values, n);
    if (error != 0)
        return error;
    struct ranked_value ranked[STATISTICS_BLOCKS_MAX];
    size_t ranks[STATISTICS_BLOCKS_MAX];
    size_t positive;
    ranked_sort(values, n, ranked);
    size_t count = ranked_double(ranked, n, ranks, &positive);
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += ranks[i];
    size_t negative = total - positive;
    double tail = signed_rank_tail(ranks, count, total,
                                   positive < negative ? positive : negative);
    if (tail < 0.0)
        return -ENOMEM;
    *ret_p = fmin(1.0, 2.0 * tail);
    return 0;
}

int statistics_locate(const double *values, size_t n, double alpha,
                      struct statistics_location *ret_location)
{
    size_t cut;
    double tail;
    int error = signed_rank_check(values, n);
    if (error == 0)
        error = statistics_signed_rank_cut(n, alpha, &cut, &tail);
    if (error != 0)
        return error;
    size_t count = statistics_walsh_count(n);
    double *walsh = malloc(count * sizeof *walsh);
    if (walsh == NULL)
        return -ENOMEM;
    statistics_walsh(values, n, walsh);
    statistics_sort(walsh, count);
    *ret_location = (struct statistics_location){
        .estimate = statistics_quantile(walsh, count, 0.5),
        .low = cut == 0 ? -INFINITY : walsh[cut - 1],
        .high = cut == 0 ? INFINITY : walsh[count - cut],
        .coverage = 1.0 - 2.0 * tail,
    };
    free(walsh);
    return 0;
}
