/* gc_verify_faults.c - the walker names each fault that is planted; and finds
 * none in what a random script leaves. */
#include "gc_fixture.h"

#include <stdlib.h>

#include "seed.h"

SEED_OF_RUN(NULL)

static struct gc_fixture f;

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
}

static void end(void)
{
    gc_unsave(&f);
    gc_fixture_end(&f);
}

TestSuite(gc_verify, .init = begin, .fini = end, BOUND);

static void expect_fault(const char *what)
{
    struct fault fault = gc_verify(f.gc);
    cr_assert(fault.what && strcmp(fault.what, what) == 0,
              "found \"%s\", expected \"%s\"", fault.what ? fault.what : "none",
              what);
}

Test(gc_verify, counts_that_are_too_low_are_named)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2);
    gc_link(a, 0, b);
    gc_link(a, 1, b);
    b->references = 1;
    expect_fault("an object is referred to more often than counted");
    b->references = 0;
    expect_fault("a tracked object has no references");
    b->references = 3;
    gc_fixture_verify(&f);
    object_decref(a);
    object_decref(b);
}

Test(gc_verify, flags_that_are_left_are_named)
{
    struct object *a = node_new(f.node, 1);
    struct head *head = head_of(a);
    head->prev |= HEAD_COLLECTING;
    expect_fault("an object is marked as being collected");
    head_clear_collecting(head);
    head->next |= HEAD_UNREACHABLE;
    expect_fault("an object is marked as unreachable");
    head->next &= ~HEAD_UNREACHABLE;
    object_decref(a);
}

Test(gc_verify, links_that_lead_elsewhere_are_named)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2);
    struct head *head = head_of(b), right = *head;
    head_set_prev(head, &f.gc->generation[0].list);
    expect_fault("a list is not linked back");
    *head = right;
    head->next = 0;
    expect_fault("a list does not come back to its start");
    *head = right;
    f.gc->generation[0].list.prev = (uintptr_t)head_of(a);
    expect_fault("a list's end is not its last object");
    f.gc->generation[0].list.prev = (uintptr_t)head;
    object_decref(a);
    object_decref(b);
}

/* Generation 1 comes to start at an object of generation 0. */
Test(gc_verify, an_object_in_two_lists_is_named)
{
    struct object *a = node_new(f.node, 1);
    struct head *list = &f.gc->generation[1].list;
    head_set_next(list, head_of(a));
    expect_fault("a list is not linked back");
    gc_list_init(list);
    object_decref(a);
}

Test(gc_verify, weak_references_out_of_their_list_are_named)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2);
    struct weak *weak = (struct weak *)weak_ref(a, NULL);
    *weak_list_of(a) = NULL;
    expect_fault("a weak reference is not in its referent's list");
    *weak_list_of(a) = weak;
    weak->referent = b;
    expect_fault("a weak reference is in the list of another");
    weak->referent = a;
    weak->prev = weak;
    expect_fault("a list of weak references is not linked back");
    weak->prev = NULL;
    object_decref(&weak->head);
    object_decref(a);
    object_decref(b);
}

/* Each freed block leads to the one freed before. */
Test(gc_verify, a_heap_whose_free_blocks_were_written_to_is_named)
{
    struct object *a = node_new(f.node, 1), *b = node_new(f.node, 2);
    uintptr_t *block = (uintptr_t *)head_of(a);
    object_decref(a);
    uintptr_t right = *block;
    *block = (uintptr_t)block;
    expect_fault("block is free twice");
    *block = right;
    object_decref(b);
}

/* --- a random script --- */

#define HELD  24
#define STEPS 20000

static struct object *held[HELD];
static uint64_t random_state;

static unsigned draw_below(unsigned bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 33) % bound;
}

static void some_action(struct gc_fixture *g, struct object *object,
                        struct object *argument)
{
    unsigned i = draw_below(HELD);
    (void)argument;
    g->events[0] = '\0';
    if (draw_below(2))
        object_replace(&held[i], object_incref(object));
    else if (node_is(object))
        node_set_slot(object, draw_below(3), held[i]);
}

