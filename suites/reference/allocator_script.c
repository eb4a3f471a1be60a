/* allocator_script.c - the requests, and what each answer must be. */
#include "allocator_script.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pattern.h"

/* Steps from one look at every byte to the next. */
#define CHECK_EVERY 64

static bool script_can(const struct script *script, uint32_t what)
{
    return (script->allocator->can & what) != 0;
}

static const char *script_where(const struct script *script)
{
    static char text[160];

    snprintf(text, sizeof text, "%s of %zu bytes, seed %lu, step %u",
             script->allocator->name, script->options.block_bytes,
             script->options.seed, script->step);
    return text;
}

/* ---- looking ---- */

static void script_check_block(const struct script *script,
                               const struct script_block *block, size_t until)
{
    size_t at = pattern_mismatch(block->start, block->birth, 0, until);

    cr_assert(at == until, "%s: byte %zu of %zu at %p was changed",
              script_where(script), at, block->filled, (void *)block->start);
}

static void script_check_stats(const struct script *script)
{
    struct assay_allocator_stats stats;

    script->allocator->stats(script->heap, &stats);
    cr_assert(stats.live_blocks == script->live_blocks,
              "%s: %zu live blocks, expected %zu", script_where(script),
              stats.live_blocks, script->live_blocks);
    cr_assert(stats.peak_bytes >= stats.live_bytes,
              "%s: %zu bytes live, at most %zu", script_where(script),
              stats.live_bytes, stats.peak_bytes);
    size_t bytes = 0;
    for (size_t i = 0; i < script->block_count; i++)
        bytes += script->block[i].bytes;
    cr_assert(stats.live_bytes >= bytes, "%s: %zu bytes live, expected %zu",
              script_where(script), stats.live_bytes, bytes);
    cr_assert(stats.live_blocks > 0 || stats.live_bytes == 0,
              "%s: no block lives, of %zu bytes", script_where(script),
              stats.live_bytes);
}

static void script_check_heap(const struct script *script)
{
    if (script_can(script, ASSAY_ALLOCATOR_VERIFY)) {
        const char *fault = script->allocator->verify(script->heap);

        cr_assert(!fault, "%s: %s", script_where(script), fault);
    }
    if (script_can(script, ASSAY_ALLOCATOR_STATS))
        script_check_stats(script);
}

void script_check(struct script *script)
{
    for (size_t i = 0; i < script->block_count; i++)
        script_check_block(script, &script->block[i], script->block[i].filled);
    const char *misuse = counting_backend_misuse(&script->backend);
    cr_assert(!misuse, "%s: %s", script_where(script), misuse);
}

/* ---- what may be asked, and what must be refused ---- */

static bool script_must_refuse(const struct script *script, size_t bytes,
                               size_t align)
{
    const struct assay_allocator *allocator = script->allocator;
    const struct script_options *options = &script->options;

    if (align > allocator->align_max || bytes >= PTRDIFF_MAX)
        return true;
    if (allocator->size_max != 0 && bytes > allocator->size_max)
        return true;
    if (script_can(script, ASSAY_ALLOCATOR_FIXED) &&
        bytes > options->block_bytes)
        return true;
    return script_can(script, ASSAY_ALLOCATOR_BOUNDED) &&
           script->live_blocks >= options->capacity;
}

static size_t script_draw_bytes(struct script *script)
{
    static const uint32_t ranges[] = { 20, 64, 600, 600, 5000, 40000 };
    struct random *random = &script->random;
    size_t block_bytes = script->options.block_bytes;

    if (random_chance(random, 5))
        return SIZE_MAX - random_below(random, 100);
    if (random_chance(random, 5))
        return PTRDIFF_MAX + (size_t)random_below(random, 3);
    if (!script_can(script, ASSAY_ALLOCATOR_FIXED))
        return random_below(random, ranges[random_below(random, 6)]);
    if (random_chance(random, 20))
        return block_bytes + 1 + random_below(random, 20);
    return random_below(random, (uint32_t)block_bytes + 1);
}

static size_t script_draw_align(struct script *script)
{
    struct random *random = &script->random;
    size_t align = (size_t)1 << random_below(random, 6);

    if (random_chance(random, 10))
        return 2 * script->allocator->align_max;
    if (random_chance(random, 50))
        align = (size_t)1 << random_below(random, 14);
    return align <= script->allocator->align_max ? align : 1;
}

