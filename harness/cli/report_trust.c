/* report_trust.c - how far a campaign may be trusted: its controls, what it did
 * not compare, what it was measured on, and how to repeat it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "report.h"
#include "report_markdown.h"
#include "text.h"

/* A command between backquotes; its own would end it. */
static void put_command(const char *text, FILE *out)
{
    fputs("``", out);
    for (; *text != '\0'; text++)
        fputc(*text == '`' || (unsigned char)*text < ' ' ? ' ' : *text, out);
    fputs("``", out);
}

static void put_subjects(const struct summary *summary, FILE *out)
{
    const json_t *subjects = json_object_get(summary->identity, "subjects");
    const json_t *subject;
    size_t i;

    fputs("\n| subject | version | library | SHA-256 |\n|---|---|---|---|\n",
          out);
    json_array_foreach((json_t *)subjects, i, subject)
    {
        if (!report_shows(summary, i))
            continue;
        fputs("| ", out);
        markdown_put(line_text(subject, "name"), out);
        fputs(" | ", out);
        markdown_put(line_text(subject, "version"), out);
        fputs(" | ", out);
        markdown_put(line_text(subject, "path"), out);
        fprintf(out, " | %.16s |\n", line_text(subject, "sha256"));
    }
}

static void put_machine(const char *name, const json_t *value, FILE *out)
{
    const json_t *inner;
    const char *key;
    char *text;

    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, inner)
        {
            char *longer = text_format("%s%s%s", name, *name ? ", " : "", key);

            put_machine(longer, inner, out);
            free(longer);
        }
        return;
    }
    text = json_is_string(value) ? text_copy(json_string_value(value))
                                 : json_dumps(value, JSON_ENCODE_ANY);
    fputs("| ", out);
    markdown_put(name, out);
    fputs(" | ", out);
    markdown_put(json_is_null(value) ? "not told" : text, out);
    fputs(" |\n", out);
    free(text);
}

static void put_controls(const struct summary *summary, FILE *out)
{
    double low, high, least = INFINITY, most = 0;

    fputs("\n### How far to trust it\n\n", out);
    if (summary->twin_judged > 0 &&
        statistics_binomial_interval(summary->twin_called, summary->twin_judged,
                                     STATISTICS_ALPHA, &low, &high) == 0)
        fprintf(out,
                "- Twin: the baseline against itself was called on %zu of %zu "
                "rows (95 %% interval of the rate: %.0f %% to %.0f %%). Every "
                "such call is false.\n",
                summary->twin_called, summary->twin_judged, 100 * low,
                100 * high);
    else
        fputs("- Twin: judged on no row; false calls are not known.\n", out);
    for (size_t row = 0; row < summary->row_count; row++)
        for (size_t i = 0; i < summary->subject_count; i++)
            if (summary->rows[row].cells[i].has_effect[MEASURE_WALL]) {
                least = fmin(least, summary->rows[row].cells[i].detectable);
                most = fmax(most, summary->rows[row].cells[i].detectable);
            }
    if (!isfinite(least))
        fprintf(out,
                "- **No effect could have been called**: %zu blocks are too "
                "few for %zu rows, or no row has times.\n",
                summary->blocks, summary->row_count);
    else if (isfinite(most))
        fprintf(out,
                "- Smallest effect that would have been called 4 times in 5: "
                "%.1f %% on the quietest row, %.1f %% on the noisiest.\n",
                100 * (least - 1), 100 * (most - 1));
    else
        fprintf(out,
                "- Smallest effect that would have been called 4 times in 5: "
                "%.1f %% on the quietest row; on others none could be.\n",
                100 * (least - 1));
    fprintf(out,
            "- Load at most %.2f, at most %.2f %% of processor time stolen in "
            "a block; %zu of %zu timed cells of one thread were disturbed.\n",
            summary->worst_load, 100 * summary->worst_steal, summary->disturbed,
            summary->disturbed + summary->undisturbed);
    if (!summary->complete)
        fputs("- **The campaign was stopped before its end.**\n", out);
}

static void put_not_compared(const struct report *report,
                             const struct report_campaign *campaign, FILE *out)
{
    json_t *missing = report_not_compared(report, campaign);

    fputs("\n### What was not compared\n\n", out);
    for (size_t i = 0; i < json_array_size(missing); i++) {
        fputs("- ", out);
        markdown_put(json_string_value(json_array_get(missing, i)), out);
        fputc('\n', out);
    }
    json_decref(missing);
}

static void put_repeat(const struct report_campaign *campaign, FILE *out)
{
    const struct summary *summary = &campaign->summary;

    fputs("\n### Repeat it\n\nThe whole campaign, with the environment above:\n"
          "\n- ",
          out);
    put_command(line_text(campaign->results.header, "command"), out);
    fputs("\n\n<details><summary>One row alone</summary>\n\n", out);
    for (size_t i = 0; i < summary->row_count; i++) {
        char *command =
            report_repeat(campaign->results.header, summary->rows[i].name);

        fputs("- ", out);
        put_command(command, out);
        fputc('\n', out);
        free(command);
    }
    fputs("\n</details>\n", out);
}

void markdown_put_trust(const struct report *report,
                        const struct report_campaign *campaign, FILE *out)
{
    const struct summary *summary = &campaign->summary;

    put_controls(summary, out);
    put_not_compared(report, campaign, out);
    fputs("\n### Versions and machine\n", out);
    put_subjects(summary, out);
    fputs("\n| machine | |\n|---|---|\n", out);
    put_machine("", json_object_get(summary->identity, "machine"), out);
    put_repeat(campaign, out);
}
