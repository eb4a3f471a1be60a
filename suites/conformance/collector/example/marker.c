/* marker.c - a collector: marks what the roots reach, and sweeps the rest. */
#include <assay/collector.h>
#include <stdlib.h>

struct item {
    struct item *next; /* of all objects */
    struct item *grey; /* of those to be looked into */
    size_t slots, bytes;
    bool marked;
    struct item *slot[]; /* and behind them the payload */
};

struct assay_type {
    const char *name;
};

struct assay_heap {
    struct item *all, *grey, **root;
    size_t roots, room;
    struct assay_type type; /* it asks nothing of any kind */
    struct assay_collector_stats stats;
};

#define ITEM(object) ((struct item *)(object))
#define HANDLE(item) ((struct assay_object *)(item))

static struct assay_heap *create(const struct assay_collector_config *config)
{
    (void)config; /* its memory is malloc's: BACKEND is not claimed */
    return calloc(1, sizeof(struct assay_heap));
}

static const struct assay_type *type_add(struct assay_heap *heap,
                                         const struct assay_kind *kind)
{
    (void)kind;
    return &heap->type;
}

static struct assay_object *new_object(struct assay_heap *heap,
                                       const struct assay_type *type,
                                       size_t slots, size_t bytes)
{
    struct item *item = NULL;

    (void)type;
    if (slots <= 1 << 20 && bytes <= 1 << 30)
        item = calloc(1, sizeof(*item) + slots * sizeof(item) + bytes);
    if (item == NULL)
        return NULL;
    item->next = heap->all, item->slots = slots, item->bytes = bytes;
    heap->all = item;
    heap->stats.live_objects++, heap->stats.generation[0].objects++;
    heap->stats.live_bytes += bytes;
    return HANDLE(item);
}

static void *payload(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return ITEM(object)->bytes > 0 ? &ITEM(object)->slot[ITEM(object)->slots]
                                   : NULL;
}

static struct assay_object *load(struct assay_heap *heap,
                                 struct assay_object *object, size_t slot)
{
    (void)heap;
    return HANDLE(ITEM(object)->slot[slot]);
}

static void store(struct assay_heap *heap, struct assay_object *object,
                  size_t slot, struct assay_object *value)
{
    (void)heap;
    ITEM(object)->slot[slot] = ITEM(value);
}

static bool push(struct assay_heap *heap, struct assay_object *object)
{
    size_t room = heap->room > 0 ? 2 * heap->room : 64;
    struct item **more = heap->root;

    if (heap->roots == heap->room) {
        more = realloc(heap->root, room * sizeof(*more));
        if (more == NULL)
            return false;
        heap->root = more, heap->room = room;
    }
    heap->root[heap->roots++] = ITEM(object);
    return true;
}

static void pop(struct assay_heap *heap, size_t count)
{
    heap->roots -= count;
}

static struct assay_object *root(struct assay_heap *heap, size_t place)
{
    return HANDLE(heap->root[place]);
}

static void set_root(struct assay_heap *heap, size_t place,
                     struct assay_object *object)
{
    heap->root[place] = ITEM(object);
}

static void mark(struct assay_heap *heap, struct item *item)
{
    if (item == NULL || item->marked)
        return;
    item->marked = true;
    item->grey = heap->grey;
    heap->grey = item;
}

static size_t sweep(struct assay_heap *heap)
{
    struct item **at = &heap->all, *item;
    size_t ended = 0;

    while ((item = *at) != NULL)
        if (item->marked) {
            item->marked = false;
            at = &item->next;
        } else {
            *at = item->next;
            heap->stats.live_bytes -= item->bytes;
            free(item);
            ended++;
        }
    heap->stats.live_objects -= ended;
    heap->stats.generation[0].objects -= ended;
    return ended;
}

static size_t collect(struct assay_heap *heap, unsigned generation)
{
    struct item *item;
    size_t ended;

    (void)generation;
    for (size_t i = 0; i < heap->roots; i++)
        mark(heap, heap->root[i]);
    while ((item = heap->grey) != NULL) {
        heap->grey = item->grey;
        for (size_t i = 0; i < item->slots; i++)
            mark(heap, item->slot[i]);
    }
    ended = sweep(heap);
    heap->stats.generation[0].collections++;
    heap->stats.generation[0].collected += ended;
    return ended;
}

static void stats(struct assay_heap *heap,
                  struct assay_collector_stats *ret_stats)
{
    *ret_stats = heap->stats;
}

static void destroy(struct assay_heap *heap)
{
    sweep(heap); /* nothing is marked: all of it */
    free(heap->root);
    free(heap);
}

const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_STATS,
    .name = "marker",
    .generations = 1,
    .slots_max = 1 << 20,
    .bytes_max = 1 << 30,
    .align = sizeof(void *),
    .create = create,
    .destroy = destroy,
    .type_add = type_add,
    .new_object = new_object,
    .payload = payload,
    .load = load,
    .store = store,
    .push = push,
    .pop = pop,
    .root = root,
    .set_root = set_root,
    .collect = collect,
    .stats = stats,
};
