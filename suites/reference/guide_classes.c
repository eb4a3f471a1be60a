/* guide_classes.c - instances of classes. (10.2, 10.3) */
#include "guide_ask.h"

/* ---- 10.2, 10.3: classes ---- */

static void put_attribute(struct guide *g, struct object *object,
                          const char *name, int value)
{
    struct object *key = text_of(g->gc, name), *number = int_new(g->gc, value);
    instance_set(object, key, number);
    object_decref(number);
    object_decref(key);
}

static struct object *new_a(struct guide *g, const struct object_type *type)
{
    struct object *a = instance_new(type);
    put_attribute(g, a, "x", 0);
    put_attribute(g, a, "y", 1);
    put_attribute(g, a, "z", 2);
    return a;
}

/* The first instance of a class. */
static struct object *first_a(struct guide *g)
{
    return new_a(g, instance_type_new(g->gc, "A", NULL));
}

/* The block makes one before, and drops it: the second. */
static struct object *an_a(struct guide *g)
{
    const struct object_type *type = instance_type_new(g->gc, "A", NULL);
    object_decref(new_a(g, type));
    return new_a(g, type);
}

static struct object *a_b(struct guide *g)
{
    static const char *const names[] = { "x", "y", "z" };
    struct object *b =
        slotted_new(slotted_type_new(g->gc, "B", names, 3, false, NULL));
    for (int i = 0; i < 3; i++) {
        struct object *number = int_new(g->gc, i);
        slotted_set(b, (unsigned)i, number);
        object_decref(number);
    }
    return b;
}

static size_t bytes_with_attributes(struct object *object)
{
    size_t bytes = object_bytes(object), place = 0;
    struct object *key, *value;
    if (slotted_is(object)) {
        for (unsigned i = 0; i < slotted_count(object->type); i++)
            bytes += object_bytes(slotted_get(object, i));
        return bytes;
    }
    const struct object *dict = instance_dict(object);
    bytes += object_bytes(dict);
    while (dict_next(dict, &place, &key, &value))
        bytes += object_bytes(value);
    return bytes;
}

static void a_basic(struct guide *g)
{
    say_basic(g, an_a(g));
}

static void a_bytes(struct guide *g)
{
    say_bytes(g, an_a(g));
}

static void say_dict(struct guide *g, struct object *instance)
{
    say(g, object_bytes(instance_dict(instance)));
    object_decref(instance);
}

static void a_dict(struct guide *g)
{
    say_dict(g, an_a(g));
}

static void first_dict(struct guide *g)
{
    say_dict(g, first_a(g));
}

static void say_all(struct guide *g, struct object *object)
{
    say(g, bytes_with_attributes(object));
    object_decref(object);
}

static void a_all(struct guide *g)
{
    say_all(g, an_a(g));
}

static void first_all(struct guide *g)
{
    say_all(g, first_a(g));
}

static void b_basic(struct guide *g)
{
    say_basic(g, a_b(g));
}

static void b_bytes(struct guide *g)
{
    say_bytes(g, a_b(g));
}

static void b_all(struct guide *g)
{
    say_all(g, a_b(g));
}

/* ---- the rows ---- */

#define SECOND                                                                \
    "the block's second instance has 8 bytes less than the first of a class " \
    "(first_A)"

static const struct guide_row rows[] = {
    ROW("10.2 class", "A.__basicsize__", "16", a_basic),
    ROW("10.2 class", "sys.getsizeof(A())", "48", a_bytes),
    BUT("10.2 class", "sys.getsizeof(A().__dict__)", "296", "288", SECOND,
        a_dict),
    BUT("10.2 class", "recursive_size(A())", "428", "420", SECOND, a_all),
    ROW("10.2 class", "sys.getsizeof(first_A().__dict__)", "296", first_dict),
    ROW("10.2 class", "recursive_size(first_A())", "428", first_all),
    ROW("10.3 slots", "B.__basicsize__", "40", b_basic),
    ROW("10.3 slots", "sys.getsizeof(B())", "56", b_bytes),
    ROW("10.3 slots", "recursive_size(B())", "140", b_all),
};
const struct guide_part guide_classes = GUIDE_PART(rows);
