/* report_markdown.c - report.md: what a code host shows. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "line.h"
#include "report.h"
#include "report_markdown.h"
#include "text.h"

#define MIB (1024.0 * 1024.0)

/* ---- pieces ---- */

void markdown_put(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '\n')
            fputs("; ", out);
        else {
            if (strchr("|\\*_`[]", *text) != NULL)
                fputc('\\', out);
            fputc(*text, out);
        }
}

static void put_plots(const struct report *report, const char *section,
                      size_t campaign, FILE *out)
{
    const json_t *plot;
    size_t i;

    json_array_foreach(report->plots, i, plot)
    {
        if (strcmp(line_text(plot, "section"), section) != 0 ||
            (size_t)json_integer_value(json_object_get(plot, "campaign")) !=
                campaign)
            continue;
        fputs("\n![", out);
        markdown_put(line_text(plot, "caption"), out);
        fprintf(out, "](%s)\n\n*", line_text(plot, "file"));
        markdown_put(line_text(plot, "caption"), out);
        fputs("*\n", out);
    }
}

static bool has_plots(const struct report *report, const char *section,
                      size_t campaign)
{
    const json_t *plot;
    size_t i;

    json_array_foreach(report->plots, i, plot)
    {
        if (strcmp(line_text(plot, "section"), section) == 0 &&
            (size_t)json_integer_value(json_object_get(plot, "campaign")) ==
                campaign)
            return true;
    }
    return false;
}

/* ---- at a glance ---- */

static void put_list(const json_t *list, FILE *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        fputs(i > 0 ? ", " : "", out);
        markdown_put(json_string_value(json_array_get(list, i)), out);
    }
}

static void put_answer(const json_t *answer, FILE *out)
{
    const json_t *unranked = json_object_get(answer, "unranked");

    fprintf(out, "| %s | %s | ", line_text(answer, "use"),
            strcmp(line_text(answer, "measure"), "time") == 0 ? "fastest"
                                                              : "leanest");
    markdown_put(line_text(answer, "sentence"), out);
    if (json_array_size(unranked) > 0) {
        fputs(". Not ranked: ", out);
        put_list(unranked, out);
    }
    fputs(" | ", out);
    put_list(json_object_get(answer, "rows"), out);
    fputs(" |\n", out);
}

