/* table.c - the table on the terminal. */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"

#define MIB (1024.0 * 1024.0)

enum { EFFECT_ROOM = 32 };

struct table {
    const struct summary *summary;
    FILE *out;
    int colour;
    int name_width; /* of the longest subject's name */
};

/* ---- pieces ---- */

static const char *paint(const struct table *table, const char *code)
{
    return table->colour ? code : "";
}

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define RED   "\033[31m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"

/* "0.538 [0.531, 0.545]"; three places, since 1 % is the smallest call. */
static const char *effect_text(const struct summary_cell *cell,
                               enum measure measure, char *text)
{
    const struct statistics_row *effect = &cell->effect[measure];

    if (!cell->has_effect[measure])
        return "-";
    if (isfinite(effect->high))
        snprintf(text, EFFECT_ROOM, "%.3f [%.3f, %.3f]", effect->ratio,
                 effect->low, effect->high);
    else
        snprintf(text, EFFECT_ROOM, "%.3f [no interval]", effect->ratio);
    return text;
}

static const char *memory_text(const struct summary_cell *cell, char *text)
{
    double peak =
        isnan(cell->memory_bytes) ? cell->peak_rss_bytes : cell->memory_bytes;

    if (isnan(peak))
        return "-";
    snprintf(text, EFFECT_ROOM, "%.1f", peak / MIB);
    return text;
}

static void unit_text(double ns, char *text)
{
    if (ns < 1e4)
        snprintf(text, EFFECT_ROOM, "%.2f ns", ns);
    else if (ns < 1e7)
        snprintf(text, EFFECT_ROOM, "%.2f us", ns / 1e3);
    else
        snprintf(text, EFFECT_ROOM, "%.1f ms", ns / 1e6);
}

/* Time of an operation, or of the whole run of a program. */
static const char *time_text(const struct summary_row *row,
                             const struct summary_cell *cell, char *text)
{
    if (isnan(cell->wall_ns))
        return "-";
    unit_text(cell->wall_ns / (row->program ? 1 : cell->operations), text);
    return text;
}

static const char *verdict_colour(enum statistics_verdict verdict)
{
    return verdict == STATISTICS_FASTER   ? GREEN
           : verdict == STATISTICS_SLOWER ? RED
                                          : DIM;
}

static void print_verdict(const struct table *table,
                          const struct summary_cell *cell, size_t subject)
{
    const struct summary *summary = table->summary;
    enum statistics_verdict verdict = cell->effect[MEASURE_WALL].verdict;
    char status[64];

    if (cell->status != STATUS_OK) {
        summary_status(cell, status, sizeof(status));
        fprintf(table->out, "%s%s%s", paint(table, RED), status,
                paint(table, PLAIN));
    } else if (subject == summary->baseline) {
        fputs("baseline", table->out);
    } else if (subject == summary->floor) {
        fputs("floor", table->out);
    } else if (cell->has_effect[MEASURE_WALL]) {
        fprintf(table->out, "%s%s%s", paint(table, verdict_colour(verdict)),
                statistics_verdict_name(verdict), paint(table, PLAIN));
    } else {
        fputs("not compared", table->out);
    }
    if (cell->strays > 0)
        fprintf(table->out, ", left %zu processes behind", cell->strays);
    if (cell->printed)
        fputs(", printed", table->out);
}

static void print_subject(const struct table *table,
                          const struct summary_row *row, size_t subject)
{
    const struct summary_cell *cell = &row->cells[subject];
    char time[EFFECT_ROOM], gross[EFFECT_ROOM], net[EFFECT_ROOM];
    char cpu[EFFECT_ROOM], memory[EFFECT_ROOM];

    if (cell->has_effect[MEASURE_CPU])
        snprintf(cpu, sizeof(cpu), "%.3f", cell->effect[MEASURE_CPU].ratio);
    else
        snprintf(cpu, sizeof(cpu), "-");
    fprintf(table->out, "  %-*s %12s  %-23s %-23s %7s %9s  ", table->name_width,
            table->summary->subjects[subject], time_text(row, cell, time),
            effect_text(cell, MEASURE_WALL, gross),
            effect_text(cell, MEASURE_NET, net), cpu,
            memory_text(cell, memory));
    print_verdict(table, cell, subject);
    fputc('\n', table->out);
}

static void print_messages(const struct table *table,
                           const struct summary_row *row)
{
    const struct summary *summary = table->summary;

    for (size_t i = 0; i < summary->subject_count; i++) {
        const struct summary_cell *cell = &row->cells[i];

        /* What the floor does not do is the same in every table. */
        if (cell->status == STATUS_OK ||
            (cell->status == STATUS_UNSUPPORTED && i == summary->floor))
            continue;
        fprintf(table->out, "  %s: %s%s%s\n", summary->subjects[i],
                cell->requirement, *cell->requirement != '\0' ? ": " : "",
                cell->message);
    }
}

