/* check_table.c - the table of verdicts on the terminal. */
#include "check_report.h"

#include <stdlib.h>
#include <string.h>

#include "deviation.h"
#include "subject.h"
#include "text.h"

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define RED   "\033[31m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"

enum { LABEL_INDENT = 4, LABEL_WIDTH = 10, LINE_WIDTH = 79 };

static const char *const finding_words[] = {
    [FINDING_NONE] = "",
    [FINDING_NOT_MET] = "not met",
    [FINDING_KNOWN] = "known deviation",
    [FINDING_GONE] = "deviation gone",
    [FINDING_UNCLAIMED] = "not claimed",
    [FINDING_NOT_RUN] = "not asked",
};

const char *check_finding_word(enum finding_kind kind)
{
    return finding_words[kind];
}

char *check_seen(const struct checked *checked)
{
    const struct verdict *worst = checked->worst;
    char *rate = checked->runs > 1 ? text_format("%s%u of %u runs passed",
                                                 *worst->message ? "; " : "",
                                                 checked->passed, checked->runs)
                                   : text_copy("");
    char *seen = text_format("%s%s%s%s", worst->outcome,
                             *worst->outcome && *worst->message ? ": " : "",
                             worst->message, rate);

    free(rate);
    return seen;
}

static const char *paint(const struct check_report *report, const char *code)
{
    return report->colour ? code : "";
}

/* "    source    C23 7.24.3.1", folded at blanks below its first word. */
static void print_label(FILE *out, const char *label, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, "%*s%-*s", LABEL_INDENT, "", LABEL_WIDTH, label);
    text_fold(out, text, LABEL_INDENT + LABEL_WIDTH, LINE_WIDTH);
}

static void print_figures(FILE *out, const struct verdict *verdict)
{
    char *all = text_copy("");

    for (uint32_t i = 0; i < verdict->figure_count; i++) {
        char *longer =
            text_format("%s%s%s %.6g", all, i > 0 ? ", " : "",
                        verdict->figures[i].name, verdict->figures[i].value);

        free(all);
        all = longer;
    }
    print_label(out, "figures", all);
    free(all);
}

static void print_deviation(FILE *out, const struct deviation *deviation)
{
    char *bounds = *deviation->below != '\0'
                       ? text_format("from %s, below %s", deviation->from,
                                     deviation->below)
                       : text_format("from %s on", deviation->from);
    char *text = text_format("%s (%s)", deviation->reason, bounds);

    print_label(out, "known", text);
    print_label(out, "see", deviation->link);
    free(text);
    free(bounds);
}

/* What it printed and left behind, where nothing should be. */
static void print_traces(FILE *out, const struct verdict *verdict)
{
    char *text;

    if (verdict->strays > 0) {
        text = text_format("%u processes, which were killed", verdict->strays);
        print_label(out, "left", text);
        free(text);
    }
    if (verdict->output_bytes > 0) {
        text = text_format("%u bytes", verdict->output_bytes);
        print_label(out, "printed", text);
        free(text);
    }
}

/* Everything about one requirement that did not simply pass. The command
 * stands on one line, however long: it is to be pasted. */
static void print_finding(const struct check_report *report,
                          const struct checked *checked, FILE *out)
{
    const struct requirement *requirement = checked->requirement;
    const struct verdict *worst = checked->worst;
    const struct deviation *deviation;
    enum finding_kind kind = finding_of(&report->rules, checked, &deviation);
    char *seen = check_seen(checked);
    char *command = verdict_command(requirement, report->subject, worst->seed);
    char *seed = text_format("%lu", worst->seed);

    fprintf(out, "\n%s%s %s%s (%s%s%s)\n", paint(report, BOLD), requirement->id,
            verdict_word(worst->kind), paint(report, PLAIN),
            severity_word(requirement->severity),
            *check_finding_word(kind) ? ", " : "", check_finding_word(kind));
    print_label(out, "wanted", requirement->statement);
    print_label(out, "source", requirement->source);
    print_label(out, "seen", seen);
    print_label(out, "hung in", worst->stack);
    print_figures(out, worst);
    print_traces(out, worst);
    print_label(out, "seed", seed);
    if (deviation != NULL)
        print_deviation(out, deviation);
    fprintf(out, "%*s%-*s%s\n", LABEL_INDENT, "", LABEL_WIDTH, "again",
            command);
    free(seed);
    free(command);
    free(seen);
}

