/* boehm_gc.c - the Boehm-Demers-Weiser collector as a plug-in.
 *
 * There is one collector in a process: heaps are told apart by their roots,
 * and a collection is one of all of them. A handle is the address of an
 * object. Static data are no roots here; stacks and registers of threads that
 * made a heap are, and whole objects are looked at, payloads too.
 *
 * A kind with `ended` has its payloads outside of what is collected, and long
 * links, which are cleared when nothing, finalizers included, can reach the
 * object any more: that is how its end is seen, after a collection. */
#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc.h>
#include <gc/gc_mark.h>
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "assay/collector.h"

#define SLOTS_MAX ((size_t)UINT32_MAX)
#define BYTES_MAX ((size_t)1 << 40)

enum { PLACES_MIN = 64 };

struct assay_type {
    struct assay_type *next;
    struct assay_heap *heap;
    struct assay_kind kind;
};

struct item {
    const struct assay_type *type;
    void *payload; /* behind the slots, or in a witness; NULL without bytes */
    struct item *slot[];
};

/* Sees the end of one object. Not the collector's memory, so it keeps nothing
 * alive. */
struct witness {
    struct witness *next;
    const struct assay_type *type;
    void *link; /* NULL once the object has ended */
    max_align_t payload[];
};

/* A weak reference: nothing in it is taken for an address. */
struct weak {
    void *link;
};

/* Memory that is looked at and never collected. */
struct places {
    struct item **place;
    size_t count, room;
};

struct assay_heap {
    struct assay_heap *next; /* all that listen */
    struct assay_type *types;
    struct places roots, pins;
    struct witness *witnesses;
    size_t finalizers;  /* not called yet; they know the heap */
    GC_word collection; /* the one after which ends were last told */
    assay_listener *listener;
    void *listener_context;
    bool is_automatic;
    bool is_destroyed;
    bool is_telling;
};

static struct assay_heap *listening;
static unsigned automatic_heaps;

/* ---- the process ---- */

static pthread_key_t thread_key;

static void thread_end(void *registered)
{
    if (registered)
        GC_unregister_my_thread();
}

/* The collector has to be begun by the main thread, which loads a plug-in. */
__attribute__((constructor)) static void process_begin(void)
{
    GC_set_all_interior_pointers(0);
    GC_set_no_dls(1);
    GC_set_handle_fork(1);
    GC_set_finalize_on_demand(1);
    GC_set_java_finalization(1);
    GC_INIT();
    GC_clear_roots();
    GC_set_warn_proc(GC_ignore_warn_proc);
    GC_allow_register_threads();
    GC_disable();
    pthread_key_create(&thread_key, thread_end);
}

static bool thread_register(void)
{
    struct GC_stack_base base;

    if (GC_thread_is_registered())
        return true;
    if (GC_get_stack_base(&base) != GC_SUCCESS ||
        GC_register_my_thread(&base) != GC_SUCCESS)
        return false;
    pthread_setspecific(thread_key, &thread_key);
    return true;
}

/* ---- places ---- */

static bool places_add(struct places *places, struct item *item)
{
    if (places->count == places->room) {
        size_t room = places->room ? places->room * 2 : PLACES_MIN;
        struct item **grown =
            GC_malloc_uncollectable(room * sizeof(struct item *));

        if (!grown)
            return false;
        if (places->count)
            memcpy(grown, places->place, places->count * sizeof *grown);
        if (places->place)
            GC_free(places->place);
        places->place = grown;
        places->room = room;
    }
    places->place[places->count++] = item;
    return true;
}

static void places_drop(struct places *places, size_t count)
{
    assert(count <= places->count);
    places->count -= count;
    memset(&places->place[places->count], 0, count * sizeof(struct item *));
}

static void places_end(struct places *places)
{
    if (places->place)
        GC_free(places->place);
    *places = (struct places){ 0 };
}

/* ---- ends and finalizers ---- */

/* What `ended` is told of has no handle any more. */
static void tell_ends(struct assay_heap *heap)
{
    if (heap->is_telling || heap->collection == GC_get_gc_no())
        return;
    heap->is_telling = true;
    heap->collection = GC_get_gc_no();
    for (struct witness **at = &heap->witnesses; *at;) {
        struct witness *witness = *at;
        const struct assay_kind *kind = &witness->type->kind;

        if (witness->link) {
            at = &witness->next;
            continue;
        }
        *at = witness->next;
        kind->ended(kind->context, witness->payload);
        free(witness);
    }
    heap->is_telling = false;
}