/* ---- requests ---- */

static void script_fill(struct script *script, struct script_block *block)
{
    const struct assay_allocator *allocator = script->allocator;

    block->filled = block->bytes;
    if (script_can(script, ASSAY_ALLOCATOR_USABLE)) {
        size_t usable = allocator->usable_bytes(script->heap, block->start);

        cr_assert(usable >= block->bytes, "%s: %zu bytes usable of %zu",
                  script_where(script), usable, block->bytes);
        block->filled = usable;
    }
    pattern_fill(block->start, block->birth, 0, block->filled);
}

static void script_check_zeroed(const struct script *script,
                                const struct script_block *block)
{
    for (size_t i = 0; i < block->bytes; i++)
        cr_assert(block->start[i] == 0, "%s: byte %zu of %zu is not zero",
                  script_where(script), i, block->bytes);
}

static void script_check_place(const struct script *script,
                               const struct script_block *block, size_t align)
{
    const struct assay_allocator *allocator = script->allocator;
    size_t last = block->bytes == 0 ? 0 : block->bytes - 1;

    if (align < allocator->align_min)
        align = allocator->align_min;
    cr_assert((uintptr_t)block->start % align == 0,
              "%s: %p is not aligned to %zu", script_where(script),
              (void *)block->start, align);
    if (script_can(script, ASSAY_ALLOCATOR_OWNS))
        cr_assert(allocator->owns(script->heap, block->start) &&
                      allocator->owns(script->heap, block->start + last) &&
                      !allocator->owns(script->heap, script),
                  "%s: owns() is not true", script_where(script));
    for (size_t i = 0; block->bytes == 0 && i < script->block_count; i++)
        cr_assert(script->block[i].start != block->start ||
                      &script->block[i] == block,
                  "%s: an empty block is not of its own", script_where(script));
}

struct script_block *script_alloc(struct script *script, size_t bytes,
                                  size_t align)
{
    bool must_refuse = script_must_refuse(script, bytes, align);
    size_t refusals = script->backend.refusals;
    void *start = script->allocator->alloc(script->heap, bytes, align);

    cr_assert(!(start && must_refuse), "%s: %zu bytes at %zu were not refused",
              script_where(script), bytes, align);
    if (!start) {
        cr_assert(must_refuse || script->backend.refusals > refusals,
                  "%s: no %zu bytes at %zu", script_where(script), bytes,
                  align);
        return NULL;
    }
    struct script_block *block = &script->block[script->block_count++];
    *block = (struct script_block){ start, bytes, 0, script->births++ };
    script->live_blocks++;
    script_check_place(script, block, align);
    if (script_can(script, ASSAY_ALLOCATOR_ZEROED))
        script_check_zeroed(script, block);
    script_fill(script, block);
    return block;
}

/* The newest, the oldest, or any. */
static size_t script_draw_block(struct script *script)
{
    uint32_t order = random_below(&script->random, 3);
    size_t chosen =
        random_below(&script->random, (uint32_t)script->block_count);

    for (size_t i = 0; order != 0 && i < script->block_count; i++) {
        bool older = script->block[i].birth < script->block[chosen].birth;

        if (older == (order == 1))
            chosen = i;
    }
    return chosen;
}

static void script_forget(struct script *script, size_t index)
{
    script->block[index] = script->block[--script->block_count];
}

static void script_free(struct script *script)
{
    size_t index = script_draw_block(script);
    struct script_block *block = &script->block[index];

    script_check_block(script, block, block->filled);
    script->allocator->free(script->heap, block->start);
    script_forget(script, index);
    script->live_blocks--;
}

static void script_resize(struct script *script)
{
    size_t index = script_draw_block(script);
    struct script_block *block = &script->block[index];
    size_t bytes = script_draw_bytes(script);
    size_t kept = bytes < block->bytes ? bytes : block->bytes;
    size_t refusals = script->backend.refusals;
    bool must_refuse = bytes >= PTRDIFF_MAX;

    script_check_block(script, block, block->filled);
    unsigned char *start = script->allocator->resize(script->heap, block->start,
                                                     block->bytes, bytes);
    cr_assert(!(start && must_refuse), "%s: resize to %zu was not refused",
              script_where(script), bytes);
    if (!start) {
        cr_assert(must_refuse || script->backend.refusals > refusals,
                  "%s: no resize to %zu bytes", script_where(script), bytes);
        return;
    }
    struct script_block moved = { start, bytes, 0, block->birth };
    script_check_block(script, &moved, kept);
    if (start != block->start)
        moved.birth = script->births++;
    *block = moved;
    script_check_place(script, block, 1);
    script_fill(script, block);
}

