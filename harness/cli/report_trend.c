/* report_trend.c - effects over dated campaigns of one machine.
 *
 * Campaigns of different machines, baselines or sizes are never joined by a
 * line: each kind is a series of its own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report_draw.h"
#include "report_panels.h"
#include "text.h"

/* ---- series ---- */

/* What all campaigns of a series have in common, as a text. */
static char *series_key(const struct report_campaign *campaign)
{
    static const char *const fields[] = { "machine", "baseline",
                                          "scale",   "threads",
                                          "quick",   "allocator_options" };
    const json_t *identity =
        json_object_get(campaign->results.header, "identity");
    json_t *key = json_array();
    char *text;

    for (size_t i = 0; i < TEXT_COUNT(fields); i++) {
        json_t *value = json_object_get(identity, fields[i]);

        json_array_append_new(key,
                              value != NULL ? json_incref(value) : json_null());
    }
    text = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(key);
    return text;
}

json_t *report_series(const struct report *report)
{
    json_t *by_key = json_object(), *series = json_array();

    for (size_t i = report->count; i-- > 0;) {
        char *key = series_key(&report->list[i]);
        json_t *list = json_object_get(by_key, key);

        if (report->list[i].has_summary && list == NULL) {
            list = json_array();
            json_object_set_new(by_key, key, list);
            json_array_append(series, list);
        }
        if (report->list[i].has_summary)
            json_array_append_new(list, json_integer((json_int_t)i));
        free(key);
    }
    json_decref(by_key);
    return series;
}

/* ---- drawing ---- */

struct trend {
    const struct report *report;
    const json_t *list; /* of campaigns */
    char **rows;        /* that two campaigns have in one version */
    char **subjects;
};

static const struct summary *summary_at(const struct trend *trend, size_t i)
{
    json_int_t at = json_integer_value(json_array_get(trend->list, i));

    return &trend->report->list[at].summary;
}

static void add_once(char ***list, const char *text)
{
    for (size_t i = 0; (*list)[i] != NULL; i++)
        if (strcmp((*list)[i], text) == 0)
            return;
    *list = text_list_add(*list, text_copy(text));
}

/* "churn-10k" of another version of its workload is another row. */
static char *row_key(const struct summary_row *row)
{
    json_int_t version =
        json_integer_value(json_object_get(row->info, "version"));

    return version <= 1 ? text_copy(row->name)
                        : text_format("%s (version %lld)", row->name,
                                      (long long)version);
}

static void gather(struct trend *trend)
{
    trend->rows = text_split("");
    trend->subjects = text_split("");
    for (size_t i = 0; i < json_array_size(trend->list); i++) {
        const struct summary *summary = summary_at(trend, i);

        for (size_t k = 0; k < summary->row_count; k++) {
            char *key = row_key(&summary->rows[k]);

            add_once(&trend->rows, key);
            free(key);
        }
        for (size_t k = 0; k < summary->subject_count; k++)
            if (report_shows(summary, k) && k != summary->baseline)
                add_once(&trend->subjects, summary->subjects[k]);
    }
}

static const struct summary_cell *cell_of(const struct summary *summary,
                                          const char *key, const char *subject)
{
    for (size_t i = 0; i < summary->row_count; i++) {
        char *its = row_key(&summary->rows[i]);
        bool is = strcmp(its, key) == 0;

        free(its);
        for (size_t k = 0; is && k < summary->subject_count; k++)
            if (strcmp(summary->subjects[k], subject) == 0)
                return &summary->rows[i].cells[k];
    }
    return NULL;
}

