/* trace_golden.c - statistics, comparisons and filters beside those of the
 * real tracemalloc, text for text, of the same random traces. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assay/trace.h"
#include "python_oracle.h"
#include "random.h"
#include "seed.h"

SEED_OF_RUN("20261121")

enum { PATH_BYTES = 256, FILTER_SETS = 60, FILTERS_MAX = 4 };

static const char *const names[] = {
    "a.py",   "b.py",   "a.pyc",   "lib/a.py",    "A.py",          "<unknown>",
    "[x].py", "a-b.py", "a\\b.py", "\xC3\xA9.py", "a\xE2\x82\xAC", TRACE_ORACLE,
};
static const char *const patterns[] = {
    "a.py",          "*",         "*.py",    "*.pyc",      "a*",
    "?.py",          "[ab].py",   "[!a].py", "[a-z]*",     "[z-a].py",
    "*/a.py",        "*a*",       "[]x].py", "[[]x[]].py", "a[-]b.py",
    "a[+--]b.py",    "[!]x]*",    "a?b.py",  "*[\\]*",     "a?",
    "[\xC3\xA9].py", "**.py",     "*?*?*",   "<*>",        "[!z-a].py",
    "a[!-a]b.py",    "a[b-]b.py",
};

#define COUNT(array) (sizeof array / sizeof array[0])

static struct random drawn;

/* ---- what is compared ---- */

/* Few sizes, so that ties are broken by counts and by tracebacks. */
static size_t random_bytes(void)
{
    unsigned bits = random_below(&drawn, 44);
    if (random_chance(&drawn, 500))
        return 512;
    return (size_t)(random_next(&drawn) & ((UINT64_C(1) << bits) - 1));
}

static void add_random(struct trace_snapshot *snapshot)
{
    struct trace_frame frame[5];
    size_t count = 1 + random_below(&drawn, 5);
    for (size_t i = 0; i < count; i++)
        frame[i] = (struct trace_frame){
            names[random_below(&drawn, COUNT(names))],
            random_chance(&drawn, 500) ? "function" : NULL,
            random_below(&drawn, 4),
        };
    size_t in_all = count + random_below(&drawn, 2);
    int error = trace_snapshot_add(snapshot, random_below(&drawn, 3),
                                   random_bytes(), frame, count, in_all);
    cr_assert(error == 0);
}

static struct trace_snapshot *random_snapshot(size_t count)
{
    struct trace_snapshot *snapshot = trace_snapshot_create(5);
    cr_assert(snapshot);
    while (count-- > 0)
        add_random(snapshot);
    return snapshot;
}

static struct trace_filter random_filter(void)
{
    struct trace_filter filter = {
        .inclusive = random_chance(&drawn, 600),
        .pattern = patterns[random_below(&drawn, COUNT(patterns))],
        .line = (long)random_below(&drawn, 5) - 1,
        .all_frames = random_chance(&drawn, 500),
        .domain = (long)random_below(&drawn, 4) - 1,
    };
    if (random_chance(&drawn, 600))
        filter.line = TRACE_ANY;
    if (filter.domain != TRACE_ANY && random_chance(&drawn, 300))
        filter.pattern = NULL;
    return filter;
}

/* ---- ours ---- */

static void show(FILE *file, const char *title,
                 struct trace_statistics *statistics)
{
    char text[1024];
    fprintf(file, "%s\n", title);
    for (size_t i = 0; i < statistics->count; i++) {
        trace_statistic_text(&statistics->item[i], statistics->compared, text,
                             sizeof text);
        fprintf(file, "%s\n", text);
    }
    trace_statistics_end(statistics);
}

static void show_key(FILE *file, const struct trace_snapshot *old,
                     const struct trace_snapshot *new, enum trace_key key,
                     bool cumulative)
{
    static const char *const keys[] = { "lineno", "filename", "traceback" };
    struct trace_statistics statistics;
    char title[64];
    snprintf(title, sizeof title, "%s %d", keys[key], cumulative);
    cr_assert(trace_statistics(new, key, cumulative, &statistics) == 0);
    show(file, title, &statistics);
    strcat(title, " diff");
    cr_assert(trace_compare(new, old, key, cumulative, &statistics) == 0);
    show(file, title, &statistics);
}

static void show_formats(FILE *file, const struct trace_snapshot *new)
{
    static const long limits[] = { 0, 1, -1, 3 };
    struct trace_statistics statistics;
    fprintf(file, "format\n");
    cr_assert(trace_statistics(new, TRACE_BY_TRACEBACK, false, &statistics) ==
              0);
    for (size_t i = 0; i < statistics.count; i++)
        for (size_t j = 0; j < 2 * COUNT(limits); j++)
            trace_frames_print(statistics.item[i].frame,
                               statistics.item[i].frame_count, limits[j / 2],
                               j % 2, file);
    trace_statistics_end(&statistics);
}

