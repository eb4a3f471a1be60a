/* plain_threads.c - a collector that many threads use, plainly: one lock around
 * every call, counts, and marking from the roots of all threads. What GC-36 and
 * GC-37 are tried with.
 *
 * Threads: all. Memory: all of the backend. */
#include <pthread.h>
#include <sched.h>

#include "plain_parts.h"

struct assay_object {
    struct assay_object *next, *prev, *work;
    const struct assay_type *type;
    size_t slots, bytes;
    size_t references; /* all */
    size_t held;       /* of these, the caller's */
    bool marked;
    struct assay_object *slot[]; /* and behind them the payload */
};

/* The root stack of a thread. */
struct crew_stack {
    struct crew_stack *next;
    pthread_t thread;
    struct plain_roots roots;
};

struct assay_heap {
    struct plain_parts parts;
    pthread_mutex_t lock;
    struct assay_object *first, *gray, *dying;
    struct crew_stack *stacks;
    bool draining;
    size_t calls; /* of threads_count_unlocked */
};

/* ---- the lock ---- */

static struct assay_heap *crew_enter(struct assay_heap *heap)
{
    pthread_mutex_lock(&heap->lock);
    return heap;
}

static void crew_leave(struct assay_heap **heap)
{
    pthread_mutex_unlock(&(*heap)->lock);
}

/* Until the end of the block. */
#define CREW_LOCKED(heap)          \
    struct assay_heap *crew_locked \
        __attribute__((cleanup(crew_leave), unused)) = crew_enter(heap)

/* ---- the end of an object ---- */

static size_t crew_bytes(const struct assay_object *object)
{
    return sizeof(*object) + object->slots * sizeof(void *) + object->bytes;
}

static void crew_free(struct assay_heap *heap, struct assay_object *object)
{
    if (object->prev != NULL)
        object->prev->next = object->next;
    else
        heap->first = object->next;
    if (object->next != NULL)
        object->next->prev = object->prev;
    heap->parts.live_objects--;
    heap->parts.live_bytes -= crew_bytes(object);
    parts_give(&heap->parts, object, crew_bytes(object));
}

static void crew_tell(const struct assay_object *object)
{
    const struct assay_kind *kind = &object->type->kind;

    if (kind->ended != NULL)
        kind->ended(kind->context, &object->slot[object->slots]);
}

static void crew_release(struct assay_heap *heap, struct assay_object *object)
{
    if (object == NULL || --object->references > 0)
        return;
    object->work = heap->dying;
    heap->dying = object;
}

static void crew_empty(struct assay_heap *heap, struct assay_object *object)
{
    for (size_t i = 0; i < object->slots; i++) {
        struct assay_object *value = object->slot[i];

        object->slot[i] = NULL;
        crew_release(heap, value);
    }
}

static void crew_drain(struct assay_heap *heap)
{
    struct assay_object *object;

    while ((object = heap->dying) != NULL) {
        heap->dying = object->work;
        crew_tell(object);
        crew_empty(heap, object);
        crew_free(heap, object);
    }
}

static void crew_put(struct assay_heap *heap, struct assay_object **place,
                     struct assay_object *value)
{
    struct assay_object *before = *place;

    if (value != NULL)
        value->references++;
    *place = value;
    crew_release(heap, before);
    crew_drain(heap);
}

/* ---- objects ---- */

static struct assay_object *crew_new(struct assay_heap *heap,
                                     const struct assay_type *type,
                                     size_t slots, size_t bytes)
{
    const struct assay_object head = {
        .type = type, .slots = slots, .bytes = bytes, .references = 1, .held = 1
    };
    struct assay_object *object;

    if (slots > SLOTS_MAX || bytes > BYTES_MAX)
        return NULL;
    CREW_LOCKED(heap);
    object = parts_take(&heap->parts, crew_bytes(&head));
    if (object == NULL)
        return NULL;
    memset(object, 0, sizeof(head) + slots * sizeof(void *));
    *object = head;
    object->next = heap->first;
    if (heap->first != NULL)
        heap->first->prev = object;
    heap->first = object;
    heap->parts.live_objects++;
    heap->parts.live_bytes += crew_bytes(object);
    return object;
}

