/* inspect_types.c - memory in use by type. */
#include "inspect_heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- sums ---- */

struct type_sought {
    const struct inspect_sums *among;
    const struct object_type *type;
};

static bool type_is_sought(const void *context, uint32_t item)
{
    const struct type_sought *sought = context;
    return sought->among->item[item].type == sought->type;
}

static uint32_t type_hash(const struct object_type *type)
{
    return trace_hash(1, (uintptr_t)type);
}

const struct inspect_sum *inspect_sum_find(const struct inspect_sums *sums,
                                           const struct object_type *type)
{
    struct type_sought sought = { sums, type };
    uint32_t found = trace_index_find(&sums->index, type_hash(type),
                                      type_is_sought, &sought);
    return found == TRACE_NONE ? NULL : &sums->item[found];
}

static struct inspect_sum *sum_of(struct inspect_sums *sums,
                                  const struct object_type *type)
{
    struct type_sought sought = { sums, type };
    uint32_t found = trace_index_find(&sums->index, type_hash(type),
                                      type_is_sought, &sought);
    if (found != TRACE_NONE)
        return &sums->item[found];
    struct inspect_sum *grown =
        trace_array_grow(sums->item, sums->count, &sums->room, sizeof grown[0]);
    if (!grown)
        return NULL;
    sums->item = grown;
    if (!trace_index_add(&sums->index, type_hash(type), (uint32_t)sums->count))
        return NULL;
    grown[sums->count] = (struct inspect_sum){ type, 0, 0 };
    return &grown[sums->count++];
}

int inspect_sum_up(const struct inspect_heap *heap, struct inspect_sums *ret)
{
    struct inspect_sums sums = { 0 };
    for (size_t i = 0; i < heap->count; i++) {
        struct inspect_sum *sum = sum_of(&sums, heap->object[i].type);
        if (!sum) {
            inspect_sums_end(&sums);
            return -ENOMEM;
        }
        sum->count++;
        sum->bytes += heap->object[i].bytes;
    }
    *ret = sums;
    return 0;
}

void inspect_sums_end(struct inspect_sums *sums)
{
    memory_system.free(NULL, sums->item);
    trace_index_end(&sums->index);
    *sums = (struct inspect_sums){ 0 };
}

/* ---- what callers see ---- */

static int order_types(const void *left, const void *right)
{
    const struct inspect_type *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->name, b->name);
}

static int types_of(const struct inspect_sums *sums, struct inspect_types *ret)
{
    struct inspect_types types = { .count = sums->count };
    types.item =
        memory_system.calloc(NULL, sums->count + 1, sizeof types.item[0]);
    if (!types.item)
        return -ENOMEM;
    for (size_t i = 0; i < sums->count; i++)
        types.item[i] =
            (struct inspect_type){ sums->item[i].type->name,
                                   sums->item[i].count, sums->item[i].bytes };
    qsort(types.item, types.count, sizeof types.item[0], order_types);
    *ret = types;
    return 0;
}

int inspect_types(const struct gc *gc, struct inspect_types *ret)
{
    struct inspect_sums sums = { 0 };
    struct inspect_heap *heap = inspect_heap_create(gc);
    int error = heap ? inspect_sum_up(heap, &sums) : -ENOMEM;
    if (!error)
        error = types_of(&sums, ret);
    inspect_sums_end(&sums);
    inspect_heap_destroy(heap);
    return error;
}

void inspect_types_end(struct inspect_types *types)
{
    memory_system.free(NULL, types->item);
    *types = (struct inspect_types){ 0 };
}

void inspect_types_print(const struct inspect_types *types, FILE *file)
{
    size_t count = 0, bytes = 0;
    fprintf(file, "%-24s %12s %14s\n", "type", "objects", "bytes");
    for (size_t i = 0; i < types->count; i++) {
        const struct inspect_type *type = &types->item[i];
        fprintf(file, "%-24s %12zu %14zu\n", type->name, type->count,
                type->bytes);
        count += type->count;
        bytes += type->bytes;
    }
    fprintf(file, "%-24s %12zu %14zu\n", "all", count, bytes);
}
