/* trace_fixture.h - a tracer, and domains for it to hook.
 *
 * Threads: one at a time, but for what the tracer allows.
 * Errors:  a Criterion assertion.
 * Owner:   trace_end() ends both. */
#ifndef ASSAY_SUITES_TRACE_FIXTURE_H
#define ASSAY_SUITES_TRACE_FIXTURE_H

#include <criterion/criterion.h>
#include <string.h>

#include "assay/trace.h"
#include "tracer.h"

extern struct memory_domains *domains;
extern struct tracer *tracer;

void trace_begin(void);
void trace_end(void);

/* With this limit of frames. */
void trace_start(unsigned frame_limit);
void trace_expect_bytes(size_t now, size_t peak);

/* A block of objects, made in a frame of its own at this line. */
void *trace_make(size_t bytes);
extern unsigned trace_make_line;

#endif
