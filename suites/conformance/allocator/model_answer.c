/* model_answer.c - is this answer right? */
#include <stdint.h>

#include "model.h"
#include "pattern.h"

/* No machine has so much: NULL is right, and so is a block. */
#define BEYOND_MEMORY ((size_t)1 << 40)

size_t model_bytes_max(const struct model *model)
{
    size_t most = subject->size_max != 0 ? subject->size_max : SIZE_MAX;

    if (model_can(ASSAY_ALLOCATOR_FIXED) && model->config.block_bytes < most)
        most = model->config.block_bytes;
    return most;
}

bool model_must_refuse(const struct model *model, size_t bytes, size_t align)
{
    return align > subject->align_max || bytes > PTRDIFF_MAX ||
           bytes > model_bytes_max(model) ||
           (model_can(ASSAY_ALLOCATOR_BOUNDED) &&
            model->count >= model->config.capacity);
}

/* What merges has so many bytes and no more; but without blocks there is no
 * reason to refuse a fourth of them. */
bool model_may_refuse(const struct model *model, size_t bytes,
                      size_t refusals_before)
{
    if (check_backend.refusals > refusals_before || bytes >= BEYOND_MEMORY)
        return true;
    return model_can(ASSAY_ALLOCATOR_MERGES) &&
           (model->count > 0 || bytes > model->config.bytes / 4);
}

static void answer_look_at_place(struct model *model,
                                 const struct model_block *block, size_t align)
{
    if (align < subject->align_min)
        align = subject->align_min;
    if ((uintptr_t)block->start % align != 0)
        model_note(model, "%p, of %zu bytes, is not aligned to %zu",
                   (void *)block->start, block->bytes, align);
    if (model_can(ASSAY_ALLOCATOR_BACKEND) &&
        !counting_backend_holds(&check_backend, block->start, block->bytes))
        model_note(model,
                   "%p, of %zu bytes, does not lie within one piece of the "
                   "backend",
                   (void *)block->start, block->bytes);
}

/* A block of no bytes is one of its own all the same. */
static size_t answer_span(const struct model_block *block)
{
    return block->filled > 0 ? block->filled : 1;
}

static void answer_look_at_neighbours(struct model *model,
                                      const struct model_block *block)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct model_block *other = &model->block[i];

        if (other == block ||
            block->start >= other->start + answer_span(other) ||
            other->start >= block->start + answer_span(block))
            continue;
        model_note(model, "%p, of %zu bytes, overlaps %p, of %zu, which lives",
                   (void *)block->start, block->filled, (void *)other->start,
                   other->filled);
        return;
    }
}

static void answer_look_at_owner(struct model *model,
                                 const struct model_block *block)
{
    const unsigned char *last =
        block->start + (block->bytes > 0 ? block->bytes - 1 : 0);

    if (!model_can(ASSAY_ALLOCATOR_OWNS))
        return;
    if (!subject->owns(model->heap, block->start) ||
        !subject->owns(model->heap, last))
        model_note(model, "owns() is false of %p, of %zu bytes, which lives",
                   (void *)block->start, block->bytes);
}

static size_t answer_usable(struct model *model,
                            const struct model_block *block)
{
    size_t usable = block->bytes;

    if (model_can(ASSAY_ALLOCATOR_USABLE))
        usable = subject->usable_bytes(model->heap, block->start);
    if (usable < block->bytes)
        model_note(model, "%zu bytes are usable at %p, and %zu were requested",
                   usable, (void *)block->start, block->bytes);
    return usable;
}

void model_accept(struct model *model, struct model_block *block, size_t align)
{
    block->filled = answer_usable(model, block);
    answer_look_at_place(model, block, align);
    answer_look_at_owner(model, block);
    answer_look_at_neighbours(model, block);
    if (model->wrong[0] == '\0')
        pattern_fill(block->start, block->key, 0, block->filled);
}
