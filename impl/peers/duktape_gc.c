/* duktape_gc.c - Duktape's collector as a plug-in: counts of references, and
 * mark and sweep for cycles.
 *
 * Duktape ends an object the moment its last reference goes; the contract lets
 * one be used until the next call that may collect. So what loses a reference
 * is put into a limbo first, and the counts decide when it leaves that.
 *
 * Within one of its finalizers Duktape takes whatever is touched through a
 * handle for rescued, if that was to be finalized next. So its finalizer puts
 * the object into a queue, and the kind's is called when Duktape is done.
 *
 * Whatever may allocate runs on the main context; all else on the coroutine of
 * the roots, where no function ever runs, so that its stack is the same within
 * a finalizer and without. */
#include "duktape_gc.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SLOTS_MAX ((size_t)USHRT_MAX)
#define BYTES_MAX ((size_t)1 << 30)

/* Elements that an operation uses above the roots. */
enum { WORK_SLOTS = 8 };

/* Element 0 of an object: itself while it is in the limbo, the next one while
 * it is in the queue. */
enum { SELF = 0, FIRST_SLOT = 1 };

/* Element 1 of the queue: what is being finalized. */
enum { RUNNING = 1 };

/* ---- values of the coroutine ---- */

static void push_handle(const struct assay_heap *heap,
                        const struct assay_object *object)
{
    if (object != NULL)
        duk_push_heapptr(heap->roots, (void *)object);
    else
        duk_push_undefined(heap->roots);
}

/* Element of the object on the stack; pops the value. */
static void put_element(const struct assay_heap *heap, size_t element)
{
    duk_put_prop_index(heap->roots, -2, (duk_uarridx_t)element);
}

static struct assay_object *get_element(const struct assay_heap *heap,
                                        size_t element)
{
    struct assay_object *found;

    duk_get_prop_index(heap->roots, -1, (duk_uarridx_t)element);
    found = duk_get_heapptr(heap->roots, -1);
    duk_pop(heap->roots);
    return found;
}

/* ---- the limbo ---- */

static bool limbo_reserve(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;
    size_t room = heap->limbo_room > 0 ? 2 * heap->limbo_room : 64;
    struct assay_object **more;

    if (heap->limbo_count < heap->limbo_room)
        return true;
    more = backend->take(backend->context, room * sizeof(*more), DUKTAPE_ALIGN);
    if (more == NULL)
        return false;
    if (heap->limbo != NULL) {
        memcpy(more, heap->limbo, heap->limbo_count * sizeof(*more));
        backend->give(backend->context, heap->limbo,
                      heap->limbo_room * sizeof(*more));
    }
    heap->limbo = more;
    heap->limbo_room = room;
    return true;
}

/* Refers to itself from now on, and is listed; the queue keeps what is there.
 * Where there is no memory for the list it goes on doing so, until mark and
 * sweep finds it. */
static void limbo_add(struct assay_heap *heap, struct assay_object *object)
{
    struct duktape_data *data = duktape_data_of(object);

    if (data->limbo > 0 || data->is_queued)
        return;
    push_handle(heap, object);
    duk_dup(heap->roots, -1);
    put_element(heap, SELF);
    duk_pop(heap->roots);
    if (!limbo_reserve(heap))
        return;
    heap->limbo[heap->limbo_count++] = object;
    data->limbo = heap->limbo_count;
}

static void limbo_leave(struct assay_heap *heap, struct duktape_data *data)
{
    if (data->limbo > 0)
        heap->limbo[data->limbo - 1] = NULL;
    data->limbo = 0;
}

/* Those that nothing else refers to end with the pop, or come into the
 * queue. */
static void limbo_empty(struct assay_heap *heap)
{
    while (heap->limbo_count > 0) {
        struct assay_object *object = heap->limbo[--heap->limbo_count];

        if (object == NULL)
            continue;
        duktape_data_of(object)->limbo = 0;
        push_handle(heap, object);
        duk_push_undefined(heap->roots);
        put_element(heap, SELF);
        duk_pop(heap->roots);
    }
}

/* ---- the queue of finalizers ---- */

static struct assay_object *self_of(const struct assay_heap *heap,
                                    struct assay_object *object)
{
    struct assay_object *found;

    push_handle(heap, object);
    found = get_element(heap, SELF);
    duk_pop(heap->roots);
    return found;
}

