/* micro_table.c - medians, ratios and intervals of micro-benchmarks. */
#include "micro_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "statistics.h"

bool micro_is_in(const struct results *results)
{
    const json_t *identity = json_object_get(results->header, "identity");

    return json_is_object(json_object_get(identity, "micro"));
}

/* ---- reading ---- */

static void micro_table_take_times(struct micro_timed *one)
{
    const json_t *list = json_object_get(one->line, "repetitions_ns");
    size_t count = json_array_size(list);

    one->ns = calloc(count + 1, sizeof(*one->ns));
    for (size_t i = 0; i < count && count <= STATISTICS_SAMPLE_MAX; i++) {
        double ns = json_number_value(json_array_get(list, i));

        if (ns > 0)
            one->ns[one->repetitions++] = ns;
    }
    if (one->status != STATUS_OK || one->repetitions == 0)
        return;
    statistics_sort(one->ns, one->repetitions);
    one->median_ns = statistics_quantile(one->ns, one->repetitions, 0.5);
    one->fewest_ns = one->ns[0];
    one->most_ns = one->ns[one->repetitions - 1];
}

static struct micro_timed micro_table_of_line(const json_t *line)
{
    struct micro_timed one = {
        .line = line,
        .name = line_text(line, "name"),
        .size_bytes = json_integer_value(json_object_get(line, "size_bytes")),
        .subject = line_text(line, "subject"),
        .status = line_status(line),
        .median_ns = NAN,
        .fewest_ns = NAN,
        .most_ns = NAN,
        .ratio = NAN,
        .low = NAN,
        .high = NAN,
    };

    micro_table_take_times(&one);
    return one;
}

static bool micro_table_is_of(const struct micro_timed *one,
                              const struct micro_timed *other)
{
    return strcmp(one->name, other->name) == 0 &&
           one->size_bytes == other->size_bytes;
}

static const struct micro_timed *micro_table_baseline(
    const struct micro_table *table, const struct micro_timed *one)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->list[i].subject, table->baseline) == 0 &&
            micro_table_is_of(&table->list[i], one))
            return &table->list[i];
    return NULL;
}

static void micro_table_logarithms(const struct micro_timed *one, double *ret)
{
    for (size_t i = 0; i < one->repetitions; i++)
        ret[i] = log(one->ns[i]);
}

static void micro_table_fill_ratio(struct micro_timed *one,
                                   const struct micro_timed *base)
{
    double before[STATISTICS_SAMPLE_MAX], after[STATISTICS_SAMPLE_MAX];
    struct statistics_shift shift;

    if (base == NULL || base == one || isnan(base->median_ns) ||
        isnan(one->median_ns))
        return;
    micro_table_logarithms(base, before);
    micro_table_logarithms(one, after);
    if (statistics_shift(before, base->repetitions, after, one->repetitions,
                         STATISTICS_ALPHA, &shift) != 0)
        return;
    one->ratio = exp(shift.location.estimate);
    one->low = exp(shift.location.low);
    one->high = exp(shift.location.high);
}

/* A benchmark whose lines were written twice, by a run that was stopped while
 * it wrote them, counts with the later ones. */
static void micro_table_add(struct micro_table *table, const json_t *line)
{
    struct micro_timed fresh = micro_table_of_line(line);

    for (size_t i = 0; i < table->count; i++) {
        struct micro_timed *known = &table->list[i];

        if (strcmp(known->subject, fresh.subject) == 0 &&
            micro_table_is_of(known, &fresh)) {
            free(known->ns);
            *known = fresh;
            return;
        }
    }
    table->list[table->count++] = fresh;
    if (table->build_type[0] == '\0')
        table->build_type = line_text(line, "library_build_type");
}

struct micro_table micro_table_read(const struct results *results)
{
    const json_t *identity = json_object_get(results->header, "identity");
    struct micro_table table = {
        .baseline = line_text(identity, "baseline"),
        .library_version =
            line_text(json_object_get(identity, "micro"), "google_benchmark"),
        .build_type = "",
        .list =
            calloc(json_array_size(results->lines) + 1, sizeof(*table.list)),
    };
    const json_t *line;
    size_t i;

    json_array_foreach((json_t *)results->lines, i, line)
    {
        if (strcmp(line_text(line, "kind"), "micro") == 0)
            micro_table_add(&table, line);
    }
    for (i = 0; i < table.count; i++)
        micro_table_fill_ratio(&table.list[i],
                               micro_table_baseline(&table, &table.list[i]));
    return table;
}

