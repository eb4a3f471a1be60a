/* limit.h - this process may map only so much more.
 *
 * Both limits are set: some allocators reserve address space at their start
 * and only make it writable later, which RLIMIT_DATA counts and RLIMIT_AS
 * does not.
 *
 * Errors: -ENOENT without /proc (what is mapped cannot be known), or what
 *         setrlimit() says. */
#ifndef ASSAY_LIMIT_H
#define ASSAY_LIMIT_H

#include <stddef.h>
#include <sys/resource.h>

struct limit {
    struct rlimit space; /* what held before */
    struct rlimit data;
};

/* From now on `more_bytes` beyond what is mapped. 0, or a negative errno. */
int limit_memory(struct limit *ret_before, size_t more_bytes);

/* As it was before. */
void limit_lift(const struct limit *before);

#endif
