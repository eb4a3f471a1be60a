/* finding.h - what the verdicts mean for a profile: the one place that says
 * what fails a run.
 *
 * Whatever counts and did not pass fails, a skip and an error too; a failure
 * that is listed as a known deviation of this version does not, and a listed
 * one that no longer occurs does. What a plug-in does not claim is skipped and
 * counted as that: who claims nothing passes nothing. So does whatever is
 * printed by a process that prints nothing of its own, unless a deviation of
 * EXI-2 is listed.
 *
 * Owner: plain data beside the checking it is about. */
#ifndef ASSAY_FINDING_H
#define ASSAY_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "checking.h"
#include "requirement.h"

struct deviation;
struct deviations;

enum finding_kind {
    FINDING_NONE,      /* it passed, or it does not count */
    FINDING_NOT_MET,   /* it counts and did not pass */
    FINDING_KNOWN,     /* it did not pass, and that is known */
    FINDING_GONE,      /* it passed, and a deviation says it does not */
    FINDING_UNCLAIMED, /* a plug-in does not claim what it is about */
    FINDING_NOT_RUN,   /* never asked: the subject is not active */
};

/* What is looked at, and by which rules. */
struct finding_rules {
    const char *profile;
    bool strict;                         /* QUALITY counts, too */
    const struct deviations *deviations; /* of this subject; may be NULL */
};

/* Whether something was printed where nothing should be. A failing process
 * may well print. */
bool finding_printed(const struct checked *checked);

bool finding_counts(const struct finding_rules *rules,
                    const struct requirement *requirement);

/* The kind; *ret_deviation, where it is known or gone. It may be NULL. */
enum finding_kind finding_of(const struct finding_rules *rules,
                             const struct checked *checked,
                             const struct deviation **ret_deviation);

/* Counts over a whole run. */
struct finding_totals {
    size_t verdicts[VERDICT_KINDS][SEVERITIES];
    size_t not_met[SEVERITIES];
    size_t kinds[FINDING_NOT_RUN + 1];
    size_t counted; /* requirements that count */
    size_t passed;
    size_t printed; /* that passed or were skipped, and printed something */
    bool printed_is_known;
};

struct finding_totals finding_totals(const struct finding_rules *rules,
                                     const struct checking *checking);

/* Whether the run is clean: nothing not met, nothing gone, all asked,
 * nothing printed, and not everything left unclaimed. */
bool finding_is_clean(const struct finding_totals *totals);

#endif
