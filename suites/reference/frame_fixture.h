/* frame_fixture.h - a stack of frames whose chunks are counted, on a collector
 * that notes events.
 *
 * Threads: one at a time.
 * Errors:  a Criterion assertion.
 * Owner:   frame_end() ends both, and asserts that they are sound. */
#ifndef ASSAY_SUITES_FRAME_FIXTURE_H
#define ASSAY_SUITES_FRAME_FIXTURE_H

#include "gc_fixture.h"

#include "assay/frame.h"
#include "frame_parts.h"

extern struct gc_fixture f;
extern struct frame_stack *stack;

/* How many; and none is given while `refused`. */
extern size_t frame_chunks_taken, frame_chunks_given;
extern bool frame_chunks_refused;

/* How often nothing could be raised any more. */
extern unsigned frame_fatal_count;

void frame_begin(void);
void frame_end(void);

extern const struct frame_code frame_leaf;  /* 1 local, in f.py */
extern const struct frame_code frame_outer; /* 2 */

/* The local 0 of the innermost frame is a new node, which nobody else holds. */
void frame_set_node(int id);

/* The second returns what was raised. */
void frame_run(frame_function *function);
struct object *frame_run_raising(frame_function *function);

/* Of its traceback. */
size_t frame_entries(const struct object *exception);

#endif
