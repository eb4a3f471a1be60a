/* compare.c - from two campaigns to changes. */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "text.h"

static const char *const change_words[] = {
    [CHANGE_REGRESSION] = "regression",  [CHANGE_IMPROVEMENT] = "improvement",
    [CHANGE_NONE] = "indistinguishable", [CHANGE_TOO_FEW] = "too few blocks",
    [CHANGE_BROKEN] = "broken",          [CHANGE_MENDED] = "mended",
    [CHANGE_NO_TIME] = "no time",
};

static const char *const measure_words[] = {
    [MEASURE_WALL] = "wall",
    [MEASURE_NET] = "net",
    [MEASURE_CPU] = "cpu",
    [MEASURE_MEMORY] = "memory",
};

const char *change_word(enum change change)
{
    return change_words[change];
}

const char *measure_word(enum measure measure)
{
    return measure_words[measure];
}

int campaign_read(const char *folder, struct campaign_read *ret_campaign,
                  struct failure *ret_error)
{
    struct campaign_read campaign = { .folder = folder };

    if (results_load(folder, &campaign.results, ret_error) != 0)
        return -1;
    if (summary_make(&campaign.results, &campaign.summary, ret_error) != 0) {
        results_free(&campaign.results);
        return -1;
    }
    *ret_campaign = campaign;
    return 0;
}

void campaign_read_free(struct campaign_read *campaign)
{
    summary_free(&campaign->summary);
    results_free(&campaign->results);
}

/* ---- what stands in both ---- */

static size_t subject_index(const struct summary *summary, const char *name)
{
    for (size_t i = 0; i < summary->subject_count; i++)
        if (strcmp(summary->subjects[i], name) == 0)
            return i;
    return SIZE_MAX;
}

static const struct summary_row *row_named(const struct summary *summary,
                                           const char *name)
{
    for (size_t i = 0; i < summary->row_count; i++)
        if (strcmp(summary->rows[i].name, name) == 0)
            return &summary->rows[i];
    return NULL;
}

static bool is_asked(const struct compare_request *request, const char *name)
{
    if (request->subjects == NULL)
        return true;
    for (size_t i = 0; request->subjects[i] != NULL; i++)
        if (strcmp(request->subjects[i], name) == 0)
            return true;
    return false;
}

/* Baseline and floor are what others are measured by: nothing to compare. */
static bool is_compared(const struct summary *summary, size_t subject,
                        const struct compare_request *request)
{
    if (subject == summary->baseline || subject == summary->floor)
        return false;
    return subject == summary->twin ||
           is_asked(request, summary->subjects[subject]);
}

static void note_missing(const struct summary *own, const struct summary *other,
                         char ***list)
{
    for (size_t i = 0; i < own->row_count; i++)
        if (row_named(other, own->rows[i].name) == NULL)
            *list =
                text_list_add(*list, text_format("row %s", own->rows[i].name));
    for (size_t i = 0; i < own->subject_count; i++)
        if (i != own->twin &&
            subject_index(other, own->subjects[i]) == SIZE_MAX)
            *list = text_list_add(*list,
                                  text_format("subject %s", own->subjects[i]));
}

/* ---- one family: a subject by one measure, on all rows of both ---- */

static bool has_time(const struct compared *one)
{
    return one->before->status == STATUS_OK && one->after->status == STATUS_OK;
}

static enum change broken_or_mended(const struct compared *one)
{
    bool was = one->before->status == STATUS_OK;
    bool is = one->after->status == STATUS_OK;

    if (one->after->status == STATUS_UNSUPPORTED)
        return CHANGE_NO_TIME;
    return was == is ? CHANGE_NO_TIME : was ? CHANGE_BROKEN : CHANGE_MENDED;
}

/* The shift of one row, or false where one side has no figures. */
static bool shift_of(const struct compared *one,
                     struct statistics_shift *ret_shift)
{
    enum measure measure = one->measure;

    return has_time(one) &&
           statistics_shift(one->before->log_ratios[measure],
                            one->before->log_ratio_count[measure],
                            one->after->log_ratios[measure],
                            one->after->log_ratio_count[measure],
                            STATISTICS_ALPHA, ret_shift) == 0;
}

static enum change verdict(const struct compared *one, double threshold,
                           double p_least, size_t family)
{
    if (p_least * (double)family >= STATISTICS_ALPHA)
        return CHANGE_TOO_FEW;
    if (one->p_adjusted >= STATISTICS_ALPHA)
        return CHANGE_NONE;
    if (one->ratio > 1 + threshold)
        return CHANGE_REGRESSION;
    if (one->ratio < 1 / (1 + threshold))
        return CHANGE_IMPROVEMENT;
    return CHANGE_NONE;
}

