/* trace_fuzz.c - files of traces from a fuzzer's bytes: each is refused, or is
 * read, asked all there is to ask, and written as it was.
 *
 * The last line has a sum, which no fuzzer guesses: when the first byte is
 * odd, the right one is written behind the bytes. Built for libFuzzer, by
 * ci/full fuzz. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/trace.h"
#include "pattern.h"
#include "snapshot_file.h"

static void fuzz_fail(const char *what)
{
    fprintf(stderr, "trace-fuzz: %s\n", what);
    abort();
}

/* ---- a file ---- */

static size_t count_lines(const char *text, size_t bytes, const char *word)
{
    size_t count = 0, length = strlen(word);
    for (size_t i = 0; i + length <= bytes; i++)
        if ((i == 0 || text[i - 1] == '\n') &&
            memcmp(text + i, word, length) == 0)
            count++;
    return count;
}

/* The bytes with a first line, and with a last one that is right. */
static char *complete(const unsigned char *byte, size_t count,
                      size_t *ret_bytes)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, ret_bytes);
    fputs(TRACE_FILE_FIRST, file);
    fwrite(byte, 1, count, file);
    fflush(file);
    uint64_t sum = trace_file_sum(TRACE_SUM_START, text, *ret_bytes);
    fprintf(file, "end %zu %zu %zu %016" PRIx64 "\n",
            count_lines(text, *ret_bytes, "name "),
            count_lines(text, *ret_bytes, "traceback "),
            count_lines(text, *ret_bytes, "trace "), sum);
    fclose(file);
    return text;
}

static void ask(const struct trace_snapshot *snapshot,
                const struct trace_snapshot *other)
{
    struct trace_statistics statistics;
    char text[512];
    for (int key = TRACE_BY_LINE; key <= TRACE_BY_TRACEBACK; key++)
        for (int cumulative = 0; cumulative < 2; cumulative++) {
            if (trace_compare(snapshot, other, (enum trace_key)key, cumulative,
                              &statistics) != 0)
                continue;
            for (size_t i = 0; i < statistics.count; i++)
                trace_statistic_text(&statistics.item[i], true, text,
                                     sizeof text);
            trace_statistics_end(&statistics);
        }
}

/* Its first name as a pattern for all of them. */
static void filter(const struct trace_snapshot *snapshot)
{
    struct trace_frame frame;
    struct trace_snapshot *left = NULL;
    if (!trace_snapshot_frame(snapshot, 0, 0, &frame))
        return;
    struct trace_filter by_name = { true, frame.file, TRACE_ANY, true,
                                    TRACE_ANY };
    if (trace_snapshot_filter(snapshot, &by_name, 1, &left) == 0 &&
        trace_snapshot_count(left) > trace_snapshot_count(snapshot))
        fuzz_fail("a filter added traces");
    trace_snapshot_destroy(left);
}

static void write_again(const struct trace_snapshot *snapshot, const char *text,
                        size_t bytes)
{
    char *again = NULL;
    size_t again_bytes = 0;
    FILE *file = open_memstream(&again, &again_bytes);
    if (trace_snapshot_write(snapshot, file) != 0)
        fuzz_fail("it could not be written");
    fclose(file);
    if (again_bytes != bytes || memcmp(again, text, bytes) != 0)
        fuzz_fail("it was written in other words");
    free(again);
}

static void try_file(const char *text, size_t bytes)
{
    struct trace_snapshot *const untouched = (struct trace_snapshot *)16;
    struct trace_snapshot *snapshot = untouched, *empty;
    FILE *file = fmemopen((void *)(uintptr_t)text, bytes, "r");
    int error = trace_snapshot_read(file, &snapshot);
    fclose(file);
    if (error) {
        if (snapshot != untouched)
            fuzz_fail("something was returned with an error");
        if (error != -EBADMSG && error != -EOVERFLOW)
            fuzz_fail("another error");
        return;
    }
    empty = trace_snapshot_create(1);
    ask(snapshot, empty);
    ask(empty, snapshot);
    filter(snapshot);
    write_again(snapshot, text, bytes);
    trace_snapshot_destroy(empty);
    trace_snapshot_destroy(snapshot);
}

/* ---- a pattern and a name, with a 0 between them ---- */

static void try_pattern(const unsigned char *byte, size_t count)
{
    char text[512] = "";
    if (count > sizeof text - 2)
        count = sizeof text - 2;
    memcpy(text, byte, count);
    text[count] = text[count + 1] = '\0';
    if (pattern_check(text, TRACE_PATTERN_MAX) == 0)
        pattern_matches_file(text, text + strlen(text) + 1);
}

int LLVMFuzzerTestOneInput(const unsigned char *byte, size_t count);

int LLVMFuzzerTestOneInput(const unsigned char *byte, size_t count)
{
    if (count < 2)
        return 0;
    if (byte[0] % 4 == 2) {
        try_pattern(byte + 1, count - 1);
    } else if (byte[0] & 1) {
        size_t bytes = 0;
        char *text = complete(byte + 1, count - 1, &bytes);
        try_file(text, bytes);
        free(text);
    } else {
        try_file((const char *)byte + 1, count - 1);
    }
    return 0;
}
