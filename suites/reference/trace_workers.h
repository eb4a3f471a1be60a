/* trace_workers.h - threads that use the raw domain while it is traced, and
 * what is asked of the tracer meanwhile. Without Criterion, which cannot run
 * under ThreadSanitizer.
 *
 * Threads: starts its own, and ends them.
 * Errors:  what was wrong; NULL: nothing.
 * Owner:   keeps nothing. */
#ifndef ASSAY_SUITES_TRACE_WORKERS_H
#define ASSAY_SUITES_TRACE_WORKERS_H

#include "assay/trace.h"

/* The tracer traces these domains, and nobody else uses them. `asked`: it is
 * asked, and told to forget, until all have finished. */
const char *trace_workers_run(struct memory_domains *domains,
                              struct tracer *tracer, bool asked);

#endif
