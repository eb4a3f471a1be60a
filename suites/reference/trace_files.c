/* trace_files.c - traces saved and loaded, and what is no such file; filters
 * that are none; sums that do not fit. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "assay/trace.h"
#include "random.h"

TestSuite(trace_files, .timeout = 60);

static const struct trace_frame some[] = {
    { "a.py", "main", 3 },
    { "odd \\ name\n\x01.py", NULL, 0 },
    { "a.py", "", UINT32_MAX - 1 },
};

static struct trace_snapshot *sample(void)
{
    struct trace_snapshot *snapshot = trace_snapshot_create(25);
    cr_assert(snapshot);
    for (unsigned i = 0; i < 6; i++)
        cr_assert(trace_snapshot_add(snapshot, i % 2, i * 1000, &some[i % 2],
                                     1 + i % 2, 1 + i) == 0);
    return snapshot;
}

static char *text_of(const struct trace_snapshot *snapshot, size_t *ret_bytes)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, ret_bytes);
    cr_assert(trace_snapshot_write(snapshot, file) == 0);
    fclose(file);
    return text;
}

static int load(const char *text, size_t bytes, struct trace_snapshot **ret)
{
    FILE *file = tmpfile();
    cr_assert(file && fwrite(text, 1, bytes, file) == bytes);
    rewind(file);
    int error = trace_snapshot_read(file, ret);
    fclose(file);
    return error;
}

Test(trace_files, what_is_loaded_is_what_was_saved)
{
    struct trace_snapshot *snapshot = sample(), *loaded = NULL;
    struct trace_seen a, b;
    struct trace_frame x, y;
    size_t bytes, again_bytes;
    char *text = text_of(snapshot, &bytes);
    cr_assert(load(text, bytes, &loaded) == 0);
    cr_assert(trace_snapshot_frame_limit(loaded) == 25);
    cr_assert(trace_snapshot_count(loaded) == 6);
    for (size_t i = 0; trace_snapshot_trace(snapshot, i, &a); i++) {
        cr_assert(trace_snapshot_trace(loaded, i, &b));
        cr_assert(a.domain == b.domain && a.bytes == b.bytes &&
                  a.frames_in_all == b.frames_in_all &&
                  a.traceback == b.traceback);
        for (size_t j = 0; trace_snapshot_frame(snapshot, i, j, &x); j++) {
            cr_assert(trace_snapshot_frame(loaded, i, j, &y));
            cr_assert_str_eq(x.file, y.file);
            cr_assert(x.line == y.line && !x.function == !y.function);
            cr_assert(!x.function || strcmp(x.function, y.function) == 0);
        }
    }
    char *again = text_of(loaded, &again_bytes);
    cr_assert(bytes == again_bytes && memcmp(text, again, bytes) == 0);
    free(again);
    free(text);
    trace_snapshot_destroy(loaded);
    trace_snapshot_destroy(snapshot);
}

Test(trace_files, a_file_is_text_that_can_be_read)
{
    struct trace_snapshot *snapshot = trace_snapshot_create(2);
    const struct trace_frame frame[] = { { "a.py", "f", 5 },
                                         { "b.py", NULL, 9 } };
    size_t bytes;
    cr_assert(trace_snapshot_add(snapshot, 0, 1024, frame, 2, 3) == 0);
    char *text = text_of(snapshot, &bytes);
    const char expected[] = "assay-trace 1\nlimit 2\nname a.py\nname f\n"
                            "name b.py\ntraceback 3 0:1:5 2:-:9\n"
                            "trace 0 1024 0\nend 3 1 1 97046f265c943b21\n";
    cr_assert(bytes == strlen(expected));
    cr_assert(strncmp(text, expected, bytes) == 0, "%s", text);
    free(text);
    trace_snapshot_destroy(snapshot);
}

/* Nothing is said of a file that is not whole. */
Test(trace_files, a_file_cut_short_anywhere_is_refused)
{
    struct trace_snapshot *snapshot = sample();
    struct trace_snapshot *untouched = (struct trace_snapshot *)&untouched;
    struct trace_snapshot *loaded = untouched;
    size_t bytes;
    char *text = text_of(snapshot, &bytes);
    for (size_t i = 0; i < bytes; i++) {
        cr_assert(load(text, i, &loaded) == -EBADMSG, "cut at %zu", i);
        cr_assert(loaded == untouched);
    }
    free(text);
    trace_snapshot_destroy(snapshot);
}

