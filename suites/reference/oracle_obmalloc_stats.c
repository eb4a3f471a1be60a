/* oracle_obmalloc_stats.c - reads CPython's statistics, and compares two. */
#include "oracle_obmalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line "words = number", and where the number goes. */
struct stats_field {
    const char *words;
    size_t at;
};

static const struct stats_field fields[] = {
    { "# arenas allocated total", offsetof(struct obheap_stats, arenas_taken) },
    { "# arenas reclaimed", offsetof(struct obheap_stats, arenas_released) },
    { "# arenas highwater mark", offsetof(struct obheap_stats, arenas_peak) },
    { "# arenas allocated current", offsetof(struct obheap_stats, arenas_now) },
    { "arenas * 1048576 bytes/arena",
      offsetof(struct obheap_stats, arena_bytes_now) },
    { "# bytes in allocated blocks",
      offsetof(struct obheap_stats, used_bytes) },
    { "# bytes in available blocks",
      offsetof(struct obheap_stats, free_bytes) },
    { "unused pools * 16384 bytes",
      offsetof(struct obheap_stats, free_pool_bytes) },
    { "# bytes lost to pool headers",
      offsetof(struct obheap_stats, header_bytes) },
    { "# bytes lost to quantization",
      offsetof(struct obheap_stats, quantization_bytes) },
    { "# bytes lost to arena alignment",
      offsetof(struct obheap_stats, alignment_bytes) },
};

enum { FIELDS = sizeof fields / sizeof *fields };

static size_t *stats_at(struct obheap_stats *stats, size_t at)
{
    return (size_t *)((char *)stats + at);
}

static size_t stats_value(const struct obheap_stats *stats, size_t at)
{
    return *(const size_t *)((const char *)stats + at);
}

/* Digits in groups of three. */
static size_t stats_number(const char *text)
{
    size_t number = 0;

    for (; *text != '\0'; text++)
        if (*text >= '0' && *text <= '9')
            number = number * 10 + (size_t)(*text - '0');
    return number;
}

static bool stats_parse_class(const char *line, struct obheap_stats *stats)
{
    struct obheap_class_stats row;
    unsigned class;
    size_t size;

    if (sscanf(line, " %u %zu %zu %zu %zu", &class, &size, &row.pools,
               &row.used_blocks, &row.free_blocks) != 5 ||
        class >= OBHEAP_CLASSES_MAX)
        return false;
    stats->class[class] = row;
    return true;
}

/* The set bit is the field's that the line held; 0 for no field's. */
static unsigned stats_parse_field(const char *line, struct obheap_stats *stats)
{
    const char *number = strchr(line, '=');

    for (unsigned i = 0; number != NULL && i < FIELDS; i++) {
        const char *words = strstr(line, fields[i].words);

        if (words == NULL || words > number)
            continue;
        *stats_at(stats, fields[i].at) = stats_number(number);
        if (words > line)
            sscanf(line, "%zu unused pools", &stats->free_pools);
        return 1u << i;
    }
    return 0;
}

bool stats_parse(char *text, struct obheap_stats *ret_stats)
{
    unsigned found = 0;
    char *rest = text;

    *ret_stats = (struct obheap_stats){ 0 };
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        if (!stats_parse_class(line, ret_stats))
            found |= stats_parse_field(line, ret_stats);
    return found == (1u << FIELDS) - 1;
}

static bool stats_classes_differ(const struct obheap_stats *real,
                                 const struct obheap_stats *ours, char *text,
                                 size_t bytes)
{
    for (unsigned i = 0; i < OBHEAP_CLASSES_MAX; i++) {
        const struct obheap_class_stats *a = &real->class[i];
        const struct obheap_class_stats *b = &ours->class[i];

        if (memcmp(a, b, sizeof *a) == 0)
            continue;
        snprintf(text, bytes,
                 "statistics of class %u: real %zu pools, %zu blocks in use, "
                 "%zu available; ours %zu, %zu, %zu",
                 i, a->pools, a->used_blocks, a->free_blocks, b->pools,
                 b->used_blocks, b->free_blocks);
        return true;
    }
    return false;
}

static size_t stats_sum(const struct obheap_stats *stats)
{
    return stats->used_bytes + stats->free_bytes + stats->free_pool_bytes +
           stats->header_bytes + stats->quantization_bytes +
           stats->alignment_bytes;
}

/* Two numbers that are not in lines of their own, and the sum. */
static bool stats_rest_differs(const struct obheap_stats *real,
                               const struct obheap_stats *ours, char *text,
                               size_t bytes)
{
    if (real->free_pools == ours->free_pools &&
        real->raw_blocks == ours->raw_blocks &&
        stats_sum(ours) == ours->arena_bytes_now)
        return false;
    snprintf(text, bytes,
             "statistics: unused pools, blocks of raw and the sum of bytes: "
             "real %zu, %zu, %zu; ours %zu, %zu, %zu",
             real->free_pools, real->raw_blocks, stats_sum(real),
             ours->free_pools, ours->raw_blocks, stats_sum(ours));
    return true;
}

bool stats_differ(const struct obheap_stats *real,
                  const struct obheap_stats *ours, char *text, size_t bytes)
{
    if (stats_classes_differ(real, ours, text, bytes))
        return true;
    for (unsigned i = 0; i < FIELDS; i++) {
        size_t a = stats_value(real, fields[i].at);
        size_t b = stats_value(ours, fields[i].at);

        if (a == b)
            continue;
        snprintf(text, bytes, "statistics, '%s': real %zu, ours %zu",
                 fields[i].words, a, b);
        return true;
    }
    return stats_rest_differs(real, ours, text, bytes);
}
