/* typed_fixture.h - lists on layers that count what is out, and fail when
 * told to; and what the tests of them expect, written down apart from the
 * table that they check.
 *
 * Threads: one at a time.
 * Errors:  a Criterion assertion.
 * Owner:   fixture_end() ends the lists, and asserts that nothing is out. */
#ifndef ASSAY_SUITES_TYPED_FIXTURE_H
#define ASSAY_SUITES_TYPED_FIXTURE_H

#include <criterion/criterion.h>

#include "typed_lists.h"

#define NEVER SIZE_MAX

struct layer {
    size_t out;     /* blocks given out and not freed */
    size_t calls;   /* requests that could fail */
    size_t fail_at; /* the call that does, counted from 1 */
    size_t freed;
};

struct fixture {
    struct layer object;
    struct layer raw;
    struct typed_lists *lists;
};

struct memory_allocator layer_allocator(struct layer *layer);

/* The lists of an edition; a test may set fail_at afterwards. */
void fixture_begin(struct fixture *f, const char *edition);
void fixture_end(struct fixture *f);
void fixture_verify(struct fixture *f, const char *when, size_t step);

/* In classic, py38, py311, py313: what a list of the kind holds; 0: no list;
 * ABSENT: no such kind. Tuples: of length 5. */
#define ABSENT   (-1)
#define BLOCKED  (-2)
#define EDITIONS 5
extern const char *const edition_name[EDITIONS];
long expected_limit(unsigned edition, enum typed_kind kind);

/* Does a full collection clear it? */
bool expected_swept(unsigned edition, enum typed_kind kind);
bool expected_gc(enum typed_kind kind);
extern const char *const kind_name[TYPED_KINDS];

/* Objects in the list that serves this kind and length. */
size_t list_count(const struct fixture *f, enum typed_kind kind, size_t items);

uint64_t draw(uint64_t *random);

#endif
