/* typed_object.c - objects and their parts, made and ended without a list.
 *
 * Where a type is collected, its objects are counted here, and only here:
 * PyObject_GC_New adds one, PyObject_GC_Del takes one off unless there is
 * none. A list that keeps an object calls neither. */
#include "typed_lists.h"

#include <assert.h>
#include <string.h>

/* No object has so many items: larger requests are refused before their
 * bytes are computed. */
#define ITEMS_MAX ((size_t)1 << 56)

/* log2 of the smallest table (PyDict_LOG_MINSIZE, PySet_MINSIZE). */
#define TABLE_LOG_MIN 3u
#define TABLE_LOG_BAD 64u

static size_t table_room(const struct typed_lists *lists, enum typed_kind kind,
                         unsigned log)
{
    size_t slots = (size_t)1 << log;
    if (kind == TYPED_SET && lists->edition->set_fill_fifths)
        return (slots - 1) * 3 / 5;
    return slots * 2 / 3;
}

unsigned typed_table_log(const struct typed_lists *lists, enum typed_kind kind,
                         size_t items)
{
    unsigned log = TABLE_LOG_MIN;
    if (items > ITEMS_MAX)
        return TABLE_LOG_BAD;
    while (table_room(lists, kind, log) < items)
        log++;
    return log;
}

/* The second word of keys: log2 of their slots, and their kind, as dk_log2_size
 * and dk_kind are in 3.11. */
static const void *keys_word(enum typed_kind kind, unsigned log)
{
    return (const void *)(uintptr_t)(log | (unsigned)kind << 8);
}

const void *typed_keys_kept_word(void)
{
    return keys_word(TYPED_KEYS, TABLE_LOG_MIN);
}

unsigned typed_keys_log(const struct typed_object *keys)
{
    return (uintptr_t)keys->type & 0xff;
}

enum typed_kind typed_keys_kind(const struct typed_object *keys)
{
    return (enum typed_kind)((uintptr_t)keys->type >> 8);
}

/* Indices are as narrow as the slots allow (DKIX_SIZE). */
static size_t keys_index_bytes(unsigned log)
{
    return log < 8 ? 1 : log < 16 ? 2 : log < 32 ? 4 : 8;
}

static size_t keys_bytes(const struct typed_lists *lists, enum typed_kind kind,
                         size_t items)
{
    const struct typed_keys_rule *rule = &lists->edition->keys;
    unsigned log = typed_table_log(lists, kind, items);
    size_t entry = kind == TYPED_KEYS ? rule->string_entry_bytes
                                      : rule->general_entry_bytes;
    return rule->header_bytes + (keys_index_bytes(log) << log) +
           entry * table_room(lists, kind, log);
}

static size_t object_head_bytes(const struct typed_lists *lists,
                                enum typed_kind kind)
{
    return typed_rule(lists, kind)->gc ? lists->edition->gc_head_bytes : 0;
}

size_t typed_bytes(const struct typed_lists *lists, enum typed_kind kind,
                   size_t items)
{
    const struct typed_rule *rule = typed_rule(lists, kind);
    if (rule->scheme == TYPED_ABSENT || items > ITEMS_MAX)
        return 0;
    if (typed_is_keys(kind))
        return keys_bytes(lists, kind, items);
    if (kind == TYPED_INT && items < lists->edition->int_digits_min)
        items = lists->edition->int_digits_min;
    return object_head_bytes(lists, kind) + rule->basic_bytes +
           items * rule->item_bytes;
}

struct typed_object *typed_object_new(struct typed_lists *lists,
                                      enum typed_kind kind, size_t items,
                                      const char *type)
{
    size_t bytes = typed_bytes(lists, kind, items);
    size_t head = object_head_bytes(lists, kind);
    char *start =
        bytes == 0 ? NULL : lists->object.malloc(lists->object.context, bytes);
    if (!start)
        return NULL;
    memset(start, 0, head);
    lists->young_count += head > 0;
    struct typed_object *object = (struct typed_object *)(start + head);
    object->references = 1;
    object->type = type;
    if (typed_is_keys(kind))
        object->type = keys_word(kind, typed_table_log(lists, kind, items));
    if (typed_rule(lists, kind)->item_bytes > 0)
        ((struct typed_sized *)object)->items = items;
    return object;
}

