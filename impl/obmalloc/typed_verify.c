/* typed_verify.c - the walker of the typed free lists.
 *
 * A free object has a count of 0. The walker marks each by another value as it
 * comes by it, so that one that is met twice, in whatever lists, is seen; and
 * it takes the marks off before it returns. It follows links that it has not
 * checked: a list that leads to memory that is not ours may end it. */
#include "typed_lists.h"

#define MARK INTPTR_MIN

static struct fault verify_object(const struct typed_object *object,
                                  size_t tuple_items)
{
    const struct typed_sized *sized = (const struct typed_sized *)object;
    if (object->references == MARK)
        return fault_at("object is in the lists twice", object, 0, 0);
    if (object->references != 0)
        return fault_at("object of a list is in use", object,
                        (size_t)object->references, 0);
    if (tuple_items > 0 && sized->items != tuple_items)
        return fault_at("tuple is in the list of another length", object,
                        sized->items, tuple_items);
    return FAULT_NONE;
}

/* Marks, and checks, as many as there should be and not one more. */
static struct fault verify_chain(struct typed_object *first, size_t count,
                                 size_t tuple_items)
{
    struct typed_object *object = first;
    for (size_t i = 0; i < count; i++) {
        if (!object)
            return fault_at("list is shorter than its count", first, i, count);
        struct fault fault = verify_object(object, tuple_items);
        if (fault.what)
            return fault;
        object->references = MARK;
        object = (struct typed_object *)object->type;
    }
    if (object)
        return fault_at("list is longer than its count", first, count + 1,
                        count);
    return FAULT_NONE;
}

static void unmark_chain(struct typed_object *first)
{
    struct typed_object *object = first;
    while (object && object->references == MARK) {
        object->references = 0;
        object = (struct typed_object *)object->type;
    }
}

static struct fault verify_list(const struct typed_lists *lists,
                                enum typed_kind kind,
                                const struct typed_list *list,
                                size_t tuple_items)
{
    if (list->count > typed_rule(lists, kind)->limit)
        return fault_at("list is longer than its limit", list, list->count,
                        typed_rule(lists, kind)->limit);
    return verify_chain(list->first, list->count, tuple_items);
}

/* ---- blocks of 2.x ---- */

/* Every object must be used or marked. The marked ones found must be as many
 * as the list has: then none of these lies elsewhere. */
static struct fault verify_block(const struct typed_block *block,
                                 const char *type, size_t *marked)
{
    for (size_t i = 0; i < TYPED_BLOCK_OBJECTS; i++) {
        const struct typed_object *object = &block->object[i].head;
        bool used = object->type == type && object->references != 0;
        if (object->references == MARK)
            (*marked)++;
        else if (!used)
            return fault_at("object of a block is neither used nor free",
                            object, i, 0);
    }
    return FAULT_NONE;
}

static struct fault verify_blocks(struct typed_lists *lists,
                                  enum typed_kind kind)
{
    const struct typed_blocks *blocks = typed_blocks_of(lists, kind);
    size_t marked = 0, count = 0;
    struct fault fault = verify_chain(blocks->free, blocks->free_count, 0);
    for (const struct typed_block *b = blocks->blocks; b; b = b->next) {
        if (fault.what)
            return fault;
        if (count++ == blocks->block_count)
            break;
        fault = verify_block(b, &lists->exact[kind], &marked);
    }
    if (!fault.what && count != blocks->block_count)
        return fault_at("blocks are not as many as counted", blocks, count,
                        blocks->block_count);
    if (!fault.what && marked != blocks->free_count)
        return fault_at("free object lies in no block", blocks, marked,
                        blocks->free_count);
    return fault;
}

static struct fault verify_small_ints(const struct typed_lists *lists)
{
    for (int i = 0; i < TYPED_SMALL_INTS; i++) {
        const struct typed_number *number = lists->small_int[i];
        if (number->head.references <= 0 ||
            number->head.type != &lists->exact[TYPED_INT] ||
            number->value != TYPED_SMALL_INT_FIRST + i)
            return fault_at("small int has died", number, (size_t)i, 0);
    }
    return FAULT_NONE;
}

/* ---- the whole ---- */

static struct fault verify_marking(struct typed_lists *lists)
{
    struct fault fault = FAULT_NONE;
    for (unsigned kind = 0; kind < TYPED_KINDS && !fault.what; kind++) {
        if (typed_rule(lists, kind)->scheme == TYPED_BLOCKED)
            fault = verify_blocks(lists, kind);
        else
            fault = verify_list(lists, kind, &lists->list[kind], 0);
    }
    for (size_t i = 1; i <= TYPED_TUPLE_MAX && !fault.what; i++)
        fault = verify_list(lists, TYPED_TUPLE, &lists->tuple[i], i);
    if (!fault.what && lists->small_int[0])
        fault = verify_small_ints(lists);
    return fault;
}

struct fault typed_verify(struct typed_lists *lists)
{
    struct fault fault = verify_marking(lists);
    for (unsigned kind = 0; kind < TYPED_KINDS; kind++)
        unmark_chain(lists->list[kind].first);
    for (size_t i = 1; i <= TYPED_TUPLE_MAX; i++)
        unmark_chain(lists->tuple[i].first);
    unmark_chain(lists->ints.free);
    unmark_chain(lists->floats.free);
    return fault;
}