void micro_table_free(struct micro_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->list[i].ns);
    free(table->list);
    *table = (struct micro_table){ 0 };
}

bool micro_table_has_finding(const struct micro_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->list[i].status != STATUS_OK &&
            table->list[i].status != STATUS_UNSUPPORTED)
            return true;
    return false;
}

/* ---- the table ---- */

static void micro_table_print_size(long long bytes, char *text, size_t room)
{
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0)
        snprintf(text, room, "%lld MiB", bytes >> 20);
    else if (bytes >= 1 << 10 && bytes % (1 << 10) == 0)
        snprintf(text, room, "%lld KiB", bytes >> 10);
    else
        snprintf(text, room, "%lld B", bytes);
}

static void micro_table_print_one(const struct micro_timed *one,
                                  const char *size, FILE *out)
{
    const json_t *moved = json_object_get(one->line, "moved_share");

    fprintf(out, "%9s  %-24s ", size, one->subject);
    if (one->status != STATUS_OK) {
        fprintf(out, "%s: %s\n", status_word(one->status),
                line_text(one->line, "message"));
        return;
    }
    fprintf(out, "%11.2f", one->median_ns);
    if (!isnan(one->ratio))
        fprintf(out, " %8.3f", one->ratio);
    else
        fprintf(out, " %8s", "");
    if (!isnan(one->ratio) && one->low > 0 && isfinite(one->high))
        fprintf(out, "   %.3f to %.3f", one->low, one->high);
    if (json_is_number(moved))
        fprintf(out, "   moved %.0f %%", 100 * json_number_value(moved));
    fputc('\n', out);
}

static void micro_table_print_notes(const struct micro_table *table, FILE *out)
{
    size_t repetitions = 0;

    for (size_t i = 0; i < table->count; i++)
        if (table->list[i].repetitions > repetitions)
            repetitions = table->list[i].repetitions;
    fprintf(out,
            "Nanoseconds of one operation: the median of %zu repetitions, each "
            "in a process of its own; ratio to %s, and its 95 %% interval. An "
            "interval stands for itself: a few beside 1 in a hundred are "
            "chance, as with the twin.\n",
            repetitions, table->baseline);
    fprintf(out, "google-benchmark %s", table->library_version);
    if (strcmp(table->build_type, "debug") == 0)
        fputs(" says that it was built as DEBUG, as Debian's does; its part "
              "of a loop is inlined here, and optimised",
              out);
    fputs(".\n", out);
}

void micro_table_print(const struct micro_table *table, FILE *out)
{
    const char *name = "";

    micro_table_print_notes(table, out);
    for (size_t i = 0; i < table->count; i++) {
        const struct micro_timed *one = &table->list[i];
        bool fresh = i == 0 || !micro_table_is_of(one, &table->list[i - 1]);
        char size[32] = "";

        if (strcmp(name, one->name) != 0) {
            name = one->name;
            fprintf(out, "\n%s: %s\n%9s  %-24s %11s %8s   %s\n", name,
                    line_text(one->line, "operation"), "size", "subject",
                    "median, ns", "ratio", "95 % interval");
        }
        if (fresh)
            micro_table_print_size(one->size_bytes, size, sizeof(size));
        micro_table_print_one(one, size, out);
    }
}

/* ---- JSON ---- */

static json_t *micro_table_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *micro_table_to_json(const struct micro_table *table)
{
    json_t *list = json_array();

    for (size_t i = 0; i < table->count; i++) {
        const struct micro_timed *one = &table->list[i];
        json_t *entry = json_copy((json_t *)one->line);

        json_object_del(entry, "kind");
        json_object_set_new(entry, "median_ns",
                            micro_table_number(one->median_ns));
        json_object_set_new(entry, "fewest_ns",
                            micro_table_number(one->fewest_ns));
        json_object_set_new(entry, "most_ns", micro_table_number(one->most_ns));
        json_object_set_new(entry, "ratio", micro_table_number(one->ratio));
        json_object_set_new(entry, "low",
                            one->low > 0 ? micro_table_number(one->low)
                                         : json_null());
        json_object_set_new(entry, "high", micro_table_number(one->high));
        json_array_append_new(list, entry);
    }
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o}", "format", "assay-micro",
                     "version", 1, "baseline", table->baseline,
                     "google_benchmark", table->library_version,
                     "library_build_type", table->build_type, "benchmarks",
                     list);
}