static void *crew_payload(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return object->bytes > 0 ? &object->slot[object->slots] : NULL;
}

static struct assay_object *crew_load(struct assay_heap *heap,
                                      struct assay_object *object, size_t slot)
{
    CREW_LOCKED(heap);
    return object->slot[slot];
}

static void crew_store(struct assay_heap *heap, struct assay_object *object,
                       size_t slot, struct assay_object *value)
{
    CREW_LOCKED(heap);
    crew_put(heap, &object->slot[slot], value);
}

/* ---- counts ---- */

/* Without the lock another thread may come between. Odd, since every second
 * call is about the same number. */
static void crew_add(struct assay_heap *heap, size_t *number, size_t more)
{
    size_t before = *number;

    if (PLANTED(threads_count_unlocked) && ++heap->calls % 63 == 0)
        sched_yield();
    *number = before + more;
}

static void crew_incref(struct assay_heap *heap, struct assay_object *object)
{
    if (PLANTED(threads_count_unlocked)) {
        crew_add(heap, &object->references, 1);
        crew_add(heap, &object->held, 1);
        return;
    }
    CREW_LOCKED(heap);
    object->references++;
    object->held++;
}

static void crew_decref(struct assay_heap *heap, struct assay_object *object)
{
    CREW_LOCKED(heap);
    object->held--;
    crew_release(heap, object);
    crew_drain(heap);
}

static size_t crew_count(struct assay_heap *heap, struct assay_object *object)
{
    CREW_LOCKED(heap);
    return object->references;
}

/* ---- threads and their roots ---- */

/* Of this thread. */
static struct crew_stack *crew_stack(struct assay_heap *heap)
{
    struct crew_stack *stack = heap->stacks;

    while (stack != NULL && !pthread_equal(stack->thread, pthread_self()))
        stack = stack->next;
    return stack;
}

static bool crew_attach(struct assay_heap *heap)
{
    CREW_LOCKED(heap);
    struct crew_stack *stack = parts_take(&heap->parts, sizeof(*stack));

    if (stack == NULL)
        return false;
    *stack =
        (struct crew_stack){ .next = heap->stacks, .thread = pthread_self() };
    heap->stacks = stack;
    return true;
}

static void crew_shrink(struct assay_heap *heap, struct crew_stack *stack,
                        size_t count)
{
    while (count-- > 0)
        crew_release(heap, stack->roots.root[--stack->roots.count]);
    crew_drain(heap);
}

static void crew_stack_end(struct assay_heap *heap, struct crew_stack *stack)
{
    parts_roots_end(&heap->parts, &stack->roots);
    parts_give(&heap->parts, stack, sizeof(*stack));
}

static void crew_detach(struct assay_heap *heap)
{
    CREW_LOCKED(heap);
    struct crew_stack *stack = crew_stack(heap), **at = &heap->stacks;

    if (PLANTED(threads_roots_stay)) {
        memset(&stack->thread, 0, sizeof(stack->thread));
        return;
    }
    crew_shrink(heap, stack, stack->roots.count);
    while (*at != stack)
        at = &(*at)->next;
    *at = stack->next;
    crew_stack_end(heap, stack);
}

static bool crew_push(struct assay_heap *heap, struct assay_object *object)
{
    CREW_LOCKED(heap);
    bool pushed = parts_push(&heap->parts, &crew_stack(heap)->roots, object);

    if (pushed && object != NULL)
        object->references++;
    return pushed;
}

static void crew_pop(struct assay_heap *heap, size_t count)
{
    CREW_LOCKED(heap);
    crew_shrink(heap, crew_stack(heap), count);
}

static struct assay_object *crew_root(struct assay_heap *heap, size_t place)
{
    CREW_LOCKED(heap);
    return crew_stack(heap)->roots.root[place];
}

static void crew_set_root(struct assay_heap *heap, size_t place,
                          struct assay_object *object)
{
    CREW_LOCKED(heap);
    crew_put(heap, &crew_stack(heap)->roots.root[place], object);
}

/* ---- a collection ---- */

