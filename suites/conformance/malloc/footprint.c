/* footprint.c - what is resident after work, and whether it grows. (RET, FTP)
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/blocks.h"
#include "tools/resident.h"

/* Fills and frees; then half of what it took has to go within 15 s. */
static enum verdict footprint_return(struct check_run *run, size_t count,
                                     size_t size)
{
    unsigned char **blocks = check_map(count * sizeof(*blocks));
    double before = resident_bytes(), full, at_once, after_3_s, after;

    if (blocks == NULL)
        return error(run, "no memory for the list");
    for (size_t i = 0; i < count; i++) {
        blocks[i] = subject->malloc(size);
        if (blocks[i] == NULL)
            return fail(run, "malloc(%zu) returned NULL", size);
        memset(blocks[i], 1, size);
    }
    full = resident_bytes();
    for (size_t i = 0; i < count; i++)
        subject->free(blocks[i]);
    at_once = resident_bytes();
    after_3_s = resident_after((before + full) / 2, 3);
    after = resident_after((before + full) / 2, 12);
    figure(run, "full_bytes", full - before);
    figure(run, "after_free_bytes", at_once - before);
    figure(run, "after_3_s_bytes", after_3_s - before);
    figure(run, "after_15_s_bytes", after - before);
    if (after <= (before + full) / 2)
        return pass(run);
    return fail(run,
                "of %.0f MiB freed, %.0f MiB are still resident after "
                "15 s",
                (full - before) / (double)MIB, (after - before) / (double)MIB);
}

CHECK(RET_1, QUALITY, "200 blocks of 1 MiB go back to the system when freed",
      "quality of implementation", .flags = CHECK_WAITS, .timeout_s = 30,
      .why = "At least half of it within 15 s of slight activity (filed: "
             "microsoft/mimalloc 333). The figures tell what was resident at "
             "once, after 3 s and at the end.")
{
    return footprint_return(run, 200, MIB);
}

CHECK(RET_2, QUALITY, "400 000 blocks of 500 bytes go back when freed",
      "quality of implementation", .flags = CHECK_WAITS, .timeout_s = 30,
      .why = "As RET-1, with blocks that share pages.")
{
    return footprint_return(run, 400000, 500);
}

CHECK(RET_3, QUALITY, "malloc_trim(0) returns memory to the system",
      "malloc_trim(3); glibc's tst-trim1",
      .why = "Programs call it before they rest. 96 MiB of small blocks and "
             "32 MiB of middle ones are freed, apart from one in 2000.")
{
    enum { SMALL = 192000, MIDDLE = 1024 };
    unsigned char **blocks = check_map((SMALL + MIDDLE) * sizeof(*blocks));
    double before = resident_bytes(), freed, trimmed;

    if (!subject_has("malloc_trim"))
        return skip(run, "malloc_trim is not the subject's");
    if (blocks == NULL)
        return error(run, "no memory for the list");
    for (size_t i = 0; i < SMALL + MIDDLE; i++) {
        size_t size = i < SMALL ? 500 : 32 * KIB;

        blocks[i] = subject->malloc(size);
        if (blocks[i] == NULL)
            return fail(run, "malloc(%zu) returned NULL", size);
        memset(blocks[i], 1, size);
    }
    for (size_t i = 0; i < SMALL + MIDDLE; i++)
        if (i % 2000 != 0)
            subject->free(blocks[i]);
    freed = resident_bytes();
    subject->malloc_trim(0);
    trimmed = resident_bytes();
    figure(run, "before_trim_bytes", freed - before);
    figure(run, "after_trim_bytes", trimmed - before);
    if (trimmed - before > 0.5 * 124.0 * (double)MIB)
        return fail(run,
                    "%.0f MiB are resident before malloc_trim(0), %.0f "
                    "after",
                    (freed - before) / (double)MIB,
                    (trimmed - before) / (double)MIB);
    return pass(run);
}

/* Lines of /proc/self/maps, by read() alone. */
static unsigned footprint_mappings(void)
{
    int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    char piece[16384];
    unsigned lines = 0;
    ssize_t length;

    if (file < 0)
        return 0;
    while ((length = read(file, piece, sizeof(piece))) > 0)
        for (ssize_t i = 0; i < length; i++)
            lines += piece[i] == '\n';
    close(file);
    return lines;
}

/* One step of random work on a table of live blocks: the size is spread
 * evenly by its logarithm. */
