/* summary.c - from lines to effects. */
#include "summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

/* Under this share of time above the floor a row says nothing of allocators */
#define ALLOCATOR_SHARE_MIN 0.10

/* A timer tick on a quiet machine takes the processor away less often */
#define SWITCHES_PER_S_MAX 100.0

/* A mean of fewer rows says less than the rows */
enum { MEAN_ROWS_MIN = 5 };

/* One block's times of one subject on one row; NaN where there is none. */
struct timing {
    double wall, cpu, memory;
    double aside[ASIDES];
};

struct builder {
    struct summary *summary;
    struct timing *timings; /* [row][subject][block] */
    size_t blocks;
};

static struct timing *timing_at(const struct builder *builder, size_t row,
                                size_t subject, size_t block)
{
    size_t subjects = builder->summary->subject_count;

    return &builder
                ->timings[(row * subjects + subject) * builder->blocks + block];
}

static size_t list_find(const json_t *list, const char *name)
{
    const json_t *entry;
    size_t i;

    json_array_foreach((json_t *)list, i, entry)
    {
        if (strcmp(line_text(entry, "name"), name) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* ---- taking the lines in ---- */

static void take_status(struct summary_cell *cell, const json_t *line)
{
    enum status status = line_status(line);

    cell->strays += (size_t)json_integer_value(json_object_get(line, "strays"));
    cell->printed |=
        json_integer_value(json_object_get(line, "output_bytes")) > 0;
    if (status == STATUS_OK || cell->status != STATUS_OK)
        return;
    cell->status = status;
    cell->code = (int)json_integer_value(json_object_get(line, "code"));
    cell->message = line_text(line, "message");
    cell->requirement = line_text(line, "requirement");
}

static double larger(double known, double value)
{
    return isnan(known) || value > known ? value : known;
}

/* Columns of a timeline entry: see line.c. */
enum { COLUMN_RSS = 2, COLUMN_PSS = 3 };

static void take_timeline(struct summary_cell *cell, const json_t *line)
{
    const json_t *looks = json_object_get(line, "timeline"), *look;
    size_t i;

    json_array_foreach((json_t *)looks, i, look)
    {
        double rss = json_number_value(json_array_get(look, COLUMN_RSS));
        double pss = json_number_value(json_array_get(look, COLUMN_PSS));

        cell->peak_rss_bytes = larger(cell->peak_rss_bytes, rss);
        cell->peak_pss_bytes = larger(cell->peak_pss_bytes, pss);
        cell->after_rss_bytes = rss;
    }
}

double summary_memory_of(const json_t *line)
{
    double mark = line_figure(line, "vm_hwm_bytes", NAN);

    return isnan(mark) ? line_figure(line, "maxrss_bytes", NAN)
                       : mark - line_figure(line, "harness_bytes", 0);
}

static void take_switches(struct summary *summary, const json_t *info,
                          const json_t *line)
{
    double switches = line_figure(line, "involuntary_switches", 0);
    double seconds = line_figure(line, "wall_ns", NAN) / 1e9;

    /* Threads of a row may well share a processor; its clients always do. */
    if (json_is_true(json_object_get(info, "threads")) ||
        json_is_true(json_object_get(info, "program")))
        return;
    if (switches / seconds > SWITCHES_PER_S_MAX)
        summary->disturbed++;
    else
        summary->undisturbed++;
}

static void take_time(const struct builder *builder, size_t row, size_t subject,
                      const json_t *line)
{
    struct summary_row *its = &builder->summary->rows[row];
    struct summary_cell *cell = &its->cells[subject];
    json_int_t block = json_integer_value(json_object_get(line, "block"));
    double loop = line_figure(line, "loop_wall_ns", NAN);
    struct timing *timing;

    if (line_status(line) != STATUS_OK || block < 1 ||
        (size_t)block > builder->blocks)
        return;
    cell->operations = line_figure(line, "operations", 1);
    cell->live_peak_bytes = line_figure(line, "live_peak_bytes", NAN);
    if (!isnan(loop))
        its->loop_ns = isnan(its->loop_ns)
                           ? loop / cell->operations
                           : fmin(its->loop_ns, loop / cell->operations);
    take_switches(builder->summary, its->info, line);
    timing = timing_at(builder, row, subject, (size_t)block - 1);
    timing->wall = line_figure(line, "wall_ns", NAN);
    timing->cpu = line_figure(line, "cpu_ns", NAN);
    timing->memory = summary_memory_of(line);
    for (size_t i = 0; i < ASIDES; i++)
        timing->aside[i] = line_figure(line, aside_figures[i], NAN);
}

static int take_line(const struct builder *builder, const json_t *line,
                     struct failure *ret_error)
{
    struct summary *summary = builder->summary;
    const char *kind = line_text(line, "kind");
    size_t row, subject;

    if (strcmp(kind, "end") == 0) {
        summary->complete = true;
        return 0;
    }
    if (strcmp(kind, "block") == 0) {
        summary->worst_steal =
            fmax(summary->worst_steal,
                 json_number_value(json_object_get(line, "steal_share")));
        summary->worst_load =
            fmax(summary->worst_load,
                 json_number_value(json_object_get(line, "load_average")));
        return 0;
    }
    row = list_find(json_object_get(summary->identity, "rows"),
                    line_text(line, "row"));
    subject = list_find(json_object_get(summary->identity, "subjects"),
                        line_text(line, "subject"));
    if (row == SIZE_MAX || subject == SIZE_MAX) {
        failure_set(ret_error,
                    "a line names row '%s' and subject '%s', which the header "
                    "does not",
                    line_text(line, "row"), line_text(line, "subject"));
        return -1;
    }
    take_status(&summary->rows[row].cells[subject], line);
    if (strcmp(kind, "memory") == 0)
        take_timeline(&summary->rows[row].cells[subject], line);
    if (strcmp(kind, "time") == 0)
        take_time(builder, row, subject, line);
    return 0;
}

/* ---- from times to effects ---- */

/* One measure of one block, relative to the baseline, as a logarithm. */
static double log_ratio(const struct builder *builder, size_t row,
                        size_t subject, size_t block, enum measure measure)
{
    const struct summary *summary = builder->summary;
    const struct timing *own = timing_at(builder, row, subject, block);
    const struct timing *base =
        timing_at(builder, row, summary->baseline, block);
    const struct timing *floor = timing_at(builder, row, summary->floor, block);

    switch (measure) {
    case MEASURE_WALL:
        return log(own->wall / base->wall);
    case MEASURE_NET:
        return own->wall > floor->wall && base->wall > floor->wall
                   ? log((own->wall - floor->wall) / (base->wall - floor->wall))
                   : NAN;
    case MEASURE_CPU:
        return log(own->cpu / base->cpu);
    case MEASURE_MEMORY:
        return log(own->memory / base->memory);
    default:
        return NAN;
    }
}

/* The blocks in which both have a figure; a row that ended badly has none. */
static size_t row_log_ratios(const struct builder *builder, size_t row,
                             size_t subject, enum measure measure,
                             double *ret_log_ratios)
{
    const struct summary_cell *cells = builder->summary->rows[row].cells;
    size_t count = 0;

    if (cells[subject].status != STATUS_OK ||
        cells[builder->summary->baseline].status != STATUS_OK)
        return 0;
    for (size_t block = 0; block < builder->blocks; block++) {
        double value = log_ratio(builder, row, subject, block, measure);

        if (isfinite(value))
            ret_log_ratios[count++] = value;
    }
    return count;
}

static void keep_log_ratios(struct summary_cell *cell, enum measure measure,
                            const struct statistics_sample *sample)
{
    size_t bytes = sample->blocks * sizeof(double);

    cell->log_ratios[measure] = malloc(bytes + 1);
    memcpy(cell->log_ratios[measure], sample->log_ratios, bytes);
    cell->log_ratio_count[measure] = sample->blocks;
}

/* Judges one subject by one measure: a family in Holm's sense. */
static void judge_family(const struct builder *builder, size_t subject,
                         enum measure measure)
{
    struct summary *summary = builder->summary;
    size_t rows = summary->row_count, blocks = builder->blocks;
    double *values = calloc(rows * blocks + 1, sizeof(*values));
    struct statistics_sample *samples = calloc(rows + 1, sizeof(*samples));
    struct statistics_row *judged = calloc(rows + 1, sizeof(*judged));

    for (size_t row = 0; row < rows; row++)
        samples[row] = (struct statistics_sample){
            .log_ratios = &values[row * blocks],
            .blocks = row_log_ratios(builder, row, subject, measure,
                                     &values[row * blocks]),
        };
    if (statistics_judge(samples, rows, judged) == 0)
        for (size_t row = 0; row < rows; row++) {
            struct summary_cell *cell = &summary->rows[row].cells[subject];

            cell->effect[measure] = judged[row];
            cell->has_effect[measure] = samples[row].blocks > 0;
            keep_log_ratios(cell, measure, &samples[row]);
            if (measure != MEASURE_WALL || samples[row].blocks == 0)
                continue;
            cell->spread =
                statistics_spread(samples[row].log_ratios, samples[row].blocks);
            statistics_detectable(cell->spread, samples[row].blocks, rows,
                                  &cell->detectable);
        }
    free(judged);
    free(samples);
    free(values);
}

/* Median over the blocks of what `offset` says of a timing. */
static double median_of(const struct builder *builder, size_t row,
                        size_t subject, size_t offset, size_t *ret_count)
{
    double values[builder->blocks + 1], median = NAN;
    size_t count = 0;

    for (size_t block = 0; block < builder->blocks; block++) {
        const char *timing =
            (const char *)timing_at(builder, row, subject, block);
        double value;

        memcpy(&value, timing + offset, sizeof(value));
        if (isfinite(value))
            values[count++] = value;
    }
    if (count > 0)
        statistics_median(values, count, &median);
    if (ret_count != NULL)
        *ret_count = count;
    return median;
}

static void fill_medians(const struct builder *builder, size_t row)
{
    struct summary *summary = builder->summary;

    for (size_t subject = 0; subject < summary->subject_count; subject++) {
        struct summary_cell *cell = &summary->rows[row].cells[subject];

        cell->wall_ns = median_of(builder, row, subject,
                                  offsetof(struct timing, wall), &cell->timed);
        cell->cpu_ns = median_of(builder, row, subject,
                                 offsetof(struct timing, cpu), NULL);
        cell->memory_bytes = median_of(builder, row, subject,
                                       offsetof(struct timing, memory), NULL);
        for (size_t i = 0; i < ASIDES; i++)
            cell->aside[i] =
                median_of(builder, row, subject,
                          offsetof(struct timing, aside) + i * sizeof(double),
                          NULL);
    }
}

static void fill_floor(struct summary *summary, size_t row)
{
    struct summary_row *its = &summary->rows[row];
    double floor = its->cells[summary->floor].wall_ns;
    double base = its->cells[summary->baseline].wall_ns;

    its->allocator_share = (base - floor) / base; /* NaN without either */
    its->measures_allocator = isnan(its->allocator_share) ||
                              its->allocator_share >= ALLOCATOR_SHARE_MIN;
    for (size_t subject = 0; subject < summary->subject_count; subject++)
        its->cells[subject].floor_ratio =
            its->cells[subject].wall_ns / floor - 1;
}

static void fill_twin(struct summary *summary)
{
    for (size_t row = 0; row < summary->row_count; row++) {
        const struct summary_cell *cell =
            &summary->rows[row].cells[summary->twin];
        enum statistics_verdict verdict = cell->effect[MEASURE_WALL].verdict;

        if (!cell->has_effect[MEASURE_WALL] ||
            verdict == STATISTICS_TOO_FEW_BLOCKS)
            continue;
        summary->twin_judged++;
        summary->twin_called +=
            verdict == STATISTICS_FASTER || verdict == STATISTICS_SLOWER;
    }
}

/* The mean over synthetic rows that measure allocators: programs are another
 * question. */
static void fill_mean(struct summary *summary, size_t subject)
{
    double logs[summary->row_count + 1];
    size_t count = 0;

    for (size_t row = 0; row < summary->row_count; row++) {
        const struct summary_row *its = &summary->rows[row];
        const struct summary_cell *cell = &its->cells[subject];

        if (cell->has_effect[MEASURE_WALL] && !its->program &&
            its->measures_allocator)
            logs[count++] = log(cell->effect[MEASURE_WALL].ratio);
    }
    summary->means[subject].ratio = NAN;
    if (count >= MEAN_ROWS_MIN)
        statistics_summarise(logs, count, &summary->means[subject]);
}

static void fill_effects(const struct builder *builder)
{
    struct summary *summary = builder->summary;

    for (size_t row = 0; row < summary->row_count; row++) {
        fill_medians(builder, row);
        fill_floor(summary, row);
    }
    for (size_t subject = 0; subject < summary->subject_count; subject++) {
        if (subject == summary->baseline || subject == summary->floor)
            continue;
        for (int measure = 0; measure < MEASURES; measure++)
            judge_family(builder, subject, (enum measure)measure);
        fill_mean(summary, subject);
    }
    fill_twin(summary);
}

/* ---- the frame ---- */

static void prepare_cell(struct summary_cell *cell)
{
    *cell = (struct summary_cell){
        .message = "",
        .requirement = "",
        .operations = 1,
        .wall_ns = NAN,
        .cpu_ns = NAN,
        .memory_bytes = NAN,
        .peak_rss_bytes = NAN,
        .peak_pss_bytes = NAN,
        .after_rss_bytes = NAN,
        .live_peak_bytes = NAN,
        .floor_ratio = NAN,
        .spread = NAN,
        .detectable = NAN,
    };
    for (size_t i = 0; i < ASIDES; i++)
        cell->aside[i] = NAN;
}

static void prepare_rows(struct summary *summary, const json_t *rows)
{
    const json_t *info;
    size_t i;

    json_array_foreach((json_t *)rows, i, info)
    {
        struct summary_row *row = &summary->rows[i];

        row->info = info;
        row->name = line_text(info, "name");
        row->program = json_is_true(json_object_get(info, "program"));
        row->loop_ns = NAN;
        row->cells = calloc(summary->subject_count, sizeof(*row->cells));
        for (size_t s = 0; s < summary->subject_count; s++)
            prepare_cell(&row->cells[s]);
    }
}

static void prepare_subjects(struct summary *summary, const json_t *subjects)
{
    const json_t *subject;
    size_t i;

    summary->baseline = summary->twin = summary->floor = SIZE_MAX;
    json_array_foreach((json_t *)subjects, i, subject)
    {
        summary->subjects[i] = line_text(subject, "name");
        if (json_is_true(json_object_get(subject, "floor")))
            summary->floor = i;
        else if (json_is_true(json_object_get(subject, "twin")))
            summary->twin = i;
    }
    summary->baseline =
        list_find(subjects, line_text(summary->identity, "baseline"));
}

static int prepare(struct summary *summary, const struct results *results,
                   struct failure *ret_error)
{
    const json_t *rows, *subjects;

    summary->header = results->header;
    summary->identity = json_object_get(results->header, "identity");
    rows = json_object_get(summary->identity, "rows");
    subjects = json_object_get(summary->identity, "subjects");
    summary->row_count = json_array_size(rows);
    summary->subject_count = json_array_size(subjects);
    summary->blocks = (size_t)json_integer_value(
        json_object_get(summary->identity, "blocks"));
    summary->rows = calloc(summary->row_count + 1, sizeof(*summary->rows));
    summary->subjects =
        calloc(summary->subject_count + 1, sizeof(*summary->subjects));
    summary->means =
        calloc(summary->subject_count + 1, sizeof(*summary->means));
    prepare_subjects(summary, subjects);
    prepare_rows(summary, rows);
    if (summary->row_count > 0 && summary->baseline < SIZE_MAX &&
        summary->twin < SIZE_MAX && summary->floor < SIZE_MAX)
        return 0;
    if (json_is_object(json_object_get(summary->identity, "micro")))
        return failure_set(ret_error,
                           "the campaign is of micro-benchmarks ('assay bench "
                           "--micro') and has no rows");
    failure_set(ret_error, "the header lacks rows, baseline, twin or floor");
    return -1;
}

static struct timing no_timing(void)
{
    struct timing timing = { .wall = NAN, .cpu = NAN, .memory = NAN };

    for (size_t i = 0; i < ASIDES; i++)
        timing.aside[i] = NAN;
    return timing;
}

static int take_lines(struct builder *builder, const struct results *results,
                      struct failure *ret_error)
{
    struct summary *summary = builder->summary;
    size_t cells =
        summary->row_count * summary->subject_count * builder->blocks;
    const json_t *line;
    size_t i;

    builder->timings = malloc((cells + 1) * sizeof(*builder->timings));
    for (i = 0; i < cells; i++)
        builder->timings[i] = no_timing();
    json_array_foreach(results->lines, i, line)
    {
        if (take_line(builder, line, ret_error) != 0)
            return -1;
    }
    return 0;
}

int summary_make(const struct results *results, struct summary *ret_summary,
                 struct failure *ret_error)
{
    struct summary summary = { 0 };
    struct builder builder = { .summary = &summary };
    int result = prepare(&summary, results, ret_error);

    builder.blocks = summary.blocks;
    if (result == 0)
        result = take_lines(&builder, results, ret_error);
    if (result == 0)
        fill_effects(&builder);
    free(builder.timings);
    if (result != 0)
        summary_free(&summary);
    else
        *ret_summary = summary;
    return result;
}

static void free_row(struct summary_row *row, size_t subjects)
{
    for (size_t i = 0; row->cells != NULL && i < subjects; i++)
        for (int measure = 0; measure < MEASURES; measure++)
            free(row->cells[i].log_ratios[measure]);
    free(row->cells);
}

void summary_free(struct summary *summary)
{
    for (size_t i = 0; i < summary->row_count; i++)
        free_row(&summary->rows[i], summary->subject_count);
    free(summary->rows);
    free(summary->subjects);
    free(summary->means);
    *summary = (struct summary){ 0 };
}

bool summary_has_finding(const struct summary *summary)
{
    for (size_t row = 0; row < summary->row_count; row++)
        for (size_t i = 0; i < summary->subject_count; i++) {
            enum status status = summary->rows[row].cells[i].status;

            if (i != summary->floor && status != STATUS_OK &&
                status != STATUS_UNSUPPORTED)
                return true;
        }
    return false;
}
