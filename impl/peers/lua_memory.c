/* lua_memory.c - Lua's memory is the backend's; where a userdata is freed, an
 * object has ended. */
#include "lua_gc.h"

#include <assert.h>
#include <string.h>

struct lua_shrunk {
    struct lua_shrunk *next;
    void *start;
    size_t bytes;
};

/* ---- layout ---- */

/* Values other than 0, so that a field read in the wrong place shows. */
bool lua_layout_holds(lua_State *state)
{
    enum { VALUES = 3, BYTES = 40 };
    int at = lua_gettop(state);
    void *block = lua_newuserdatauv(state, BYTES, VALUES);
    const struct lua_data *data = lua_top_value(state)->object;
    bool holds =
        lua_top_value(state)->tag == (LUA_TUSERDATA | LUA_COLLECTABLE_BIT) &&
        data->kind == LUA_TUSERDATA && data->values == VALUES &&
        data->bytes == BYTES && lua_data_block(data) == block;

    if (holds) {
        lua_push_handle(state, data);
        holds = lua_rawequal(state, -1, -2);
        lua_pop(state, 1);
    }
    lua_settop(state, at);
    if (!holds)
        return false;
    block = lua_newuserdatauv(state, BYTES, 0);
    data = lua_top_value(state)->object;
    holds = data->values == 0 && lua_data_block(data) == block;
    lua_settop(state, at);
    return holds;
}

/* ---- ends ---- */

static const struct assay_type *type_of(const struct assay_heap *heap,
                                        const struct lua_data *data)
{
    const struct assay_type *type = heap->types;

    while (type && type->metatable != data->metatable)
        type = type->next;
    return type;
}

/* What begins with a link and this byte is a userdata: other collected things
 * have another kind, arrays of values have tags with the bit of what is
 * collected, arrays of addresses have even bytes there, and strings and code
 * of the user's there are none. */
static bool is_data(const void *start, size_t bytes)
{
    const struct lua_data *data = start;

    return bytes >= offsetof(struct lua_data, gray) &&
           data->kind == LUA_TUSERDATA;
}

static void note_end(struct assay_heap *heap, const struct lua_data *data,
                     size_t bytes)
{
    const struct assay_type *type =
        heap->is_ending ? NULL : type_of(heap, data);

    heap->live_objects--;
    heap->live_bytes -= bytes;
    heap->ended++;
    if (type && type->kind.ended)
        type->kind.ended(type->kind.context, lua_data_block(data));
}

/* ---- pieces ---- */

/* Lua counts on shrinking to succeed, a backend may refuse: then the piece
 * stays, and how large it is stands behind what Lua uses of it. */
static void *keep_shrunk(struct assay_heap *heap, void *start, size_t old_bytes,
                         size_t bytes)
{
    size_t at = (bytes + LUA_WORD_BYTES - 1) / LUA_WORD_BYTES * LUA_WORD_BYTES;
    struct lua_shrunk *shrunk = (void *)((char *)start + at);

    assert(at + sizeof *shrunk <= old_bytes);
    *shrunk = (struct lua_shrunk){ heap->shrunk, start, old_bytes };
    heap->shrunk = shrunk;
    return start;
}

/* How large the piece was when it was taken. */
static size_t taken_bytes(struct assay_heap *heap, const void *start,
                          size_t bytes)
{
    for (struct lua_shrunk **at = &heap->shrunk; *at; at = &(*at)->next) {
        if ((*at)->start != start)
            continue;
        bytes = (*at)->bytes;
        *at = (*at)->next;
        break;
    }
    return bytes;
}

static void give(struct assay_heap *heap, void *start, size_t bytes)
{
    const struct assay_backend *backend = heap->backend;

    if (heap->shrunk)
        bytes = taken_bytes(heap, start, bytes);
    backend->give(backend->context, start, bytes);
}

/* Of a fresh piece Lua tells the kind instead of the old size. */
static void *take_data(struct assay_heap *heap, size_t bytes)
{
    const struct assay_backend *backend = heap->backend;
    size_t limit = heap->limit_bytes;
    void *start = NULL;

    if (!limit ||
        (heap->live_bytes <= limit && bytes <= limit - heap->live_bytes))
        start = backend->take(backend->context, bytes, LUA_WORD_BYTES);
    if (start) {
        heap->live_objects++;
        heap->live_bytes += bytes;
    }
    return start;
}

static void *resize(struct assay_heap *heap, void *start, size_t old_bytes,
                    size_t bytes)
{
    const struct assay_backend *backend = heap->backend;
    void *moved = backend->take(backend->context, bytes, LUA_WORD_BYTES);

    if (!moved)
        return bytes > old_bytes
                   ? NULL
                   : keep_shrunk(heap, start,
                                 taken_bytes(heap, start, old_bytes), bytes);
    memcpy(moved, start, bytes < old_bytes ? bytes : old_bytes);
    give(heap, start, old_bytes);
    return moved;
}

void *lua_memory(void *given, void *start, size_t old_bytes, size_t bytes)
{
    struct assay_heap *heap = given;
    const struct assay_backend *backend = heap->backend;

    if (!start && old_bytes == LUA_TUSERDATA)
        return take_data(heap, bytes);
    if (!start)
        return bytes ? backend->take(backend->context, bytes, LUA_WORD_BYTES)
                     : NULL;
    if (bytes)
        return bytes == old_bytes ? start
                                  : resize(heap, start, old_bytes, bytes);
    if (is_data(start, old_bytes))
        note_end(heap, start, old_bytes);
    give(heap, start, old_bytes);
    return NULL;
}
