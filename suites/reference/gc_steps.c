/* gc_steps.c - draws the lists of a collection while it runs.
 *
 * Usage: gc-steps    (each drawing after a line "## NAME")
 *
 * The collector is the one that everybody uses; nothing in it knows that it is
 * watched. What it does to an object goes through the slots of its type, so
 * the slots of the type made here print what they find: a row before and
 * after each traversal, and a line at each other call. Which pass a traversal
 * belongs to is told by the function that it is given to call. */
#include <stdio.h>
#include <stdlib.h>

#include "assay/gc.h"
#include "collector.h"

#define KNOWN_MAX 8

struct step {
    struct object head;
    int id;
    struct object *slot[2];
};

static struct gc *gc;
static const struct object_type *type;
static struct step *known[KNOWN_MAX]; /* by id, those that live */
static struct object *outside;        /* what a finalizer stored */

/* The passes of a deduction: references from within are subtracted, then the
 * list is walked. Which functions belong to which is learned. */
static object_visit *subtracting[2], *walking[2], *last;

/* While learning nothing is printed, and these are the functions given. */
static bool learning;
static object_visit *given[3];
static unsigned given_count;

/* ---- finding the lists ---- */

/* NULL: it is the head of a list. */
static const struct step *step_of(struct head *head)
{
    for (int id = 0; id < KNOWN_MAX; id++)
        if (known[id] && head_of(&known[id]->head) == head)
            return known[id];
    return NULL;
}

static struct head *unmarked_next(const struct head *head)
{
    return (struct head *)(head->next & ~HEAD_UNREACHABLE);
}

static struct head *list_with(struct head *head)
{
    while (step_of(head))
        head = unmarked_next(head);
    return head;
}

/* The list of those put aside, or NULL while there are none. */
static struct head *list_aside(void)
{
    for (int id = 0; id < KNOWN_MAX; id++) {
        struct head *head = known[id] ? head_of(&known[id]->head) : NULL;
        if (head && head->next & HEAD_UNREACHABLE)
            return list_with(head);
    }
    return NULL;
}

/* ---- rows ---- */

enum part { EVERYONE, PASSED_BY, AHEAD };

/* The one being traversed is passed by when that is done, `done`. */
static void list_text(const struct head *list, enum part part,
                      const struct step *done, char *ret_text)
{
    *ret_text = '\0';
    for (struct head *h = list ? unmarked_next(list) : NULL; h && h != list;
         h = unmarked_next(h)) {
        const struct step *step = step_of(h);
        bool ahead = head_is_collecting(h) && step != done;
        if (part == EVERYONE || ahead == (part == AHEAD))
            ret_text += sprintf(ret_text, "%d ", step->id);
    }
}

static void print_counts(const char *what, const struct head *list)
{
    printf(" %-22s", what);
    for (struct head *h = head_next(list); h != list; h = head_next(h))
        if (head_is_collecting(h))
            printf(" %3ld", (long)head_refs(h));
        else
            printf("   .");
    printf("\n");
}

static void print_ids(const char *what, const struct head *list)
{
    printf(" %-22s", what);
    for (struct head *h = head_next(list); h != list; h = head_next(h))
        printf(" %3d", step_of(h)->id);
    printf("\n");
}

static void print_walk(const char *what, const struct head *list,
                       const struct step *done)
{
    char alive[64], ahead[64], aside[64];
    list_text(list, PASSED_BY, done, alive);
    list_text(list, AHEAD, done, ahead);
    list_text(list_aside(), EVERYONE, NULL, aside);
    printf(" %-22s %-12s %-12s %s\n", what, alive, ahead, aside);
}

/* ---- slots ---- */

static bool is_walking(object_visit *visit)
{
    return visit == walking[0] || visit == walking[1];
}

static void begin_pass(object_visit *visit, const struct head *list)
{
    assert(is_walking(visit) || visit == subtracting[0] ||
           visit == subtracting[1]);
    last = visit;
    printf("\n");
    if (is_walking(visit)) {
        printf(" %-22s %-12s %-12s %s\n", "", "alive", "ahead", "aside");
        return;
    }
    print_ids("object", list);
    print_counts("count", list);
}

static void say_referents(const struct step *step, char *ret_text)
{
    ret_text += sprintf(ret_text, "less those of %d", step->id);
    if (!step->slot[0] && !step->slot[1])
        sprintf(ret_text, ": none");
}

static int visit_slots(const struct step *step, object_visit *visit,
                       void *context)
{
    int end = 0;
    for (int i = 0; i < 2 && !end; i++)
        end = step->slot[i] ? visit(step->slot[i], context) : 0;
    return end;
}

static void draw_before(const struct step *step, object_visit *visit,
                        const struct head *list)
{
    char text[32];

    if (visit != last)
        begin_pass(visit, list);
    if (!is_walking(visit))
        return;
    snprintf(text, sizeof text, "%d has %ld left", step->id,
             (long)head_refs(head_of(&step->head)));
    print_walk(text, list, NULL);
}

static void draw_after(const struct step *step, object_visit *visit,
                       const struct head *list)
{
    char text[32];

    if (is_walking(visit)) {
        print_walk("  and so lives", list, step);
        return;
    }
    say_referents(step, text);
    print_counts(text, list);
}

