/* inspect.c - what objects take by type, and the finder of leaks. */
#include "gc_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "assay/inspect.h"
#include "assay/values.h"

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
    gc_disable(f.gc);
}

static void end(void)
{
    gc_fixture_end(&f);
}

TestSuite(inspect, .init = begin, .fini = end, .timeout = 60);

static struct object *appended(struct object *list, struct object *item)
{
    cr_assert(item && list_append(list, item));
    object_decref(item);
    return item;
}

static const struct inspect_type *find(const struct inspect_types *types,
                                       const char *name)
{
    for (size_t i = 0; i < types->count; i++)
        if (strcmp(types->item[i].name, name) == 0)
            return &types->item[i];
    return NULL;
}

Test(inspect, bytes_of_objects_are_those_of_sys_getsizeof)
{
    struct object *list = list_new(f.gc, 0), *dict = dict_new(f.gc);
    struct object *tuple = tuple_new(f.gc, 3), *set = set_new(f.gc);
    cr_assert(object_bytes(list) == 56 && object_bytes(dict) == 64);
    cr_assert(object_bytes(tuple) == 64 && object_bytes(set) == 216);
    appended(list, plain_new(f.plain, 1));
    cr_assert(object_bytes(list) == 88);
    object_decref(list);
    object_decref(dict);
    object_decref(tuple);
    object_decref(set);
}

Test(inspect, memory_is_summed_by_type_with_what_is_not_tracked)
{
    struct inspect_types types;
    struct object *list = list_new(f.gc, 0);
    for (int i = 0; i < 5; i++)
        appended(list, plain_new(f.plain, i));
    appended(list, node_new(f.node, 9));
    size_t list_bytes = object_bytes(list);
    size_t plain_bytes = object_bytes(list_item(list, 0));
    cr_assert(inspect_types(f.gc, &types) == 0);
    const struct inspect_type *plain = find(&types, f.plain->name);
    cr_assert(types.count == 3);
    cr_assert(find(&types, "list")->count == 1);
    cr_assert(find(&types, "list")->bytes == list_bytes);
    cr_assert(plain->count == 5 && plain->bytes == 5 * plain_bytes);
    for (size_t i = 1; i < types.count; i++)
        cr_assert(types.item[i - 1].bytes >= types.item[i].bytes);
    inspect_types_end(&types);
    object_decref(list);
}

/* What sys.getsizeof() of 3.11 says of -(2**40), "abc", b"abcd" and 1.5. */
Test(inspect, values_are_summed_by_the_bytes_they_take)
{
    static const struct {
        const char *type;
        size_t bytes;
    } expected[] = {
        { "int", 32 }, { "str", 52 }, { "bytes", 37 }, { "float", 24 }
    };
    struct inspect_types types;
    struct object *list = list_new(f.gc, 0);
    appended(list, int_new(f.gc, -(INT64_C(1) << 40)));
    appended(list, text_of(f.gc, "abc"));
    appended(list, bytes_new(f.gc, "abcd", 4));
    appended(list, float_new(f.gc, 1.5));
    cr_assert(inspect_types(f.gc, &types) == 0);
    cr_assert(types.count == 5);
    for (unsigned i = 0; i < 4; i++) {
        const struct inspect_type *type = find(&types, expected[i].type);
        cr_assert(type && type->count == 1, "%s", expected[i].type);
        cr_assert(type->bytes == expected[i].bytes, "%s: %zu", type->name,
                  type->bytes);
    }
    inspect_types_end(&types);
    object_decref(list);
}

Test(inspect, types_are_printed_the_largest_first_with_their_sum)
{
    struct inspect_types types;
    struct object *list = list_new(f.gc, 0), *other = list_new(f.gc, 0);
    appended(list, int_new(f.gc, 1000));
    size_t bytes = object_bytes(list) + object_bytes(other);
    cr_assert(inspect_types(f.gc, &types) == 0);
    char *text = NULL, expected[256];
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    inspect_types_print(&types, file);
    fclose(file);
    snprintf(expected, sizeof expected,
             "type                          objects          bytes\n"
             "list                                2 %14zu\n"
             "int                                 1             28\n"
             "all                                 3 %14zu\n",
             bytes, bytes + 28);
    cr_assert_str_eq(text, expected);
    free(text);
    inspect_types_end(&types);
    object_decref(list);
    object_decref(other);
}

/* ---- leaks ---- */

static char *leaks_text(const struct inspect_leaks *leaks)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    inspect_leaks_print(leaks, file);
    fclose(file);
    return text;
}

/* A cache that forgets to forget: dict -> list -> nodes. */
Test(inspect, a_leak_is_named_with_its_count_and_who_holds_it)
{
    struct inspect_leaks leaks;
    struct object *cache = dict_new(f.gc), *key = plain_new(f.plain, 1);
    struct object *list = list_new(f.gc, 0), *other = list_new(f.gc, 0);
    cr_assert(dict_set(cache, key, list));
    object_decref(list);
    object_decref(key);
    const struct object *old = appended(list, node_new(f.node, 0));
    struct inspect_heap *before = inspect_heap_create(f.gc);
    for (int i = 1; i <= 30; i++)
        appended(list, node_new(f.node, i));
    struct inspect_heap *after = inspect_heap_create(f.gc);
    cr_assert(inspect_heap_count(after) == inspect_heap_count(before) + 30);
    cr_assert(inspect_leaks(before, after, &leaks) == 0);
    cr_assert(leaks.count == 1 && leaks.item[0].count == 30);
    cr_assert(leaks.item[0].path_count == 3);
    cr_assert(leaks.item[0].path[0].object != old);
    cr_assert(leaks.item[0].path[1].object == list);
    cr_assert(leaks.item[0].path[2].object == cache);
    char *text = leaks_text(&leaks), expected[128];
    snprintf(expected, sizeof expected,
             "%s: 30 more, %zu B: %s <- list <- dict, held from outside\n",
             f.node->name, 30 * object_bytes(list_item(list, 0)), f.node->name);
    cr_assert_str_eq(text, expected);
    free(text);
    inspect_leaks_end(&leaks);
    inspect_heap_destroy(before);
    inspect_heap_destroy(after);
    object_decref(cache);
    object_decref(other);
}