static void script_forget_since(struct script *script, uint64_t birth)
{
    for (size_t i = script->block_count; i-- > 0;)
        if (script->block[i].birth >= birth)
            script_forget(script, i);
}

static void script_mark(struct script *script)
{
    struct script_mark *mark = &script->mark[script->mark_count++];

    mark->mark = script->allocator->mark(script->heap);
    mark->birth = script->births;
    mark->live_blocks = script->live_blocks;
}

static void script_rewind(struct script *script)
{
    size_t index = random_below(&script->random, (uint32_t)script->mark_count);
    const struct script_mark *mark = &script->mark[index];

    script_check(script);
    script->allocator->rewind(script->heap, mark->mark);
    script_forget_since(script, mark->birth);
    script->live_blocks = mark->live_blocks;
    script->mark_count = index + random_below(&script->random, 2);
    script_check(script);
}

static void script_mark_or_rewind(struct script *script)
{
    bool up = script->mark_count == 0 || random_chance(&script->random, 600);

    if (up && script->mark_count < SCRIPT_MARKS)
        script_mark(script);
    else
        script_rewind(script);
}

static void script_reset(struct script *script)
{
    script_check(script);
    script->allocator->reset(script->heap);
    script_forget_since(script, 0);
    script->live_blocks = 0;
    script->mark_count = 0;
}

static void script_make_room(struct script *script)
{
    if (script_can(script, ASSAY_ALLOCATOR_RESET))
        script_reset(script);
    else
        for (size_t i = 0; i < SCRIPT_BLOCKS / 2; i++)
            script_free(script);
}

static void script_request(struct script *script)
{
    struct random *random = &script->random;
    uint32_t kind = random_below(random, 1000);
    bool any = script->block_count > 0;

    if (script->block_count == SCRIPT_BLOCKS)
        script_make_room(script);
    else if (kind < 400 && any && script_can(script, ASSAY_ALLOCATOR_FREE))
        script_free(script);
    else if (kind < 550 && any && script_can(script, ASSAY_ALLOCATOR_RESIZE))
        script_resize(script);
    else if (kind < 600 && script_can(script, ASSAY_ALLOCATOR_MARK))
        script_mark_or_rewind(script);
    else if (kind >= 997 && script_can(script, ASSAY_ALLOCATOR_RESET))
        script_reset(script);
    else
        script_alloc(script, script_draw_bytes(script),
                     script_draw_align(script));
}

/* Refusals end with the step that they were drawn for. */
void script_step(struct script *script)
{
    struct random *random = &script->random;
    bool refused = random_chance(random, script->options.refused_share);

    if (refused)
        counting_backend_refuse(&script->backend, random_below(random, 2),
                                1 + random_below(random, 3));
    script_request(script);
    if (refused)
        counting_backend_refuse(&script->backend, 0, 0);
    script_check_heap(script);
    if (++script->step % CHECK_EVERY == 0)
        script_check(script);
}

/* ---- beginning and end ---- */

void script_open(struct script *script, const struct assay_allocator *allocator,
                 const struct script_options *options)
{
    memset(script, 0, sizeof *script);
    script->allocator = allocator;
    script->options = *options;
    script->random = random_stream(options->seed, options->stream);
    counting_backend_init(&script->backend);
    struct assay_allocator_config config = {
        .backend = &script->backend.backend,
        .block_bytes = options->block_bytes,
        .capacity = options->capacity,
    };
    script->heap = allocator->create(&config);
    cr_assert(script->heap, "%s: no heap", script_where(script));
    script_check_heap(script);
}

void script_close(struct script *script)
{
    struct counting_backend *backend = &script->backend;

    script_check(script);
    script->allocator->destroy(script->heap);
    cr_assert(backend->outstanding_pieces == 0,
              "%s: %zu pieces of %zu bytes were not given back",
              script_where(script), backend->outstanding_pieces,
              backend->outstanding_bytes);
    const char *misuse = counting_backend_misuse(backend);
    cr_assert(!misuse, "%s: %s", script_where(script), misuse);
    counting_backend_destroy(backend);
}