/* A campaign in which the row has no time breaks the line. */
static size_t trend_data(const struct trend *trend, struct plot *plot,
                         size_t row, size_t subject)
{
    size_t points = 0;

    fprintf(plot->script, "$r%zu_%zu << END\n", row, subject);
    for (size_t i = 0; i < json_array_size(trend->list); i++) {
        const struct summary_cell *cell =
            cell_of(summary_at(trend, i), trend->rows[row],
                    trend->subjects[subject]);
        const struct statistics_row *effect =
            cell == NULL ? NULL : &cell->effect[MEASURE_WALL];

        if (cell == NULL || !cell->has_effect[MEASURE_WALL]) {
            fprintf(plot->script, "%zu\tNaN\tNaN\tNaN\n", i + 1);
            continue;
        }
        points++;
        fprintf(plot->script, "%zu\t%.9g\t%.9g\t%.9g\n", i + 1, effect->ratio,
                isfinite(effect->high) ? effect->low : effect->ratio,
                isfinite(effect->high) ? effect->high : effect->ratio);
    }
    fputs("END\n", plot->script);
    return points;
}

static void trend_frame(const struct trend *trend, struct plot *plot,
                        const char *row)
{
    size_t count = json_array_size(trend->list);

    panel_frame(plot, row, "", "time / baseline's");
    fprintf(plot->script,
            "set logscale y\nset xrange [0.5:%zu.5]\nset yrange [*:*]\nset "
            "xtics rotate by -30 "
            "(",
            count);
    for (size_t i = 0; i < count; i++) {
        char *date =
            strndup(line_text(summary_at(trend, i)->header, "started"), 10);

        fputs(i > 0 ? ", " : "", plot->script);
        plot_text(plot, date);
        fprintf(plot->script, " %zu", i + 1);
        free(date);
    }
    fputs(")\n", plot->script);
}

static void draw_trend(const void *context, struct plot *plot, size_t row)
{
    const struct trend *trend = context;
    const char *comma = "";
    size_t points = 0;

    for (size_t i = 0; trend->subjects[i] != NULL; i++)
        points += trend_data(trend, plot, row, i);
    trend_frame(trend, plot, trend->rows[row]);
    if (points == 0) {
        panel_empty(plot, "no time");
        return;
    }
    fputs("plot ", plot->script);
    for (size_t i = 0; trend->subjects[i] != NULL; i++) {
        fprintf(plot->script, "%s$r%zu_%zu using 1:2:3:4 with yerrorlines ",
                comma, row, i);
        plot_line_look(plot, i);
        fprintf(plot->script, " pt %zu ps 0.6", i % 8 + 4);
        comma = ", ";
    }
    fputc('\n', plot->script);
}

static int draw_series(struct report *report, const struct trend *trend,
                       size_t series, const char *folder,
                       struct failure *ret_error)
{
    json_int_t first = json_integer_value(json_array_get(trend->list, 0));
    char *stem = text_format("trend-%zu", series + 1);
    char *before = text_format("Series %zu, ", series + 1);
    const struct panels panels = {
        .report = report,
        .section = "trend",
        .campaign = (size_t)first,
        .folder = folder,
        .stem = stem,
        .titles = (const char *const *)trend->rows,
        .count = text_list_count(trend->rows),
        .subjects = (const char *const *)trend->subjects,
        .subject_count = text_list_count(trend->subjects),
        .before = before,
        .behind = ": effect with its 95 % interval in each campaign of this "
                  "machine. A gap is a campaign without a time.",
        .draw = draw_trend,
        .context = trend,
    };
    int result = panels_draw(&panels, ret_error);

    free(before);
    free(stem);
    return result;
}

int report_draw_trend(struct report *report, const char *folder,
                      struct failure *ret_error)
{
    json_t *series = report_series(report), *list;
    size_t i;
    int result = 0;

    json_array_foreach(series, i, list)
    {
        struct trend trend = { .report = report, .list = list };

        if (json_array_size(list) < 2 || result != 0)
            continue;
        gather(&trend);
        result = draw_series(report, &trend, i, folder, ret_error);
        text_list_free(trend.rows);
        text_list_free(trend.subjects);
    }
    json_decref(series);
    return result;
}
