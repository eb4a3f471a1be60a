/* report_glance.c - ranks subjects over the rows of a use. */
#include "report_glance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report.h"
#include "text.h"

/* One question: these rows, this measure. */
struct question {
    const struct results *results;
    const struct summary *summary;
    const char *use;
    bool memory;
    size_t *rows; /* indices into summary->rows */
    size_t row_count;
    size_t *ranked; /* subjects that have a figure on each row */
    size_t ranked_count;
    double *scores; /* [subject][block]; NaN where a row has none */
};

static double *score_at(const struct question *question, size_t subject,
                        size_t block)
{
    return &question->scores[subject * question->summary->blocks + block];
}

/* ---- scores ---- */

static size_t name_index(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(line_text(json_array_get(list, i), "name"), name) == 0)
            return i;
    return SIZE_MAX;
}

static size_t place_in_rows(const struct question *question, size_t row)
{
    for (size_t i = 0; i < question->row_count; i++)
        if (question->rows[i] == row)
            return i;
    return SIZE_MAX;
}

/* Logarithms of the figures: [row of the use][subject][block]. */
static double *take_figures(const struct question *question)
{
    const struct summary *summary = question->summary;
    size_t subjects = summary->subject_count, blocks = summary->blocks, i;
    size_t count = question->row_count * subjects * blocks;
    double *figures = calloc(count + 1, sizeof(*figures));
    json_t *line;

    for (i = 0; i < count; i++)
        figures[i] = NAN;
    json_array_foreach(question->results->lines, i, line)
    {
        size_t row, subject;
        json_int_t block = json_integer_value(json_object_get(line, "block"));

        if (strcmp(line_text(line, "kind"), "time") != 0 || block < 1 ||
            (size_t)block > blocks || line_status(line) != STATUS_OK)
            continue;
        row =
            place_in_rows(question,
                          name_index(json_object_get(summary->identity, "rows"),
                                     line_text(line, "row")));
        subject = name_index(json_object_get(summary->identity, "subjects"),
                             line_text(line, "subject"));
        if (row != SIZE_MAX && subject != SIZE_MAX)
            figures[(row * subjects + subject) * blocks + (size_t)block - 1] =
                log(question->memory ? summary_memory_of(line)
                                     : line_figure(line, "wall_ns", NAN));
    }
    return figures;
}

static void fill_scores(struct question *question)
{
    const struct summary *summary = question->summary;
    size_t subjects = summary->subject_count, blocks = summary->blocks;
    double *figures = take_figures(question);

    question->scores = calloc(subjects * blocks + 1, sizeof(double));
    for (size_t row = 0; row < question->row_count; row++)
        for (size_t subject = 0; subject < subjects; subject++)
            for (size_t block = 0; block < blocks; block++)
                *score_at(question, subject, block) +=
                    (figures[(row * subjects + subject) * blocks + block] -
                     figures[(row * subjects + summary->baseline) * blocks +
                             block]) /
                    (double)question->row_count;
    free(figures);
}

/* ---- ranking ---- */

/* The blocks in which both have a score. */
static size_t differences(const struct question *question, size_t left,
                          size_t right, double *ret_values)
{
    size_t count = 0;

    for (size_t block = 0; block < question->summary->blocks; block++) {
        double value = *score_at(question, left, block) -
                       *score_at(question, right, block);

        if (isfinite(value))
            ret_values[count++] = value;
    }
    return count;
}

static double estimate(const struct question *question, size_t subject)
{
    double values[STATISTICS_BLOCKS_MAX];
    struct statistics_location location;
    size_t count =
        differences(question, subject, question->summary->baseline, values);

    return count > 0 && statistics_locate(values, count, STATISTICS_ALPHA,
                                          &location) == 0
               ? location.estimate
               : NAN;
}

/* Why a subject is not ranked: the first row on which it has no figure. */
static char *why_unranked(const struct question *question, size_t subject)
{
    const struct summary *summary = question->summary;
    char word[64];

    for (size_t i = 0; i < question->row_count; i++) {
        const struct summary_row *row = &summary->rows[question->rows[i]];
        const struct summary_cell *cell = &row->cells[subject];

        if (cell->status != STATUS_OK)
            return text_format("%s (%s on %s)", summary->subjects[subject],
                               summary_status(cell, word, sizeof(word)),
                               row->name);
    }
    return text_format("%s (no block with a figure on every row)",
                       summary->subjects[subject]);
}

static bool is_whole(const struct question *question, size_t subject)
{
    for (size_t i = 0; i < question->row_count; i++)
        if (question->summary->rows[question->rows[i]].cells[subject].status !=
            STATUS_OK)
            return false;
    return isfinite(estimate(question, subject));
}

static void rank(struct question *question, json_t *unranked)
{
    const struct summary *summary = question->summary;

    question->ranked = calloc(summary->subject_count + 1, sizeof(size_t));
    for (size_t i = 0; i < summary->subject_count; i++) {
        size_t at = question->ranked_count;

        if (!report_shows(summary, i))
            continue;
        if (!is_whole(question, i)) {
            char *why = why_unranked(question, i);

            json_array_append_new(unranked, json_string(why));
            free(why);
            continue;
        }
        for (; at > 0 && estimate(question, question->ranked[at - 1]) >
                             estimate(question, i);
             at--)
            question->ranked[at] = question->ranked[at - 1];
        question->ranked[at] = i;
        question->ranked_count++;
    }
}

/* Each against the first, judged within the family of all pairs. The pairs of
 * the first come first. */
