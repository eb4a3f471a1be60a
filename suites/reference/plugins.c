/* plugins.c - each plug-in of the reference, through its table alone.
 *
 * A sentence holds for all of them, or for those that have what it is about. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocator_script.h"
#include "pattern.h"
#include "seed.h"

SEED_OF_RUN(NULL)

#define BOUND .timeout = 60

struct plugin {
    char name[32];
};

static struct plugin plugins[] = {
    { "reference-region" },
    { "reference-pool" },
    { "reference-freelist" },
    { "reference-heap" },
};

#define PLUGIN_COUNT (sizeof plugins / sizeof *plugins)

/* A sentence about every plug-in. */
#define PLUGIN_TEST(sentence)                                            \
    ParameterizedTestParameters(plugins, sentence)                       \
    {                                                                    \
        return cr_make_param_array(struct plugin, plugins, PLUGIN_COUNT, \
                                   NULL);                                \
    }                                                                    \
    ParameterizedTest(struct plugin *plugin, plugins, sentence, BOUND)

static struct script script, other;

static const struct assay_allocator *plugin_load(const struct plugin *plugin)
{
    const char *folder = getenv("ASSAY_PLUGINS");
    char path[4096];

    cr_assert(folder, "ASSAY_PLUGINS does not name the folder of the plug-ins");
    snprintf(path, sizeof path, "%s/assay-%s.so", folder, plugin->name);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(library, "%s", dlerror());
    const struct assay_allocator *allocator =
        dlsym(library, ASSAY_ALLOCATOR_SYMBOL);
    cr_assert(allocator, "%s", dlerror());
    return allocator;
}

/* The size of a block where it is fixed, what is to be had where it is
 * bounded. */
static struct script_options shape(const struct assay_allocator *allocator,
                                   size_t block_bytes, size_t capacity)
{
    bool fixed = (allocator->can & ASSAY_ALLOCATOR_FIXED) != 0;
    bool bounded = (allocator->can & ASSAY_ALLOCATOR_BOUNDED) != 0;

    return (struct script_options){ .block_bytes = fixed ? block_bytes : 0,
                                    .capacity = bounded ? capacity : 0,
                                    .seed = seed_of_run() };
}

static void alloc_many(struct script *s, size_t count, size_t bytes)
{
    if (s->allocator->can & ASSAY_ALLOCATOR_FIXED)
        bytes = s->options.block_bytes;
    for (size_t i = 0; i < count; i++)
        s->allocator->alloc(s->heap, bytes, 1);
}

PLUGIN_TEST(what_the_table_promises_is_there)
{
    const struct assay_allocator *a = plugin_load(plugin);

    cr_assert(a->abi == ASSAY_ALLOCATOR_ABI);
    cr_assert(strcmp(a->name, plugin->name) == 0, "%s", a->name);
    cr_assert(a->align_min != 0 && a->align_min <= a->align_max);
    cr_assert(a->create && a->destroy && a->alloc);
    cr_assert(!a->free == !(a->can & ASSAY_ALLOCATOR_FREE));
    cr_assert(!a->resize == !(a->can & ASSAY_ALLOCATOR_RESIZE));
    cr_assert(!a->reset == !(a->can & ASSAY_ALLOCATOR_RESET));
    cr_assert(!a->mark == !(a->can & ASSAY_ALLOCATOR_MARK));
    cr_assert(!a->rewind == !(a->can & ASSAY_ALLOCATOR_MARK));
    cr_assert(!a->owns == !(a->can & ASSAY_ALLOCATOR_OWNS));
    cr_assert(!a->usable_bytes == !(a->can & ASSAY_ALLOCATOR_USABLE));
    cr_assert(!a->stats == !(a->can & ASSAY_ALLOCATOR_STATS));
    cr_assert(!a->verify == !(a->can & ASSAY_ALLOCATOR_VERIFY));
}

