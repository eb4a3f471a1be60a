/* lua_gc.h - a Lua state as a heap: its head, its values by address, and the
 * memory it lives in.
 *
 * An object is a full userdata: its user values are the slots, its block is
 * the payload. A handle is the address of what Lua collects: a userdata, or
 * the table that stands for a weak reference or an ephemeron.
 *
 * Lua's API leads from a value to an address and not back. So a handle is
 * pushed by writing its tag into the stack's top slot, which takes the three
 * structures below from Lua 5.4's lobject.h and lstate.h. lua_layout_holds()
 * tries all of it before a heap is used; where it does not hold there is no
 * heap. */
#ifndef ASSAY_PEERS_LUA_GC_H
#define ASSAY_PEERS_LUA_GC_H

#include <lauxlib.h>
#include <lua.h>
#include <setjmp.h>

#include "assay/collector.h"

/* ---- what Lua 5.4 has in memory ---- */

enum { LUA_COLLECTABLE_BIT = 64, LUA_WORD_BYTES = 16 };

/* TValue */
struct lua_value {
    void *object;
    unsigned char tag;
};

/* The beginning of every lua_State. */
struct lua_stack {
    void *next;
    unsigned char kind, marked, status, allow_hook;
    unsigned short calls;
    struct lua_value *top;
};

/* Udata: then its user values, if any, then the block. Other collected things
 * begin as it does, up to `marked`. */
struct lua_data {
    void *next;
    unsigned char kind, marked;
    unsigned short values;
    size_t bytes;
    const void *metatable;
    void *gray;
    struct lua_value value[];
};

static inline struct lua_value *lua_top_value(lua_State *state)
{
    return ((struct lua_stack *)state)->top - 1;
}

/* NULL: nil. */
static inline void lua_push_handle(lua_State *state, const void *handle)
{
    lua_pushlightuserdata(state, (void *)handle);
    lua_top_value(state)->tag =
        handle ? ((const struct lua_data *)handle)->kind | LUA_COLLECTABLE_BIT
               : LUA_TNIL;
}

/* NULL where the top is nothing that is collected. */
static inline struct assay_object *lua_top_handle(lua_State *state)
{
    const struct lua_value *top = lua_top_value(state);

    return top->tag & LUA_COLLECTABLE_BIT ? top->object : NULL;
}

/* Without user values there is no list of gray ones either. */
static inline void *lua_data_block(const struct lua_data *data)
{
    return data->values ? (void *)&data->value[data->values]
                        : (void *)&data->gray;
}

/* On a state with two free slots. */
bool lua_layout_holds(lua_State *state);

/* ---- the heap ---- */

struct assay_type {
    struct assay_type *next;
    struct assay_heap *heap;
    struct assay_kind kind;
    const void *metatable;
};

/* A piece that is larger than Lua believes; it stands in what it has more. */
struct lua_shrunk;

struct assay_heap {
    const struct assay_backend *backend;
    lua_State *lua;   /* where allocations, and so finalizers, run */
    lua_State *roots; /* a coroutine whose stack is that of the roots */
    struct assay_type *types;
    struct lua_shrunk *shrunk;
    size_t live_objects;
    size_t live_bytes;
    size_t limit_bytes; /* of live_bytes; 0: none */
    size_t ended;       /* objects, ever */
    size_t collections[ASSAY_GENERATIONS_MAX];
    size_t collected[ASSAY_GENERATIONS_MAX];
    unsigned depth;    /* of finalizers */
    bool automatic;    /* is wanted, */
    bool is_automatic; /* and told to Lua */
    bool is_ending;
    jmp_buf no_memory; /* for new_object() outside of finalizers */
};

/* lua_Alloc over the backend; tells ends, and keeps to the limit. */
void *lua_memory(void *heap, void *start, size_t old_bytes, size_t bytes);

/* ---- calls that may fail ---- */

/* What a function is asked for that runs in a protected call. */
struct lua_request {
    struct assay_heap *heap;
    struct assay_type *type;
    size_t slots, bytes;
    const void *a, *b;
    struct assay_object *made;
    bool done;
};

/* Calls it with the address of the request, which says `done` in the end.
 * False: no memory. */
bool lua_protect(struct lua_request *request, lua_CFunction function);

/* Done: the handle of what is on top of the stack is in request->made. */
void lua_leave(lua_State *lua, struct lua_request *request);

/* ---- tables: weak references, ephemerons, pins ---- */

/* Within a protected call, once for a state. */
void lua_weak_open(lua_State *lua);

/* Entries of the plug-in's table. */
struct assay_object *lua_weak_new(struct assay_heap *heap,
                                  struct assay_object *referent,
                                  assay_weak_callback *callback, void *context);
struct assay_object *lua_weak_get(struct assay_heap *heap,
                                  struct assay_object *weak);
struct assay_object *lua_ephemeron_new(struct assay_heap *heap,
                                       struct assay_object *key,
                                       struct assay_object *value);
struct assay_object *lua_ephemeron_key(struct assay_heap *heap,
                                       struct assay_object *ephemeron);
struct assay_object *lua_ephemeron_value(struct assay_heap *heap,
                                         struct assay_object *ephemeron);
bool lua_pin(struct assay_heap *heap, struct assay_object *object);
void lua_unpin(struct assay_heap *heap, struct assay_object *object);

#endif