static void heap_end(struct assay_heap *heap)
{
    if (!heap->is_destroyed || heap->finalizers > 0)
        return;
    for (struct assay_type *type = heap->types, *next; type; type = next) {
        next = type->next;
        free(type);
    }
    free(heap);
}

static void call_finalizer(void *object, void *given)
{
    const struct assay_type *type = given;
    struct assay_heap *heap = type->heap;

    heap->finalizers--;
    if (heap->is_destroyed)
        heap_end(heap);
    else
        type->kind.finalize(type->kind.context, heap, object);
}

/* After whatever may have collected. */
static void catch_up(struct assay_heap *heap)
{
    if (GC_should_invoke_finalizers())
        GC_invoke_finalizers();
    if (heap->witnesses)
        tell_ends(heap);
}

/* ---- the heap ---- */

static struct assay_heap *gc_create(const struct assay_collector_config *config)
{
    struct assay_heap *heap =
        thread_register() ? calloc(1, sizeof *heap) : NULL;

    (void)config;
    if (heap)
        heap->collection = GC_get_gc_no();
    return heap;
}

/* Even one that is asked for needs to be allowed; the permission is counted. */
static void collect_all(void)
{
    if (automatic_heaps == 0)
        GC_enable();
    GC_gcollect();
    if (automatic_heaps == 0)
        GC_disable();
}

static void gc_automatic(struct assay_heap *heap, bool on)
{
    if (heap->is_automatic == on)
        return;
    heap->is_automatic = on;
    automatic_heaps += on ? 1u : -1u;
    if (on && automatic_heaps == 1)
        GC_enable();
    else if (!on && automatic_heaps == 0)
        GC_disable();
}

static bool gc_listen(struct assay_heap *heap, assay_listener *listener,
                      void *context);

static void gc_destroy(struct assay_heap *heap)
{
    gc_listen(heap, NULL, NULL);
    gc_automatic(heap, false);
    places_end(&heap->roots);
    places_end(&heap->pins);
    for (struct witness *next, *at = heap->witnesses; at; at = next) {
        next = at->next;
        GC_unregister_long_link(&at->link);
        free(at);
    }
    heap->witnesses = NULL;
    heap->is_destroyed = true;
    heap_end(heap);
    collect_all();
    GC_invoke_finalizers();
}

static const struct assay_type *gc_type_add(struct assay_heap *heap,
                                            const struct assay_kind *kind)
{
    struct assay_type *type = malloc(sizeof *type);

    if (!type)
        return NULL;
    *type = (struct assay_type){ heap->types, heap, *kind };
    heap->types = type;
    return type;
}

/* ---- objects ---- */

static bool add_witness(struct assay_heap *heap, struct item *item,
                        size_t bytes)
{
    struct witness *witness = malloc(sizeof *witness + bytes);

    if (!witness)
        return false;
    witness->type = item->type;
    witness->link = item;
    if (GC_register_long_link(&witness->link, item) != GC_SUCCESS) {
        free(witness);
        return false;
    }
    witness->next = heap->witnesses;
    heap->witnesses = witness;
    item->payload = bytes ? witness->payload : NULL;
    return true;
}

static void add_finalizer(struct assay_heap *heap, struct item *item)
{
    GC_register_finalizer_no_order(item, call_finalizer, (void *)item->type,
                                   NULL, NULL);
    heap->finalizers++;
}

static struct assay_object *gc_new_object(struct assay_heap *heap,
                                          const struct assay_type *type,
                                          size_t slots, size_t bytes)
{
    bool is_witnessed = type->kind.ended != NULL;
    size_t head = sizeof(struct item) + slots * sizeof(struct item *);

    if (slots > SLOTS_MAX || bytes > BYTES_MAX)
        return NULL;
    if (heap->is_automatic)
        catch_up(heap);
    struct item *item = GC_malloc(head + (is_witnessed ? 0 : bytes));
    if (!item)
        return NULL;
    item->type = type;
    item->payload = bytes ? &item->slot[slots] : NULL;
    if (is_witnessed && !add_witness(heap, item, bytes))
        return NULL;
    if (type->kind.finalize)
        add_finalizer(heap, item);
    return (struct assay_object *)item;
}

static void *gc_payload(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return ((struct item *)object)->payload;
}

static struct assay_object *gc_load(struct assay_heap *heap,
                                    struct assay_object *object, size_t slot)
{
    (void)heap;
    return (struct assay_object *)((struct item *)object)->slot[slot];
}