static void set_element(const struct assay_heap *heap,
                        struct assay_object *object, size_t element,
                        struct assay_object *value)
{
    push_handle(heap, object);
    push_handle(heap, value);
    put_element(heap, element);
    duk_pop(heap->roots);
}

static void queue_add(struct assay_heap *heap, struct assay_object *object)
{
    limbo_leave(heap, duktape_data_of(object));
    duktape_data_of(object)->is_queued = true;
    set_element(heap, object, SELF, self_of(heap, heap->queue));
    set_element(heap, heap->queue, SELF, object);
    heap->queued++;
}

/* The next one, which the queue goes on keeping as the one that runs. */
static struct assay_object *queue_take(struct assay_heap *heap)
{
    struct assay_object *object = self_of(heap, heap->queue);

    set_element(heap, heap->queue, RUNNING, object);
    set_element(heap, heap->queue, SELF, self_of(heap, object));
    set_element(heap, object, SELF, NULL);
    duktape_data_of(object)->is_queued = false;
    heap->queued--;
    return object;
}

static void queue_run_next(struct assay_heap *heap)
{
    struct assay_object *object = queue_take(heap);
    const struct assay_kind *kind = &duktape_data_of(object)->type->kind;

    heap->depth++;
    kind->finalize(kind->context, heap, object);
    heap->depth--;
    limbo_add(heap, object);
    set_element(heap, heap->queue, RUNNING, NULL);
}

/* At the begin of each call that may collect: what was cut off ends, and what
 * that lets go of. No more finalizers than there are objects, or those that
 * make others would go on for ever. */
static void settle(struct assay_heap *heap)
{
    size_t left = heap->live_objects;

    limbo_empty(heap);
    for (; heap->queued > 0 && heap->depth == 0 && left > 0; left--) {
        queue_run_next(heap);
        limbo_empty(heap);
    }
}

/* ---- the heap ---- */

/* Takes from the language's own objects what can be taken from them: a
 * collection would look at some thousand things that no heap here needs. */
static const char empty_library[] =
    "(function (all, names) {"
    "  function empty(from) {"
    "    var own = names(from), i;"
    "    for (i = 0; i < own.length; i++) delete from[own[i]];"
    "  }"
    "  var own = names(all), i, value;"
    "  for (i = 0; i < own.length; i++) {"
    "    value = all[own[i]];"
    "    if (typeof value !== 'object' && typeof value !== 'function' ||"
    "        !value || value === all) continue;"
    "    if (value.prototype) empty(value.prototype);"
    "    empty(value);"
    "  }"
    "  empty(all);"
    "})(this, Object.getOwnPropertyNames)";

static duk_ret_t open_heap(duk_context *duktape, void *given)
{
    struct assay_heap *heap = given;

    duk_eval_string_noresult(duktape, empty_library);

    if (!duktape_memory_holds(heap)) {
        fprintf(stderr, "duktape-gc: heap pointers of this Duktape are not "
                        "what is known here\n");
        return duk_error(duktape, DUK_ERR_ERROR, "unknown");
    }
    duk_push_heap_stash(duktape);
    duk_push_thread(duktape);
    heap->roots = duk_get_context(duktape, -1);
    duk_put_prop_string(duktape, -2, "roots");
    duk_push_bare_array(duktape);
    for (duk_uarridx_t i = SELF; i <= RUNNING; i++) {
        duk_push_undefined(duktape);
        duk_put_prop_index(duktape, -2, i);
    }
    heap->queue = duk_get_heapptr(duktape, -1);
    duk_put_prop_string(duktape, -2, "queue");
    duk_require_stack(heap->roots, WORK_SLOTS);
    return 0;
}

static void gc_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    heap->is_ending = true;
    if (heap->duktape != NULL)
        duk_destroy_heap(heap->duktape);
    for (struct assay_type *type = heap->types, *next; type; type = next) {
        next = type->next;
        backend->give(backend->context, type, sizeof(*type));
    }
    if (heap->limbo != NULL)
        backend->give(backend->context, heap->limbo,
                      heap->limbo_room * sizeof(*heap->limbo));
    backend->give(backend->context, heap, sizeof(*heap));
}

