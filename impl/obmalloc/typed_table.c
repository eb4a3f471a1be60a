/* typed_table.c - the free lists of each edition: bounds, sizes, sweeps.
 *
 * How each fact was confirmed (64-bit builds):
 *   sizes    tp_basicsize, tp_itemsize and Py_TPFLAGS_HAVE_GC of running
 *            2.7.18, 3.8.18, 3.11 and 3.13.0, and sizeof by their headers.
 *            Sizes of frames and strings include what 3.11+ lays out
 *            differently only so far as a block's size goes.
 *   2.7      by ctypes, PyXxx_ClearFreeList() after more were dropped than
 *            fit: method 256, cfunction 256, tuple 2000 for lengths 1 to 19
 *            and none for 20, unicode 1024, frame 200. There is no such
 *            function of list, dict and set, so no collection clears them
 *            (the lists' ids outlive gc.collect()); set 80 and float's
 *            blocks are from Objects/setobject.c and floatobject.c.
 *            Ints: one block after another, each in falling addresses; how
 *            clearing turns the blocks round is from Objects/intobject.c.
 *   3.8      the same way: also float 100, list 80, dict 80 and keys 80 (160
 *            returned, keys of ints included), context 255, set 0; tuples of
 *            20 are not kept. async_gen is from Objects/genobject.c.
 *   3.11     pycore_list.h, _dict.h, _float.h, _tuple.h, _context.h,
 *            _genobject.h of 3.11.2; _debugmallocstats() shows 2000 tuples of
 *            20 that are never taken again. Keys: dictobject.c,
 *            free_keys_object(): the smallest table, of strings.
 *   3.13     pycore_freelist.h of 3.13.0; _debugmallocstats() shows tuples of
 *            20 taken again. The order of its sweep is from memory.
 *   slices   one is cached in all four, and is the same after gc.collect(). */
#include "typed_table.h"

#include <string.h>

#define LISTED(limit, bytes, item, gc, name)             \
    {                                                    \
        TYPED_LISTED, limit, bytes, item, gc, 0, 0, name \
    }
#define PLAIN(bytes, item, gc)                      \
    {                                               \
        TYPED_PLAIN, 0, bytes, item, gc, 0, 0, NULL \
    }
#define BLOCKED(bytes, name)                      \
    {                                             \
        TYPED_BLOCKED, 0, bytes, 0, 0, 0, 0, name \
    }
#define PARTED(scheme, limit, bytes, gc, part, table, name) \
    {                                                       \
        scheme, limit, bytes, 0, gc, part, table, name      \
    }

/* 2.7. The two classic editions differ in the heap only. */
#define CLASSIC_RULES \
    .rule = {                                                                  \
        [TYPED_INT] = BLOCKED(24, "PyIntObject"),                              \
        [TYPED_FLOAT] = BLOCKED(24, "PyFloatObject"),                          \
        [TYPED_TUPLE] = LISTED(2000, 24, 8, 1, "PyTupleObject"),               \
        [TYPED_LIST] =                                                         \
            PARTED(TYPED_LISTED, 80, 40, 1, 24, 0, "PyListObject"),            \
        [TYPED_DICT] =                                                         \
            PARTED(TYPED_LISTED, 80, 248, 1, 40, 56, "PyDictObject"),          \
        [TYPED_SET] =                                                          \
            PARTED(TYPED_LISTED, 80, 200, 1, 40, 56, "PySetObject"),           \
        [TYPED_FRAME] = LISTED(200, 384, 8, 1, "PyFrameObject"),               \
        [TYPED_METHOD] = LISTED(256, 48, 0, 1, "PyMethodObject"),              \
        [TYPED_CFUNCTION] = LISTED(256, 40, 0, 1, "PyCFunctionObject"),        \
        [TYPED_SLICE] = LISTED(1, 40, 0, 1, "PySliceObject"),                  \
        [TYPED_UNICODE] =                                                      \
            PARTED(TYPED_LISTED, 1024, 48, 0, 24, 0, "PyUnicodeObject"),       \
    },                                                                         \
    .gc_head_bytes = 32, .tuple_push_max = 19, .tuple_pop_max = 19,            \
    .mem_is_raw = 1, .zombie_frames = 1,                                       \
    .sweep = { TYPED_METHOD,  TYPED_FRAME,   TYPED_CFUNCTION,                  \
               TYPED_TUPLE,   TYPED_UNICODE, TYPED_INT,                        \
               TYPED_FLOAT,   TYPED_KINDS }

