/* compare_counts.c - counted instructions of two campaigns, side by side.
 *
 * There is no test: a change is called where even the nearest counts of the
 * two campaigns differ by more than the threshold. Both must have served the
 * same requests. */
#include "compare_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "line.h"

static int counts_same(const char *field, const struct results *before,
                       const struct results *after, struct failure *ret_error)
{
    const json_t *was =
        json_object_get(json_object_get(before->header, "identity"), field);
    const json_t *is =
        json_object_get(json_object_get(after->header, "identity"), field);
    char *left, *right;

    if (json_equal(was, is))
        return 0;
    left = json_dumps(was, JSON_ENCODE_ANY);
    right = json_dumps(is, JSON_ENCODE_ANY);
    failure_set(ret_error,
                "the counts are of other requests: '%s' is %s in the old "
                "campaign and %s in the new\nCount again with the same.",
                field, left != NULL ? left : "nothing",
                right != NULL ? right : "nothing");
    free(left);
    free(right);
    return -1;
}

int compare_counts_refusal(const struct results *before,
                           const struct results *after,
                           struct failure *ret_error)
{
    if (!counts_are_in(before) || !counts_are_in(after))
        return failure_set(ret_error,
                           "--counts compares campaigns of 'assay bench "
                           "--counts', and the %s is none",
                           counts_are_in(before) ? "new" : "old");
    if (counts_same("seed", before, after, ret_error) != 0 ||
        counts_same("scale", before, after, ret_error) != 0)
        return -1;
    return 0;
}

static const char *counts_verdict(const struct counted *was,
                                  const struct counted *is, double threshold)
{
    if (was->status != STATUS_OK)
        return is->status == STATUS_OK ? "mended" : "not counted";
    if (is->status != STATUS_OK)
        return is->status == STATUS_UNSUPPORTED ? "not counted" : "broken";
    if (is->instructions > was->most * (1 + threshold))
        return "regression";
    if (is->most < was->instructions / (1 + threshold))
        return "improvement";
    return "equal";
}

static bool counts_is_worse(const char *verdict)
{
    return strcmp(verdict, "regression") == 0 || strcmp(verdict, "broken") == 0;
}

struct count_report {
    FILE *out;
    bool markdown;
    double threshold;
    size_t compared, worse;
};

static void counts_report(struct count_report *report,
                          const struct counted *was, const struct counted *is)
{
    const char *verdict = counts_verdict(was, is, report->threshold);

    report->compared++;
    report->worse += counts_is_worse(verdict);
    fprintf(report->out,
            report->markdown ? "| %s | %s | %.2f | %.2f | %+.3f %% | %s |\n"
                             : "  %-24s %-24s %10.2f %10.2f %+9.3f %%  %s\n",
            is->subject, is->row, was->instructions, is->instructions,
            100 * (is->instructions / was->instructions - 1), verdict);
}

/* Baseline and floor are counted like the others: counts need no ratio. */
bool compare_counts(const struct results *before, const struct results *after,
                    double threshold, bool markdown, FILE *out)
{
    struct counts old = counts_read(before), fresh = counts_read(after);
    struct count_report report = { out, markdown, threshold, 0, 0 };

    fputs(markdown ? "### Assay: instructions of one operation\n\n| subject | "
                     "row | before | after | change | verdict "
                     "|\n|---|---|---|---|---|---|\n"
                   : "Instructions of one operation, before and after\n",
          out);
    for (size_t i = 0; i < fresh.count; i++) {
        const struct counted *is = &fresh.list[i];
        const struct counted *was = counts_find(&old, is->row, is->subject);

        if (was != NULL && (was->status != STATUS_UNSUPPORTED ||
                            is->status != STATUS_UNSUPPORTED))
            counts_report(&report, was, is);
    }
    fprintf(out, "\n%zu compared, %zu over %.3g %% more\n", report.compared,
            report.worse, 100 * threshold);
    counts_free(&fresh);
    counts_free(&old);
    return report.worse > 0;
}
