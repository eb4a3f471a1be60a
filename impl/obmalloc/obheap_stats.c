/* obheap_stats.c - counts what the arenas hold (_PyObject_DebugMallocStats),
 * by looking at every pool: no request pays for it. */
#include "obheap.h"

static void stats_count_pool(const struct edition *edition,
                             const struct pool *pool,
                             struct obheap_stats *stats)
{
    unsigned class = pool->class;
    size_t capacity = pool->capacity;
    size_t used = pool->carved - pool->free_count;
    size_t block_bytes = pool->block_bytes;

    stats->class[class].pools++;
    stats->class[class].used_blocks += used;
    stats->class[class].free_blocks += capacity - used;
    stats->used_bytes += used * block_bytes;
    stats->free_bytes += (capacity - used) * block_bytes;
    stats->header_bytes += EDITION_HEADER_BYTES;
    stats->quantization_bytes +=
        edition->pool_bytes - EDITION_HEADER_BYTES - capacity * block_bytes;
}

static void stats_count_arena(const struct edition *edition,
                              const struct obarena *arena,
                              struct obheap_stats *stats)
{
    stats->free_pools += arena->free_count;
    if (arena->total_count < OBHEAP_POOLS)
        stats->alignment_bytes += edition->pool_bytes;
    for (uint32_t i = 0; i < arena->carved_count; i++) {
        const struct pool *pool = &arena->pool[i].pool;
        if (!pool_is_empty(pool))
            stats_count_pool(edition, pool, stats);
    }
}

/* Blocks in front lists are free to whoever asks, though their pools count
 * them as given out. */
static void stats_count_front(const struct obheap *heap,
                              struct obheap_stats *stats)
{
    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++) {
        size_t count = heap->front[class].free_count;
        size_t bytes = count * edition_class_bytes(heap->edition, class);
        stats->class[class].used_blocks -= count;
        stats->class[class].free_blocks += count;
        stats->used_bytes -= bytes;
        stats->free_bytes += bytes;
        stats->front_bytes += bytes;
    }
}

void obheap_stats(struct obheap *heap, struct obheap_stats *ret_stats)
{
    struct obheap_stats stats = {
        .raw_blocks = heap->raw_blocks,
        .arenas_now = heap->arenas_now,
        .arenas_taken = heap->arenas_taken,
        .arenas_released = heap->arenas_taken - heap->arenas_now,
        .arenas_peak = heap->arenas_peak,
        .arenas_spare = heap->spare_count,
        .arena_bytes_now = heap->arenas_now * heap->edition->arena_bytes,
    };

    obheap_settle(heap);
    for (const struct obarena *a = heap->newest; a; a = a->older)
        if (a->address)
            stats_count_arena(heap->edition, a, &stats);
    stats.free_pool_bytes = stats.free_pools * heap->edition->pool_bytes;
    stats_count_front(heap, &stats);
    *ret_stats = stats;
}

size_t obheap_allocated_blocks(struct obheap *heap)
{
    size_t count = heap->raw_blocks;
    for (const struct obarena *a = heap->newest; a; a = a->older)
        for (uint32_t i = 0; a->address && i < a->carved_count; i++)
            count += a->pool[i].pool.carved - a->pool[i].pool.free_count;
    for (unsigned class = 0; class < OBHEAP_CLASSES_MAX; class ++)
        count -= heap->front[class].free_count;
    return count;
}

/* ---- for people ---- */

static void stats_print_classes(const struct edition *edition,
                                const struct obheap_stats *stats, FILE *file)
{
    fprintf(file, "class  bytes    pools   blocks used   blocks free\n");
    for (unsigned i = 0; i < edition_classes(edition); i++) {
        const struct obheap_class_stats *class = &stats->class[i];
        if (class->pools)
            fprintf(file, "%5u %6zu %8zu %13zu %13zu\n", i,
                    edition_class_bytes(edition, i), class->pools,
                    class->used_blocks, class->free_blocks);
    }
}

static void stats_print_bytes(const struct obheap_stats *stats, FILE *file)
{
    const struct {
        const char *what;
        size_t bytes;
    } part[] = {
        { "in blocks given out", stats->used_bytes },
        { "in free blocks of used pools", stats->free_bytes },
        { "in headers of used pools", stats->header_bytes },
        { "at ends of pools, too short for a block",
          stats->quantization_bytes },
        { "in free pools", stats->free_pool_bytes },
        { "at ends of arenas that are not aligned", stats->alignment_bytes },
    };
    size_t sum = 0;

    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        fprintf(file, "%-42s %15zu\n", part[i].what, part[i].bytes);
        sum += part[i].bytes;
    }
    fprintf(file, "%-42s %15zu\n", "sum", sum);
}

void obheap_print_stats(struct obheap *heap, FILE *file)
{
    struct obheap_stats stats;

    obheap_stats(heap, &stats);
    fprintf(file, "object heap of edition %s\n\n", heap->edition->name);
    stats_print_classes(heap->edition, &stats, file);
    fprintf(file,
            "\narenas: %zu now, %zu at most, %zu taken, %zu released\n"
            "%zu arenas of %zu bytes are %zu bytes:\n",
            stats.arenas_now, stats.arenas_peak, stats.arenas_taken,
            stats.arenas_released, stats.arenas_now, heap->edition->arena_bytes,
            stats.arena_bytes_now);
    stats_print_bytes(&stats, file);
    if (stats.arenas_spare)
        fprintf(file, "besides these, spare arenas: %zu\n", stats.arenas_spare);
    if (stats.front_bytes)
        fprintf(file, "of the free blocks %zu bytes are in front lists\n",
                stats.front_bytes);
    fprintf(file, "blocks that raw served: %zu\n", stats.raw_blocks);
}
