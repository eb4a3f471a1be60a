/* typed_blocks.c - the ints and floats of 2.x: an unbounded free list through
 * blocks that only a full collection gives back (2.7's intobject.c).
 *
 * An object is used iff its type is the exact one and its count is not 0:
 * a free one has a link, or NULL, for a type. */
#include "typed_lists.h"

static bool blocks_object_used(const struct typed_number *object,
                               const char *type)
{
    return object->head.type == type && object->head.references != 0;
}

static void blocks_push(struct typed_blocks *blocks,
                        struct typed_object *object)
{
    object->references = 0;
    object->type = blocks->free;
    blocks->free = object;
    blocks->free_count++;
}

/* Linked from the front, so that the last object of a block is given out
 * first and addresses fall (fill_free_list). */
static bool blocks_fill(struct typed_lists *lists, struct typed_blocks *blocks)
{
    struct typed_block *block =
        lists->raw.malloc(lists->raw.context, sizeof *block);
    if (!block)
        return false;
    block->next = blocks->blocks;
    blocks->blocks = block;
    blocks->block_count++;
    for (size_t i = 0; i < TYPED_BLOCK_OBJECTS; i++)
        blocks_push(blocks, &block->object[i].head);
    return true;
}

struct typed_object *typed_blocks_alloc(struct typed_lists *lists,
                                        enum typed_kind kind)
{
    struct typed_blocks *blocks = typed_blocks_of(lists, kind);
    if (!blocks->free && !blocks_fill(lists, blocks))
        return NULL;
    struct typed_object *object = blocks->free;
    blocks->free = (struct typed_object *)object->type;
    blocks->free_count--;
    object->references = 1;
    object->type = &lists->exact[kind];
    return object;
}

void typed_blocks_free(struct typed_lists *lists, enum typed_kind kind,
                       struct typed_object *object)
{
    blocks_push(typed_blocks_of(lists, kind), object);
}

static size_t blocks_count_used(const struct typed_block *block,
                                const char *type)
{
    size_t used = 0;
    for (size_t i = 0; i < TYPED_BLOCK_OBJECTS; i++)
        used += blocks_object_used(&block->object[i], type);
    return used;
}

static void blocks_keep(struct typed_blocks *blocks, struct typed_block *block,
                        const char *type)
{
    block->next = blocks->blocks;
    blocks->blocks = block;
    blocks->block_count++;
    for (size_t i = 0; i < TYPED_BLOCK_OBJECTS; i++)
        if (!blocks_object_used(&block->object[i], type))
            blocks_push(blocks, &block->object[i].head);
}

/* The order of the blocks is turned round each time, as CPython does it. */
size_t typed_blocks_clear(struct typed_lists *lists, enum typed_kind kind)
{
    struct typed_blocks *blocks = typed_blocks_of(lists, kind);
    const char *type = &lists->exact[kind];
    struct typed_block *next, *block = blocks->blocks;
    size_t used_total = 0;
    *blocks = (struct typed_blocks){ 0 };
    for (; block; block = next) {
        next = block->next;
        size_t used = blocks_count_used(block, type);
        if (used > 0)
            blocks_keep(blocks, block, type);
        else
            lists->raw.free(lists->raw.context, block);
        used_total += used;
    }
    return used_total;
}

void typed_blocks_destroy(struct typed_lists *lists, enum typed_kind kind)
{
    struct typed_blocks *blocks = typed_blocks_of(lists, kind);
    struct typed_block *next;
    for (struct typed_block *block = blocks->blocks; block; block = next) {
        next = block->next;
        lists->raw.free(lists->raw.context, block);
    }
    *blocks = (struct typed_blocks){ 0 };
}

/* ---- the ints that are made at start-up and never die (_PyInt_Init) ---- */

bool typed_small_ints_create(struct typed_lists *lists)
{
    for (int i = 0; i < TYPED_SMALL_INTS; i++) {
        struct typed_object *object = typed_blocks_alloc(lists, TYPED_INT);
        if (!object)
            return false;
        lists->small_int[i] = (struct typed_number *)object;
        lists->small_int[i]->value = TYPED_SMALL_INT_FIRST + i;
    }
    return true;
}

bool typed_is_small_int(const struct typed_lists *lists,
                        const struct typed_object *object)
{
    long value = ((const struct typed_number *)object)->value;
    if (value < TYPED_SMALL_INT_FIRST || value > TYPED_SMALL_INT_LAST)
        return false;
    const struct typed_number *shared =
        lists->small_int[value - TYPED_SMALL_INT_FIRST];
    return shared && &shared->head == object;
}

void *typed_small_int(struct typed_lists *lists, long value)
{
    if (value < TYPED_SMALL_INT_FIRST || value > TYPED_SMALL_INT_LAST)
        return NULL;
    struct typed_number *shared =
        lists->small_int[value - TYPED_SMALL_INT_FIRST];
    if (shared)
        shared->head.references++;
    return shared;
}
