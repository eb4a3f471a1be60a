/* counts.c - instructions per operation, as a table and as JSON. */
#include "counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

bool counts_are_in(const struct results *results)
{
    const json_t *identity = json_object_get(results->header, "identity");

    return json_is_true(json_object_get(identity, "counts"));
}

static double counts_sum(const json_t *line, const char *one, const char *other)
{
    return line_figure(line, one, NAN) + line_figure(line, other, NAN);
}

static struct counted counts_of_line(const json_t *line)
{
    double operations = line_figure(line, "operations", NAN);

    return (struct counted){
        .row = line_text(line, "row"),
        .subject = line_text(line, "subject"),
        .status = line_status(line),
        .code = (int)json_integer_value(json_object_get(line, "code")),
        .message = line_text(line, "message"),
        .operations = operations,
        .instructions = line_figure(line, "instructions", NAN) / operations,
        .most = line_figure(line, "instructions", NAN) / operations,
        .accesses = counts_sum(line, "data_reads", "data_writes") / operations,
        .first_misses =
            counts_sum(line, "read_first_misses", "write_first_misses") /
            operations,
        .last_misses =
            counts_sum(line, "read_last_misses", "write_last_misses") /
            operations,
        .ratio = NAN,
    };
}

/* A gate that failed stands for the count that was never taken. */
static bool counts_takes(const json_t *line)
{
    const char *kind = line_text(line, "kind");

    return strcmp(kind, "count") == 0 ||
           (strcmp(kind, "shadow") == 0 && line_status(line) != STATUS_OK);
}

static struct counted *counts_entry(const struct counts *counts,
                                    const char *row, const char *subject)
{
    for (size_t i = 0; i < counts->count; i++)
        if (strcmp(counts->list[i].row, row) == 0 &&
            strcmp(counts->list[i].subject, subject) == 0)
            return &counts->list[i];
    return NULL;
}

const struct counted *counts_find(const struct counts *counts, const char *row,
                                  const char *subject)
{
    return counts_entry(counts, row, subject);
}

/* The count with the fewest instructions is shown; one that went wrong takes
 * the others with it. */
static void counts_add(struct counts *counts, struct counted fresh)
{
    struct counted *known = counts_entry(counts, fresh.row, fresh.subject);
    double most;

    if (known == NULL) {
        counts->list[counts->count++] = fresh;
        return;
    }
    most = fmax(known->most, fresh.most);
    if (known->status == STATUS_OK &&
        (fresh.status != STATUS_OK || fresh.instructions < known->instructions))
        *known = fresh;
    known->most = most;
}

static void counts_fill_ratios(struct counts *counts)
{
    for (size_t i = 0; i < counts->count; i++) {
        struct counted *one = &counts->list[i];
        const struct counted *base =
            counts_find(counts, one->row, counts->baseline);

        if (base != NULL && base->status == STATUS_OK &&
            one->status == STATUS_OK)
            one->ratio = one->instructions / base->instructions;
    }
}

struct counts counts_read(const struct results *results)
{
    struct counts counts = {
        .identity = json_object_get(results->header, "identity"),
        .list =
            calloc(json_array_size(results->lines) + 1, sizeof(*counts.list)),
    };
    const json_t *line;
    size_t i;

    counts.baseline = line_text(counts.identity, "baseline");
    json_array_foreach((json_t *)results->lines, i, line)
    {
        if (counts_takes(line))
            counts_add(&counts, counts_of_line(line));
    }
    counts_fill_ratios(&counts);
    return counts;
}

void counts_free(struct counts *counts)
{
    free(counts->list);
    *counts = (struct counts){ 0 };
}

bool counts_have_finding(const struct counts *counts)
{
    for (size_t i = 0; i < counts->count; i++)
        if (counts->list[i].status != STATUS_OK &&
            counts->list[i].status != STATUS_UNSUPPORTED)
            return true;
    return false;
}

/* ---- the table ---- */

static void counts_print_one(const struct counted *one, FILE *out)
{
    if (one->status != STATUS_OK) {
        fprintf(out, "  %-24s %s: %s\n", one->subject, status_word(one->status),
                one->message);
        return;
    }
    fprintf(out, "  %-24s %12.2f %8.3f %10.4f %10.2f %10.4f %10.4f\n",
            one->subject, one->instructions, one->ratio,
            100 * (one->most / one->instructions - 1), one->accesses,
            one->first_misses, one->last_misses);
}

void counts_print(const struct counts *counts, FILE *out)
{
    const char *row = "";

    fprintf(out,
            "Instructions and data accesses of one operation, and misses in "
            "simulated caches of 32 KiB and 8 MiB; ratio to %s. Each is "
            "counted twice; `apart` is by how much the counts differ.\n",
            counts->baseline);
    for (size_t i = 0; i < counts->count; i++) {
        if (strcmp(row, counts->list[i].row) != 0) {
            row = counts->list[i].row;
            fprintf(out, "\n%-26s %12s %8s %10s %10s %10s %10s\n", row,
                    "instructions", "ratio", "apart, %", "accesses",
                    "misses L1", "misses LL");
        }
        counts_print_one(&counts->list[i], out);
    }
}

/* ---- JSON ---- */

static json_t *counts_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *counts_to_json(const struct counts *counts)
{
    json_t *list = json_array();

    for (size_t i = 0; i < counts->count; i++) {
        const struct counted *one = &counts->list[i];

        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                      "row", one->row, "subject", one->subject, "status",
                      status_word(one->status), "message", one->message,
                      "operations", counts_number(one->operations),
                      "instructions", counts_number(one->instructions),
                      "instructions_most", counts_number(one->most), "accesses",
                      counts_number(one->accesses), "first_misses",
                      counts_number(one->first_misses), "last_misses",
                      counts_number(one->last_misses), "ratio",
                      counts_number(one->ratio)));
    }
    return json_pack("{s:s, s:i, s:s, s:o}", "format", "assay-counts",
                     "version", 1, "baseline", counts->baseline, "rows", list);
}