static void judge(const struct question *question,
                  struct statistics_row *ret_rows)
{
    size_t n = question->ranked_count, blocks = question->summary->blocks;
    size_t pairs = n * (n - 1) / 2, at = 0;
    double *values = calloc(pairs * blocks + 1, sizeof(*values));
    struct statistics_sample *samples = calloc(pairs + 1, sizeof(*samples));

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++, at++)
            samples[at] = (struct statistics_sample){
                .log_ratios = &values[at * blocks],
                .blocks =
                    differences(question, question->ranked[j],
                                question->ranked[i], &values[at * blocks]),
            };
    if (pairs > 0 && statistics_judge(samples, pairs, ret_rows) != 0)
        for (size_t i = 0; i < pairs; i++)
            ret_rows[i].verdict = STATISTICS_TOO_FEW_BLOCKS;
    free(samples);
    free(values);
}

/* ---- words ---- */

static json_t *number_json(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *ranked_json(const struct question *question, size_t place,
                           const struct statistics_row *judged)
{
    const struct summary *summary = question->summary;
    double values[STATISTICS_BLOCKS_MAX];
    struct statistics_location at = { NAN, NAN, NAN, NAN };
    size_t subject = question->ranked[place];
    size_t count = differences(question, subject, summary->baseline, values);

    statistics_locate(values, count, STATISTICS_ALPHA, &at);
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "subject",
                     summary->subjects[subject], "ratio",
                     number_json(exp(at.estimate)), "low",
                     count < 6 ? json_null() : number_json(exp(at.low)), "high",
                     number_json(exp(at.high)), "verdict",
                     place == 0
                         ? "first"
                         : statistics_verdict_name(judged[place - 1].verdict));
}

/* "mimalloc 0.52 [0.51, 0.53]" */
static char *figure_text(const json_t *entry)
{
    const json_t *low = json_object_get(entry, "low");
    double ratio = json_number_value(json_object_get(entry, "ratio"));

    if (!json_is_number(low))
        return text_format("%s %.2f (too few blocks for an interval)",
                           line_text(entry, "subject"), ratio);
    return text_format("%s %.2f [%.2f, %.2f]", line_text(entry, "subject"),
                       ratio, json_number_value(low),
                       json_number_value(json_object_get(entry, "high")));
}

/* Those that the first is not shown to beat. */
static char *undecided(const json_t *ranked)
{
    char **names = text_split(""), *text;

    for (size_t i = 1; i < json_array_size(ranked); i++) {
        const json_t *entry = json_array_get(ranked, i);
        const char *verdict = line_text(entry, "verdict");

        if (strcmp(verdict, "slower") == 0)
            continue;
        text = figure_text(entry);
        names =
            text_list_add(names,
                          strcmp(verdict, "indistinguishable") == 0 ||
                                  !json_is_number(json_object_get(entry, "low"))
                              ? text_format("%s", text)
                              : text_format("%s (%s)", text, verdict));
        free(text);
    }
    text = text_join(names);
    text_list_free(names);
    return text;
}

static char *sentence(const struct question *question, const json_t *ranked,
                      bool *ret_decided)
{
    const char *what = question->memory ? "leanest" : "fastest";
    char *first, *others, *text;

    *ret_decided = false;
    if (json_array_size(ranked) == 0)
        return text_copy(question->row_count == 0
                             ? "no row of this campaign stands for it"
                             : "no subject has a figure on every row");
    first = figure_text(json_array_get(ranked, 0));
    others = undecided(ranked);
    *ret_decided = *others == '\0' && json_array_size(ranked) > 1;
    if (json_array_size(ranked) == 1)
        text = text_format("only %s has a figure on every row; nothing to "
                           "compare it with",
                           first);
    else if (*ret_decided)
        text = text_format("%s: %s of all", first, what);
    else
        text = text_format("%s has the smallest figure, but cannot be told "
                           "apart from %s",
                           first, others);
    free(first);
    free(others);
    return text;
}

/* ---- one answer ---- */

static void choose_rows(struct question *question, json_t *names)
{
    const struct summary *summary = question->summary;

    question->rows = calloc(summary->row_count + 1, sizeof(size_t));
    for (size_t i = 0; i < summary->row_count; i++) {
        const struct summary_row *row = &summary->rows[i];
        const char *use = report_use_of(line_text(row->info, "workload"));

        if (use == NULL || strcmp(use, question->use) != 0 ||
            !row->measures_allocator ||
            row->cells[summary->baseline].status != STATUS_OK)
            continue;
        question->rows[question->row_count++] = i;
        json_array_append_new(names, json_string(row->name));
    }
}

static json_t *answer_json(struct question *question)
{
    json_t *names = json_array(), *unranked = json_array();
    json_t *ranked = json_array();
    struct statistics_row *judged;
    size_t n;
    bool decided;
    char *text;

    choose_rows(question, names);
    if (question->row_count > 0) {
        fill_scores(question);
        rank(question, unranked);
    }
    n = question->ranked_count;
    judged = calloc(n * n + 1, sizeof(*judged));
    if (n > 0)
        judge(question, judged);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(ranked, ranked_json(question, i, judged));
    text = sentence(question, ranked, &decided);
    free(judged);
    json_t *answer =
        json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:b}", "use", question->use,
                  "measure", question->memory ? "memory" : "time", "rows",
                  names, "ranked", ranked, "unranked", unranked, "sentence",
                  text, "decided", decided);
    free(text);
    return answer;
}

json_t *report_glance(const struct results *results,
                      const struct summary *summary)
{
    json_t *answers = json_array();

    for (size_t use = 0; report_uses[use] != NULL; use++)
        for (int memory = 0; memory < 2; memory++) {
            struct question question = {
                .results = results,
                .summary = summary,
                .use = report_uses[use],
                .memory = memory,
            };

            json_array_append_new(answers, answer_json(&question));
            free(question.rows);
            free(question.ranked);
            free(question.scores);
        }
    return answers;
}
