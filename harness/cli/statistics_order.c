/* statistics_order.c - order statistics: sorting, selection, quantiles. */
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int order_compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void statistics_sort(double *values, size_t n)
{
    qsort(values, n, sizeof *values, order_compare);
}

double statistics_quantile(const double *sorted, size_t n, double q)
{
    double position = (double)(n - 1) * q;
    size_t below = (size_t)position;
    if (below + 1 >= n)
        return sorted[n - 1];
    double part = position - (double)below;
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

static void order_swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

/* Hoare's partition about the middle value: afterwards nothing in
 * [first, *ret_high] is above the pivot, nothing in [*ret_low, last] below it,
 * and what lies between the two ranges equals it. */
static void order_partition(double *values, size_t first, size_t last,
                            size_t *ret_low, size_t *ret_high)
{
    double pivot = values[first + (last - first) / 2];
    ptrdiff_t i = (ptrdiff_t)first;
    ptrdiff_t j = (ptrdiff_t)last;
    while (i <= j) {
        while (values[i] < pivot)
            i++;
        while (values[j] > pivot)
            j--;
        if (i <= j)
            order_swap(&values[i++], &values[j--]);
    }
    *ret_low = (size_t)i;
    *ret_high = j < 0 ? 0 : (size_t)j;
}

double statistics_select(double *values, size_t n, size_t k)
{
    size_t first = 0;
    size_t last = n - 1;
    /* Law: first <= k <= last, and every pass shortens the range. */
    while (first < last) {
        size_t low;
        size_t high;
        order_partition(values, first, last, &low, &high);
        if (k <= high)
            last = high;
        else if (k >= low)
            first = low;
        else
            break;
    }
    return values[k];
}

/* The values in order, the caller's to free. Each must be finite. */
static int order_sorted_copy(const double *values, size_t n,
                             double **ret_sorted)
{
    if (n == 0)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return -EINVAL;
    double *sorted = malloc(n * sizeof *sorted);
    if (sorted == NULL)
        return -ENOMEM;
    memcpy(sorted, values, n * sizeof *sorted);
    statistics_sort(sorted, n);
    *ret_sorted = sorted;
    return 0;
}

int statistics_median(const double *values, size_t n, double *ret_median)
{
    double *sorted;
    int error = order_sorted_copy(values, n, &sorted);
    if (error != 0)
        return error;
    *ret_median = statistics_quantile(sorted, n, 0.5);
    free(sorted);
    return 0;
}

int statistics_relative_iqr(const double *values, size_t n, double *ret_iqr)
{
    double *sorted;
    int error = order_sorted_copy(values, n, &sorted);
    if (error != 0)
        return error;
    double range = statistics_quantile(sorted, n, 0.75) -
                   statistics_quantile(sorted, n, 0.25);
    double median = statistics_quantile(sorted, n, 0.5);
    free(sorted);
    if (median == 0.0)
        return -EINVAL;
    *ret_iqr = range / fabs(median);
    return 0;
}

double statistics_spread(const double *values, size_t n)
{
    if (n < 2)
        return 0.0;
    double mean = 0.0;
    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    double squares = 0.0;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(n - 1));
}
