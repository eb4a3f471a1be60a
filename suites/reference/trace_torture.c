/* trace_torture.c - a tracer under threads, as a plain program for sanitizers
 * that Criterion cannot run with.
 *
 * Usage: trace-torture [TIMES]    (exit 1 and a line when something is wrong)
 */
#include <stdio.h>
#include <stdlib.h>

#include "trace_workers.h"

int main(int argc, char **argv)
{
    const struct tracer_config config = { .frame_limit = 3 };
    struct memory_domains *domains = memory_domains_create(NULL);
    struct tracer *tracer = tracer_create();
    long times = argc > 1 ? strtol(argv[1], NULL, 10) : 4;
    const char *wrong = NULL;
    if (!domains || !tracer || tracer_start(tracer, domains, &config) != 0)
        return 3;
    for (long i = 0; i < times && !wrong; i++)
        wrong = trace_workers_run(domains, tracer, i % 2 == 0);
    if (wrong)
        fprintf(stderr, "trace-torture: %s\n", wrong);
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
    return wrong != NULL;
}
