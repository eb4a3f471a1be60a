/* lua_gc.c - Lua 5.4's collector as a plug-in: compiled once in its
 * incremental mode, once (LUA_GC_GENERATIONAL) in its generational one.
 *
 * Finalizers are __gc metamethods. Whatever may allocate runs on the main
 * state; all else on the coroutine of the roots, where no function ever runs,
 * so that its stack is the same within a finalizer and without. */
#include "lua_gc.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#ifdef LUA_GC_GENERATIONAL
enum { GENERATIONS = 2 };
#define NAME "lua-gc-generational"
#define CAN  ASSAY_COLLECTOR_GENERATIONS
#else
enum { GENERATIONS = 1 };
#define NAME "lua-gc"
#define CAN  0
#endif

#define SLOTS_MAX ((size_t)USHRT_MAX)
#define BYTES_MAX ((size_t)INT_MAX)

/* Slots that an operation uses above the roots. */
enum { WORK_SLOTS = 8 };

/* The registry's key of the coroutine of the roots. */
static const char key_roots;

/* ---- calls that may fail ---- */

static int gc_finalize(lua_State *lua);

bool lua_protect(struct lua_request *request, lua_CFunction function)
{
    lua_State *lua = request->heap->lua;
    int at = lua_gettop(lua);

    if (!lua_checkstack(lua, WORK_SLOTS))
        return false;
    lua_pushcfunction(lua, function);
    lua_pushlightuserdata(lua, request);
    int status = lua_pcall(lua, 1, 0, 0);
    lua_settop(lua, at);
    return status == LUA_OK && request->done;
}

void lua_leave(lua_State *lua, struct lua_request *request)
{
    request->made = lua_top_handle(lua);
    request->done = true;
}

/* Outside of protected calls, where memory ended. */
static int panic(lua_State *lua)
{
    void *heap;

    lua_getallocf(lua, &heap);
    longjmp(((struct assay_heap *)heap)->no_memory, 1);
}

/* ---- the heap ---- */

static int open_heap(lua_State *lua)
{
    struct lua_request *request = lua_touserdata(lua, 1);

    if (!lua_layout_holds(lua)) {
        fprintf(stderr, NAME ": values of this Lua are laid out in a way "
                             "that is not known here\n");
        return 0;
    }
    request->heap->roots = lua_newthread(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &key_roots);
    lua_weak_open(lua);
    luaL_checkstack(request->heap->roots, WORK_SLOTS, NULL);
    request->done = true;
    return 0;
}

static void gc_destroy(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    heap->is_ending = true;
    if (heap->lua)
        lua_close(heap->lua); /* calls what finalizers there are */
    for (struct assay_type *type = heap->types, *next; type; type = next) {
        next = type->next;
        backend->give(backend->context, type, sizeof *type);
    }
    backend->give(backend->context, heap, sizeof *heap);
}

static bool open_state(struct assay_heap *heap)
{
    struct lua_request request = { .heap = heap };

    heap->lua = lua_newstate(lua_memory, heap);
    if (!heap->lua)
        return false;
    lua_atpanic(heap->lua, panic);
    lua_gc(heap->lua, LUA_GCSTOP);
#ifdef LUA_GC_GENERATIONAL
    lua_gc(heap->lua, LUA_GCGEN, 0, 0);
#else
    lua_gc(heap->lua, LUA_GCINC, 0, 0, 0);
#endif
    return lua_protect(&request, open_heap);
}

static struct assay_heap *gc_create(const struct assay_collector_config *config)
{
    const struct assay_backend *backend = config->backend;
    struct assay_heap *heap =
        backend->take(backend->context, sizeof *heap, _Alignof(max_align_t));

    if (!heap)
        return NULL;
    memset(heap, 0, sizeof *heap);
    heap->backend = backend;
    if (open_state(heap)) {
        lua_gc(heap->lua, LUA_GCCOLLECT); /* the layout's trials */
        heap->ended = 0;
        return heap;
    }
    gc_destroy(heap);
    return NULL;
}

