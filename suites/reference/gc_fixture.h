/* gc_fixture.h - a collector, nodes that tell what happens to them, and short
 * words for what tests do.
 *
 * Events are gathered as text: F finalizer, D dealloc, L legacy finalizer, C
 * callback, each with an id; "F1 D1 " is a node that was finalized and died.
 *
 * Threads: one at a time.
 * Errors:  a Criterion assertion.
 * Owner:   gc_fixture_end() ends the collector, and asserts that it is
 *          sound. */
#ifndef ASSAY_SUITES_GC_FIXTURE_H
#define ASSAY_SUITES_GC_FIXTURE_H

#include <criterion/criterion.h>
#include <string.h>

#include "assay/types.h"
#include "collector.h"

#define BOUND .timeout = 60

struct gc_fixture;

/* What a hook does besides being noted. */
typedef void gc_action(struct gc_fixture *f, struct object *object,
                       struct object *argument);

struct gc_fixture {
    struct gc *gc;
    struct object_type *plain;     /* plain data */
    struct object_type *node;      /* no finalizer */
    struct object_type *finalized; /* with one */
    struct object_type *legacy;    /* with the old kind of one */
    struct object_type *callback;  /* can be called */
    gc_action *on_finalize;
    gc_action *on_legacy;
    gc_action *on_call;
    struct object *saved[8]; /* references that actions keep */
    size_t saved_count;
    size_t errors;
    char events[4096];
};

void gc_fixture_begin(struct gc_fixture *f, const struct gc_config *config);
void gc_fixture_begin_edition(struct gc_fixture *f, const char *edition);
void gc_fixture_end(struct gc_fixture *f);

/* Ends it, and begins one of an edition in its place. */
void gc_fixture_again_in(struct gc_fixture *f, const char *edition);

void gc_fixture_verify(const struct gc_fixture *f);

/* Keeps a reference until gc_unsave(). */
void gc_save(struct gc_fixture *f, struct object *object);
void gc_unsave(struct gc_fixture *f);

/* Actions: keeps the object; takes its first reference away. */
gc_action gc_do_save, gc_do_cut;

/* `from` refers to `to` in this slot; the test keeps its own reference. */
void gc_link(struct object *from, unsigned slot, struct object *to);

/* Asserts the events since the last time, and forgets them. */
void gc_expect_events(struct gc_fixture *f, const char *expected);

/* Asserts the order of a generation: ids of nodes and plain data, `l` a list,
 * `t` a tuple, `w` a weak reference, each followed by a space. */
void gc_expect_order(const struct gc_fixture *f, int generation,
                     const char *expected);
void gc_expect_counts(const struct gc_fixture *f, int a, int b, int c);

/* Nodes 0 to count - 1 in a ring through f0, of which the test has none. */
void gc_make_ring(struct gc_fixture *f, const struct object_type *type,
                  int first_id, int count);

#endif