void typed_object_delete(struct typed_lists *lists, enum typed_kind kind,
                         struct typed_object *object)
{
    size_t head = object_head_bytes(lists, kind);
    if (head > 0 && lists->young_count > 0)
        lists->young_count--;
    lists->object.free(lists->object.context, (char *)object - head);
}

struct typed_object *typed_frame_grow(struct typed_lists *lists,
                                      struct typed_object *frame, size_t items)
{
    size_t head = object_head_bytes(lists, TYPED_FRAME);
    char *start =
        lists->object.realloc(lists->object.context, (char *)frame - head,
                              typed_bytes(lists, TYPED_FRAME, items));
    if (!start)
        return NULL;
    struct typed_sized *grown = (struct typed_sized *)(start + head);
    grown->items = items;
    return &grown->head;
}

/* ---- parts: an array, a table, characters ---- */

static void **part_of(const struct typed_lists *lists, enum typed_kind kind,
                      const struct typed_object *object)
{
    return (void **)((char *)object + typed_rule(lists, kind)->part_offset);
}

/* Characters are PyObject_Malloc'ed, arrays and tables PyMem_Malloc'ed. */
static struct memory_allocator *part_layer(struct typed_lists *lists,
                                           enum typed_kind kind)
{
    return kind == TYPED_UNICODE ? &lists->object : &lists->mem;
}

/* Entries of a table: hash, key and, of a dict, value. A string of 2.x has
 * characters of 4 bytes and ends in one. 0: the object needs no part. */
static size_t part_bytes(const struct typed_lists *lists, enum typed_kind kind,
                         size_t items)
{
    if (kind == TYPED_LIST)
        return items * sizeof(void *);
    if (kind == TYPED_UNICODE)
        return (items + 1) * 4;
    unsigned log = typed_table_log(lists, kind, items);
    size_t entry = kind == TYPED_SET ? 16 : 24;
    return log == TABLE_LOG_MIN ? 0 : entry << log;
}

static void *part_inline(const struct typed_lists *lists, enum typed_kind kind,
                         const struct typed_object *object)
{
    size_t offset = typed_rule(lists, kind)->inline_offset;
    return offset > 0 ? (char *)object + offset : NULL;
}

/* A string from the list may bring its characters: these only ever grow, and
 * by the length that the last owner left (_PyUnicode_New). */
static bool part_new_characters(struct typed_lists *lists,
                                struct typed_sized *string, void **part,
                                size_t items)
{
    assert(string);
    struct memory_allocator *layer = part_layer(lists, TYPED_UNICODE);
    size_t bytes = part_bytes(lists, TYPED_UNICODE, items);
    void *characters = *part;
    if (!characters)
        characters = layer->malloc(layer->context, bytes);
    else if (string->items < items)
        characters = layer->realloc(layer->context, characters, bytes);
    if (!characters)
        return false;
    *part = characters;
    string->items = items;
    return true;
}

bool typed_part_new(struct typed_lists *lists, enum typed_kind kind,
                    struct typed_object *object, size_t items, bool reused)
{
    void **part = part_of(lists, kind, object);
    struct memory_allocator *layer = part_layer(lists, kind);
    bool has_characters = kind == TYPED_UNICODE && reused;
    if (!has_characters)
        *part = part_inline(lists, kind, object);
    if (items > ITEMS_MAX)
        return false;
    if (kind == TYPED_UNICODE)
        return part_new_characters(lists, (struct typed_sized *)object, part,
                                   items);
    if (kind == TYPED_DICT && !*part) {
        *part = items > 0 ? typed_alloc(lists, TYPED_KEYS, items) : NULL;
        return *part || items == 0;
    }
    size_t bytes = part_bytes(lists, kind, items);
    if (bytes > 0)
        *part = layer->malloc(layer->context, bytes);
    return *part || bytes == 0;
}

void typed_part_delete(struct typed_lists *lists, enum typed_kind kind,
                       struct typed_object *object)
{
    void **part = part_of(lists, kind, object);
    struct memory_allocator *layer = part_layer(lists, kind);
    if (!*part || *part == part_inline(lists, kind, object))
        return;
    if (kind == TYPED_DICT && typed_rule(lists, TYPED_KEYS)->scheme)
        typed_free(lists, TYPED_KEYS, *part);
    else
        layer->free(layer->context, *part);
    *part = NULL;
}

void *typed_part(const struct typed_lists *lists, enum typed_kind kind,
                 const void *object)
{
    return typed_rule(lists, kind)->part_offset > 0
               ? *part_of(lists, kind, object)
               : NULL;
}