/* The twin says what the baseline does, and the floor collects nothing. */
static void print_asides(const struct table *table,
                         const struct summary_row *row)
{
    const struct summary *summary = table->summary;
    char text[ASIDE_ROOM];

    for (size_t i = 0; i < summary->subject_count; i++)
        if (i != summary->twin && i != summary->floor &&
            aside_text(row->cells[i].aside, text, sizeof(text)))
            fprintf(table->out, "  %s: %s\n", summary->subjects[i], text);
}

static void print_row(const struct table *table, const struct summary_row *row)
{
    fprintf(table->out, "\n%s%s%s  %s (%s)%s\n", paint(table, BOLD), row->name,
            paint(table, PLAIN), line_text(row->info, "question"),
            line_text(row->info, "contract"),
            row->measures_allocator ? ""
                                    : "  NOT MEASURING ALLOCATORS: see below");
    for (size_t i = 0; i < table->summary->subject_count; i++)
        if (i != table->summary->floor || !row->program)
            print_subject(table, row, i);
    print_asides(table, row);
    print_messages(table, row);
}

/* ---- below the table ---- */

static void print_means(const struct table *table)
{
    const struct summary *summary = table->summary;
    int headed = 0;

    for (size_t i = 0; i < summary->subject_count; i++) {
        const struct statistics_summary *mean = &summary->means[i];

        if (i == summary->baseline || i == summary->floor ||
            i == summary->twin || isnan(mean->ratio))
            continue;
        if (!headed++)
            fputs("Geometric mean of the synthetic rows above (95 % interval "
                  "over rows; range when one row is left out):\n",
                  table->out);
        fprintf(table->out, "  %-*s %.3f [%.3f, %.3f]  %.3f..%.3f\n",
                table->name_width, summary->subjects[i], mean->ratio, mean->low,
                mean->high, mean->without_low, mean->without_high);
    }
}

static void print_twin(const struct table *table)
{
    const struct summary *summary = table->summary;
    double low, high;

    if (summary->twin_judged == 0)
        return;
    statistics_binomial_interval(summary->twin_called, summary->twin_judged,
                                 STATISTICS_ALPHA, &low, &high);
    fprintf(table->out,
            "Twin: the baseline against itself was called on %zu of %zu rows "
            "(95 %% interval of the rate: %.0f %% to %.0f %%).\n",
            summary->twin_called, summary->twin_judged, 100 * low, 100 * high);
}

static void print_detectable(const struct table *table)
{
    const struct summary *summary = table->summary;
    double best = INFINITY, worst = 0;
    bool any = false;

    for (size_t row = 0; row < summary->row_count; row++)
        for (size_t i = 0; i < summary->subject_count; i++) {
            const struct summary_cell *cell = &summary->rows[row].cells[i];

            if (!cell->has_effect[MEASURE_WALL])
                continue;
            any = true;
            best = fmin(best, cell->detectable);
            worst = fmax(worst, cell->detectable);
        }
    if (isfinite(best))
        fprintf(table->out,
                "Smallest effect that would have been called 4 times in 5: "
                "%.1f %% on the quietest row, %.1f %% on the noisiest.\n",
                100 * (best - 1), 100 * (worst - 1));
    else if (any)
        fprintf(table->out,
                "No effect could have been called: %zu blocks are too few "
                "for these rows.\n",
                summary->blocks);
}

static void print_loops(const struct table *table)
{
    const struct summary *summary = table->summary;
    int headed = 0;

    for (size_t row = 0; row < summary->row_count; row++) {
        double loop = summary->rows[row].loop_ns;

        if (isnan(loop))
            continue;
        fprintf(table->out, "%s %s %.2f",
                headed++ ? ","
                         : "Loop without calls, "
                           "ns an operation:",
                summary->rows[row].name, loop);
    }
    if (headed)
        fputs(".\n", table->out);
}

static void print_shares(const struct table *table)
{
    const struct summary *summary = table->summary;

    for (size_t row = 0; row < summary->row_count; row++)
        if (!summary->rows[row].measures_allocator)
            fprintf(table->out,
                    "%s: %.0f %% of the baseline's time is above the floor; "
                    "under 10 %% a row says nothing about allocators.\n",
                    summary->rows[row].name,
                    100 * summary->rows[row].allocator_share);
}

static void print_versions(const struct table *table)
{
    const json_t *subjects =
        json_object_get(table->summary->identity, "subjects");
    const json_t *subject;
    size_t i;

    fputs("Subjects:", table->out);
    json_array_foreach((json_t *)subjects, i, subject)
    {
        if (i == table->summary->twin || i == table->summary->floor)
            continue;
        fprintf(table->out, "%s %s %s", i > 0 ? "," : "",
                line_text(subject, "name"),
                *line_text(subject, "version") != '\0'
                    ? line_text(subject, "version")
                    : line_text(subject, "path"));
    }
    fputs(".\n", table->out);
}

