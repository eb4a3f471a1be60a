/* layout_drawings.c - prints the drawings of impl/types/README.md. */
#include "assay/layout.h"
#include "assay/types.h"
#include "assay/values.h"

static void draw(const char *name, struct object *object)
{
    printf("## %s\n", name);
    layout_print(object, stdout);
    object_decref(object);
}

static struct object *list_of_two(struct gc *gc)
{
    struct object *list = list_new(gc, 0), *one = int_new(gc, 1);
    list_append(list, one);
    list_append(list, one);
    object_decref(one);
    return list;
}

static struct object *dict_of_one(struct gc *gc)
{
    struct object *dict = dict_new(gc), *one = int_new(gc, 1);
    dict_set(dict, one, one);
    object_decref(one);
    return dict;
}

static struct object *slotted(struct gc *gc)
{
    static const char *const names[] = { "x", "y", "z" };
    return slotted_new(slotted_type_new(gc, "B", names, 3, false, NULL));
}

static struct gc *collector(const char *edition)
{
    return gc_create(&(struct gc_config){ .edition = edition });
}

/* The dict of the third instance of a class, with an attribute. */
static struct object *dict_of_instance(struct gc *gc)
{
    const struct object_type *type = instance_type_new(gc, "A", NULL);
    struct object *a = NULL, *x = text_of(gc, "x");
    for (int i = 0; i < 3; i++)
        a = instance_new(type);
    instance_set(a, x, x);
    return instance_dict(a);
}

int main(void)
{
    struct gc *gc = collector("py311"), *new = collector("py313");
    struct gc *old = collector("py38");
    draw("int", int_new(gc, (int64_t)1 << 40));
    draw("ascii", text_of(new, "abc"));
    draw("other", text_of(gc, "\xc5\x99"));
    draw("list", list_of_two(gc));
    draw("set", set_new(gc));
    draw("dict", dict_of_one(gc));
    draw("slots", slotted(gc));
    draw("instance-py38", instance_new(instance_type_new(old, "A", NULL)));
    draw("instance-py311", instance_new(instance_type_new(gc, "A", NULL)));
    draw("instance-py313", instance_new(instance_type_new(new, "A", NULL)));
    draw("instance-dict", dict_of_instance(gc));
    gc_destroy(old);
    gc_destroy(new);
    gc_destroy(gc);
    return 0;
}