Test(trace_files, a_file_with_any_byte_altered_is_refused)
{
    struct trace_snapshot *snapshot = sample(), *loaded = NULL;
    struct random drawn = random_stream(20261121, 1);
    size_t bytes;
    char *text = text_of(snapshot, &bytes);
    for (size_t i = 0; i < bytes; i++) {
        char was = text[i];
        text[i] ^= (char)(1 + random_below(&drawn, 255));
        int error = load(text, bytes, &loaded);
        cr_assert(error == -EBADMSG || error == -EOVERFLOW, "byte %zu: %d", i,
                  error);
        text[i] = was;
    }
    text[bytes - 1] = '\n';
    cr_assert(load(text, bytes, &loaded) == 0);
    trace_snapshot_destroy(loaded);
    text = realloc(text, bytes + 1);
    text[bytes] = '\n';
    cr_assert(load(text, bytes + 1, &loaded) == -EBADMSG);
    free(text);
    trace_snapshot_destroy(snapshot);
}

Test(trace_files, saving_replaces_a_file_or_leaves_it)
{
    char path[] = "/tmp/assay-trace-XXXXXX", nowhere[64];
    struct trace_snapshot *snapshot = sample(), *loaded = NULL;
    int descriptor = mkstemp(path);
    cr_assert(descriptor >= 0);
    close(descriptor);
    cr_assert(trace_snapshot_load(path, &loaded) == -EBADMSG);
    cr_assert(trace_snapshot_save(snapshot, path) == 0);
    cr_assert(trace_snapshot_load(path, &loaded) == 0);
    cr_assert(trace_snapshot_count(loaded) == 6);
    unlink(path);
    snprintf(nowhere, sizeof nowhere, "%s/none", path);
    cr_assert(trace_snapshot_save(snapshot, nowhere) == -ENOENT);
    cr_assert(trace_snapshot_load(nowhere, &loaded) == -ENOENT);
    trace_snapshot_destroy(loaded);
    trace_snapshot_destroy(snapshot);
}

/* As a disk that is full after 64 bytes. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    cr_assert(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = bytes;
    cr_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

Test(trace_files, a_save_that_fails_leaves_the_file_that_was_there)
{
    char folder[] = "/tmp/assay-trace-XXXXXX", path[64];
    struct trace_snapshot *small = trace_snapshot_create(1), *loaded = NULL;
    struct trace_snapshot *snapshot = sample();
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/traces", folder);
    cr_assert(trace_snapshot_save(small, path) == 0);
    signal(SIGXFSZ, SIG_IGN);
    limit_files(64);
    int error = trace_snapshot_save(snapshot, path);
    limit_files(RLIM_INFINITY);
    cr_assert(error == -EFBIG, "%d", error);
    cr_assert(trace_snapshot_load(path, &loaded) == 0);
    cr_assert(trace_snapshot_count(loaded) == 0);
    unlink(path);
    cr_assert(rmdir(folder) == 0); /* nothing lies beside it */
    trace_snapshot_destroy(loaded);
    trace_snapshot_destroy(snapshot);
    trace_snapshot_destroy(small);
}

Test(trace_files, what_cannot_be_read_is_refused_as_the_system_says)
{
    struct trace_snapshot *loaded = NULL;
    cr_assert(trace_snapshot_load("/tmp", &loaded) == -EISDIR);
    cr_assert_null(loaded);
}

/* /dev/full takes nothing. */
Test(trace_files, a_full_disk_is_an_error)
{
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        cr_skip_test("no /dev/full");
    struct trace_snapshot *snapshot = sample();
    cr_assert(trace_snapshot_write(snapshot, full) == -ENOSPC);
    fclose(full);
    trace_snapshot_destroy(snapshot);
}

/* ---- what is no trace, and no filter ---- */

Test(trace_files, a_trace_that_is_none_is_not_added)
{
    struct trace_snapshot *snapshot = sample();
    const struct trace_frame nameless = { NULL, "f", 1 };
    cr_assert(trace_snapshot_add(snapshot, 0, 1, some, 0, 1) == -EINVAL);
    cr_assert(trace_snapshot_add(snapshot, 0, 1, some, 2, 1) == -EINVAL);
    cr_assert(trace_snapshot_add(snapshot, 0, 1, some, SIZE_MAX, SIZE_MAX) ==
              -EINVAL);
    cr_assert(trace_snapshot_add(snapshot, 0, 1, &nameless, 1, 1) == -EINVAL);
    cr_assert(trace_snapshot_add(snapshot, 0, SIZE_MAX, some, 1, 1) ==
              -EOVERFLOW);
    cr_assert(trace_snapshot_count(snapshot) == 6);
    trace_snapshot_destroy(snapshot);
}

