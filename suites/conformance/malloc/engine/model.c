/* model.c - what a script's blocks are, apart from the subject. */
#include "engine/model.h"

#include <errno.h>
#include <string.h>

#include "tools/blocks.h"

int model_create(struct model *ret_model, unsigned looks)
{
    *ret_model = (struct model){
        .looks = looks,
        .tells_usable = subject_has("malloc_usable_size"),
        .held = check_map(SCRIPT_SLOTS_MAX * sizeof(struct held)),
        .next_key = 1,
    };
    return ret_model->held == NULL ||
                   interval_set_create(&ret_model->live,
                                       SCRIPT_SLOTS_MAX + 1) != 0
               ? -1
               : 0;
}

static void *model_ask(const struct operation *operation)
{
    void *block = NULL;

    switch (operation->kind) {
    case OPERATION_CALLOC:
        return subject->calloc(operation->other, operation->size);
    case OPERATION_ALIGNED_ALLOC:
        return subject->aligned_alloc(operation->other, operation->size);
    case OPERATION_MEMALIGN:
        return subject->memalign(operation->other, operation->size);
    case OPERATION_POSIX_MEMALIGN:
        return subject->posix_memalign(&block, operation->other,
                                       operation->size) == 0
                   ? block
                   : NULL;
    default:
        return subject->malloc(operation->size);
    }
}

/* A request for nothing may be answered with any address. */
static size_t model_alignment(const struct operation *operation, size_t size)
{
    size_t weak = weak_alignment(size);

    if (size == 0 || operation->kind == OPERATION_CALLOC ||
        operation->kind == OPERATION_MALLOC ||
        operation->kind == OPERATION_REALLOC)
        return weak;
    return operation->other > weak ? operation->other : weak;
}

static void model_look_alignment(struct model *model,
                                 const struct operation *operation,
                                 const struct owned *owned)
{
    size_t alignment = model_alignment(operation, owned->size);

    if ((model->looks & LOOK_ALIGNMENT) != 0 &&
        off_by(owned->block, alignment) != 0)
        complain(&model->complaint, "p%u of %zu bytes at %p is off by %zu",
                 operation->slot, owned->size, (void *)owned->block,
                 off_by(owned->block, alignment));
}

static void model_look_usable(struct model *model, uint32_t slot)
{
    struct held *held = &model->held[slot];
    size_t usable;

    if (!model->tells_usable || held->owned.block == NULL)
        return;
    usable = subject->malloc_usable_size(held->owned.block);
    if ((model->looks & LOOK_USABLE) != 0 && usable != held->usable)
        complain(&model->complaint,
                 "p%u of %zu bytes: usable were %zu bytes, now %zu", slot,
                 held->owned.size, held->usable, usable);
}

/* Makes the block one of the live ones, or complains of whom it overlaps. */
static void model_insert(struct model *model, uint32_t slot)
{
    struct held *held = &model->held[slot];
    struct interval range = {
        .start = (uintptr_t)held->owned.block,
        .span =
            held->usable > held->owned.size ? held->usable : held->owned.size,
        .size = held->owned.size,
        .id = slot,
    };
    const struct interval *other;

    range.span += range.span == 0;
    other = interval_overlapping(&model->live, range.start, range.span);
    if (other == NULL) {
        interval_insert(&model->live, &range);
        return;
    }
    if ((model->looks & LOOK_OVERLAP) != 0)
        complain(&model->complaint,
                 "p%u of %zu bytes (usable %zu) at %p overlaps p%u of %zu "
                 "(usable %zu) at %p",
                 slot, held->owned.size, range.span, (void *)range.start,
                 (unsigned)other->id, other->size, other->span,
                 (void *)other->start);
}

/* The subject gave `block` for this operation. */
static void model_take(struct model *model, const struct operation *operation,
                       void *block, size_t size)
{
    struct held *held = &model->held[operation->slot];

    if (operation->slot >= model->slots)
        model->slots = operation->slot + 1;
    held->owned = (struct owned){ block, size, model->next_key++ };
    if (block == NULL) {
        if (size != 0)
            complain(&model->complaint, "p%u: %zu bytes were refused",
                     operation->slot, size);
        return;
    }
    held->usable =
        model->tells_usable ? subject->malloc_usable_size(block) : size;
    if ((model->looks & LOOK_USABLE) != 0 && held->usable < size)
        complain(&model->complaint, "p%u of %zu bytes: usable are %zu",
                 operation->slot, size, held->usable);
    model_look_alignment(model, operation, &held->owned);
    model_insert(model, operation->slot);
    if (!complained(&model->complaint))
        owned_fill(&held->owned);
}