/* Rows without a figure count in Holm's m, as within a campaign. */
static void judge_family(struct compared *list, size_t count, double threshold)
{
    double *p = calloc(count + 1, sizeof(*p));
    double *least = calloc(count + 1, sizeof(*least));

    for (size_t i = 0; i < count; i++) {
        struct statistics_shift shift;

        p[i] = least[i] = 1;
        list[i].change = broken_or_mended(&list[i]);
        if (!shift_of(&list[i], &shift))
            continue;
        list[i].ratio = exp(shift.location.estimate);
        list[i].low = exp(shift.location.low);
        list[i].high = exp(shift.location.high);
        p[i] = shift.p;
        least[i] = shift.p_least;
    }
    statistics_holm(p, count, p);
    for (size_t i = 0; i < count; i++) {
        list[i].p_adjusted = p[i];
        if (isfinite(list[i].ratio))
            list[i].change = verdict(&list[i], threshold, least[i], count);
    }
    free(least);
    free(p);
}

static size_t list_family(const struct comparison *comparison, size_t subject,
                          enum measure measure, struct compared *ret_list)
{
    const struct summary *before = &comparison->before->summary;
    const struct summary *after = &comparison->after->summary;
    size_t other = subject_index(before, after->subjects[subject]);
    size_t count = 0;

    for (size_t i = 0; i < after->row_count; i++) {
        const struct summary_row *row = &after->rows[i];
        const struct summary_row *was = row_named(before, row->name);

        if (was == NULL || other == SIZE_MAX)
            continue;
        ret_list[count++] = (struct compared){
            .row = row->name,
            .subject = after->subjects[subject],
            .measure = measure,
            .control = subject == after->twin,
            .before = &was->cells[other],
            .after = &row->cells[subject],
            .ratio = NAN,
            .low = NAN,
            .high = NAN,
        };
    }
    return count;
}

static int check_subjects(const struct comparison *comparison,
                          char *const *subjects, struct failure *ret_error)
{
    for (size_t i = 0; subjects != NULL && subjects[i] != NULL; i++)
        if (subject_index(&comparison->before->summary, subjects[i]) ==
                SIZE_MAX ||
            subject_index(&comparison->after->summary, subjects[i]) ==
                SIZE_MAX) {
            char *there =
                text_join((char *const *)comparison->after->summary.subjects);

            failure_set(ret_error,
                        "subject '%s' is not in both campaigns; %s has: %s",
                        subjects[i], comparison->after->folder, there);
            free(there);
            return -1;
        }
    return 0;
}

int comparison_make(const struct campaign_read *before,
                    const struct campaign_read *after,
                    const struct compare_request *request,
                    struct comparison *ret_comparison,
                    struct failure *ret_error)
{
    const struct summary *summary = &after->summary;
    size_t most = summary->row_count * summary->subject_count * MEASURES;
    struct comparison comparison = { before, after, request->threshold, NULL, 0,
                                     NULL,   NULL };

    if (check_subjects(&comparison, request->subjects, ret_error) != 0)
        return -1;
    comparison.list = calloc(most + 1, sizeof(*comparison.list));
    comparison.only_before = text_split("");
    comparison.only_after = text_split("");
    note_missing(&before->summary, summary, &comparison.only_before);
    note_missing(summary, &before->summary, &comparison.only_after);
    for (int measure = 0; measure < MEASURES; measure++)
        for (size_t i = 0; i < summary->subject_count; i++) {
            struct compared *family = &comparison.list[comparison.count];
            size_t count;

            if (!request->measures[measure] ||
                !is_compared(summary, i, request))
                continue;
            count = list_family(&comparison, i, (enum measure)measure, family);
            judge_family(family, count, request->threshold);
            comparison.count += count;
        }
    *ret_comparison = comparison;
    return 0;
}

void comparison_free(struct comparison *comparison)
{
    free(comparison->list);
    text_list_free(comparison->only_before);
    text_list_free(comparison->only_after);
    *comparison = (struct comparison){ 0 };
}

bool comparison_has_regression(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *one = &comparison->list[i];

        if (!one->control &&
            (one->change == CHANGE_REGRESSION || one->change == CHANGE_BROKEN))
            return true;
    }
    return false;
}