static void show_filtered(FILE *file, const struct trace_snapshot *snapshot,
                          const struct trace_filter *filters, size_t count)
{
    struct trace_snapshot *left;
    struct trace_seen seen;
    struct trace_frame frame;
    fprintf(file, "filtered\n");
    cr_assert(trace_snapshot_filter(snapshot, filters, count, &left) == 0);
    for (size_t i = 0; trace_snapshot_trace(left, i, &seen); i++) {
        trace_snapshot_frame(left, i, 0, &frame);
        fprintf(file, "%u %zu %zu %s %u\n", seen.domain, seen.bytes,
                seen.frames_in_all, frame.file, frame.line);
    }
    trace_snapshot_destroy(left);
}

static void show_filters(FILE *file, FILE *list,
                         const struct trace_snapshot *snapshot)
{
    struct trace_filter filters[FILTERS_MAX];
    for (unsigned i = 0; i < FILTER_SETS; i++) {
        size_t count = 1 + random_below(&drawn, FILTERS_MAX);
        for (size_t j = 0; j < count; j++) {
            const struct trace_filter *f = &filters[j];
            filters[j] = random_filter();
            fprintf(list, "%s%d %ld %d %ld %s", j ? "\t" : "", f->inclusive,
                    f->line, f->all_frames, f->domain,
                    f->pattern ? f->pattern : "");
        }
        fprintf(list, "\n");
        show_filtered(file, snapshot, filters, count);
    }
}

static void show_all(FILE *file, FILE *list, const struct trace_snapshot *old,
                     const struct trace_snapshot *new)
{
    for (int key = TRACE_BY_LINE; key <= TRACE_BY_TRACEBACK; key++)
        for (int cumulative = 0; cumulative < 2; cumulative++)
            if (key != TRACE_BY_TRACEBACK || !cumulative)
                show_key(file, old, new, (enum trace_key)key, cumulative);
    show_formats(file, new);
    show_filters(file, list, new);
}

/* ---- theirs ---- */

/* Gone at the end of a test, however it ends. */
static struct files {
    char folder[PATH_BYTES];
    char path[3][PATH_BYTES + 8]; /* old, new, filters */
} files;

static void files_begin(void)
{
    static const char *const words[] = { "old", "new", "filters" };
    strcpy(files.folder, "/tmp/assay-trace-XXXXXX");
    cr_assert(mkdtemp(files.folder));
    for (int i = 0; i < 3; i++)
        snprintf(files.path[i], sizeof files.path[i], "%s/%s", files.folder,
                 words[i]);
}

static void files_end(void)
{
    for (int i = 0; i < 3; i++)
        unlink(files.path[i]);
    rmdir(files.folder);
}

TestSuite(trace_golden, .fini = files_end, .timeout = 120);

static void compare(FILE *ours)
{
    static char words[4 * PATH_BYTES], line[1024];
    unsigned number = 0;
    snprintf(words, sizeof words, "%s %s %s", files.path[0], files.path[1],
             files.path[2]);
    FILE *answer = python_ask(TRACE_ORACLE, words);
    for (; fgets(line, sizeof line, ours); number++) {
        line[strcspn(line, "\n")] = '\0';
        python_expect_line(answer, number, line);
    }
    python_finish(answer);
    cr_assert(number > 100);
}

static void compare_seed(uint64_t seed)
{
    char *text = NULL;
    size_t bytes = 0;
    drawn = random_stream(seed, 0);
    struct trace_snapshot *old = random_snapshot(300);
    struct trace_snapshot *new = random_snapshot(400);
    cr_assert(trace_snapshot_save(old, files.path[0]) == 0);
    cr_assert(trace_snapshot_save(new, files.path[1]) == 0);
    FILE *list = fopen(files.path[2], "w"),
         *ours = open_memstream(&text, &bytes);
    cr_assert(list && ours);
    show_all(ours, list, old, new);
    fclose(list);
    fclose(ours);
    ours = fmemopen(text, bytes, "r");
    compare(ours);
    fclose(ours);
    free(text);
    trace_snapshot_destroy(old);
    trace_snapshot_destroy(new);
}

Test(trace_golden, every_line_of_statistics_is_that_of_tracemalloc)
{
    python_want();
    files_begin();
    for (uint64_t i = 0; i < 3; i++)
        compare_seed(seed_of_run() + i);
}
