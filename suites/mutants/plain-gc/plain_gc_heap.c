/* plain_gc_heap.c - the plain collector's heap begins, knows kinds, and ends.
 */
#include <unistd.h>

#include "plain_gc.h"

static void finalize_rest(struct assay_heap *heap)
{
    if (PLANTED(end_unfinalized))
        return;
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        if (o->kind != NULL && o->kind->finalize != NULL &&
            (!o->finalized || PLANTED(end_finalizes_again))) {
            o->finalized = true;
            o->kind->finalize(o->kind->context, heap, o);
        }
}

static void free_rest(struct assay_heap *heap)
{
    struct assay_object *next;

    for (struct assay_object *o = heap->first; o != NULL; o = next) {
        next = o->next;
        if (PLANTED(end_tells))
            plain_tell_end(o);
        plain_give(heap, o, plain_bytes(o->slots, o->bytes));
    }
    for (unsigned i = 0; i < heap->types; i++)
        plain_give(heap, heap->type[i], sizeof(*heap->type[i]));
    if (heap->root != NULL && !PLANTED(end_leaks))
        plain_give(heap, heap->root, heap->root_room * sizeof(*heap->root));
}

struct assay_heap *plain_create(const struct assay_collector_config *config)
{
    struct assay_heap *heap =
        config->backend->take(config->backend->context, sizeof(*heap), 16);

    if (heap == NULL)
        return NULL;
    *heap = (struct assay_heap){ .backend = config->backend,
                                 .threshold = { 700, 10 },
                                 .process = getpid() };
    return heap;
}

void plain_destroy(struct assay_heap *heap)
{
    heap->collecting = true;
    finalize_rest(heap);
    free_rest(heap);
    plain_give(heap, heap, sizeof(*heap));
}

const struct assay_type *plain_type_add(struct assay_heap *heap,
                                        const struct assay_kind *kind)
{
    struct assay_kind *own;

    if (heap->types == PLAIN_TYPES_MAX)
        return NULL;
    own = plain_take(heap, sizeof(*own));
    if (own == NULL && !PLANTED(type_unchecked))
        return NULL;
    *own = *kind;
    heap->type[heap->types++] = own;
    return (const struct assay_type *)own;
}