Test(trace_files, sums_that_do_not_fit_are_refused)
{
    const struct trace_frame twice[] = { { "a.py", "f", 1 },
                                         { "a.py", "f", 1 } };
    struct trace_snapshot *snapshot = trace_snapshot_create(2);
    struct trace_statistics statistics;
    cr_assert(trace_snapshot_add(snapshot, 0, INT64_MAX - 1, twice, 2, 2) == 0);
    cr_assert(trace_snapshot_add(snapshot, 0, 2, twice, 2, 2) == -EOVERFLOW);
    cr_assert(trace_snapshot_add(snapshot, 0, 1, twice, 2, 2) == 0);
    cr_assert(trace_statistics(snapshot, TRACE_BY_LINE, false, &statistics) ==
              0);
    cr_assert(statistics.item[0].bytes == INT64_MAX);
    trace_statistics_end(&statistics);
    cr_assert(trace_statistics(snapshot, TRACE_BY_LINE, true, &statistics) ==
              -EOVERFLOW);
    cr_assert(trace_statistics(snapshot, TRACE_BY_TRACEBACK, true,
                               &statistics) == -EINVAL);
    cr_assert(trace_statistics(snapshot, (enum trace_key)9, false,
                               &statistics) == -EINVAL);
    trace_snapshot_destroy(snapshot);
}

static int filter_error(const char *pattern, long domain)
{
    struct trace_snapshot *snapshot = sample(), *left = NULL;
    struct trace_filter filter = { true, pattern, TRACE_ANY, false, domain };
    int error = trace_snapshot_filter(snapshot, &filter, 1, &left);
    cr_assert(error == 0 || left == NULL);
    cr_assert(trace_snapshot_count(snapshot) == 6);
    trace_snapshot_destroy(left);
    trace_snapshot_destroy(snapshot);
    return error;
}

Test(trace_files, a_pattern_without_its_end_is_refused)
{
    static const char *const endless[] = { "[",   "a[b",  "a[]",
                                           "[!]", "[a][", "*[*" };
    static char longest[TRACE_PATTERN_MAX + 1];
    for (unsigned i = 0; i < 6; i++)
        cr_assert(filter_error(endless[i], TRACE_ANY) == -EINVAL, "%s",
                  endless[i]);
    cr_assert(filter_error("]a]", TRACE_ANY) == 0);
    memset(longest, '*', sizeof longest);
    cr_assert(filter_error(longest, TRACE_ANY) == -ENAMETOOLONG);
    longest[TRACE_PATTERN_MAX - 1] = '\0';
    cr_assert(filter_error(longest, TRACE_ANY) == 0);
    cr_assert(filter_error(NULL, TRACE_ANY) == -EINVAL);
    cr_assert(filter_error(NULL, 1) == 0);
}

Test(trace_files, no_filter_leaves_all_traces)
{
    struct trace_snapshot *snapshot = sample(), *left = NULL;
    cr_assert(trace_snapshot_filter(snapshot, NULL, 0, &left) == 0);
    cr_assert(left != snapshot && trace_snapshot_count(left) == 6);
    trace_snapshot_destroy(snapshot);
    trace_snapshot_destroy(left);
}

/* ---- lines of source ---- */

Test(trace_files, a_line_of_source_is_found_behind_a_long_one)
{
    char path[] = "/tmp/assay-source-XXXXXX", expected[128], *text = NULL;
    struct trace_frame frame[] = { { path, NULL, 2 }, { path, NULL, 4 } };
    size_t bytes = 0;
    FILE *source = fdopen(mkstemp(path), "w");
    fprintf(source, "%010000d\n\t second \r\n \n", 0);
    fclose(source);
    FILE *file = open_memstream(&text, &bytes);
    trace_frames_print(frame, 2, 0, true, file);
    fclose(file);
    unlink(path);
    snprintf(expected, sizeof expected,
             "  File \"%s\", line 2\n    second\n  File \"%s\", line 4\n", path,
             path);
    cr_assert_str_eq(text, expected);
    free(text);
}
