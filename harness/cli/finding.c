/* finding.c - what fails a run. */
#include "finding.h"

#include <string.h>

#include "deviation.h"

bool finding_counts(const struct finding_rules *rules,
                    const struct requirement *requirement)
{
    return requirement_counts(requirement, rules->profile) ||
           (rules->strict && requirement->severity == SEVERITY_QUALITY);
}

bool finding_printed(const struct checked *checked)
{
    return checked->printed != NULL;
}

static const struct deviation *finding_deviation(
    const struct finding_rules *rules, const struct checked *checked)
{
    return rules->deviations == NULL
               ? NULL
               : deviation_find(rules->deviations, checked->requirement->id);
}

/* The probe's word for it: see main_unclaimed() there. */
static bool finding_is_unclaimed(const struct verdict *verdict)
{
    return verdict->kind == VERDICT_SKIP &&
           strcmp(verdict->outcome, "unclaimed") == 0;
}

enum finding_kind finding_of(const struct finding_rules *rules,
                             const struct checked *checked,
                             const struct deviation **ret_deviation)
{
    const struct deviation *deviation = finding_deviation(rules, checked);
    const struct deviation *ignored;

    if (ret_deviation == NULL)
        ret_deviation = &ignored;
    *ret_deviation = deviation;
    if (checked->runs == 0)
        return FINDING_NOT_RUN;
    if (finding_is_unclaimed(checked->worst))
        return FINDING_UNCLAIMED;
    if (checked->worst->kind == VERDICT_PASS)
        return deviation != NULL && !deviation->sometimes ? FINDING_GONE
                                                          : FINDING_NONE;
    if (deviation != NULL && deviation_allows(deviation, checked->worst->kind))
        return FINDING_KNOWN;
    *ret_deviation = NULL;
    return finding_counts(rules, checked->requirement) ? FINDING_NOT_MET
                                                       : FINDING_NONE;
}

struct finding_totals finding_totals(const struct finding_rules *rules,
                                     const struct checking *checking)
{
    struct finding_totals totals = {
        .printed_is_known = rules->deviations != NULL &&
                            deviation_find(rules->deviations, "EXI-2") != NULL,
    };

    for (size_t i = 0; i < checking->count; i++) {
        const struct checked *checked = &checking->all[i];
        enum severity severity = checked->requirement->severity;
        enum finding_kind kind = finding_of(rules, checked, NULL);

        totals.kinds[kind]++;
        totals.counted += finding_counts(rules, checked->requirement);
        totals.not_met[severity] += kind == FINDING_NOT_MET;
        totals.printed += finding_printed(checked);
        totals.passed +=
            checked->runs > 0 && checked->worst->kind == VERDICT_PASS;
        if (checked->runs > 0)
            totals.verdicts[checked->worst->kind][severity]++;
    }
    return totals;
}

bool finding_is_clean(const struct finding_totals *totals)
{
    return totals->kinds[FINDING_NOT_MET] == 0 &&
           totals->kinds[FINDING_GONE] == 0 &&
           totals->kinds[FINDING_NOT_RUN] == 0 &&
           (totals->kinds[FINDING_UNCLAIMED] == 0 || totals->passed > 0) &&
           (totals->printed == 0 || totals->printed_is_known);
}