static bool is_shown_in_full(const struct check_report *report,
                             const struct checked *checked)
{
    if (checked->runs == 0)
        return false;
    return finding_of(&report->rules, checked, NULL) == FINDING_GONE ||
           (checked->worst->kind != VERDICT_PASS &&
            checked->worst->kind != VERDICT_SKIP);
}

/* ---- families ---- */

static size_t family_end(const struct checking *checking, size_t from)
{
    size_t at = from;

    while (at < checking->count &&
           strcmp(checking->all[at].requirement->family,
                  checking->all[from].requirement->family) == 0)
        at++;
    return at;
}

/* "9 of 10", passed of asked; "-" where there is none. */
static void print_share(const struct checking *checking, size_t from,
                        size_t end, enum severity severity, FILE *out)
{
    size_t all = 0, passed = 0;
    char text[32] = "-";

    for (size_t i = from; i < end; i++)
        if (checking->all[i].requirement->severity == severity &&
            checking->all[i].runs > 0) {
            all++;
            passed += checking->all[i].worst->kind == VERDICT_PASS;
        }
    if (all > 0)
        snprintf(text, sizeof(text), "%zu of %zu", passed, all);
    fprintf(out, " %9s", text);
}

static const char *kind_colour(enum finding_kind kind)
{
    return kind == FINDING_NOT_MET || kind == FINDING_GONE ? RED : DIM;
}

/* The ids that did not pass, each with its verdict. */
static void print_family(const struct check_report *report, size_t from,
                         size_t end, FILE *out)
{
    const struct checking *checking = report->checking;
    const char *separator = "   ";

    fprintf(out, "  %-4s %-16.16s", checking->all[from].requirement->family,
            checking->all[from].requirement->file);
    for (int severity = 0; severity < SEVERITIES; severity++)
        print_share(checking, from, end, (enum severity)severity, out);
    for (size_t i = from; i < end; i++) {
        const struct checked *checked = &checking->all[i];
        enum finding_kind kind = finding_of(&report->rules, checked, NULL);

        if (checked->runs == 0 ||
            (checked->worst->kind == VERDICT_PASS && kind != FINDING_GONE))
            continue;
        fprintf(out, "%s%s%s %s%s%s", separator,
                paint(report, kind_colour(kind)), checked->requirement->id,
                verdict_word(checked->worst->kind),
                kind == FINDING_KNOWN ? " (known)" : "", paint(report, PLAIN));
        separator = ", ";
    }
    fputc('\n', out);
}

static void print_skips(const struct check_report *report, FILE *out)
{
    const struct checking *checking = report->checking;
    bool first = true;

    for (size_t i = 0; i < checking->count; i++) {
        const struct checked *checked = &checking->all[i];
        char *seen;

        if (checked->runs == 0 || checked->worst->kind != VERDICT_SKIP)
            continue;
        if (first)
            fputs("\nSkipped\n", out);
        first = false;
        seen = check_seen(checked);
        print_label(out, checked->requirement->id, seen);
        free(seen);
    }
}

static void print_printed(const struct check_report *report, FILE *out)
{
    const struct checking *checking = report->checking;
    bool first = true;

    for (size_t i = 0; i < checking->count; i++) {
        const struct checked *checked = &checking->all[i];
        char *text;

        if (!finding_printed(checked))
            continue;
        if (first)
            fputs("\nPrinted, where nothing should be\n", out);
        first = false;
        text = text_format("%u bytes: %s", checked->printed->output_bytes,
                           checked->printed->output);
        print_label(out, checked->requirement->id, text);
        free(text);
    }
}

static char *measured_text(const struct checked *checked)
{
    const struct verdict *verdict = checked->worst;
    char *text = check_seen(checked);

    for (uint32_t i = 0; i < verdict->figure_count; i++) {
        char *longer =
            text_format("%s%s%s %.6g", text, *text ? ", " : "",
                        verdict->figures[i].name, verdict->figures[i].value);

        free(text);
        text = longer;
    }
    return text;
}

