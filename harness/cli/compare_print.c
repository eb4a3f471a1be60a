/* compare_print.c - a comparison for people: on a terminal, and as Markdown
 * for the text of a pull request. */
#include <math.h>
#include <string.h>
#include <unistd.h>
#include <stdlib.h>

#include "compare.h"
#include "line.h"
#include "text.h"

enum { TEXT_ROOM = 96 };

struct tally {
    size_t regressions, improvements, others, control_called, control;
};

static struct tally tally_of(const struct comparison *comparison)
{
    struct tally tally = { 0 };

    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *one = &comparison->list[i];
        bool worse =
            one->change == CHANGE_REGRESSION || one->change == CHANGE_BROKEN;
        bool better =
            one->change == CHANGE_IMPROVEMENT || one->change == CHANGE_MENDED;

        if (one->control) {
            tally.control++;
            tally.control_called += worse || better;
        } else {
            tally.regressions += worse;
            tally.improvements += better;
            tally.others += !worse && !better;
        }
    }
    return tally;
}

static const char *ratio_text(const struct compared *one, char *text)
{
    if (!isfinite(one->ratio))
        return "-";
    if (isfinite(one->high))
        snprintf(text, TEXT_ROOM, "%.3f [%.3f, %.3f]", one->ratio, one->low,
                 one->high);
    else
        snprintf(text, TEXT_ROOM, "%.3f [no interval]", one->ratio);
    return text;
}

static const char *side_text(const struct summary_cell *cell,
                             enum measure measure, char *text)
{
    if (cell->status != STATUS_OK)
        summary_status(cell, text, TEXT_ROOM);
    else if (cell->has_effect[measure])
        snprintf(text, TEXT_ROOM, "%.3f", cell->effect[measure].ratio);
    else
        snprintf(text, TEXT_ROOM, "-");
    return text;
}

static const char *baseline_name(const struct comparison *comparison)
{
    const struct summary *summary = &comparison->after->summary;

    return summary->subjects[summary->baseline];
}

/* What a reader must know of both sides: when, and of what version. */
static void print_side(const struct campaign_read *campaign, const char *word,
                       FILE *out)
{
    const struct summary *summary = &campaign->summary;

    fprintf(out, "%s: %s, %s, %zu blocks%s\n", word, campaign->folder,
            line_text(summary->header, "started"), summary->blocks,
            summary->complete ? "" : ", stopped before its end");
}

static const char *change_colour(const struct compared *one, bool colour)
{
    if (!colour)
        return "";
    if (one->change == CHANGE_REGRESSION || one->change == CHANGE_BROKEN)
        return "\033[31m";
    if (one->change == CHANGE_IMPROVEMENT || one->change == CHANGE_MENDED)
        return "\033[32m";
    return "\033[2m";
}

static void print_line(const struct compared *one, int width, bool colour,
                       FILE *out)
{
    char before[TEXT_ROOM], after[TEXT_ROOM], ratio[TEXT_ROOM];

    fprintf(out, "  %-*s %10s %10s  %-23s %s%s%s%s\n", width, one->row,
            side_text(one->before, one->measure, before),
            side_text(one->after, one->measure, after), ratio_text(one, ratio),
            change_colour(one, colour), change_word(one->change),
            colour ? "\033[0m" : "",
            one->control && (one->change == CHANGE_REGRESSION ||
                             one->change == CHANGE_IMPROVEMENT)
                ? " (a false alarm)"
                : "");
}

static int row_width(const struct comparison *comparison)
{
    size_t width = 8;

    for (size_t i = 0; i < comparison->count; i++)
        if (strlen(comparison->list[i].row) > width)
            width = strlen(comparison->list[i].row);
    return (int)width;
}

static bool starts_family(const struct comparison *comparison, size_t i)
{
    const struct compared *one = &comparison->list[i];

    return i == 0 || one[-1].measure != one->measure ||
           strcmp(one[-1].subject, one->subject) != 0;
}

static void print_missing(char *const *list, const char *folder, FILE *out)
{
    if (list[0] == NULL)
        return;

    char *text = text_join(list);

    fprintf(out, "Only in %s, and so not compared: %s.\n", folder, text);
    free(text);
}

static void print_totals(const struct comparison *comparison, FILE *out)
{
    struct tally tally = tally_of(comparison);

    print_missing(comparison->only_before, comparison->before->folder, out);
    print_missing(comparison->only_after, comparison->after->folder, out);
    if (tally.control > 0)
        fprintf(out,
                "Control: %s against itself was called on %zu of %zu rows.\n",
                baseline_name(comparison), tally.control_called, tally.control);
    fprintf(out,
            "%zu regressions, %zu improvements, %zu others (called: over %.3g "
            "%% and significant at 5 %% after Holm's correction).\n",
            tally.regressions, tally.improvements, tally.others,
            100 * comparison->threshold);
}

