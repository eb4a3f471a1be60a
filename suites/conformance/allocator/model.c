/* model.c - the account: what is asked of the plug-in, and what follows. */
#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pattern.h"

bool model_can(uint32_t bits)
{
    return (subject->can & bits) == bits;
}

void model_note(struct model *model, const char *format, ...)
{
    va_list arguments;

    if (model->wrong[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(model->wrong, sizeof(model->wrong), format, arguments);
    va_end(arguments);
}

static bool model_is_wrong(const struct model *model)
{
    return model->wrong[0] != '\0';
}

/* ---- beginning and end ---- */

/* For a heap that merges: a power of two with room for all of it twice. */
static size_t model_arena_bytes(size_t block_bytes, size_t capacity)
{
    size_t bytes = MIB;

    while (bytes / 4 / (block_bytes + 16) < capacity && bytes < 64 * MIB)
        bytes *= 2;
    return bytes;
}

static struct assay_allocator_config model_config(size_t block_bytes,
                                                  size_t capacity)
{
    struct assay_allocator_config config = { .backend =
                                                 &check_backend.backend };

    if (model_can(ASSAY_ALLOCATOR_FIXED))
        config.block_bytes = block_bytes;
    if (model_can(ASSAY_ALLOCATOR_BOUNDED))
        config.capacity = capacity;
    if (model_can(ASSAY_ALLOCATOR_MERGES))
        config.bytes = model_arena_bytes(block_bytes, capacity);
    return config;
}

bool model_open(struct model *model, size_t block_bytes, size_t capacity)
{
    struct model_block *block = model->block;
    bool watches_stats = model->watches_stats;

    if (block == NULL)
        block = check_map(MODEL_BLOCKS * sizeof(*block));
    *model = (struct model){ .config = model_config(block_bytes, capacity),
                             .block = block,
                             .pieces_beside = check_backend.outstanding_pieces,
                             .watches_stats = watches_stats };
    if (block == NULL)
        model_note(model, "the check has no memory for its account");
    else if ((model->heap = subject->create(&model->config)) == NULL)
        model_note(model,
                   "create() gives no heap (block_bytes %zu, capacity "
                   "%zu, bytes %zu)",
                   model->config.block_bytes, model->config.capacity,
                   model->config.bytes);
    return model->heap != NULL;
}

static void model_look_behind(struct model *model, size_t pieces_before)
{
    const char *misuse = counting_backend_misuse(&check_backend);

    if (misuse != NULL)
        model_note(model, "the backend was misused: %s", misuse);
    if (model_can(ASSAY_ALLOCATOR_BACKEND) && !model->shares_backend &&
        check_backend.outstanding_pieces > pieces_before)
        model_note(
            model,
            "destroy() kept %zu pieces of the backend; %zu bytes are out",
            check_backend.outstanding_pieces - pieces_before,
            check_backend.outstanding_bytes);
}

void model_close(struct model *model)
{
    if (model->heap == NULL)
        return;
    model_look(model);
    if (model_is_wrong(model))
        return; /* a broken heap might crash, and hide what is known */
    subject->destroy(model->heap);
    model->heap = NULL;
    model->count = 0;
    model_look_behind(model, model->pieces_beside);
}

/* ---- requests ---- */

static struct model_block *model_add(struct model *model, void *start,
                                     size_t bytes)
{
    struct model_block *block = &model->block[model->count++];

    *block = (struct model_block){ .start = start,
                                   .bytes = bytes,
                                   .key = model->keys++,
                                   .birth = model->births++ };
    model->requested_bytes += bytes;
    model->counted++;
    return block;
}

static void model_forget(struct model *model, size_t index)
{
    model->requested_bytes -= model->block[index].bytes;
    model->block[index] = model->block[--model->count];
}

static void model_look_at_zeros(struct model *model,
                                const struct model_block *block)
{
    size_t at = model_can(ASSAY_ALLOCATOR_ZEROED)
                    ? first_nonzero(block->start, block->bytes)
                    : block->bytes;

    if (at < block->bytes)
        model_note(model, "byte %zu of a new block of %zu is 0x%02x, not zero",
                   at, block->bytes, block->start[at]);
}

struct model_block *model_alloc(struct model *model, size_t bytes, size_t align)
{
    bool must_refuse = model_must_refuse(model, bytes, align);
    size_t refusals = check_backend.refusals;
    struct model_block *block;
    void *start;

    if (model_is_wrong(model) || model->count == MODEL_BLOCKS)
        return NULL;
    start = subject->alloc(model->heap, bytes, align);
    if (start != NULL && must_refuse)
        model_note(model,
                   "alloc(%zu, %zu) gives %p with %zu blocks alive; it is "
                   "beyond what is promised",
                   bytes, align, start, model->count);
    if (start == NULL && !must_refuse &&
        !model_may_refuse(model, bytes, refusals))
        model_note(model,
                   "alloc(%zu, %zu) gives NULL with %zu blocks alive, and the "
                   "backend refused nothing",
                   bytes, align, model->count);
    if (start == NULL || model_is_wrong(model))
        return NULL;
    block = model_add(model, start, bytes);
    model_look_at_zeros(model, block);
    model_accept(model, block, align);
    return model_is_wrong(model) ? NULL : block;
}

/* Its bytes must be as they were left. */
static void model_look_at(struct model *model, const struct model_block *block,
                          size_t until)
{
    size_t at = pattern_mismatch(block->start, block->key, 0, until);

    if (at < until)
        model_note(model,
                   "byte %zu of the %zu at %p is 0x%02x: somebody else wrote "
                   "there, with %zu blocks alive",
                   at, block->filled, (void *)block->start, block->start[at],
                   model->count);
}

void model_free(struct model *model, size_t index)
{
    struct model_block *block = &model->block[index];

    model_look_at(model, block, block->filled);
    if (model_is_wrong(model))
        return;
    subject->free(model->heap, block->start);
    model_forget(model, index);
    model->counted--;
}

/* `moved` is the block with what resize() gave, its bytes not yet ours. */
static void model_replace(struct model *model, size_t index,
                          struct model_block moved)
{
    struct model_block *block = &model->block[index];
    size_t kept = moved.bytes < block->bytes ? moved.bytes : block->bytes;
    size_t at = pattern_mismatch(moved.start, block->key, 0, kept);

    if (at < kept)
        model_note(model,
                   "resize() from %zu to %zu bytes lost byte %zu: 0x%02x",
                   block->bytes, moved.bytes, at, moved.start[at]);
    if (moved.start != block->start)
        moved.birth = model->births++;
    model->requested_bytes += moved.bytes - block->bytes;
    *block = moved;
    model_accept(model, block, 1);
}

bool model_resize(struct model *model, size_t index, size_t bytes)
{
    struct model_block moved = model->block[index];
    bool must_refuse = bytes > model_bytes_max(model) || bytes > PTRDIFF_MAX;
    size_t refusals = check_backend.refusals;

    model_look_at(model, &moved, moved.filled);
    if (model_is_wrong(model))
        return false;
    moved.start = subject->resize(model->heap, moved.start, moved.bytes, bytes);
    if (moved.start != NULL && must_refuse)
        model_note(model,
                   "resize() to %zu bytes gives %p; it is beyond what "
                   "is promised",
                   bytes, (void *)moved.start);
    if (moved.start == NULL && !must_refuse &&
        !model_may_refuse(model, bytes, refusals))
        model_note(model,
                   "resize() to %zu bytes gives NULL, and the backend "
                   "refused nothing",
                   bytes);
    if (moved.start == NULL || model_is_wrong(model))
        return false;
    moved.bytes = bytes;
    moved.key = model->keys++;
    model_replace(model, index, moved);
    return !model_is_wrong(model);
}

/* ---- many at once ---- */

static void model_forget_since(struct model *model, uint64_t birth)
{
    for (size_t i = model->count; i-- > 0;)
        if (model->block[i].birth >= birth)
            model_forget(model, i);
}

void model_reset(struct model *model)
{
    model_look(model);
    if (model_is_wrong(model))
        return;
    subject->reset(model->heap);
    model_forget_since(model, 0);
    model->counted = 0;
    model->mark_count = 0;
    model_look(model);
}

void model_mark(struct model *model)
{
    struct model_mark *mark = &model->mark[model->mark_count];

    if (model_is_wrong(model) || model->mark_count == MODEL_MARKS)
        return;
    mark->mark = subject->mark(model->heap);
    mark->birth = model->births;
    mark->counted = model->counted;
    model->mark_count++;
}

void model_rewind(struct model *model, size_t index)
{
    model_look(model);
    if (model_is_wrong(model))
        return;
    subject->rewind(model->heap, model->mark[index].mark);
    model_forget_since(model, model->mark[index].birth);
    model->counted = model->mark[index].counted;
    model->mark_count = index + 1;
    model_look(model);
}

/* ---- looking ---- */

static void model_look_at_stats(struct model *model)
{
    struct assay_allocator_stats stats;

    subject->stats(model->heap, &stats);
    if (stats.live_bytes > model->peak_seen_bytes)
        model->peak_seen_bytes = stats.live_bytes;
    if (stats.live_blocks != model->counted)
        model_note(model, "stats() says %zu blocks live, and %zu do",
                   stats.live_blocks, model->counted);
    if (stats.live_bytes < model->requested_bytes ||
        (model->counted == 0 && stats.live_bytes != 0))
        model_note(model,
                   "stats() says %zu bytes live, in %zu blocks of which %zu "
                   "were requested",
                   stats.live_bytes, model->count, model->requested_bytes);
    if (stats.peak_bytes < model->peak_seen_bytes)
        model_note(model, "stats() says %zu bytes at most, and said %zu before",
                   stats.peak_bytes, model->peak_seen_bytes);
}

void model_look_stats(struct model *model)
{
    if (model->watches_stats && model_can(ASSAY_ALLOCATOR_STATS) &&
        !model_is_wrong(model))
        model_look_at_stats(model);
}

void model_look(struct model *model)
{
    const char *misuse, *fault = NULL;

    for (size_t i = 0; i < model->count && !model_is_wrong(model); i++)
        model_look_at(model, &model->block[i], model->block[i].filled);
    if (model_is_wrong(model))
        return;
    if (model_can(ASSAY_ALLOCATOR_VERIFY))
        fault = subject->verify(model->heap);
    if (fault != NULL)
        model_note(model, "verify() says: %s", fault);
    misuse = counting_backend_misuse(&check_backend);
    if (misuse != NULL)
        model_note(model, "the backend was misused: %s", misuse);
    model_look_stats(model);
}