static bool model_look_at(struct model *model, uint32_t slot, size_t first)
{
    if ((model->looks & LOOK_CONTENTS) == 0)
        return true;
    return owned_look_first(&model->held[slot].owned, first, &model->complaint);
}

static void model_free(struct model *model, uint32_t slot)
{
    struct owned *owned = &model->held[slot].owned;
    struct interval range;

    if (owned->block == NULL || !model_look_at(model, slot, owned->size))
        return;
    interval_remove(&model->live, (uintptr_t)owned->block, &range);
    errno = 0;
    subject->free(owned->block);
    if ((model->looks & LOOK_ERRNO) != 0 && errno != 0)
        complain(&model->complaint, "free(p%u) of %zu bytes left errno %d",
                 slot, owned->size, errno);
    owned->block = NULL;
}

static void model_allocate(struct model *model,
                           const struct operation *operation)
{
    size_t size = operation->size;
    unsigned char *block;
    size_t nonzero;

    model_free(model, operation->slot);
    if (complained(&model->complaint))
        return;
    block = model_ask(operation);
    if (operation->kind == OPERATION_CALLOC) {
        size *= operation->other;
        nonzero = block != NULL && (model->looks & LOOK_ZERO) != 0
                      ? first_nonzero(block, size)
                      : size;
        if (nonzero < size)
            complain(&model->complaint,
                     "p%u of calloc(%zu,%zu): byte %zu is 0x%02x",
                     operation->slot, operation->other, operation->size,
                     nonzero, block[nonzero]);
    }
    model_take(model, operation, block, size);
}

static void model_reallocate(struct model *model,
                             const struct operation *operation)
{
    struct owned *owned = &model->held[operation->slot].owned;
    struct interval range;
    struct owned old = *owned;
    size_t kept = old.size < operation->size ? old.size : operation->size;

    if (old.block == NULL || operation->size == 0 ||
        !model_look_at(model, operation->slot, old.size))
        return;
    interval_remove(&model->live, (uintptr_t)old.block, &range);
    owned->block = subject->realloc(old.block, operation->size);
    if (owned->block != NULL && !model_look_at(model, operation->slot, kept))
        return;
    model_take(model, operation, owned->block, operation->size);
}

/* The live block of the lowest address, or of the highest. */
static void model_free_extreme(struct model *model, bool lowest)
{
    uint32_t best = SCRIPT_SLOTS_MAX;

    for (uint32_t i = 0; i < model->slots; i++)
        if (model->held[i].owned.block != NULL &&
            (best == SCRIPT_SLOTS_MAX ||
             (model->held[i].owned.block < model->held[best].owned.block) ==
                 lowest))
            best = i;
    if (best != SCRIPT_SLOTS_MAX)
        model_free(model, best);
}

bool model_operate(struct model *model, const struct operation *operation)
{
    switch (operation->kind) {
    case OPERATION_REALLOC:
        model_reallocate(model, operation);
        break;
    case OPERATION_USABLE:
        model_look_usable(model, operation->slot);
        break;
    case OPERATION_FREE:
        model_free(model, operation->slot);
        break;
    case OPERATION_FREE_LOWEST:
    case OPERATION_FREE_HIGHEST:
        model_free_extreme(model, operation->kind == OPERATION_FREE_LOWEST);
        break;
    case OPERATION_LOOK:
        model_look(model);
        break;
    default:
        model_allocate(model, operation);
    }
    return !complained(&model->complaint);
}

bool model_look(struct model *model)
{
    for (uint32_t i = 0; i < model->slots; i++)
        if (!model_look_at(model, i, model->held[i].owned.size))
            return false;
    return true;
}

bool model_finish(struct model *model)
{
    for (uint32_t i = 0; i < model->slots; i++)
        model_free(model, i);
    return !complained(&model->complaint);
}