static int step_traverse(struct object *object, object_visit *visit,
                         void *context)
{
    const struct step *step = (const struct step *)object;

    if (learning) {
        assert(given_count < 3);
        given[given_count++] = visit;
        return visit_slots(step, visit, context);
    }
    const struct head *list = list_with(head_of(object));
    draw_before(step, visit, list);
    int end = visit_slots(step, visit, context);
    draw_after(step, visit, list);
    return end;
}

static void step_clear(struct object *object)
{
    struct step *step = (struct step *)object;
    if (!learning)
        printf("\n %d is cleared\n", step->id);
    for (int i = 0; i < 2; i++)
        object_replace(&step->slot[i], NULL);
}

static void step_dealloc(struct object *object)
{
    struct step *step = (struct step *)object;
    if (!learning)
        printf("   %d has no reference left, and is freed\n", step->id);
    gc_untrack(object);
    known[step->id] = NULL;
    for (int i = 0; i < 2; i++)
        object_replace(&step->slot[i], NULL);
    gc_delete(object);
}

static void step_finalize(struct object *object)
{
    struct step *step = (struct step *)object;
    if (step->id != 1)
        return;
    if (!learning)
        printf("\n the finalizer of 1 stores it outside\n");
    last = NULL;
    outside = object_incref(object);
}

/* ---- a collector, and what its functions are ---- */

static struct object *make(int id)
{
    struct step *step = (struct step *)gc_new(type, 0);
    if (!step)
        abort();
    step->id = id;
    step->slot[0] = step->slot[1] = NULL;
    known[id] = step;
    gc_track(&step->head);
    return &step->head;
}

static void refer(struct object *from, int slot, struct object *to)
{
    object_replace(&((struct step *)from)->slot[slot], object_incref_any(to));
}

/* 1 is held: it is traversed once in each pass. Then only it refers to itself,
 * and its finalizer saves it: both passes of the second deduction follow the
 * first of the first one, which found nothing to walk. */
static void learn(void)
{
    struct object *a = make(1);

    learning = true;
    given_count = 0;
    gc_collect(gc, 0);
    assert(given_count == 2);
    subtracting[0] = given[0], walking[0] = given[1];
    refer(a, 0, a);
    object_decref(a);
    given_count = 0;
    gc_collect(gc, 1);
    assert(given_count == 3 && given[0] == subtracting[0]);
    subtracting[1] = given[1], walking[1] = given[2];
    refer(a, 0, NULL);
    object_decref(outside);
    learning = false;
}

static void begin(const char *name)
{
    static const struct object_type model = {
        .name = "step",
        .flags = OBJECT_COLLECTED,
        .bytes = sizeof(struct step),
        .dealloc = step_dealloc,
        .traverse = step_traverse,
        .clear = step_clear,
        .finalize = step_finalize,
    };
    printf("## %s\n", name);
    gc = gc_create(NULL);
    type = gc ? gc_type_add(gc, &model, sizeof model) : NULL;
    if (!type)
        abort();
    gc_disable(gc);
    learn();
}

/* ---- drawings ---- */

static void make_ring(int first, int second)
{
    struct object *a = make(first), *b = make(second);
    refer(a, 0, b);
    refer(b, 0, a);
    object_decref(a);
    object_decref(b);
}

static void print_generation(int generation)
{
    struct object *found[KNOWN_MAX];
    size_t count = gc_objects(gc, generation, found, KNOWN_MAX);
    printf(" generation %d:", generation);
    for (size_t i = 0; i < count; i++)
        printf(" %d", ((struct step *)found[i])->id);
    printf("%s\n", count == 0 ? " empty" : "");
}

static void collect(int generation)
{
    intptr_t found = gc_collect(gc, generation);
    last = NULL;
    printf("\n found unreachable: %ld\n", (long)found);
}

/* Does not draw what ends now. */
static void end(void)
{
    for (int id = 0; id < KNOWN_MAX; id++)
        known[id] = NULL;
    gc_destroy(gc);
}

/* 3 is held, and refers to 2, which refers to 1; 4 and 5 are a ring. */
static void draw_cycle(void)
{
    begin("cycle");
    struct object *a = make(1), *b = make(2), *c = make(3);
    make_ring(4, 5);
    refer(b, 0, a);
    refer(c, 0, b);
    object_decref(a);
    object_decref(b);
    print_generation(0);
    collect(0);
    print_generation(0);
    print_generation(1);
    end();
}

/* 1 refers to itself and to 2, and its finalizer saves it; 5 and 6 are a
 * ring. */
static void draw_resurrection(void)
{
    begin("resurrection");
    struct object *a = make(1), *cargo = make(2);
    refer(a, 0, a);
    refer(a, 1, cargo);
    object_decref(cargo);
    object_decref(a);
    make_ring(5, 6);
    print_generation(0);
    collect(0);
    print_generation(1);
    end();
}

/* 1 is old, 2 is in the middle, 3 and 4 are young; all are held. */
static void draw_generations(void)
{
    begin("generations");
    struct head *list[] = { &gc->generation[1].list, &gc->generation[2].list };
    make(1);
    gc_list_merge(&gc->generation[0].list, list[1]);
    make(2);
    gc_list_merge(&gc->generation[0].list, list[0]);
    make(3);
    make(4);
    for (int i = 0; i < GC_GENERATIONS; i++)
        print_generation(i);
    collect(1);
    for (int i = 0; i < GC_GENERATIONS; i++)
        print_generation(i);
    end();
}

int main(void)
{
    draw_generations();
    draw_cycle();
    draw_resurrection();
    return 0;
}
