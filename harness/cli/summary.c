/* summary.c - the frame of a summary, as the header of the results has it. */
#include "summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "summary_parts.h"

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
        summary_find(subjects, line_text(summary->identity, "baseline"));
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

int summary_make(const struct results *results, struct summary *ret_summary,
                 struct failure *ret_error)
{
    struct summary summary = { 0 };
    struct summary_builder builder = { .summary = &summary };
    int result = prepare(&summary, results, ret_error);

    builder.blocks = summary.blocks;
    if (result == 0)
        result = summary_take(&builder, results, ret_error);
    if (result == 0)
        summary_judge(&builder);
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

const char *summary_status(const struct summary_cell *cell, char *text,
                           size_t room)
{
    const char *word = status_word(cell->status);

    if (cell->status == STATUS_CRASHED || cell->status == STATUS_FAILED)
        snprintf(text, room, "%s(%d)", word, cell->code);
    else
        snprintf(text, room, "%s", word);
    return text;
}