static void crew_mark(struct assay_heap *heap, struct assay_object *object)
{
    if (object == NULL || object->marked)
        return;
    object->marked = true;
    object->work = heap->gray;
    heap->gray = object;
}

static void crew_mark_all(struct assay_heap *heap)
{
    struct assay_object *object;

    for (const struct crew_stack *s = heap->stacks; s != NULL; s = s->next)
        for (size_t i = 0; i < s->roots.count; i++)
            if (!PLANTED(threads_others_unmarked) ||
                pthread_equal(s->thread, pthread_self()))
                crew_mark(heap, s->roots.root[i]);
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        if (o->held > 0)
            crew_mark(heap, o);
    while ((object = heap->gray) != NULL) {
        heap->gray = object->work;
        for (size_t i = 0; i < object->slots; i++)
            crew_mark(heap, object->slot[i]);
    }
}

/* What is not marked lets go of one another: each ends by its count. A
 * reference more keeps it until all have. */
static size_t crew_sweep(struct assay_heap *heap)
{
    size_t ended = 0;
    struct assay_object *next;

    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        o->references += !o->marked;
    for (struct assay_object *o = heap->first; o != NULL; o = o->next)
        if (!o->marked) {
            crew_tell(o);
            crew_empty(heap, o);
        }
    crew_drain(heap);
    for (struct assay_object *o = heap->first; o != NULL; o = next) {
        next = o->next;
        ended += !o->marked;
        if (o->marked)
            o->marked = false;
        else
            crew_free(heap, o);
    }
    return ended;
}

static size_t crew_collect(struct assay_heap *heap, unsigned generation)
{
    size_t ended;

    (void)generation;
    CREW_LOCKED(heap);
    crew_mark_all(heap);
    ended = crew_sweep(heap);
    heap->parts.collections[0]++;
    heap->parts.collected[0] += ended;
    return ended;
}

/* ---- the heap ---- */

static struct assay_heap *crew_create(
    const struct assay_collector_config *config)
{
    struct assay_heap *heap =
        config->backend->take(config->backend->context, sizeof(*heap), 16);

    if (heap == NULL)
        return NULL;
    *heap = (struct assay_heap){ .parts = { .backend = config->backend } };
    pthread_mutex_init(&heap->lock, NULL);
    if (crew_attach(heap))
        return heap;
    parts_give(&heap->parts, heap, sizeof(*heap));
    return NULL;
}

static void crew_destroy(struct assay_heap *heap)
{
    struct crew_stack *stack;

    for (struct assay_object *o = heap->first, *next; o != NULL; o = next) {
        next = o->next;
        parts_give(&heap->parts, o, crew_bytes(o));
    }
    parts_types_end(&heap->parts);
    while ((stack = heap->stacks) != NULL) {
        heap->stacks = stack->next;
        crew_stack_end(heap, stack);
    }
    pthread_mutex_destroy(&heap->lock);
    parts_give(&heap->parts, heap, sizeof(*heap));
}

static const struct assay_type *crew_type_add(struct assay_heap *heap,
                                              const struct assay_kind *kind)
{
    CREW_LOCKED(heap);
    return parts_type_add(&heap->parts, kind);
}

static void crew_stats(struct assay_heap *heap,
                       struct assay_collector_stats *ret_stats)
{
    CREW_LOCKED(heap);
    parts_stats(&heap->parts, ret_stats);
}

__attribute__((visibility("default")))
const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_THREADS | ASSAY_COLLECTOR_COUNTS |
           ASSAY_COLLECTOR_ENDED | ASSAY_COLLECTOR_STATS |
           ASSAY_COLLECTOR_BACKEND,
    .name = "plain-threads",
    .generations = 1,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = 8,
    .create = crew_create,
    .destroy = crew_destroy,
    .type_add = crew_type_add,
    .new_object = crew_new,
    .payload = crew_payload,
    .load = crew_load,
    .store = crew_store,
    .push = crew_push,
    .pop = crew_pop,
    .root = crew_root,
    .set_root = crew_set_root,
    .collect = crew_collect,
    .incref = crew_incref,
    .decref = crew_decref,
    .count = crew_count,
    .attach = crew_attach,
    .detach = crew_detach,
    .stats = crew_stats,
};
