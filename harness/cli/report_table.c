/* report_table.c - table.md: the table that people paste elsewhere. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report.h"
#include "report_markdown.h"
#include "text.h"

static void put_version(const struct summary *summary, size_t subject,
                        FILE *out)
{
    const json_t *info =
        json_array_get(json_object_get(summary->identity, "subjects"), subject);
    const char *version = line_text(info, "version");

    markdown_put(summary->subjects[subject], out);
    /* The upstream version; how it was packaged, the page tells. */
    if (strchr(version, ':') != NULL)
        version = strchr(version, ':') + 1;
    if (*version != '\0')
        fprintf(out, " %.*s", (int)strcspn(version, "-+"), version);
}

static void put_head(const struct summary *summary, FILE *out)
{
    fputs("| row |", out);
    for (size_t i = 0; i < summary->subject_count; i++)
        if (report_shows(summary, i)) {
            fputc(' ', out);
            put_version(summary, i, out);
            fputs(" |", out);
        }
    fputs("\n|---|", out);
    for (size_t i = 0; i < summary->subject_count; i++)
        if (report_shows(summary, i))
            fputs("---|", out);
    fputc('\n', out);
}

static void put_time(const struct summary_row *row,
                     const struct summary_cell *cell, FILE *out)
{
    double ns = cell->wall_ns / (row->program ? 1 : cell->operations);

    if (isnan(ns))
        fputs("no time", out);
    else if (ns < 1e4)
        fprintf(out, "%.1f ns", ns);
    else if (ns < 1e7)
        fprintf(out, "%.2f ms", ns / 1e6);
    else
        fprintf(out, "%.0f ms", ns / 1e6);
}

static void put_ratio(double ratio, FILE *out)
{
    fprintf(out, ratio < 10 ? "%.2f" : "%.1f", ratio);
}

/* Bold is a difference that was called. */
static void put_effect(const struct statistics_row *effect, FILE *out)
{
    bool called = effect->verdict == STATISTICS_FASTER ||
                  effect->verdict == STATISTICS_SLOWER;

    fputs(called ? "**" : "", out);
    put_ratio(effect->ratio, out);
    if (isfinite(effect->high)) {
        fputs(" [", out);
        put_ratio(effect->low, out);
        fputs(", ", out);
        put_ratio(effect->high, out);
        fputc(']', out);
    }
    fputs(called ? "**" : "", out);
    if (effect->verdict == STATISTICS_NOISY)
        fprintf(out, " %s", statistics_verdict_name(effect->verdict));
}

static void put_cell(const struct summary *summary,
                     const struct summary_row *row, size_t subject, FILE *out)
{
    const struct summary_cell *cell = &row->cells[subject];
    char word[64];

    if (cell->status != STATUS_OK)
        fputs(summary_status(cell, word, sizeof(word)), out);
    else if (subject == summary->baseline)
        put_time(row, cell, out);
    else if (!cell->has_effect[MEASURE_WALL])
        fputs("no figure", out);
    else
        put_effect(&cell->effect[MEASURE_WALL], out);
}

static void put_rows(const struct summary *summary, FILE *out)
{
    for (size_t i = 0; i < summary->row_count; i++) {
        const struct summary_row *row = &summary->rows[i];

        fputs("| ", out);
        markdown_put(row->name, out);
        fputs(row->program ? " (program)" : "", out);
        fputs(row->measures_allocator ? " |" : " (under 10 % allocator) |",
              out);
        for (size_t k = 0; k < summary->subject_count; k++)
            if (report_shows(summary, k)) {
                fputc(' ', out);
                put_cell(summary, row, k, out);
                fputs(" |", out);
            }
        fputc('\n', out);
    }
}

static void put_caption(const struct report_campaign *campaign, FILE *out)
{
    const struct summary *summary = &campaign->summary;

    fputs("\nTime as a ratio to ", out);
    markdown_put(summary->subjects[summary->baseline], out);
    fprintf(out,
            "'s, smaller is faster, with its 95 %% interval over %zu blocks; "
            "bold where a difference is called, noisy where the blocks vary "
            "too much to call it.\nThe twin, ",
            summary->blocks);
    markdown_put(summary->subjects[summary->baseline], out);
    fprintf(out, " against itself, was called on %zu of %zu rows.%s%s\n",
            summary->twin_called, summary->twin_judged,
            summary->twin_judged > 0 ? "" : " Too few blocks to call anything.",
            summary->complete ? ""
                              : " The campaign was stopped before its "
                                "end.");
    fprintf(out, "Made by `%s`.\n",
            line_text(campaign->results.header, "command"));
}

/* The newest campaign that has rows; NULL without one. */
static const struct report_campaign *newest(const struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->list[i].has_summary)
            return &report->list[i];
    return NULL;
}

int report_write_table(const struct report *report, const char *folder,
                       struct failure *ret_error)
{
    const struct report_campaign *campaign = newest(report);
    char *path;
    FILE *out;
    int result = 0;

    if (campaign == NULL)
        return 0;
    path = text_format("%s/table.md", folder);
    out = fopen(path, "we");
    if (out != NULL) {
        put_head(&campaign->summary, out);
        put_rows(&campaign->summary, out);
        put_caption(campaign, out);
    }
    if (out == NULL || (ferror(out) | fclose(out)) != 0)
        result = failure_set(ret_error, "cannot write %s: %s", path,
                             strerror(errno));
    free(path);
    return result;
}
