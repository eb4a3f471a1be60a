/* gc_fixture.c - the collector of a test, and what it notes. */
#include "gc_fixture.h"

static void note(struct gc_fixture *f, char what, const struct object *object)
{
    size_t used = strlen(f->events);
    int id = node_is(object) ? node_id(object) : plain_id(object);
    if (used + 16 < sizeof f->events)
        snprintf(f->events + used, 16, "%c%d ", what, id);
}

static void on_finalize(void *context, struct object *object)
{
    struct gc_fixture *f = context;
    note(f, 'F', object);
    if (f->on_finalize)
        f->on_finalize(f, object, NULL);
}

static void on_legacy(void *context, struct object *object)
{
    struct gc_fixture *f = context;
    note(f, 'L', object);
    if (f->on_legacy)
        f->on_legacy(f, object, NULL);
}

static bool on_call(void *context, struct object *object,
                    struct object *argument)
{
    struct gc_fixture *f = context;
    size_t errors = f->errors;
    note(f, 'C', object);
    if (f->on_call)
        f->on_call(f, object, argument);
    return f->errors == errors;
}

static void on_dealloc(void *context, struct object *object)
{
    note(context, 'D', object);
}

static struct object_type *make_type(struct gc_fixture *f, const char *name,
                                     struct object_hooks hooks)
{
    hooks.context = f;
    hooks.dealloc = on_dealloc;
    struct node_kind kind = { .name = name, .hooks = hooks };
    struct object_type *type = node_type_new(f->gc, &kind);
    cr_assert(type);
    return type;
}

void gc_fixture_begin(struct gc_fixture *f, const struct gc_config *config)
{
    *f = (struct gc_fixture){ .gc = gc_create(config) };
    cr_assert(f->gc);
    gc_disable(f->gc);
    struct object_hooks hooks = { .context = f,
                                  .finalize = on_finalize,
                                  .dealloc = on_dealloc };
    f->plain = plain_type_new(f->gc, "plain", &hooks);
    f->node = make_type(f, "node", (struct object_hooks){ 0 });
    f->finalized = make_type(f, "finalized",
                             (struct object_hooks){ .finalize = on_finalize });
    f->legacy =
        make_type(f, "legacy", (struct object_hooks){ .del = on_legacy });
    f->callback =
        make_type(f, "callback", (struct object_hooks){ .call = on_call });
}

void gc_fixture_begin_edition(struct gc_fixture *f, const char *edition)
{
    gc_fixture_begin(f, &(struct gc_config){ .edition = edition });
}

void gc_fixture_end(struct gc_fixture *f)
{
    gc_fixture_verify(f);
    gc_destroy(f->gc);
}

void gc_fixture_again_in(struct gc_fixture *f, const char *edition)
{
    gc_fixture_end(f);
    gc_fixture_begin_edition(f, edition);
}

void gc_fixture_verify(const struct gc_fixture *f)
{
    struct fault fault = gc_verify(f->gc);
    cr_assert(!fault.what, "%s (%p): %zu, expected %zu", fault.what,
              fault.where, fault.found, fault.expected);
}

void gc_save(struct gc_fixture *f, struct object *object)
{
    f->saved[f->saved_count++] = object_incref(object);
}

void gc_do_save(struct gc_fixture *f, struct object *object, struct object *o)
{
    (void)o;
    gc_save(f, object);
}

void gc_do_cut(struct gc_fixture *f, struct object *object, struct object *o)
{
    (void)f, (void)o;
    node_set_slot(object, 0, NULL);
}

void gc_unsave(struct gc_fixture *f)
{
    while (f->saved_count > 0)
        object_decref(f->saved[--f->saved_count]);
}

void gc_link(struct object *from, unsigned slot, struct object *to)
{
    node_set_slot(from, slot, to);
}

void gc_expect_events(struct gc_fixture *f, const char *expected)
{
    cr_assert(strcmp(f->events, expected) == 0,
              "events \"%s\", expected \"%s\"", f->events, expected);
    f->events[0] = '\0';
}

static void name_of(const struct object *object, char *ret_name, size_t bytes)
{
    if (node_is(object))
        snprintf(ret_name, bytes, "%d ", node_id(object));
    else
        snprintf(ret_name, bytes, "%c ",
                 list_is(object)    ? 'l'
                 : tuple_is(object) ? 't'
                                    : 'w');
}

void gc_expect_order(const struct gc_fixture *f, int generation,
                     const char *expected)
{
    struct object *object[64];
    char text[512] = "";
    size_t count = gc_objects(f->gc, generation, object, 64);
    cr_assert(count <= 64);
    for (size_t i = 0; i < count; i++)
        name_of(object[i], text + strlen(text), 8);
    cr_assert(strcmp(text, expected) == 0,
              "generation %d is \"%s\", expected \"%s\"", generation, text,
              expected);
}

void gc_expect_counts(const struct gc_fixture *f, int a, int b, int c)
{
    int count[GC_GENERATIONS];
    gc_counts(f->gc, count);
    cr_assert(count[0] == a && count[1] == b && count[2] == c,
              "counts %d %d %d, expected %d %d %d", count[0], count[1],
              count[2], a, b, c);
}

void gc_make_ring(struct gc_fixture *f, const struct object_type *type,
                  int first_id, int count)
{
    struct object *first = node_new(type, first_id), *last = first;
    for (int i = 1; i < count; i++) {
        struct object *next = node_new(type, first_id + i);
        node_set_slot(last, 0, next);
        object_decref(next);
        last = next;
    }
    node_set_slot(last, 0, first);
    object_decref(first);
    (void)f;
}
