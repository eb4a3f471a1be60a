/* lua_weak.c - what Lua's own tables stand for: weak references are tables of
 * weak values, ephemerons tables of weak keys, and one table counts pins. */
#include "lua_gc.h"

/* Keys of the registry. */
static const char key_weak, key_ephemeron, key_pins;

static void set_mode(lua_State *lua, const char *key, const char *mode)
{
    lua_createtable(lua, 0, 1);
    lua_pushstring(lua, mode);
    lua_setfield(lua, -2, "__mode");
    lua_rawsetp(lua, LUA_REGISTRYINDEX, key);
}

void lua_weak_open(lua_State *lua)
{
    set_mode(lua, &key_weak, "v");
    set_mode(lua, &key_ephemeron, "k");
    lua_newtable(lua);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &key_pins);
}

/* ---- weak references and ephemerons ---- */

static int make_weak(lua_State *lua)
{
    struct lua_request *request = lua_touserdata(lua, 1);

    lua_push_handle(lua, request->a); /* lives while the table is made */
    lua_createtable(lua, 1, 0);
    lua_insert(lua, -2);
    lua_rawseti(lua, -2, 1);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &key_weak);
    lua_setmetatable(lua, -2);
    lua_leave(lua, request);
    return 0;
}

struct assay_object *lua_weak_new(struct assay_heap *heap,
                                  struct assay_object *referent,
                                  assay_weak_callback *callback, void *context)
{
    struct lua_request request = { .heap = heap, .a = referent };

    (void)callback, (void)context;
    return lua_protect(&request, make_weak) ? request.made : NULL;
}

struct assay_object *lua_weak_get(struct assay_heap *heap,
                                  struct assay_object *weak)
{
    lua_State *lua = heap->roots;

    lua_push_handle(lua, weak);
    lua_rawgeti(lua, -1, 1);
    struct assay_object *referent = lua_top_handle(lua);
    lua_pop(lua, 2);
    return referent;
}

static int make_ephemeron(lua_State *lua)
{
    struct lua_request *request = lua_touserdata(lua, 1);

    lua_push_handle(lua, request->a);
    lua_push_handle(lua, request->b);
    lua_createtable(lua, 0, 1);
    lua_insert(lua, -3);
    lua_rawset(lua, -3);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &key_ephemeron);
    lua_setmetatable(lua, -2);
    lua_leave(lua, request);
    return 0;
}

struct assay_object *lua_ephemeron_new(struct assay_heap *heap,
                                       struct assay_object *key,
                                       struct assay_object *value)
{
    struct lua_request request = { .heap = heap, .a = key, .b = value };

    return lua_protect(&request, make_ephemeron) ? request.made : NULL;
}

static struct assay_object *look_into(struct assay_heap *heap,
                                      struct assay_object *ephemeron,
                                      bool value)
{
    lua_State *lua = heap->roots;
    struct assay_object *found = NULL;

    lua_push_handle(lua, ephemeron);
    lua_pushnil(lua);
    if (lua_next(lua, -2)) {
        if (!value)
            lua_pop(lua, 1);
        found = lua_top_handle(lua);
        lua_pop(lua, value ? 2 : 1);
    }
    lua_pop(lua, 1);
    return found;
}

struct assay_object *lua_ephemeron_key(struct assay_heap *heap,
                                       struct assay_object *ephemeron)
{
    return look_into(heap, ephemeron, false);
}

struct assay_object *lua_ephemeron_value(struct assay_heap *heap,
                                         struct assay_object *ephemeron)
{
    return look_into(heap, ephemeron, true);
}

/* ---- pins ---- */

/* A table from the object to how often it is pinned. */
static void add_pin(lua_State *lua, const void *object, lua_Integer more)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &key_pins);
    lua_push_handle(lua, object);
    lua_push_handle(lua, object);
    lua_rawget(lua, -3);
    lua_Integer count = lua_tointeger(lua, -1) + more;
    lua_pop(lua, 1);
    if (count)
        lua_pushinteger(lua, count);
    else
        lua_pushnil(lua);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
}

static int pin_protected(lua_State *lua)
{
    struct lua_request *request = lua_touserdata(lua, 1);

    add_pin(lua, request->a, 1);
    request->done = true;
    return 0;
}

bool lua_pin(struct assay_heap *heap, struct assay_object *object)
{
    struct lua_request request = { .heap = heap, .a = object };

    return lua_protect(&request, pin_protected);
}

void lua_unpin(struct assay_heap *heap, struct assay_object *object)
{
    add_pin(heap->roots, object, -1);
}