/* Figures and outcomes of QUALITY rows that passed. */
static void print_measured(const struct check_report *report, FILE *out)
{
    const struct checking *checking = report->checking;
    bool first = true;

    for (size_t i = 0; i < checking->count; i++) {
        const struct checked *checked = &checking->all[i];
        char *text;

        if (checked->requirement->severity != SEVERITY_QUALITY ||
            checked->runs == 0 || checked->worst->kind != VERDICT_PASS)
            continue;
        text = measured_text(checked);
        if (*text != '\0') {
            if (first)
                fputs("\nMeasured\n", out);
            first = false;
            print_label(out, checked->requirement->id, text);
        }
        free(text);
    }
}

void check_table_print(const struct check_report *report, FILE *out)
{
    const struct checking *checking = report->checking;
    const struct subject *subject = report->subject;

    fprintf(out, "%s%s%s%s%s  %s\n", paint(report, BOLD), subject->name,
            paint(report, PLAIN), *subject->version ? " " : "",
            subject->version, subject->path);
    fprintf(out, "profile %s, seed %lu", report->rules.profile, report->seed);
    if (report->repeat > 1)
        fprintf(out, ", %u runs of each", report->repeat);
    fprintf(out, "\n\n  %-21s %9s %9s %9s\n", "family", "MUST", "SHOULD",
            "QUALITY");
    for (size_t at = 0, end; at < checking->count; at = end) {
        end = family_end(checking, at);
        print_family(report, at, end, out);
    }
    for (size_t i = 0; i < checking->count; i++)
        if (is_shown_in_full(report, &checking->all[i]))
            print_finding(report, &checking->all[i], out);
    print_measured(report, out);
    print_skips(report, out);
    print_printed(report, out);
    fputc('\n', out);
    check_summary_print(report, out);
}

/* ---- the closing line ---- */

/* "60 pass (40 MUST, 20 SHOULD)" */
static char *count_text(const char *word, const size_t by_severity[SEVERITIES])
{
    char *parts = text_copy("");
    size_t sum = 0;
    char *text;

    for (int i = 0; i < SEVERITIES; i++) {
        char *longer;

        if (by_severity[i] == 0)
            continue;
        longer = text_format("%s%s%zu %s", parts, *parts ? ", " : "",
                             by_severity[i], severity_word((enum severity)i));
        free(parts);
        parts = longer;
        sum += by_severity[i];
    }
    text =
        sum == 0 ? text_copy("") : text_format("%zu %s (%s)", sum, word, parts);
    free(parts);
    return text;
}

static void print_counts(const struct finding_totals *totals, FILE *out)
{
    const char *separator = "";

    for (int kind = 0; kind <= VERDICT_NOT_ACTIVE; kind++) {
        char *text = count_text(verdict_word((enum verdict_kind)kind),
                                totals->verdicts[kind]);

        if (*text != '\0') {
            fprintf(out, "%s%s", separator, text);
            separator = ", ";
        }
        free(text);
    }
}

static void print_reason(size_t count, const char *what, FILE *out)
{
    if (count > 0)
        fprintf(out, "; %s: %zu", what, count);
}

static void print_judgement(const struct check_report *report,
                            const struct finding_totals *totals, FILE *out)
{
    char *not_met = count_text("not met", totals->not_met);

    if (finding_is_clean(totals))
        fprintf(out, "%s%s meets profile %s%s", paint(report, GREEN),
                report->subject->name, report->rules.profile,
                paint(report, PLAIN));
    else
        fprintf(out, "%s%s does not meet profile %s%s%s%s", paint(report, RED),
                report->subject->name, report->rules.profile,
                paint(report, PLAIN), *not_met ? ": " : "", not_met);
    print_reason(totals->kinds[FINDING_GONE], "known deviations occur no more",
                 out);
    print_reason(totals->kinds[FINDING_KNOWN], "known deviations", out);
    print_reason(totals->kinds[FINDING_UNCLAIMED], "not claimed", out);
    print_reason(totals->printed, "checks printed", out);
    fprintf(out, "; %zu of %zu count\n", totals->counted,
            report->checking->count);
    free(not_met);
}

void check_summary_print(const struct check_report *report, FILE *out)
{
    struct finding_totals totals =
        finding_totals(&report->rules, report->checking);

    print_counts(&totals, out);
    fprintf(out, " in %.1f s\n", (double)report->checking->wall_ns / 1e9);
    print_judgement(report, &totals, out);
}
