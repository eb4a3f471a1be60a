/* patience.c - the limits of tests grow with the machine's load. It is part of
 * every program of tests; the runner goes through it before the first. */
#include "patience.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <criterion/internal/ordered-set.h>

static void limit_grow(struct criterion_test_extra_data *data, double factor)
{
    if (data != NULL)
        data->timeout *= factor; /* none is 0 */
}

ReportHook(PRE_ALL)(struct criterion_test_set *all)
{
    double factor = (double)patience_percent() / PATIENCE_OWN;

    FOREACH_SET(struct criterion_suite_set * set, all->suites)
    {
        limit_grow(set->suite.data, factor);
        if (set->tests == NULL)
            continue;
        FOREACH_SET(struct criterion_test * test, set->tests)
        limit_grow(test->data, factor);
    }
}