static void put_glance(const struct report_campaign *campaign, FILE *out)
{
    const struct summary *summary = &campaign->summary;

    fputs("\n### At a glance\n\nTime and peak memory as ratios to ", out);
    markdown_put(summary->subjects[summary->baseline], out);
    fputs(" with 95 % intervals; under 1 is better. One figure is the "
          "geometric mean over the rows named, block by block. \"Of all\" and "
          "\"told apart\" are the exact signed-rank test at 5 % after Holm's "
          "correction over all pairs, and 1 % at least.\n\n"
          "| for a | who was | answer | rows |\n|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < json_array_size(campaign->glance); i++)
        put_answer(json_array_get(campaign->glance, i), out);
}

/* ---- the table ---- */

static void put_effect(const struct summary *summary,
                       const struct summary_cell *cell, size_t subject,
                       enum measure measure, FILE *out)
{
    const struct statistics_row *effect = &cell->effect[measure];
    char word[64];

    if (cell->status != STATUS_OK)
        fprintf(out, "**%s**", summary_status(cell, word, sizeof(word)));
    else if (subject == summary->baseline)
        fputs(isnan(cell->wall_ns) ? "no time" : "1 (baseline)", out);
    else if (!cell->has_effect[measure])
        fputs("no figure", out);
    else if (isfinite(effect->high))
        fprintf(out, "%.3f [%.3f, %.3f] %s", effect->ratio, effect->low,
                effect->high, statistics_verdict_name(effect->verdict));
    else
        fprintf(out, "%.3f, %s", effect->ratio,
                statistics_verdict_name(effect->verdict));
}

static void put_head(const struct summary *summary, const char *first,
                     bool twin, FILE *out)
{
    fprintf(out, "\n| %s |", first);
    for (size_t i = 0; i < summary->subject_count; i++)
        if (report_shows(summary, i) || (twin && i == summary->twin)) {
            fputc(' ', out);
            markdown_put(summary->subjects[i], out);
            fputs(" |", out);
        }
    fputs("\n|---|", out);
    for (size_t i = 0; i < summary->subject_count; i++)
        if (report_shows(summary, i) || (twin && i == summary->twin))
            fputs("---|", out);
    fputc('\n', out);
}

static void put_effects(const struct summary *summary, enum measure measure,
                        FILE *out)
{
    put_head(summary, "row", true, out);
    for (size_t row = 0; row < summary->row_count; row++) {
        fputs("| ", out);
        markdown_put(summary->rows[row].name, out);
        if (!summary->rows[row].measures_allocator)
            fputs(" (**under 10 % allocator: says nothing**)", out);
        fputs(" |", out);
        for (size_t i = 0; i < summary->subject_count; i++) {
            if (!report_shows(summary, i) && i != summary->twin)
                continue;
            fputc(' ', out);
            put_effect(summary, &summary->rows[row].cells[i], i, measure, out);
            fputs(" |", out);
        }
        fputc('\n', out);
    }
}

static void put_absolute(const struct summary *summary, FILE *out)
{
    put_head(summary, "median time; peak memory", false, out);
    for (size_t row = 0; row < summary->row_count; row++) {
        fputs("| ", out);
        markdown_put(summary->rows[row].name, out);
        fputs(" |", out);
        for (size_t i = 0; i < summary->subject_count; i++) {
            const struct summary_cell *cell = &summary->rows[row].cells[i];
            double ns = cell->wall_ns /
                        (summary->rows[row].program ? 1 : cell->operations);

            if (!report_shows(summary, i))
                continue;
            if (isnan(ns))
                fputs(" no time;", out);
            else
                fprintf(out, ns < 1e4 ? " %.2f ns;" : " %.2f ms;",
                        ns < 1e4 ? ns : ns / 1e6);
            if (isnan(cell->memory_bytes))
                fputs(" no figure |", out);
            else
                fprintf(out, " %.1f MiB |", cell->memory_bytes / MIB);
        }
        fputc('\n', out);
    }
}

static void put_asides(const struct summary *summary, FILE *out)
{
    size_t count = 0;
    char text[ASIDE_ROOM];

    for (size_t row = 0; row < summary->row_count; row++)
        for (size_t i = 0; i < summary->subject_count; i++) {
            if (!report_shows(summary, i) ||
                !aside_text(summary->rows[row].cells[i].aside, text,
                            sizeof(text)))
                continue;
            if (count++ == 0)
                fputs("\n### Pauses and garbage\n\nMedians over the blocks. "
                      "A pause is a gap of more than 20 us between two "
                      "operations, as the program saw it.\n\n",
                      out);
            fputs("- ", out);
            markdown_put(summary->subjects[i], out);
            fputs(" on ", out);
            markdown_put(summary->rows[row].name, out);
            fprintf(out, ": %s.\n", text);
        }
}

static void put_messages(const struct summary *summary, FILE *out)
{
    size_t count = 0;

    for (size_t row = 0; row < summary->row_count; row++)
        for (size_t i = 0; i < summary->subject_count; i++) {
            const struct summary_cell *cell = &summary->rows[row].cells[i];
            char word[64];

            if (cell->status == STATUS_OK || i == summary->floor)
                continue;
            if (count++ == 0)
                fputs("\n### Rows without an honest time\n\n", out);
            fputs("- ", out);
            markdown_put(summary->subjects[i], out);
            fputs(" on ", out);
            markdown_put(summary->rows[row].name, out);
            fprintf(out, ": %s. ", summary_status(cell, word, sizeof(word)));
            markdown_put(cell->requirement, out);
            fputc(' ', out);
            markdown_put(cell->message, out);
            fputc('\n', out);
        }
}

static void put_matrix(const struct report_campaign *campaign, FILE *out)
{
    if (campaign->matrix != NULL)
        fputs(
            "\n### Requirements\n\nThe matrix of requirements by subjects "
            "stands in index.html, and in the matrix.md beside its verdicts.\n",
            out);
}

/* ---- a campaign ---- */

static void put_results(const struct report *report, size_t number, FILE *out)
{
    const struct summary *summary = &report->list[number].summary;

    put_glance(&report->list[number], out);
    fputs("\n### Effects, gross\n\nRatio of time to the baseline's, [95 % "
          "interval of the row alone], verdict after Holm's correction.\n",
          out);
    put_effects(summary, MEASURE_WALL, out);
    put_plots(report, "effects", number, out);
    if (has_plots(report, "programs", number))
        fputs("\n### Real programs\n", out);
    put_plots(report, "programs", number, out);
    fputs("\n<details><summary>Net of the floor, memory, absolute figures"
          "</summary>\n\nNet of the floor: the loop's own time taken off "
          "both sides.\n",
          out);
    put_effects(summary, MEASURE_NET, out);
    fputs("\nPeak memory (the words here mean leaner and fatter):\n", out);
    put_effects(summary, MEASURE_MEMORY, out);
    put_absolute(summary, out);
    fputs("\n</details>\n", out);
    put_asides(summary, out);
    put_messages(summary, out);
    if (has_plots(report, "frontier", number))
        fputs("\n### Time against memory\n", out);
    put_plots(report, "frontier", number, out);
    fputs(
        has_plots(report, "memory", number)
            ? "\n### Memory over time\n"
            : "\nMemory over time is not shown: no cell was watched, or there "
              "are no plots.\n",
        out);
    put_plots(report, "memory", number, out);
}

static void put_campaign(const struct report *report, size_t number, FILE *out)
{
    const struct report_campaign *campaign = &report->list[number];
    const json_t *header = campaign->results.header;

    fputs("\n## ", out);
    markdown_put(campaign->folder, out);
    fputs("\n\n", out);
    markdown_put(line_text(header, "started"), out);
    fprintf(out, ", Assay %s", line_text(header, "assay"));
    if (campaign->has_summary)
        fprintf(out, ", %zu blocks, %zu rows", campaign->summary.blocks,
                campaign->summary.row_count);
    fputs(campaign->results.torn
              ? ". **Its last line is cut short; what is whole is shown.**\n"
              : ".\n",
          out);
    if (campaign->has_summary)
        put_results(report, number, out);
    if (has_plots(report, "micro", number))
        fputs("\n### Micro-benchmarks\n", out);
    put_plots(report, "micro", number, out);
    put_matrix(campaign, out);
    if (!campaign->has_summary)
        return;
    markdown_put_trust(report, campaign, out);
}

static void put_trend(const struct report *report, FILE *out)
{
    json_t *series = report_series(report), *list;
    size_t i;

    if (report->count > 1)
        fputs("\n## Trend\n\nCampaigns of one machine, baseline, scale and "
              "threads are one series; others are never joined.\n\n",
              out);
    json_array_foreach(series, i, list)
    {
        json_int_t first = json_integer_value(json_array_get(list, 0));

        if (report->count < 2)
            break;
        fprintf(out, "- Series %zu: ", i + 1);
        for (size_t k = 0; k < json_array_size(list); k++) {
            fputs(k > 0 ? ", " : "", out);
            markdown_put(report
                             ->list[json_integer_value(json_array_get(list, k))]
                             .folder,
                         out);
        }
        fputs(json_array_size(list) < 2 ? " (one campaign: no trend)\n" : "\n",
              out);
        put_plots(report, "trend", (size_t)first, out);
    }
    json_decref(series);
}

static void put_report(const struct report *report, FILE *out)
{
    fputs("# ", out);
    markdown_put(report->title, out);
    fputs(
        "\n\nWritten by `assay report` from raw lines; [index.html](index.html)"
        " is the same with every figure's lines.\n",
        out);
    for (size_t i = 0; report->left_out[i] != NULL; i++) {
        fputs("\n> **Left out:** ", out);
        markdown_put(report->left_out[i], out);
        fputc('\n', out);
    }
    for (size_t i = 0; report->notes[i] != NULL; i++) {
        fputs("\n> **Plots are missing:** ", out);
        markdown_put(report->notes[i], out);
        fputc('\n', out);
    }
    for (size_t i = 0; i < report->count; i++)
        put_campaign(report, i, out);
    put_trend(report, out);
}

int report_write_markdown(const struct report *report, const char *folder,
                          struct failure *ret_error)
{
    char *path = text_format("%s/report.md", folder);
    FILE *out = fopen(path, "we");
    int result = 0;

    if (out != NULL)
        put_report(report, out);
    if (out == NULL || (ferror(out) | fclose(out)) != 0)
        result = failure_set(ret_error, "cannot write %s: %s", path,
                             strerror(errno));
    free(path);
    return result;
}
