/* kinds_ended.c - what the end of a collector leaves in memory that was
 * brought along, and whom it calls: nobody. */
#include "assay/values.h"
#include "assay/weak_maps.h"
#include "gc_fixture.h"

#include <stdlib.h>

static const char *const edition_names[] = { "py38", "py311", "py313" };

/* ---- memory that counts ---- */

static size_t blocks; /* that are not freed */

static void *count_block(void *block)
{
    blocks += block != NULL;
    return block;
}

static void *counting_malloc(void *context, size_t bytes)
{
    (void)context;
    return count_block(malloc(bytes));
}

static void *counting_calloc(void *context, size_t count, size_t bytes)
{
    (void)context;
    return count_block(calloc(count, bytes));
}

static void *counting_realloc(void *context, void *block, size_t bytes)
{
    (void)context;
    return block ? realloc(block, bytes) : count_block(malloc(bytes));
}

static void counting_free(void *context, void *block)
{
    (void)context;
    blocks -= block != NULL;
    free(block);
}

static const struct memory_allocator counting = {
    NULL, counting_malloc, counting_calloc, counting_realloc, counting_free
};

static struct gc *begin(const char *edition)
{
    const struct gc_config config = { .edition = edition, .memory = &counting };
    blocks = 0;
    struct gc *gc = gc_create(&config);
    cr_assert(gc);
    return gc;
}

TestSuite(kinds_ended, BOUND);

/* ---- strings ---- */

/* The type's names are the last references to some, in its table. */
static void name_attributes(struct gc *gc, struct object *instance)
{
    static const char *const names[] = { "plain", "\u00e9t\u00e9", "\u00e9",
                                         "interned" };
    for (int i = 0; i < 4; i++) {
        struct object *text = text_of(gc, names[i]);
        struct object *name = i < 2 ? object_incref(text) : text_intern(text);
        cr_assert(name && text_utf8(name, NULL));
        cr_assert(instance_set(instance, name, name));
        object_decref(name);
        object_decref(text);
    }
}

Test(kinds_ended, names_that_only_a_class_has_go_with_it)
{
    for (int i = 0; i < 3; i++) {
        struct gc *gc = begin(edition_names[i]);
        struct object *a = instance_new(instance_type_new(gc, "A", NULL));
        name_attributes(gc, a);
        object_decref(a);
        cr_expect(text_interned_count(gc) == 2);
        gc_destroy(gc);
        cr_expect(blocks == 0, "%s: %zu", edition_names[i], blocks);
    }
}

/* One of them is a single character, which the type has; since 3.12 all of
 * them are immortal. */
Test(kinds_ended, names_of_a_program_go_with_the_collector)
{
    static const char *const names[] = { "x", "total", "\u00e9", "\u03b1" };
    for (int i = 0; i < 3; i++) {
        struct gc *gc = begin(edition_names[i]);
        struct object *a = instance_new(instance_type_new(gc, "A", NULL));
        for (int j = 0; j < 4; j++) {
            struct object *text = text_of(gc, names[j]);
            struct object *name = text_intern_name(text);
            cr_assert(name && text_utf8(name, NULL));
            cr_assert(instance_set(a, name, name));
            object_decref(text);
            object_decref(name);
        }
        object_decref(a);
        cr_expect(text_interned_count(gc) == 4);
        gc_destroy(gc);
        cr_expect(blocks == 0, "%s: %zu", edition_names[i], blocks);
    }
}

Test(kinds_ended, a_string_that_is_held_stays_where_it_is)
{
    for (int i = 0; i < 3; i++) {
        struct gc *gc = begin(edition_names[i]);
        struct object *text = text_of(gc, "held");
        object_decref(text_intern(text));
        cr_expect(text->references == 1 && text_interned_count(gc) == 1);
        gc_destroy(gc);
        cr_expect(blocks == 1 && text->references == 1);
        counting_free(NULL, text);
    }
}

/* ---- the other kinds ---- */

static void make_and_drop(struct gc *gc)
{
    struct object *big = int_new(gc, INT64_MAX);
    struct object *kept[] = {
        big,
        float_new(gc, 0.5),
        bytes_new(gc, "bytes", 5),
        list_new(gc, 3),
        tuple_new(gc, 3),
        dict_new(gc),
        set_new(gc),
        weak_values_new(gc),
        weak_keys_new(gc),
    };
    size_t count = sizeof kept / sizeof kept[0];
    cr_assert(dict_set(kept[5], big, kept[3]) && set_add(kept[6], big));
    struct object *ref = weak_ref(kept[6], NULL);
    for (size_t i = 0; i < count; i++)
        object_decref(kept[i]);
    object_decref(ref);
}

Test(kinds_ended, what_was_kept_for_reuse_goes_with_the_collector)
{
    for (int i = 0; i < 3; i++) {
        struct gc *gc = begin(edition_names[i]);
        make_and_drop(gc);
        cr_expect(blocks > 0);
        gc_destroy(gc);
        cr_expect(blocks == 0, "%s: %zu", edition_names[i], blocks);
    }
}

/* ---- hooks ---- */

static size_t calls;

static void count_call(void *context, struct object *object)
{
    (void)context, (void)object;
    calls++;
}

static bool count_callback(void *context, struct object *object,
                           struct object *argument)
{
    (void)argument;
    count_call(context, object);
    return true;
}

static bool hash_alike(void *context, struct object *object, intptr_t *ret)
{
    (void)context, (void)object;
    *ret = 1;
    return true;
}

/* An instance had an attribute, whose name only the type has now; somebody has
 * a weak reference to the name, which stays, as does what it calls. */
static void leave_name(struct gc *gc)
{
    const struct object_hooks hooks = { .finalize = count_call,
                                        .dealloc = count_call,
                                        .call = count_callback,
                                        .hash = hash_alike };
    struct object *name = plain_new(plain_text_type_new(gc, "str", &hooks), 1);
    struct object *callback = plain_new(plain_type_new(gc, "f", &hooks), 2);
    struct object *a = instance_new(instance_type_new(gc, "A", NULL));
    cr_assert(weak_ref(name, callback));
    cr_assert(instance_set(a, name, callback));
    object_decref(a);
    object_decref(name);
    cr_assert(calls == 0);
}

Test(kinds_ended, no_hook_is_called_when_a_collector_ends)
{
    for (int i = 0; i < 3; i++) {
        const struct gc_config config = { .edition = edition_names[i] };
        struct gc *gc = gc_create(&config);
        leave_name(gc);
        gc_destroy(gc);
        cr_expect(calls == 0, "%s: %zu", edition_names[i], calls);
        calls = 0;
    }
}

Test(kinds_ended, nor_is_one_when_memory_was_brought_along)
{
    for (int i = 0; i < 3; i++) {
        struct gc *gc = begin(edition_names[i]);
        leave_name(gc);
        gc_destroy(gc);
        cr_expect(calls == 0, "%s: %zu", edition_names[i], calls);
        cr_expect(blocks == 2); /* the reference, and its callback */
        calls = 0;
    }
}