static bool footprint_step(struct random *random, unsigned char **blocks,
                           size_t *sizes, uint32_t count, unsigned log_max)
{
    uint32_t at = random_below(random, count);
    unsigned log = 4 + random_below(random, log_max - 4);
    size_t size = ((size_t)1 << log) + random_below(random, 1u << log);

    subject->free(blocks[at]);
    blocks[at] = subject->malloc(size);
    if (blocks[at] == NULL)
        return false;
    touch_pages(blocks[at], size, 1);
    sizes[at] = size;
    return true;
}

CHECK(RET_4, SHOULD, "a steady state of 1e6 operations makes few mappings",
      "vm.max_map_count is 65530 by default", .flags = CHECK_RANDOM,
      .timeout_s = 20,
      .why = "A mapping for each block, or holes punched into each, end in "
             "ENOMEM with memory to spare (filed: microsoft/mimalloc 100, "
             "with 65 531). Bound: 1000 above the start.")
{
    enum { COUNT = 4000 };
    unsigned char **blocks = check_map(COUNT * sizeof(*blocks));
    size_t *sizes = check_map(COUNT * sizeof(*sizes));
    struct random random = random_stream(run->seed, 0);
    unsigned before = footprint_mappings(), most = 0;

    if (blocks == NULL || sizes == NULL)
        return error(run, "no memory for the list");
    for (unsigned step = 0; step < 1000000; step++) {
        if (!footprint_step(&random, blocks, sizes, COUNT,
                            step % 100 == 0 ? 17 : 12))
            return fail(run, "malloc returned NULL in step %u", step);
        if (step % 50000 == 49999 && footprint_mappings() > most)
            most = footprint_mappings();
    }
    figure(run, "mappings_most", most);
    if (most > before + 1000)
        return fail(run, "%u mappings in /proc/self/maps, %u at the start",
                    most, before);
    return pass(run);
}

/* Rounds of malloc and free over several kinds of size; the resident bytes
 * after the first round and after each later one. */
enum { STEADY_ROUNDS = 12, STEADY_LIVE = 500 };

static bool footprint_steady_round(void)
{
    static const size_t sizes[] = { 16,    64,    200,   1000,     3000,
                                    10000, 40000, 70000, 300 * KIB };
    void *blocks[STEADY_LIVE];

    for (size_t kind = 0; kind < sizeof(sizes) / sizeof(*sizes); kind++) {
        size_t count = sizes[kind] > 20000 ? 10 : STEADY_LIVE;

        for (unsigned round = 0; round < 4; round++) {
            for (size_t i = 0; i < count; i++) {
                blocks[i] = subject->malloc(sizes[kind]);
                if (blocks[i] == NULL)
                    return false;
                touch_pages(blocks[i], sizes[kind], 1);
            }
            for (size_t i = 0; i < count; i++)
                subject->free(blocks[i]);
        }
    }
    return true;
}

static enum verdict footprint_steady(struct check_run *run, double *ret_first,
                                     double *ret_least, double *ret_last)
{
    *ret_least = 0;
    for (unsigned round = 0; round <= STEADY_ROUNDS; round++) {
        double now;

        /* Twice: a heap grows by steps larger than a small leak. */
        if (!footprint_steady_round() || !footprint_steady_round())
            return fail(run, "malloc returned NULL in round %u", round);
        now = resident_bytes();
        if (round == 2)
            *ret_first = *ret_least = now;
        if (round > 2 && now - *ret_last < *ret_least)
            *ret_least = now - *ret_last;
        *ret_last = now;
    }
    return pass(run);
}

CHECK(FTP_1, MUST, "what is freed is used again: no growth from round to round",
      "C23 7.24.3.3: free makes space \"available for further allocation\"",
      .timeout_s = 20,
      .why = "The same work over and over. Ten rounds in a row that each make "
             "64 KiB more resident are growth without end; a cache that fills "
             "has an end, and one that breathes goes down at times. Small "
             "leaks are API-9's to find.")
{
    double first = 0, least = 0, last = 0;

    if (footprint_steady(run, &first, &least, &last))
        return VERDICT_FAIL;
    figure(run, "grown_bytes", last - first);
    figure(run, "least_growth_bytes", least);
    if (least >= 64.0 * (double)KIB)
        return fail(run,
                    "every one of 10 rounds of the same work added %.0f "
                    "KiB or more, %.1f MiB in all",
                    least / (double)KIB, (last - first) / (double)MIB);
    return pass(run);
}

