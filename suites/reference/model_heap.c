/* model_heap.c - A1 to A6 of the specification, as plainly as they can be
 * said. The order of arenas is that of 2.5: move right while the neighbour
 * has fewer free pools; later versions find the same place faster. */
#include "model_heap.h"

#include <stdlib.h>
#include <string.h>

enum {
    MODEL_POOLS = 64,
    MODEL_ARENAS = 1024,
    MODEL_BLOCKS = 1024, /* of a pool, at most */
    MODEL_HEADER_BYTES = 48,
    MODEL_LISTED = 4096,
};

struct model_pool {
    int class; /* -1: never used */
    unsigned used;
    unsigned carved;
    unsigned free_count;
    uint16_t free[MODEL_BLOCKS]; /* the newest last */
};

struct model_arena {
    unsigned total;
    unsigned carved;
    unsigned free_count;           /* nfreepools */
    unsigned emptied_count;        /* of these, used before */
    unsigned emptied[MODEL_POOLS]; /* the newest last */
    struct model_pool pool[MODEL_POOLS];
};

struct model_name {
    int arena;
    unsigned pool;
};

struct model_list {
    unsigned count;
    struct model_name name[MODEL_LISTED]; /* the first is [0] */
};

struct model_heap {
    const struct edition *edition;
    enum arena_release release;
    size_t skew_bytes;
    bool refuse;
    unsigned taken;
    unsigned released;
    struct model_arena *arena[MODEL_ARENAS];
    unsigned usable_count;
    int usable[MODEL_ARENAS];
    struct model_list used[OBHEAP_CLASSES_MAX];
};

struct model_heap *model_open(const struct edition *edition,
                              enum arena_release release, size_t skew_bytes)
{
    struct model_heap *model = calloc(1, sizeof *model);

    if (!model)
        abort();
    model->edition = edition;
    model->release = release ? release : edition->release;
    model->skew_bytes = skew_bytes;
    return model;
}

void model_close(struct model_heap *model)
{
    for (unsigned i = 0; i < model->taken; i++)
        free(model->arena[i]);
    free(model);
}

void model_refuse(struct model_heap *model, bool refuse)
{
    model->refuse = refuse;
}

unsigned model_arenas_taken(const struct model_heap *model)
{
    return model->taken;
}

unsigned model_arenas_released(const struct model_heap *model)
{
    return model->released;
}

/* ---- offsets ---- */

static size_t model_first_pool(const struct model_heap *model)
{
    size_t pool_bytes = model->edition->pool_bytes;

    return (pool_bytes - model->skew_bytes % pool_bytes) % pool_bytes;
}

static struct model_place model_place_of(const struct model_heap *model,
                                         struct model_name name, int class,
                                         unsigned block)
{
    size_t bytes = edition_class_bytes(model->edition, (unsigned)class);

    return (struct model_place){ name.arena,
                                 model_first_pool(model) +
                                     name.pool * model->edition->pool_bytes +
                                     MODEL_HEADER_BYTES + block * bytes };
}

static struct model_name model_name_of(const struct model_heap *model,
                                       struct model_place place)
{
    size_t offset = place.offset - model_first_pool(model);

    return (struct model_name){
        place.arena, (unsigned)(offset / model->edition->pool_bytes)
    };
}

static struct model_pool *model_pool(struct model_heap *model,
                                     struct model_name name)
{
    return &model->arena[name.arena]->pool[name.pool];
}

static unsigned model_capacity(const struct model_heap *model, int class)
{
    return (unsigned)((model->edition->pool_bytes - MODEL_HEADER_BYTES) /
                      edition_class_bytes(model->edition, (unsigned)class));
}

/* ---- the list of a class ---- */

static void model_push_front(struct model_list *list, struct model_name name)
{
    if (list->count == MODEL_LISTED)
        abort();
    memmove(list->name + 1, list->name, list->count * sizeof *list->name);
    list->name[0] = name;
    list->count++;
}

static void model_unlist(struct model_list *list, struct model_name name)
{
    unsigned at = 0;

    while (list->name[at].arena != name.arena ||
           list->name[at].pool != name.pool)
        at++;
    list->count--;
    memmove(list->name + at, list->name + at + 1,
            (list->count - at) * sizeof *list->name);
}

/* ---- the order of arenas ---- */

static void model_insert(struct model_heap *model, unsigned at, int arena)
{
    memmove(model->usable + at + 1, model->usable + at,
            (model->usable_count - at) * sizeof *model->usable);
    model->usable[at] = arena;
    model->usable_count++;
}

static void model_remove(struct model_heap *model, unsigned at)
{
    model->usable_count--;
    memmove(model->usable + at, model->usable + at + 1,
            (model->usable_count - at) * sizeof *model->usable);
}