/* Two ways lead to it, of four references and of two. */
Test(inspect, the_path_is_a_shortest_one)
{
    struct inspect_leaks leaks;
    struct object *far = node_new(f.finalized, 1);
    struct object *near = list_new(f.gc, 0), *at = far;
    for (int i = 2; i < 5; i++) {
        struct object *next = node_new(f.finalized, i);
        gc_link(at, 0, next);
        object_decref(next);
        at = next;
    }
    struct inspect_heap *before = inspect_heap_create(f.gc);
    struct object *node = node_new(f.node, 9);
    gc_link(at, 0, node);
    appended(near, node);
    struct inspect_heap *after = inspect_heap_create(f.gc);
    cr_assert(inspect_leaks(before, after, &leaks) == 0);
    cr_assert(leaks.count == 1 && leaks.item[0].path_count == 2);
    cr_assert(leaks.item[0].path[0].object == node);
    cr_assert(leaks.item[0].path[1].object == near);
    inspect_leaks_end(&leaks);
    inspect_heap_destroy(before);
    inspect_heap_destroy(after);
    object_decref(far);
    object_decref(near);
}

Test(inspect, what_only_cycles_hold_is_said_to_be_so)
{
    struct inspect_leaks leaks;
    struct inspect_heap *before = inspect_heap_create(f.gc);
    gc_make_ring(&f, f.node, 1, 7);
    struct inspect_heap *after = inspect_heap_create(f.gc);
    cr_assert(inspect_leaks(before, after, &leaks) == 0);
    cr_assert(leaks.count == 1 && leaks.item[0].count == 7);
    cr_assert(leaks.item[0].path_count == 0);
    char *text = leaks_text(&leaks);
    cr_assert(strstr(text, ": 7 more, ") && strstr(text, " B: only cycles\n"));
    free(text);
    inspect_leaks_end(&leaks);
    cr_assert(gc_collect(f.gc, GC_OLDEST) == 7);
    struct inspect_heap *collected = inspect_heap_create(f.gc);
    cr_assert(inspect_leaks(before, collected, &leaks) == 0);
    cr_assert(leaks.count == 0);
    inspect_leaks_end(&leaks);
    inspect_heap_destroy(before);
    inspect_heap_destroy(after);
    inspect_heap_destroy(collected);
}

/* Frozen ones are in no generation, and hold as well. */
Test(inspect, a_permanent_object_is_seen_as_a_holder)
{
    struct inspect_leaks leaks;
    struct object *list = list_new(f.gc, 0);
    gc_freeze(f.gc);
    struct inspect_heap *before = inspect_heap_create(f.gc);
    cr_assert(inspect_heap_count(before) == 1);
    appended(list, node_new(f.node, 1));
    struct inspect_heap *after = inspect_heap_create(f.gc);
    cr_assert(inspect_leaks(before, after, &leaks) == 0);
    cr_assert(leaks.count == 1 && leaks.item[0].path[1].object == list);
    inspect_leaks_end(&leaks);
    inspect_heap_destroy(before);
    inspect_heap_destroy(after);
    gc_unfreeze(f.gc);
    object_decref(list);
}

/* ---- an object, and the frames that made it ---- */

static void *obj_malloc(void *domains, size_t bytes)
{
    return memory_malloc(domains, MEMORY_OBJ, bytes);
}

static void *obj_calloc(void *domains, size_t count, size_t bytes)
{
    return memory_calloc(domains, MEMORY_OBJ, count, bytes);
}

static void *obj_realloc(void *domains, void *block, size_t bytes)
{
    return memory_realloc(domains, MEMORY_OBJ, block, bytes);
}

static void obj_free(void *domains, void *block)
{
    memory_free(domains, MEMORY_OBJ, block);
}

Test(inspect, an_object_is_traced_by_its_block)
{
    struct memory_domains *domains = memory_domains_create(NULL);
    struct memory_allocator memory = { domains, obj_malloc, obj_calloc,
                                       obj_realloc, obj_free };
    struct gc_config config = { .memory = &memory };
    struct gc *gc = gc_create(&config);
    struct tracer *tracer = tracer_create();
    struct tracer_config tracing = { .frame_limit = 1 };
    struct trace_frame frame;
    size_t bytes = 0;
    TRACE_FUNCTION();
    cr_assert(tracer_start(tracer, domains, &tracing) == 0);
    unsigned line = __LINE__ + 1;
    struct object *list = TRACE_HERE(list_new(gc, 0));
    cr_assert(tracer_find(tracer, 0, inspect_block(list), &frame, 1, &bytes) ==
              1);
    cr_assert(frame.line == line && bytes == object_bytes(list));
    object_decref(list);
    tracer_destroy(tracer);
    gc_destroy(gc);
    memory_domains_destroy(domains);
}