/* Blocks smaller than a pointer, and of odd sizes, are among them. */
PLUGIN_TEST(random_scripts_agree_with_the_model)
{
    static const size_t block_bytes[] = { 1, 3, 7, 8, 9, 24, 100, 3000, 20000 };
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, 0, 0);

    for (size_t i = 0; i < sizeof block_bytes / sizeof *block_bytes; i++) {
        options = shape(a, block_bytes[i], i % 2 ? 300 : 17);
        options.stream = i;
        options.refused_share = i % 3 == 0 ? 50 : 0;
        script_open(&script, a, &options);
        for (unsigned step = 0; step < 1500; step++)
            script_step(&script);
        script_close(&script);
    }
}

PLUGIN_TEST(a_backend_that_refuses_once_does_no_harm)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, 40, 100);

    for (size_t k = 0; k < 100; k++) {
        options.stream++;
        script_open(&script, a, &options);
        counting_backend_refuse(&script.backend, k, 1);
        for (unsigned step = 0; step < 400; step++)
            script_step(&script);
        script_close(&script);
    }
}

PLUGIN_TEST(a_heap_that_could_not_be_made_leaves_nothing)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, 40, 100);
    struct counting_backend backend;
    struct assay_allocator_config config = {
        .backend = &backend.backend,
        .block_bytes = options.block_bytes,
        .capacity = options.capacity,
    };
    struct assay_heap *heap = NULL;

    for (size_t k = 0; k < 20 && !heap; k++) {
        counting_backend_init(&backend);
        counting_backend_refuse(&backend, k, 1);
        heap = a->create(&config);
        if (heap)
            a->destroy(heap);
        else
            cr_assert(backend.refusals == 1);
        cr_assert(backend.outstanding_pieces == 0);
        cr_assert(!counting_backend_misuse(&backend));
        counting_backend_destroy(&backend);
    }
    cr_assert(heap, "twenty takes are not enough");
}

PLUGIN_TEST(two_heaps_do_not_know_of_each_other)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, 48, 200);

    script_open(&script, a, &options);
    options.stream++;
    script_open(&other, a, &options);
    for (unsigned step = 0; step < 2000; step++)
        script_step(step % 2 ? &script : &other);
    for (size_t i = 0; a->owns && i < other.block_count; i++)
        cr_assert(!a->owns(script.heap, other.block[i].start));
    script_close(&other);
    for (unsigned step = 0; step < 500; step++)
        script_step(&script);
    script_close(&script);
}

PLUGIN_TEST(a_thousand_resets_need_no_more_than_two)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, 64, 700);
    size_t peak_bytes = 0;

    if (!a->reset)
        cr_skip_test("it cannot reset");
    script_open(&script, a, &options);
    for (unsigned round = 0; round < 1000; round++) {
        alloc_many(&script, 700, 300);
        a->reset(script.heap);
        if (round == 2)
            peak_bytes = script.backend.peak_bytes;
    }
    cr_assert(script.backend.peak_bytes == peak_bytes, "%zu bytes, then %zu",
              peak_bytes, script.backend.peak_bytes);
    cr_assert(script.backend.outstanding_bytes <= peak_bytes);
    script_step(&script);
    script_close(&script);
}

PLUGIN_TEST(a_reset_gives_most_of_a_large_heap_back)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, 200, 0);

    if (!a->reset || (a->can & ASSAY_ALLOCATOR_BOUNDED))
        cr_skip_test("it cannot reset, or has all it will ever have");
    script_open(&script, a, &options);
    alloc_many(&script, 20000, 200);
    a->reset(script.heap);
    cr_assert(script.backend.outstanding_bytes < script.backend.peak_bytes / 4,
              "%zu bytes of %zu are kept", script.backend.outstanding_bytes,
              script.backend.peak_bytes);
    script_close(&script);
}

/* ---- more blocks than one chunk or arena holds ---- */

enum { MANY = 20000, MANY_BYTES = 200 };

static unsigned char *many[MANY];

static void many_alloc(struct script *s, size_t index)
{
    many[index] = s->allocator->alloc(s->heap, MANY_BYTES, 1);
    cr_assert(many[index], "no block %zu", index);
    pattern_fill(many[index], index, 0, MANY_BYTES);
}

