/* summary_judge.c - from the times of cells to effects and their verdicts. */
#include "summary_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Under this share of time above the floor a row says nothing of allocators */
#define ALLOCATOR_SHARE_MIN 0.10

/* A mean of fewer rows says less than the rows */
enum { MEAN_ROWS_MIN = 5 };

/* One measure of one block, relative to the baseline, as a logarithm. */
static double log_ratio(const struct summary_builder *builder, size_t row,
                        size_t subject, size_t block, enum measure measure)
{
    const struct summary *summary = builder->summary;
    const struct summary_timing *own = timing_at(builder, row, subject, block);
    const struct summary_timing *base =
        timing_at(builder, row, summary->baseline, block);
    const struct summary_timing *floor =
        timing_at(builder, row, summary->floor, block);

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
static size_t row_log_ratios(const struct summary_builder *builder, size_t row,
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
static void judge_family(const struct summary_builder *builder, size_t subject,
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
static double median_of(const struct summary_builder *builder, size_t row,
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

static void fill_medians(const struct summary_builder *builder, size_t row)
{
    struct summary *summary = builder->summary;

    for (size_t subject = 0; subject < summary->subject_count; subject++) {
        struct summary_cell *cell = &summary->rows[row].cells[subject];

        cell->wall_ns =
            median_of(builder, row, subject,
                      offsetof(struct summary_timing, wall), &cell->timed);
        cell->cpu_ns = median_of(builder, row, subject,
                                 offsetof(struct summary_timing, cpu), NULL);
        cell->memory_bytes =
            median_of(builder, row, subject,
                      offsetof(struct summary_timing, memory), NULL);
        for (size_t i = 0; i < ASIDES; i++)
            cell->aside[i] = median_of(builder, row, subject,
                                       offsetof(struct summary_timing, aside) +
                                           i * sizeof(double),
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

void summary_judge(const struct summary_builder *builder)
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