static const json_t *subject_named(const struct campaign_read *campaign,
                                   const char *name)
{
    const json_t *subjects =
        json_object_get(campaign->summary.identity, "subjects");
    const json_t *subject;
    size_t i;

    json_array_foreach((json_t *)subjects, i, subject)
    {
        if (strcmp(line_text(subject, "name"), name) == 0)
            return subject;
    }
    return NULL;
}

/* Which library stood behind the name, then and now: the version and the
 * beginning of its digest. */
static void print_libraries(const struct comparison *comparison,
                            const char *name, FILE *out)
{
    const json_t *was = subject_named(comparison->before, name);
    const json_t *is = subject_named(comparison->after, name);

    if (strcmp(line_text(was, "sha256"), line_text(is, "sha256")) == 0)
        fprintf(out, "the same library, %.8s", line_text(is, "sha256"));
    else
        fprintf(out, "%s %.8s, then %s %.8s", line_text(was, "version"),
                line_text(was, "sha256"), line_text(is, "version"),
                line_text(is, "sha256"));
}

static void print_family(const struct comparison *comparison,
                         const struct compared *one, FILE *out)
{
    fprintf(out, "\n%s (", one->subject);
    print_libraries(comparison, one->subject, out);
    fprintf(out, "), %s: effects against %s, and after over before\n",
            measure_word(one->measure), baseline_name(comparison));
}

void comparison_print(const struct comparison *comparison, FILE *out)
{
    bool colour = isatty(fileno(out)) && getenv("NO_COLOR") == NULL;
    int width = row_width(comparison);

    print_side(comparison->before, "before", out);
    print_side(comparison->after, "after ", out);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *one = &comparison->list[i];

        if (starts_family(comparison, i))
            print_family(comparison, one, out);
        print_line(one, width, colour, out);
    }
    fputc('\n', out);
    print_totals(comparison, out);
}

/* ---- Markdown ---- */

/* A bar in a table cell would end it. */
static void put_cell(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '\\' || *text == '<' || *text == '*' ||
            *text == '_' || *text == '`')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void put_row(const struct compared *one, FILE *out)
{
    char before[TEXT_ROOM], after[TEXT_ROOM], ratio[TEXT_ROOM];
    bool called = one->change != CHANGE_NONE && one->change != CHANGE_TOO_FEW &&
                  one->change != CHANGE_NO_TIME;

    fputs("| ", out);
    put_cell(one->subject, out);
    fputs(" | ", out);
    put_cell(one->row, out);
    fprintf(out, " | %s | %s | %s | %s | %s%s%s |\n",
            measure_word(one->measure),
            side_text(one->before, one->measure, before),
            side_text(one->after, one->measure, after), ratio_text(one, ratio),
            called ? "**" : "", change_word(one->change), called ? "**" : "");
}

static void put_rows(const struct comparison *comparison, bool called,
                     FILE *out)
{
    fputs("| subject | row | measure | before | after | after / before (95 %) "
          "| verdict |\n|---|---|---|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared *one = &comparison->list[i];
        bool is_called =
            one->change != CHANGE_NONE && one->change != CHANGE_TOO_FEW;

        if (is_called == called)
            put_row(one, out);
    }
}

void comparison_print_markdown(const struct comparison *comparison, FILE *out)
{
    struct tally tally = tally_of(comparison);
    size_t called = 0;

    for (size_t i = 0; i < comparison->count; i++)
        called += comparison->list[i].change != CHANGE_NONE &&
                  comparison->list[i].change != CHANGE_TOO_FEW;
    fprintf(out, "### Assay: %s\n\n",
            tally.regressions > 0    ? "a regression"
            : tally.improvements > 0 ? "faster or leaner, nothing worse"
                                     : "no difference that can be called");
    fprintf(out, "Effects are ratios to %s, measured in the same blocks.\n\n",
            baseline_name(comparison));
    if (called > 0)
        put_rows(comparison, true, out);
    if (called < comparison->count) {
        fprintf(out,
                "\n<details><summary>%zu rows without a call</summary>\n\n",
                comparison->count - called);
        put_rows(comparison, false, out);
        fputs("\n</details>\n", out);
    }
    fputc('\n', out);
    print_side(comparison->before, "- before", out);
    print_side(comparison->after, "- after", out);
    fputc('\n', out);
    print_totals(comparison, out);
}
