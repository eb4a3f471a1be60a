/* side_reference.c - nodes of the reference. */
#include <assay/gc.h>
#include <assay/types.h>
#include <stdlib.h>

#include "random.h"
#include "side.h"

const char *const side_name = "reference";

static struct gc *gc;
static struct object_type *type;

void side_open(void)
{
    static const char *const slots[] = { "a", "b" };
    struct node_kind kind = { "node", slots, SIDE_SLOTS, false, { 0 } };
    gc = gc_create(NULL);
    type = gc ? node_type_new(gc, &kind) : NULL;
    if (!type)
        side_give_up("there is no memory for a collector");
    gc_disable(gc);
}

void *side_node(intptr_t id)
{
    struct object *node = node_new(type, (int)id);
    if (!node)
        side_give_up("there is no memory for a node");
    return node;
}

void side_set(void *node, unsigned slot, void *value)
{
    node_set_slot(node, slot, value);
}

void side_drop(void *node)
{
    object_decref(node);
}

size_t side_collect(void)
{
    return (size_t)gc_collect(gc, GC_OLDEST);
}

void side_set_automatic(bool on)
{
    if (on)
        gc_enable(gc);
    else
        gc_disable(gc);
}

void side_state(struct side_state *ret_state)
{
    struct gc_stats stats[GC_GENERATIONS];
    size_t count = gc_objects(gc, GC_ALL_GENERATIONS, NULL, 0);
    size_t pending, total;
    struct object **objects = calloc(count + 1, sizeof *objects);
    if (!objects)
        side_give_up("there is no memory for a look at the lists");
    gc_objects(gc, GC_ALL_GENERATIONS, objects, count);
    ret_state->live = count;
    for (size_t i = 0; i < count; i++)
        ret_state->digest =
            digest_add(ret_state->digest, (uint64_t)node_id(objects[i]));
    free(objects);
    gc_stats(gc, stats);
    gc_counts(gc, ret_state->count);
    gc_long_lived(gc, &pending, &total);
    ret_state->pending = pending;
    ret_state->total = total;
    for (int i = 0; i < GC_GENERATIONS; i++) {
        ret_state->collections[i] = stats[i].collections;
        ret_state->collected += stats[i].collected;
    }
}