static unsigned model_free_pools(const struct model_heap *model, unsigned at)
{
    return model->arena[model->usable[at]]->free_count;
}

static bool model_take_arena(struct model_heap *model)
{
    struct model_arena *arena;

    if (model->refuse || model->taken == MODEL_ARENAS)
        return false;
    arena = calloc(1, sizeof *arena);
    if (!arena)
        abort();
    arena->total = MODEL_POOLS - (model_first_pool(model) != 0);
    arena->free_count = arena->total;
    for (unsigned i = 0; i < MODEL_POOLS; i++)
        arena->pool[i].class = -1;
    model->arena[model->taken] = arena;
    model_insert(model, 0, (int)model->taken++);
    return true;
}

/* From the first arena of the order: what was emptied last, or what was never
 * used. */
static bool model_take_pool(struct model_heap *model,
                            struct model_name *ret_name)
{
    if (model->usable_count == 0 && !model_take_arena(model))
        return false;
    struct model_arena *arena = model->arena[model->usable[0]];
    ret_name->arena = model->usable[0];
    ret_name->pool = arena->emptied_count > 0
                         ? arena->emptied[--arena->emptied_count]
                         : arena->carved++;
    if (--arena->free_count == 0)
        model_remove(model, 0);
    return true;
}

static bool model_goes_back(const struct model_heap *model, unsigned at)
{
    const struct model_arena *arena = model->arena[model->usable[at]];

    if (arena->free_count < arena->total)
        return false;
    return model->release == ARENA_RELEASE_ALWAYS ||
           (model->release == ARENA_RELEASE_KEEP_LAST &&
            at + 1 < model->usable_count);
}

static void model_release(struct model_heap *model, unsigned at)
{
    int arena = model->usable[at];

    model_remove(model, at);
    free(model->arena[arena]);
    model->arena[arena] = NULL;
    model->released++;
}

static void model_give_pool(struct model_heap *model, struct model_name name)
{
    struct model_arena *arena = model->arena[name.arena];
    unsigned at = 0;

    arena->emptied[arena->emptied_count++] = name.pool;
    if (++arena->free_count == 1) {
        model_insert(model, 0, name.arena);
        return;
    }
    while (model->usable[at] != name.arena)
        at++;
    if (model_goes_back(model, at)) {
        model_release(model, at);
        return;
    }
    model_remove(model, at);
    while (at < model->usable_count &&
           model_free_pools(model, at) < arena->free_count)
        at++;
    model_insert(model, at, name.arena);
}

/* ---- requests ---- */

static void model_cut(struct model_pool *pool, int class)
{
    if (pool->class == class)
        return; /* its free blocks keep their order */
    pool->class = class;
    pool->carved = 0;
    pool->free_count = 0;
}

static bool model_is_full(const struct model_heap *model,
                          const struct model_pool *pool)
{
    return pool->used == model_capacity(model, pool->class);
}

struct model_place model_malloc(struct model_heap *model, size_t bytes)
{
    const struct edition *e = model->edition;
    struct model_place none = { -1, 0 };
    struct model_name name;

    if (bytes == 0 || bytes > e->limit_bytes)
        return none;
    int class = (int)((bytes - 1) / e->step_bytes);
    struct model_list *list = &model->used[class];
    if (list->count == 0) {
        if (!model_take_pool(model, &name))
            return none;
        model_cut(model_pool(model, name), class);
        model_push_front(list, name);
    }
    name = list->name[0];
    struct model_pool *pool = model_pool(model, name);
    unsigned block =
        pool->free_count > 0 ? pool->free[--pool->free_count] : pool->carved++;
    pool->used++;
    if (model_is_full(model, pool))
        model_unlist(list, name);
    return model_place_of(model, name, class, block);
}

void model_free(struct model_heap *model, struct model_place place)
{
    struct model_name name = model_name_of(model, place);
    struct model_pool *pool = model_pool(model, name);
    struct model_place first = model_place_of(model, name, pool->class, 0);
    size_t bytes = edition_class_bytes(model->edition, (unsigned)pool->class);

    if (model_is_full(model, pool))
        model_push_front(&model->used[pool->class], name);
    pool->free[pool->free_count++] =
        (uint16_t)((place.offset - first.offset) / bytes);
    if (--pool->used > 0)
        return;
    model_unlist(&model->used[pool->class], name);
    model_give_pool(model, name);
}

struct model_place model_realloc(struct model_heap *model,
                                 struct model_place place, size_t bytes)
{
    const struct model_pool *pool =
        model_pool(model, model_name_of(model, place));
    size_t room = edition_class_bytes(model->edition, (unsigned)pool->class);

    if (bytes <= room && 4 * bytes > 3 * room)
        return place;
    struct model_place moved = model_malloc(model, bytes);
    model_free(model, place);
    return moved;
}