/* ---- kinds ---- */

static int make_metatable(lua_State *lua)
{
    struct lua_request *request = lua_touserdata(lua, 1);
    struct assay_type *type = request->type;

    lua_createtable(lua, 0, 1);
    if (type->kind.finalize) {
        lua_pushlightuserdata(lua, type);
        lua_pushcclosure(lua, gc_finalize, 1);
        lua_setfield(lua, -2, "__gc");
    }
    lua_leave(lua, request);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, type);
    return 0;
}

static const struct assay_type *gc_type_add(struct assay_heap *heap,
                                            const struct assay_kind *kind)
{
    const struct assay_backend *backend = heap->backend;
    struct assay_type *type =
        backend->take(backend->context, sizeof *type, _Alignof(max_align_t));
    struct lua_request request = { .heap = heap, .type = type };

    if (!type)
        return NULL;
    *type = (struct assay_type){ heap->types, heap, *kind, NULL };
    if (!lua_protect(&request, make_metatable)) {
        backend->give(backend->context, type, sizeof *type);
        return NULL;
    }
    type->metatable = request.made;
    heap->types = type;
    return type;
}

/* ---- objects ---- */

/* Within a finalizer Lua ignores it: it is made up for afterwards. */
static void keep_automatic(struct assay_heap *heap)
{
    if (heap->automatic == heap->is_automatic || heap->depth > 0)
        return;
    heap->is_automatic = heap->automatic;
    lua_gc(heap->lua, heap->automatic ? LUA_GCRESTART : LUA_GCSTOP);
}

static void make_data(lua_State *lua, struct lua_request *request)
{
    lua_newuserdatauv(lua, request->bytes, (int)request->slots);
    lua_push_handle(lua, request->type->metatable);
    lua_setmetatable(lua, -2);
    lua_leave(lua, request);
}

static int make_data_protected(lua_State *lua)
{
    make_data(lua, lua_touserdata(lua, 1));
    return 0;
}

/* A jump costs less than a protected call, but within a finalizer Lua would
 * take it for the finalizer's end. */
static bool make(struct lua_request *request)
{
    struct assay_heap *heap = request->heap;

    if (heap->depth > 0)
        return lua_protect(request, make_data_protected);
    if (_setjmp(heap->no_memory) != 0) {
        lua_settop(heap->lua, 0);
        return false;
    }
    make_data(heap->lua, request);
    lua_pop(heap->lua, 1);
    return true;
}

static struct assay_object *gc_new_object(struct assay_heap *heap,
                                          const struct assay_type *type,
                                          size_t slots, size_t bytes)
{
    struct lua_request request = { .heap = heap,
                                   .type = (struct assay_type *)type,
                                   .slots = slots,
                                   .bytes = bytes };

    if (slots > SLOTS_MAX || bytes > BYTES_MAX)
        return NULL;
    keep_automatic(heap);
    if (make(&request))
        return request.made;
    /* What Lua collects in an emergency are not those with finalizers. */
    lua_gc(heap->lua, LUA_GCCOLLECT);
    return make(&request) ? request.made : NULL;
}

static void *gc_payload(struct assay_heap *heap, struct assay_object *object)
{
    const struct lua_data *data = (const struct lua_data *)object;

    (void)heap;
    return data->bytes ? lua_data_block(data) : NULL;
}

static struct assay_object *gc_load(struct assay_heap *heap,
                                    struct assay_object *object, size_t slot)
{
    lua_State *lua = heap->roots;

    lua_push_handle(lua, object);
    lua_getiuservalue(lua, -1, (int)slot + 1);
    struct assay_object *value = lua_top_handle(lua);
    lua_pop(lua, 2);
    return value;
}

static void gc_store(struct assay_heap *heap, struct assay_object *object,
                     size_t slot, struct assay_object *value)
{
    lua_State *lua = heap->roots;

    lua_push_handle(lua, object);
    lua_push_handle(lua, value);
    lua_setiuservalue(lua, -2, (int)slot + 1);
    lua_pop(lua, 1);
}