/* Those of one contract stand together: "a (a_malloc), b (b_malloc): one
 * thread". Only what has names of its own has a contract of its own. */
static void print_contract_of(const struct table *table, const json_t *subjects,
                              size_t first)
{
    const char *contract =
        line_text(json_array_get(subjects, first), "contract");

    for (size_t i = 0; i < json_array_size(subjects); i++) {
        const json_t *subject = json_array_get(subjects, i);
        const json_t *names = json_object_get(subject, "functions");

        if (names == NULL || i == table->summary->twin ||
            strcmp(line_text(subject, "contract"), contract) != 0)
            continue;
        if (i < first)
            return; /* told with an earlier one */
        fprintf(table->out, "%s%s (%s)", i > first ? ", " : " ",
                line_text(subject, "name"), line_text(names, "malloc"));
    }
    fprintf(table->out, ": %s;", contract);
}

static void print_contracts(const struct table *table)
{
    const json_t *subjects =
        json_object_get(table->summary->identity, "subjects");
    bool any = false;

    for (size_t i = 0; i < json_array_size(subjects); i++) {
        if (json_object_get(json_array_get(subjects, i), "functions") == NULL ||
            i == table->summary->twin)
            continue;
        if (!any)
            fputs("Contracts:", table->out);
        any = true;
        print_contract_of(table, subjects, i);
    }
    if (any)
        fputs(" the others are thread-safe mallocs.\n", table->out);
}

static void print_machine(const struct table *table)
{
    const struct summary *summary = table->summary;
    const json_t *machine = json_object_get(summary->identity, "machine");
    const json_t *processor = json_object_get(machine, "processor");
    json_int_t usable =
        json_integer_value(json_object_get(processor, "usable"));
    const char *busy = json_string_value(
        json_object_get(json_object_get(summary->header, "load"), "busy"));

    fprintf(table->out, "Machine: %s, %lld usable processors%s, kernel %s.%s\n",
            line_text(processor, "model"), (long long)usable,
            json_is_true(json_object_get(processor, "virtual")) ? " (virtual)"
                                                                : "",
            line_text(machine, "kernel"),
            usable <= 2 ? " Scaling over processors was not measured." : "");
    if (busy != NULL)
        fprintf(table->out, "The machine was busy at the start: %s.\n", busy);
    if (summary->worst_steal > 0.01)
        fprintf(table->out,
                "Up to %.1f %% of processor time was stolen in a block.\n",
                100 * summary->worst_steal);
    if (summary->disturbed * 10 > summary->undisturbed)
        fprintf(table->out,
                "Others took the processor away often in %zu of %zu timed "
                "cells of one thread: expect noise.\n",
                summary->disturbed, summary->disturbed + summary->undisturbed);
}

static void print_reading(const struct table *table)
{
    const struct summary *summary = table->summary;

    fprintf(table->out,
            "\nHow to read: gross is time / baseline's time, net the same "
            "with the floor's time taken off both; [95 %% interval of the "
            "row alone]; cpu is the ratio of processor time; peak in MiB. "
            "A call is made after Holm's correction over %zu rows and from "
            "1 %% on.\n",
            summary->row_count);
}

static int longest_name(const struct summary *summary)
{
    size_t longest = strlen("subject");

    for (size_t i = 0; i < summary->subject_count; i++)
        if (strlen(summary->subjects[i]) > longest)
            longest = strlen(summary->subjects[i]);
    return (int)longest;
}

void table_print(const struct summary *summary, FILE *out)
{
    struct table table = {
        .summary = summary,
        .out = out,
        .colour = isatty(fileno(out)) && getenv("NO_COLOR") == NULL,
        .name_width = longest_name(summary),
    };

    fprintf(out, "%s%zu blocks, baseline %s%s%s\n", paint(&table, BOLD),
            summary->blocks, summary->subjects[summary->baseline],
            summary->complete ? "" : ", NOT COMPLETE", paint(&table, PLAIN));
    fprintf(out, "  %-*s %12s  %-23s %-23s %7s %9s  %s\n", table.name_width,
            "subject", "time", "gross effect", "net of the floor", "cpu",
            "peak MiB", "verdict");
    for (size_t row = 0; row < summary->row_count; row++)
        print_row(&table, &summary->rows[row]);
    print_reading(&table);
    print_means(&table);
    print_twin(&table);
    print_detectable(&table);
    print_loops(&table);
    print_shares(&table);
    print_versions(&table);
    print_contracts(&table);
    print_machine(&table);
}
