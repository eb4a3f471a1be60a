/* region_scripts.c - random requests to regions, with chunks so small that
 * every few of them open one, and nothing aligned that need not be. */
#include <criterion/criterion.h>
#include <string.h>

#include "allocator_script.h"
#include "region.h"
#include "seed.h"

SEED_OF_RUN(NULL)

#define BOUND .timeout = 60

struct assay_heap {
    struct region region;
};

static struct assay_heap heaps[2];
static const struct region_config tiny = { 256, 2048 };
static size_t heap_number;

static struct assay_heap *heap_create(const struct assay_allocator_config *c)
{
    struct assay_heap *heap = &heaps[heap_number++ % 2];

    region_init(&heap->region, c->backend, &tiny);
    return heap;
}

static void heap_destroy(struct assay_heap *heap)
{
    region_destroy(&heap->region);
}

static void *heap_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    return region_alloc(&heap->region, bytes, align);
}

static void *heap_resize(struct assay_heap *heap, void *block, size_t old,
                         size_t bytes)
{
    return region_resize(&heap->region, block, old, bytes, 1);
}

static void heap_reset(struct assay_heap *heap)
{
    region_reset(&heap->region);
}

static struct assay_allocator_mark heap_mark(struct assay_heap *heap)
{
    struct region_mark mark = region_mark(&heap->region);
    struct assay_allocator_mark result = { { 0 } };

    memcpy(&result, &mark, sizeof mark);
    return result;
}

static void heap_rewind(struct assay_heap *heap, struct assay_allocator_mark at)
{
    struct region_mark mark;

    memcpy(&mark, &at, sizeof mark);
    region_rewind(&heap->region, mark);
}

static bool heap_owns(const struct assay_heap *heap, const void *address)
{
    return region_owns(&heap->region, address);
}

static void heap_stats(const struct assay_heap *heap,
                       struct assay_allocator_stats *ret_stats)
{
    struct region_stats stats;

    region_stats(&heap->region, &stats);
    *ret_stats =
        (struct assay_allocator_stats){ stats.live_blocks, stats.live_bytes,
                                        stats.peak_bytes };
}

static const char *heap_verify(struct assay_heap *heap)
{
    return region_verify(&heap->region).what;
}

static const struct assay_allocator tiny_regions = {
    .can = ASSAY_ALLOCATOR_RESIZE | ASSAY_ALLOCATOR_RESET |
           ASSAY_ALLOCATOR_MARK | ASSAY_ALLOCATOR_OWNS | ASSAY_ALLOCATOR_STATS |
           ASSAY_ALLOCATOR_VERIFY,
    .name = "tiny regions",
    .align_min = 1,
    .align_max = REGION_ALIGN_MAX,
    .create = heap_create,
    .destroy = heap_destroy,
    .alloc = heap_alloc,
    .resize = heap_resize,
    .reset = heap_reset,
    .mark = heap_mark,
    .rewind = heap_rewind,
    .owns = heap_owns,
    .stats = heap_stats,
    .verify = heap_verify,
};

static struct script script;

static void run_script(const struct script_options *options, unsigned steps,
                       size_t refused_take)
{
    script_open(&script, &tiny_regions, options);
    counting_backend_refuse(&script.backend, refused_take, 1);
    for (unsigned i = 0; i < steps; i++)
        script_step(&script);
    script_close(&script);
}

Test(region_scripts, random_scripts_agree_with_the_model_at_every_step, BOUND)
{
    struct script_options options = { .seed = seed_of_run() };

    for (unsigned i = 0; i < 20; i++, options.stream++) {
        options.refused_share = i % 2 ? 50 : 0;
        run_script(&options, 2000, SIZE_MAX / 2);
    }
}

Test(region_scripts, any_of_the_first_hundred_takes_may_be_refused, BOUND)
{
    struct script_options options = { .seed = seed_of_run() };

    for (size_t k = 0; k < 100; k++, options.stream++)
        run_script(&options, 600, k);
}
