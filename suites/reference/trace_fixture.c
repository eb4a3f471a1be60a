/* trace_fixture.c - what tests of a tracer start with. */
#include "trace_fixture.h"

struct memory_domains *domains;
struct tracer *tracer;
unsigned trace_make_line;

void trace_begin(void)
{
    domains = memory_domains_create(NULL);
    tracer = tracer_create();
    cr_assert(domains && tracer);
}

void trace_end(void)
{
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
}

void trace_start(unsigned frame_limit)
{
    struct tracer_config config = { .frame_limit = frame_limit };
    cr_assert(tracer_start(tracer, domains, &config) == 0);
}

void trace_expect_bytes(size_t now, size_t peak)
{
    size_t found_now, found_peak;
    tracer_traced_bytes(tracer, &found_now, &found_peak);
    cr_assert(found_now == now && found_peak == peak,
              "%zu and %zu at most, not %zu and %zu", found_now, found_peak,
              now, peak);
}

void *trace_make(size_t bytes)
{
    TRACE_FUNCTION();
    trace_make_line = __LINE__ + 1;
    return TRACE_HERE(memory_malloc(domains, MEMORY_OBJ, bytes));
}