static struct assay_heap *gc_create(const struct assay_collector_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof(*heap), DUKTAPE_ALIGN);

    if (heap == NULL)
        return NULL;
    memset(heap, 0, sizeof(*heap));
    heap->backend = backend;
    if (duktape_memory_open(heap) != NULL &&
        duk_safe_call(heap->duktape, open_heap, heap, 0, 0) == DUK_EXEC_SUCCESS)
        return heap;
    gc_destroy(heap);
    return NULL;
}

/* ---- kinds ---- */

/* The object comes back, without a finalizer. A prototype has this one, too,
 * and is no object. */
static duk_ret_t gc_finalize(duk_context *duktape)
{
    struct assay_object *object = duk_get_heapptr(duktape, 0);
    duk_memory_functions memory;
    struct assay_heap *heap;

    duk_get_memory_functions(duktape, &memory);
    heap = memory.udata;
    if (heap->is_ending || duktape_data_of(object) == NULL)
        return 0;
    duk_push_undefined(duktape);
    duk_set_prototype(duktape, 0);
    queue_add(heap, object);
    return 0;
}

/* A request of a protected call. */
struct request {
    struct assay_heap *heap;
    struct assay_type *type;
    struct duktape_data *data;
    size_t slots;
    struct assay_object *made;
};

static duk_ret_t make_prototype(duk_context *duktape, void *given)
{
    struct request *request = given;

    duk_push_heap_stash(duktape);
    duk_push_bare_object(duktape);
    duk_push_c_function(duktape, gc_finalize, 2);
    duk_set_finalizer(duktape, -2);
    request->type->prototype = duk_get_heapptr(duktape, -1);
    duk_put_prop_index(duktape, -2, request->heap->type_count);
    return 0;
}

static const struct assay_type *gc_type_add(struct assay_heap *heap,
                                            const struct assay_kind *kind)
{
    const struct assay_backend *backend = heap->backend;
    struct assay_type *type =
        backend->take(backend->context, sizeof(*type), DUKTAPE_ALIGN);
    struct request request = { .heap = heap, .type = type };

    if (type == NULL)
        return NULL;
    *type = (struct assay_type){ heap->types, *kind, NULL };
    if (kind->finalize != NULL &&
        duk_safe_call(heap->duktape, make_prototype, &request, 0, 0) !=
            DUK_EXEC_SUCCESS) {
        backend->give(backend->context, type, sizeof(*type));
        return NULL;
    }
    heap->types = type;
    heap->type_count++;
    return type;
}

/* ---- objects ---- */

/* With its data it is an object, whose end is told. */
static void adopt(struct request *request)
{
    struct assay_heap *heap = request->heap;

    duktape_piece_of(request->made)->data = request->data;
    heap->live_objects++;
    heap->live_bytes += duktape_accounted_bytes(request->data);
    limbo_add(heap, request->made);
}

static duk_ret_t make_object(duk_context *duktape, void *given)
{
    struct request *request = given;

    duk_push_bare_array(duktape);
    for (size_t i = 0; i < FIRST_SLOT + request->slots; i++) {
        duk_push_undefined(duktape);
        duk_put_prop_index(duktape, -2, (duk_uarridx_t)i);
    }
    if (request->type->prototype != NULL) {
        duk_push_heapptr(duktape, request->type->prototype);
        duk_set_prototype(duktape, -2);
    }
    request->made = duk_get_heapptr(duktape, -1);
    adopt(request);
    return 0;
}

static size_t gc_collect(struct assay_heap *heap, unsigned generation);

static struct duktape_data *make_data(struct assay_heap *heap,
                                      const struct assay_type *type,
                                      size_t slots, size_t bytes)
{
    const struct assay_backend *backend = heap->backend;
    struct duktape_data *data =
        backend->take(backend->context, sizeof(*data) + bytes, DUKTAPE_ALIGN);

    if (data != NULL)
        *data = (struct duktape_data){ .type = type,
                                       .bytes = bytes,
                                       .slots = slots };
    return data;
}

/* Duktape collects by itself before it fails; for payloads it is asked to. */
static struct assay_object *gc_new_object(struct assay_heap *heap,
                                          const struct assay_type *type,
                                          size_t slots, size_t bytes)
{
    const struct assay_backend *backend = heap->backend;
    struct request request = { .heap = heap,
                               .type = (struct assay_type *)type,
                               .slots = slots };

    if (slots > SLOTS_MAX || bytes > BYTES_MAX)
        return NULL;
    settle(heap);
    request.data = make_data(heap, type, slots, bytes);
    if (request.data == NULL) {
        gc_collect(heap, 0);
        request.data = make_data(heap, type, slots, bytes);
    }
    if (request.data == NULL)
        return NULL;
    if (limbo_reserve(heap) &&
        duk_safe_call(heap->duktape, make_object, &request, 0, 0) ==
            DUK_EXEC_SUCCESS)
        return request.made;
    backend->give(backend->context, request.data,
                  sizeof(*request.data) + bytes);
    return NULL;
}