static void many_free(struct script *s, size_t index)
{
    if (!many[index])
        return;
    cr_assert(pattern_mismatch(many[index], index, 0, MANY_BYTES) == MANY_BYTES,
              "block %zu was changed", index);
    s->allocator->free(s->heap, many[index]);
    many[index] = NULL;
}

static void many_verify(struct script *s)
{
    const char *fault = s->allocator->verify(s->heap);

    cr_assert(!fault, "%s", fault);
}

/* Every order of freeing: any, then the oldest or the newest first. */
PLUGIN_TEST(twenty_thousand_blocks_keep_what_they_hold)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, MANY_BYTES, MANY);

    if (!a->free || !a->verify)
        cr_skip_test("it cannot free");
    script_open(&script, a, &options);
    for (unsigned round = 0; round < 4; round++) {
        for (size_t i = 0; i < MANY; i++)
            many_alloc(&script, i);
        many_verify(&script);
        for (size_t i = 0; i < MANY / 2; i++)
            many_free(&script, random_below(&script.random, MANY));
        many_verify(&script);
        for (size_t i = 0; i < MANY; i++)
            many_free(&script, round % 2 ? i : MANY - 1 - i);
        many_verify(&script);
    }
    script_close(&script);
}

/* ---- bounds ---- */

static size_t blocks_to_be_had(struct script *s)
{
    size_t count = 0;

    while (s->block_count < SCRIPT_BLOCKS &&
           script_alloc(s, s->options.block_bytes, 1))
        count++;
    return count;
}

PLUGIN_TEST(a_bounded_heap_holds_exactly_its_capacity)
{
    const struct assay_allocator *a = plugin_load(plugin);

    if (!(a->can & ASSAY_ALLOCATOR_BOUNDED))
        cr_skip_test("it is not bounded");
    for (size_t capacity = 1; capacity <= 401; capacity += 50) {
        struct script_options options = shape(a, 5 + capacity, capacity);

        script_open(&script, a, &options);
        cr_assert(blocks_to_be_had(&script) == capacity);
        size_t last = --script.block_count;
        a->free(script.heap, script.block[last].start);
        script.live_blocks--;
        cr_assert(blocks_to_be_had(&script) == 1);
        a->reset(script.heap);
        script.block_count = script.live_blocks = 0;
        cr_assert(blocks_to_be_had(&script) == capacity);
        script_close(&script);
    }
}

PLUGIN_TEST(a_large_bounded_heap_holds_exactly_its_capacity)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct script_options options = shape(a, 16, 10001);
    size_t count = 0;

    if (!(a->can & ASSAY_ALLOCATOR_BOUNDED))
        cr_skip_test("it is not bounded");
    script_open(&script, a, &options);
    while (count < 20000 && a->alloc(script.heap, 16, 1))
        count++;
    cr_assert(count == 10001, "%zu blocks", count);
    cr_assert(!a->verify || !a->verify(script.heap));
    script_close(&script);
}

PLUGIN_TEST(a_shape_without_sense_is_refused)
{
    const struct assay_allocator *a = plugin_load(plugin);
    struct counting_backend backend;

    if (!(a->can & ASSAY_ALLOCATOR_FIXED))
        cr_skip_test("it has no shape");
    counting_backend_init(&backend);
    struct assay_allocator_config nothing = { .backend = &backend.backend,
                                              .capacity = 10 };
    struct assay_allocator_config huge = nothing, endless = nothing, none;
    huge.block_bytes = SIZE_MAX - 3;
    cr_assert(!a->create(&nothing));
    cr_assert(!a->create(&huge));
    none = endless;
    endless.block_bytes = none.block_bytes = 24;
    endless.capacity = SIZE_MAX / 8;
    none.capacity = 0;
    if (a->can & ASSAY_ALLOCATOR_BOUNDED)
        cr_assert(!a->create(&endless) && !a->create(&none));
    cr_assert(backend.outstanding_pieces == 0);
    counting_backend_destroy(&backend);
}