/* ---- roots ---- */

/* The object lies on the stack's free part while that grows. */
static bool gc_push(struct assay_heap *heap, struct assay_object *object)
{
    lua_State *lua = heap->roots;

    lua_push_handle(lua, object);
    if (lua_checkstack(lua, WORK_SLOTS))
        return true;
    lua_pop(lua, 1);
    return false;
}

static void gc_pop(struct assay_heap *heap, size_t count)
{
    lua_pop(heap->roots, (int)count);
}

static struct assay_object *gc_root(struct assay_heap *heap, size_t place)
{
    lua_State *lua = heap->roots;

    lua_pushvalue(lua, (int)place + 1);
    struct assay_object *object = lua_top_handle(lua);
    lua_pop(lua, 1);
    return object;
}

static void gc_set_root(struct assay_heap *heap, size_t place,
                        struct assay_object *object)
{
    lua_push_handle(heap->roots, object);
    lua_replace(heap->roots, (int)place + 1);
}

/* ---- collections ---- */

static size_t gc_collect(struct assay_heap *heap, unsigned generation)
{
    size_t ended = heap->ended;
    bool whole = generation + 1 >= GENERATIONS;

    if (heap->depth > 0)
        return 0;
    if (whole)
        lua_gc(heap->lua, LUA_GCCOLLECT);
    else
        lua_gc(heap->lua, LUA_GCSTEP, 0); /* a young one */
    generation = whole ? GENERATIONS - 1 : generation;
    heap->collections[generation]++;
    heap->collected[generation] += heap->ended - ended;
    return heap->ended - ended;
}

static void gc_automatic(struct assay_heap *heap, bool on)
{
    heap->automatic = on;
    keep_automatic(heap);
}

static int gc_finalize(lua_State *lua)
{
    const struct assay_type *type = lua_touserdata(lua, lua_upvalueindex(1));
    struct assay_heap *heap = type->heap;

    lua_settop(lua, 1);
    heap->depth++;
    type->kind.finalize(type->kind.context, heap, lua_top_handle(lua));
    heap->depth--;
    return 0;
}

/* ---- limit, and looking in ---- */

static void gc_set_limit(struct assay_heap *heap, size_t bytes)
{
    heap->limit_bytes = bytes;
}

/* Of collections that Lua began by itself it does not tell. */
static void gc_stats(struct assay_heap *heap,
                     struct assay_collector_stats *ret_stats)
{
    *ret_stats =
        (struct assay_collector_stats){ .live_objects = heap->live_objects,
                                        .live_bytes = heap->live_bytes };
    for (int i = 0; i < GENERATIONS; i++) {
        ret_stats->generation[i].collections = heap->collections[i];
        ret_stats->generation[i].collected = heap->collected[i];
    }
    ret_stats->generation[GENERATIONS - 1].objects = heap->live_objects;
}

const struct assay_collector assay_collector = {
    .abi = ASSAY_COLLECTOR_ABI,
    .can = CAN | ASSAY_COLLECTOR_AUTOMATIC | ASSAY_COLLECTOR_FINALIZE |
           ASSAY_COLLECTOR_FINALIZE_AT_END | ASSAY_COLLECTOR_ENDED |
           ASSAY_COLLECTOR_WEAK | ASSAY_COLLECTOR_STATS |
           ASSAY_COLLECTOR_BACKEND | ASSAY_COLLECTOR_EPHEMERON |
           ASSAY_COLLECTOR_LIMIT | ASSAY_COLLECTOR_PIN | ASSAY_COLLECTOR_FORK,
    .name = NAME,
    .generations = GENERATIONS,
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
    .weak_new = lua_weak_new,
    .weak_get = lua_weak_get,
    .ephemeron_new = lua_ephemeron_new,
    .ephemeron_key = lua_ephemeron_key,
    .ephemeron_value = lua_ephemeron_value,
    .set_limit = gc_set_limit,
    .pin = lua_pin,
    .unpin = lua_unpin,
    .stats = gc_stats,
};