static void *gc_payload(struct assay_heap *heap, struct assay_object *object)
{
    (void)heap;
    return duktape_payload_of(duktape_data_of(object));
}

static struct assay_object *gc_load(struct assay_heap *heap,
                                    struct assay_object *object, size_t slot)
{
    struct assay_object *value;

    push_handle(heap, object);
    value = get_element(heap, FIRST_SLOT + slot);
    duk_pop(heap->roots);
    return value;
}

static void gc_store(struct assay_heap *heap, struct assay_object *object,
                     size_t slot, struct assay_object *value)
{
    struct assay_object *old;

    push_handle(heap, object);
    old = get_element(heap, FIRST_SLOT + slot);
    if (old != NULL && old != value)
        limbo_add(heap, old);
    push_handle(heap, value);
    put_element(heap, FIRST_SLOT + slot);
    duk_pop(heap->roots);
}

/* ---- roots ---- */

static bool gc_push(struct assay_heap *heap, struct assay_object *object)
{
    if (!duk_check_stack(heap->roots, WORK_SLOTS))
        return false;
    push_handle(heap, object);
    settle(heap);
    return true;
}

static struct assay_object *gc_root(struct assay_heap *heap, size_t place)
{
    return duk_get_heapptr(heap->roots, (duk_idx_t)place);
}

static void gc_pop(struct assay_heap *heap, size_t count)
{
    size_t top = (size_t)duk_get_top(heap->roots);

    for (size_t place = top - count; place < top; place++) {
        struct assay_object *object = gc_root(heap, place);

        if (object != NULL)
            limbo_add(heap, object);
    }
    duk_pop_n(heap->roots, (duk_idx_t)count);
}

static void gc_set_root(struct assay_heap *heap, size_t place,
                        struct assay_object *object)
{
    struct assay_object *old = gc_root(heap, place);

    if (old != NULL && old != object)
        limbo_add(heap, old);
    push_handle(heap, object);
    duk_replace(heap->roots, (duk_idx_t)place);
}

/* ---- collections ---- */

/* What was found to be finalized is freed by a second one. */
static size_t gc_collect(struct assay_heap *heap, unsigned generation)
{
    size_t ended;

    (void)generation;
    if (heap->depth > 0)
        return 0;
    settle(heap);
    ended = heap->ended;
    duk_gc(heap->duktape, 0);
    if (heap->queued > 0) {
        settle(heap);
        duk_gc(heap->duktape, 0);
        settle(heap);
    }
    heap->collections++;
    heap->collected += heap->ended - ended;
    return heap->ended - ended;
}

/* Duktape begins collections when it has made many times as many things as it
 * keeps; that cannot be turned off, nor made to happen more often. */
static void gc_automatic(struct assay_heap *heap, bool on)
{
    (void)heap, (void)on;
}

/* Of collections that Duktape began by itself it does not tell. */
static void gc_stats(struct assay_heap *heap,
                     struct assay_collector_stats *ret_stats)
{
    *ret_stats =
        (struct assay_collector_stats){ .live_objects = heap->live_objects,
                                        .live_bytes = heap->live_bytes };
    ret_stats->generation[0].collections = heap->collections;
    ret_stats->generation[0].collected = heap->collected;
    ret_stats->generation[0].objects = heap->live_objects;
}

const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = ASSAY_COLLECTOR_AUTOMATIC | ASSAY_COLLECTOR_FINALIZE |
           ASSAY_COLLECTOR_ENDED | ASSAY_COLLECTOR_STATS |
           ASSAY_COLLECTOR_BACKEND | ASSAY_COLLECTOR_FORK,
    .name = "duktape-gc",
    .generations = 1,
    .slots_max = SLOTS_MAX,
    .bytes_max = BYTES_MAX,
    .align = DUKTAPE_ALIGN,
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
    .stats = gc_stats,
};