static void gc_store(struct assay_heap *heap, struct assay_object *object,
                     size_t slot, struct assay_object *value)
{
    (void)heap;
    ((struct item *)object)->slot[slot] = (struct item *)value;
}

/* ---- roots and pins ---- */

static bool gc_push(struct assay_heap *heap, struct assay_object *object)
{
    return places_add(&heap->roots, (struct item *)object);
}

static void gc_pop(struct assay_heap *heap, size_t count)
{
    places_drop(&heap->roots, count);
}

static struct assay_object *gc_root(struct assay_heap *heap, size_t place)
{
    assert(place < heap->roots.count);
    return (struct assay_object *)heap->roots.place[place];
}

static void gc_set_root(struct assay_heap *heap, size_t place,
                        struct assay_object *object)
{
    assert(place < heap->roots.count);
    heap->roots.place[place] = (struct item *)object;
}

static bool gc_pin(struct assay_heap *heap, struct assay_object *object)
{
    return places_add(&heap->pins, (struct item *)object);
}

static void gc_unpin(struct assay_heap *heap, struct assay_object *object)
{
    struct places *pins = &heap->pins;
    size_t at = pins->count - 1;

    while (pins->place[at] != (struct item *)object)
        at--;
    pins->place[at] = pins->place[pins->count - 1];
    places_drop(pins, 1);
}

/* ---- collections ---- */

static void tell(struct assay_heap *heap, enum assay_collection_step step)
{
    struct assay_collection_event event = { .step = step };

    heap->listener(heap->listener_context, &event);
}

static void GC_CALLBACK hear(GC_EventType event)
{
    for (struct assay_heap *heap = listening; heap; heap = heap->next) {
        if (event == GC_EVENT_START)
            tell(heap, ASSAY_COLLECTION_BEGUN);
        else if (event == GC_EVENT_MARK_END)
            tell(heap, ASSAY_COLLECTION_PHASE);
        else if (event == GC_EVENT_END)
            tell(heap, ASSAY_COLLECTION_ENDED);
    }
}

static bool gc_listen(struct assay_heap *heap, assay_listener *listener,
                      void *context)
{
    struct assay_heap **at = &listening;

    while (*at && *at != heap)
        at = &(*at)->next;
    if (*at)
        *at = heap->next;
    heap->listener = listener;
    heap->listener_context = context;
    if (listener) {
        heap->next = listening;
        listening = heap;
    }
    GC_set_on_collection_event(listening ? hear : NULL);
    return true;
}

/* How much was unreachable it does not tell. */
static size_t gc_collect(struct assay_heap *heap, unsigned generation)
{
    (void)generation;
    if (heap->listener)
        tell(heap, ASSAY_COLLECTION_REQUESTED);
    collect_all();
    catch_up(heap);
    return 0;
}

/* ---- weak references ---- */

static struct assay_object *gc_weak_new(struct assay_heap *heap,
                                        struct assay_object *referent,
                                        assay_weak_callback *callback,
                                        void *context)
{
    struct weak *weak = GC_malloc_atomic(sizeof *weak);

    (void)heap, (void)callback, (void)context;
    if (!weak)
        return NULL;
    weak->link = referent;
    if (GC_general_register_disappearing_link(&weak->link, referent) !=
        GC_SUCCESS)
        return NULL;
    return (struct assay_object *)weak;
}

static struct assay_object *gc_weak_get(struct assay_heap *heap,
                                        struct assay_object *weak)
{
    (void)heap;
    return ((struct weak *)weak)->link;
}

const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_AUTOMATIC | ASSAY_COLLECTOR_FINALIZE |
           ASSAY_COLLECTOR_ENDED | ASSAY_COLLECTOR_WEAK |
           ASSAY_COLLECTOR_LISTEN | ASSAY_COLLECTOR_CONSERVATIVE |
           ASSAY_COLLECTOR_PIN | ASSAY_COLLECTOR_FORK,
    .name = "boehm-gc",
    .generations = 1,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = sizeof(void *),
    .create = gc_create,
    .destroy = gc_destroy,
    .type_add = gc_type_add,
    .new_object = gc_new_object,
    .payload = gc_payload,
    .load = gc_load,
    .store = gc_store,
    .push = gc_push,
    .pop = gc_pop,
    .root = gc_root,
    .set_root = gc_set_root,
    .collect = gc_collect,
    .automatic = gc_automatic,
    .weak_new = gc_weak_new,
    .weak_get = gc_weak_get,
    .pin = gc_pin,
    .unpin = gc_unpin,
    .listen = gc_listen,
};
