/* plain_gc_heap.c - the plain collector's heap begins and ends. */
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
        parts_give(&heap->parts, o, plain_bytes(o->slots, o->bytes));
    }
    parts_types_end(&heap->parts);
    if (!PLANTED(end_leaks))
        parts_roots_end(&heap->parts, &heap->roots);
}

struct assay_heap *plain_create(const struct assay_collector_config *config)
{
    struct assay_heap *heap =
        config->backend->take(config->backend->context, sizeof(*heap), 16);

    if (heap == NULL)
        return NULL;
    *heap = (struct assay_heap){ .parts = { .backend = config->backend },
                                 .threshold = { 700, 10 },
                                 .process = getpid() };
    return heap;
}

void plain_destroy(struct assay_heap *heap)
{
    heap->collecting = true;
    finalize_rest(heap);
    free_rest(heap);
    parts_give(&heap->parts, heap, sizeof(*heap));
}
