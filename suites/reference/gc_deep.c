/* gc_deep.c - however deep objects lie in one another, their end takes no
 * more stack than the trashcan allows: 64 KiB are enough for all here. */
#include "gc_fixture.h"

#include <pthread.h>

#include "random.h"

#define NODES     10000000
#define NESTED    1000000
#define INSTANCES 500000
#define STACK     ((size_t)64 * 1024)
#define GROVE     64

static struct gc_fixture f;
static struct object_type *silent; /* nodes that tell nobody */
static struct object *name;        /* of attributes, and of dicts' keys */
static size_t instances_dead;

static bool hash_by_id(void *context, struct object *object, intptr_t *ret)
{
    (void)context;
    *ret = plain_id(object);
    return true;
}

static void begin(void)
{
    struct node_kind kind = { .name = "silent" };
    struct object_hooks hooks = { .hash = hash_by_id };
    gc_fixture_begin(&f, NULL);
    silent = node_type_new(f.gc, &kind);
    name = plain_new(plain_text_type_new(f.gc, "str", &hooks), 1);
    instances_dead = 0;
}

static void end(void)
{
    object_decref(name);
    gc_fixture_end(&f);
}

TestSuite(gc_deep, .init = begin, .fini = end, BOUND);

static void *drop(void *object)
{
    object_decref(object);
    return NULL;
}

/* A stack of the smallest size that systems allow for a thread, or so. */
static void drop_on_small_stack(struct object *object)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    cr_assert(pthread_attr_setstacksize(&attributes, STACK) == 0);
    cr_assert(pthread_create(&thread, &attributes, drop, object) == 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

Test(gc_deep, a_chain_of_ten_million_nodes_falls_on_64_kib_of_stack)
{
    struct object *last = NULL;
    for (int i = 0; i < NODES; i++) {
        struct object *node = node_new(silent, i);
        node_set_slot(node, 0, last);
        object_decref_any(last);
        last = node;
    }
    drop_on_small_stack(last);
}

/* Each new node takes the place of one tree of a grove and has it for a
 * child, and often another tree of it: long boughs, and boughs on these. */
static void grow(struct object **grove, struct random *random, int id)
{
    uint32_t a = random_below(random, GROVE), b = random_below(random, GROVE);
    struct object *node = node_new(silent, id);
    cr_assert_not_null(node);
    node_set_slot(node, 0, grove[a]);
    if (b != a) {
        node_set_slot(node, 1, grove[b]);
        object_replace(&grove[b], NULL);
    }
    object_replace(&grove[a], node);
}

Test(gc_deep, so_does_a_tree_of_ten_million)
{
    struct object *grove[GROVE] = { NULL }, *root = list_new(f.gc, 0);
    struct random random = random_stream(1, 0);
    for (int i = 0; i < NODES; i++)
        grow(grove, &random, i);
    for (int i = 0; i < GROVE; i++) {
        list_append(root, grove[i]);
        object_replace(&grove[i], NULL);
    }
    drop_on_small_stack(root);
}

/* Nodes of one type end in one loop; these make a call each. */
Test(gc_deep, so_does_a_chain_of_two_types_in_turns)
{
    struct node_kind kind = { .name = "silent too" };
    struct object_type *types[] = { silent, node_type_new(f.gc, &kind) };
    struct object *last = NULL;
    for (int i = 0; i < NESTED; i++) {
        struct object *node = node_new(types[i % 2], i);
        node_set_slot(node, 0, last);
        object_decref_any(last);
        last = node;
    }
    drop_on_small_stack(last);
}

static void note_instance(void *context, struct object *object)
{
    (void)context, (void)object;
    instances_dead++;
}

Test(gc_deep, so_do_half_a_million_instances_with_their_dicts)
{
    struct object_hooks hooks = { .dealloc = note_instance };
    struct object_type *type = instance_type_new(f.gc, "A", &hooks);
    struct object *last = instance_new(type);
    for (int i = 1; i < INSTANCES; i++) {
        struct object *next = instance_new(type);
        cr_assert(instance_set(next, name, last));
        object_decref(last);
        last = next;
    }
    drop_on_small_stack(last);
    cr_expect(instances_dead == INSTANCES);
    cr_expect(name->references == 2, "the class keeps what it has shared");
}

/* Around another object, whose reference it takes over. Nodes lie in sets,
 * since lists and the like have no hash. */
static struct object *around(struct object *inner, int depth)
{
    struct object *outer;
    switch (depth % 5) {
    case 0:
        outer = list_new(f.gc, 1);
        list_set_item(outer, 0, inner);
        break;
    case 1:
        outer = tuple_pack(f.gc, &inner, 1);
        break;
    case 2:
        outer = dict_new(f.gc);
        cr_assert(dict_set(outer, name, inner));
        break;
    case 3:
        outer = node_new(silent, depth);
        node_set_slot(outer, 0, inner);
        break;
    default:
        outer = set_new(f.gc);
        cr_assert(set_add(outer, inner));
        break;
    }
    object_decref(inner);
    return outer;
}

Test(gc_deep, so_do_a_million_containers_of_all_kinds_in_one_another)
{
    struct object *last = list_new(f.gc, 0);
    for (int i = 0; i < NESTED; i++)
        last = around(last, i);
    drop_on_small_stack(last);
    cr_expect(name->references == 1);
}
