/* limit.h - this process may map only so much more.
 *
 * RLIMIT_DATA is what binds: it counts private writable pages, also those of
 * address space that was reserved before the limit and is made writable later.
 * RLIMIT_AS, four times as wide, is for what is shared or only reserved.
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