/* What no edition of 3.x changed. */
#define COMMON_RULES                                                       \
    [TYPED_FLOAT] = LISTED(100, 24, 0, 0, "PyFloatObject"),                \
    [TYPED_TUPLE] = LISTED(2000, 24, 8, 1, "PyTupleObject"),               \
    [TYPED_LIST] = PARTED(TYPED_LISTED, 80, 40, 1, 24, 0, "PyListObject"), \
    [TYPED_DICT] = PARTED(TYPED_LISTED, 80, 48, 1, 32, 0, "PyDictObject"), \
    [TYPED_KEYS] = LISTED(80, 0, 0, 0, "PyDictKeysObject"),                \
    [TYPED_SET] = PARTED(TYPED_PLAIN, 0, 200, 1, 40, 56, NULL),            \
    [TYPED_CONTEXT] = LISTED(255, 48, 0, 1, "PyContext"),                  \
    [TYPED_ASYNC_VALUE] = LISTED(80, 24, 0, 1, "_PyAsyncGenWrappedValue"), \
    [TYPED_ASYNC_SEND] = LISTED(80, 40, 0, 1, "PyAsyncGenASend"),          \
    [TYPED_SLICE] = LISTED(1, 40, 0, 1, "PySliceObject"),                  \
    [TYPED_INT] = PLAIN(24, 4, 0)

static const struct typed_edition table[] = {
    { .name = "classic-256", CLASSIC_RULES },
    { .name = "classic-512", CLASSIC_RULES },
    {
        .name = "py38",
        .rule = { COMMON_RULES, [TYPED_KEYS_GENERAL] = PLAIN(0, 0, 0),
                  [TYPED_FRAME] = LISTED(200, 368, 8, 1, "PyFrameObject"),
                  [TYPED_METHOD] = LISTED(256, 48, 0, 1, "PyMethodObject"),
                  [TYPED_CFUNCTION] =
                      LISTED(256, 56, 0, 1, "PyCFunctionObject"),
                  [TYPED_UNICODE] = PLAIN(49, 1, 0) },
        .keys = { 40, 24, 24 },
        .gc_head_bytes = 16,
        .tuple_push_max = 19,
        .tuple_pop_max = 19,
        .zombie_frames = 1,
        .keys_of_one_kind = 1,
        .set_fill_fifths = 1,
        .sweep = { TYPED_METHOD, TYPED_FRAME, TYPED_CFUNCTION, TYPED_TUPLE,
                   TYPED_FLOAT, TYPED_LIST, TYPED_DICT, TYPED_ASYNC_VALUE,
                   TYPED_CONTEXT, TYPED_KINDS },
    },
    {
        .name = "py311",
        .rule = { COMMON_RULES, [TYPED_KEYS_GENERAL] = PLAIN(0, 0, 0),
                  [TYPED_FRAME] = PLAIN(120, 8, 1),
                  [TYPED_METHOD] = PLAIN(48, 0, 1),
                  [TYPED_CFUNCTION] = PLAIN(56, 0, 1),
                  [TYPED_UNICODE] = PLAIN(49, 1, 0) },
        .keys = { 32, 16, 24 },
        .gc_head_bytes = 16,
        .tuple_push_max = 20,
        .tuple_pop_max = 19,
        .empty_tuple_static = 1,
        .int_digits_min = 1,
        .set_fill_fifths = 1,
        .sweep = { TYPED_TUPLE, TYPED_FLOAT, TYPED_LIST, TYPED_DICT,
                   TYPED_ASYNC_VALUE, TYPED_CONTEXT, TYPED_KINDS },
    },
    {
        .name = "py313",
        .rule = { COMMON_RULES, [TYPED_KEYS_GENERAL] = PLAIN(0, 0, 0),
                  [TYPED_FRAME] = PLAIN(136, 8, 1),
                  [TYPED_METHOD] = PLAIN(48, 0, 1),
                  [TYPED_CFUNCTION] = PLAIN(56, 0, 1),
                  [TYPED_UNICODE] = PLAIN(41, 1, 0) },
        .keys = { 32, 16, 24 },
        .gc_head_bytes = 16,
        .tuple_push_max = 20,
        .tuple_pop_max = 20,
        .empty_tuple_static = 1,
        .int_digits_min = 1,
        .set_fill_fifths = 1,
        .sweep = { TYPED_FLOAT, TYPED_TUPLE, TYPED_LIST, TYPED_DICT,
                   TYPED_CONTEXT, TYPED_ASYNC_VALUE, TYPED_KINDS },
    },
};

const struct typed_edition *typed_edition_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