static struct object *make_any(struct object *some)
{
    struct object *items[] = { some, held[draw_below(HELD)] };
    const struct object_type *type[] = { f.node, f.finalized, f.legacy };
    switch (draw_below(6)) {
    case 0:
        return list_new(f.gc, 0);
    case 1:
        return tuple_pack(f.gc, items, 2);
    case 2:
        return some && weak_supports(some) && !weak_is(some)
                   ? weak_ref(some, draw_below(2) ? held[0] : NULL)
                   : NULL;
    default:
        return node_new(type[draw_below(20) == 0 ? 2 : draw_below(2)], 0);
    }
}

static void link_any(struct object *from, struct object *to)
{
    if (from && list_is(from))
        list_append(from, to);
    else if (from && node_is(from))
        node_set_slot(from, draw_below(3), to);
}

static void step_any(void)
{
    struct object **place = &held[1 + draw_below(HELD - 1)];
    struct object *some = held[draw_below(HELD)];
    unsigned what = draw_below(100);
    if (what < 35)
        object_replace(place, make_any(some));
    else if (what < 80)
        link_any(*place, some);
    else if (what < 92)
        object_replace(place, NULL);
    else if (what < 96)
        gc_collect(f.gc, (int)draw_below(3));
    else if (what < 97)
        gc_set_debug(f.gc, draw_below(4) ? 0 : GC_DEBUG_SAVEALL);
    else if (what < 98)
        gc_freeze(f.gc);
    else if (what < 99)
        gc_unfreeze(f.gc);
    else
        gc_garbage_clear(f.gc);
    f.events[0] = '\0';
}

/* Legacy finalizers make garbage of the cycles that they are in, until these
 * are broken. */
static void end_garbage(void)
{
    for (size_t i = 0; i < gc_garbage_count(f.gc); i++) {
        struct object *item = gc_garbage_item(f.gc, i);
        if (item->type->clear)
            item->type->clear(item);
    }
    gc_garbage_clear(f.gc);
}

static void end_all(void)
{
    f.on_finalize = f.on_legacy = f.on_call = NULL;
    gc_disable(f.gc);
    gc_set_debug(f.gc, 0);
    for (int i = 0; i < HELD; i++)
        object_replace(&held[i], NULL);
    gc_unfreeze(f.gc);
    gc_collect(f.gc, 2);
    while (gc_garbage_count(f.gc) > 0) {
        end_garbage();
        gc_collect(f.gc, 2);
    }
}

static void run_script(void)
{
    random_state = seed_of_run() | 1;
    f.on_finalize = f.on_legacy = f.on_call = some_action;
    while (!held[0])
        held[0] = node_new(f.callback, 0);
    gc_set_thresholds(f.gc, (const int[]){ 20, 3, 2 });
    gc_enable(f.gc);
    for (int i = 0; i < STEPS; i++) {
        step_any();
        gc_fixture_verify(&f);
    }
    end_all();
    gc_fixture_verify(&f);
    cr_expect(gc_objects(f.gc, GC_ALL_GENERATIONS, NULL, 0) == 0);
}

Test(gc_verify, a_random_script_leaves_a_sound_collector)
{
    run_script();
}

/* --- and on memory that is often refused --- */

static size_t blocks_out;

static bool refused(void)
{
    return random_state && draw_below(50) == 0;
}

static void *scarce_malloc(void *context, size_t bytes)
{
    (void)context;
    void *block = refused() ? NULL : malloc(bytes);
    blocks_out += block != NULL;
    return block;
}

static void *scarce_calloc(void *context, size_t count, size_t bytes)
{
    (void)context;
    void *block = refused() ? NULL : calloc(count, bytes);
    blocks_out += block != NULL;
    return block;
}

static void *scarce_realloc(void *context, void *block, size_t bytes)
{
    (void)context;
    void *moved = refused() ? NULL : realloc(block, bytes);
    blocks_out += moved && !block;
    return moved;
}

static void scarce_free(void *context, void *block)
{
    (void)context;
    blocks_out -= block != NULL;
    free(block);
}

/* Every block is the system's: a sanitizer sees each use after its end. */
Test(gc_verify, so_does_one_on_memory_that_is_refused_at_times)
{
    struct memory_allocator scarce = { NULL, scarce_malloc, scarce_calloc,
                                       scarce_realloc, scarce_free };
    gc_destroy(f.gc);
    gc_fixture_begin(&f, &(struct gc_config){ .memory = &scarce });
    run_script();
    gc_types_clear_free(f.gc);
    cr_expect(blocks_out == 0, "%zu blocks are out", blocks_out);
}
