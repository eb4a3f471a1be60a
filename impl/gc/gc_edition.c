/* gc_edition.c - what the editions of CPython have otherwise.
 *
 * From: Modules/gcmodule.c, Objects/listobject.c, Objects/tupleobject.c,
 * Objects/dictobject.c, Include/cpython/unicodeobject.h and
 * Include/cpython/longintrepr.h of 2.7, 3.8, 3.11 and 3.13. Dicts, sets and
 * plain values of the classic editions are those of py38. */
#include "collector.h"

#include <string.h>

#define CLASSIC                                                             \
    .threshold = { 700, 10, 10 }, .resurrection_saves_all = true,           \
    .lists_grow_slowly = true, .tuple_pop_max = 19, .tuple_push_max = 19,   \
    .dict_keys_head_bytes = 40, .instance_dict_word = 2,                    \
    .instance_weak_word = 3, .instance_bytes = 32, .bool_bytes = 32,        \
    .text_ascii_bytes = 48, .text_other_bytes = 72, .text_basic_bytes = 80, \
    .hash_has_more_rounds = true, .nan_has_no_hash = true, .weak_bytes = 56

static const struct gc_edition table[] = {
    {
        .name = "py311",
        .threshold = { 700, 10, 10 },
        .tuple_pop_max = 19,
        .tuple_push_max = 20,
        .dict_keys_head_bytes = 32,
        .dict_text_entries = true,
        .shared_keys_log = 6,
        .instance_dict_word = -3,
        .instance_values_word = -4,
        .instance_weak_word = 2,
        .instance_bytes = 24,
        .instance_before_bytes = 16,
        .int_digits_min = 1,
        .bool_bytes = 32,
        .text_ascii_bytes = 48,
        .text_other_bytes = 72,
        .text_basic_bytes = 80,
        .weak_bytes = 64,
    },
    {
        .name = "py313",
        .threshold = { 2000, 10, 10 },
        .pop_clears_list = true,
        .tuple_pop_max = 20,
        .tuple_push_max = 20,
        .dict_keys_head_bytes = 32,
        .dict_text_entries = true,
        .shared_keys_log = 6,
        .instance_dict_word = -3,
        .instance_values_word = -3,
        .instance_weak_word = -4,
        .instance_bytes = 16,
        .instance_before_bytes = 16,
        .int_digits_min = 1,
        .int_is_tagged = true,
        .bool_bytes = 24,
        .text_ascii_bytes = 40,
        .text_other_bytes = 56,
        .text_basic_bytes = 64,
        .weak_bytes = 64,
        .immortals = true,
        .waits_for_safe_point = true,
    },
    { .name = "py38", CLASSIC, .shared_keys_log = 3 },
    { .name = "classic-256", CLASSIC },
    { .name = "classic-512", CLASSIC, .shared_keys_log = 3 },
};

const struct gc_edition *gc_edition_find(const char *name)
{
    if (!name)
        return &table[0];
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