CHECK(FTP_1b, SHOULD, "steady small work stays within 4 MiB of its start",
      "quality that every mainstream malloc has", .flags = CHECK_RANDOM,
      .why = "A thousand live blocks of 16 bytes to 4 KiB, two million times "
             "one of them replaced. After the first quarter no more than 4 "
             "MiB may be added.")
{
    enum { COUNT = 1000, STEPS = 2000000 };
    static unsigned char *blocks[COUNT];
    static size_t sizes[COUNT];
    struct random random = random_stream(run->seed, 0);
    double first = 0, grown;

    for (unsigned step = 0; step < STEPS; step++) {
        if (!footprint_step(&random, blocks, sizes, COUNT, 12))
            return fail(run, "malloc returned NULL in step %u", step);
        if (step == STEPS / 4)
            first = resident_bytes();
    }
    grown = resident_bytes() - first;
    figure(run, "grown_bytes", grown);
    if (grown > 4.0 * (double)MIB)
        return fail(run,
                    "%.1f MiB more are resident after 2 million steps "
                    "than after 500 000 (seed %llu)",
                    grown / (double)MIB, (unsigned long long)run->seed);
    return pass(run);
}

CHECK(FTP_2, SHOULD, "random work needs at most three times what is alive",
      "quality that every mainstream malloc has", .flags = CHECK_RANDOM,
      .timeout_s = 30,
      .why = "20 000 live blocks of 16 bytes to 32 KiB, sizes spread evenly "
             "by logarithm, two million times one of them replaced. Robson's "
             "bound for the worst case is far above, real programs far below.")
{
    enum { COUNT = 20000, STEPS = 2000000 };
    unsigned char **blocks = check_map(COUNT * sizeof(*blocks));
    size_t *sizes = check_map(COUNT * sizeof(*sizes));
    struct random random = random_stream(run->seed, 0);
    double before, most = 0, live = 0;

    if (blocks == NULL || sizes == NULL)
        return error(run, "no memory for the list");
    touch_pages((void *)blocks, COUNT * sizeof(*blocks), 0);
    touch_pages((void *)sizes, COUNT * sizeof(*sizes), 0);
    before = resident_bytes();
    for (unsigned step = 0; step < STEPS; step++) {
        if (!footprint_step(&random, blocks, sizes, COUNT, 15))
            return fail(run, "malloc returned NULL in step %u", step);
        if (step % 100000 == 99999 && resident_bytes() - before > most)
            most = resident_bytes() - before;
    }
    for (size_t i = 0; i < COUNT; i++)
        live += (double)sizes[i];
    figure(run, "live_bytes", live);
    figure(run, "resident_most_bytes", most);
    if (most > 3 * live)
        return fail(run,
                    "%.1f MiB are alive and %.1f MiB resident: %.1f "
                    "times (seed %llu)",
                    live / (double)MIB, most / (double)MIB, most / live,
                    (unsigned long long)run->seed);
    return pass(run);
}

CHECK(FTP_3, QUALITY,
      "a small object costs at most 32 bytes or half of it more",
      "quality of implementation", .flags = CHECK_ALONE, .timeout_s = 20,
      .why = "A million objects of each size, in one child each: resident "
             "bytes over requested ones.")
{
    static const size_t sizes[] = { 1, 8, 16, 24, 32, 48, 64, 100, 1000 };
    struct findings findings = { 0 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        size_t size = sizes[i], count = size > 500 ? 200000 : 1000000;
        double before = resident_bytes(), each, allowed;
        unsigned char *last = NULL;
        char name[40];

        for (size_t at = 0; at < count; at++) {
            last = subject->malloc(size);
            if (last == NULL)
                return fail(run, "malloc(%zu) returned NULL", size);
            *last = 1;
        }
        each = (resident_bytes() - before) / (double)count - (double)size;
        allowed = size < 64 ? 32 : (double)size / 2;
        snprintf(name, sizeof(name), "overhead_%zu_bytes", size);
        figure(run, name, each);
        if (each > allowed)
            finding(&findings, "%zu: %.1f bytes", size, each);
    }
    return verdict_of(run, &findings, "little is lost for each object");
}

CHECK(FTP_4, QUALITY, "an idle process costs little more than with glibc",
      "quality of implementation",
      .why = "What a library makes resident before and at the first call, in "
             "every process of a system.")
{
    double start = resident_bytes();

    subject->free(subject->malloc(100));
    figure(run, "resident_bytes", resident_bytes());
    if (resident_bytes() > 20.0 * (double)MIB)
        return fail(run,
                    "%.1f MiB are resident at start, %.1f MiB after the "
                    "first call",
                    start / (double)MIB, resident_bytes() / (double)MIB);
    return pass(run);
}
