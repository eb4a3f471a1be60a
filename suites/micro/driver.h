/* driver.h - the subject as the benchmarks see it: proven active, and called
 * through pointers that no compiler can see behind.
 *
 * Owner:  nothing here is freed.
 * Threads: one. */
#ifndef ASSAY_MICRO_DRIVER_H
#define ASSAY_MICRO_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum driver_function {
    DRIVER_MALLOC, /* and free */
    DRIVER_CALLOC,
    DRIVER_REALLOC,
    DRIVER_ALIGNED_ALLOC,
    DRIVER_USABLE_SIZE,
};

/* The pointers are volatile: each call reads its own. */
struct driver_calls {
    void *(*volatile malloc)(size_t size);
    void *(*volatile calloc)(size_t count, size_t size);
    void *(*volatile realloc)(void *block, size_t size);
    void (*volatile free)(void *block);
    void *(*volatile aligned_alloc)(size_t alignment, size_t size);
    size_t (*volatile usable_size)(void *block);
};

extern struct driver_calls driver_calls;

/* Whether a parent handed down a record (harness/lib/record.h). */
bool driver_has_record(void);

/* Traces malloc and its kin to the file `subject`; `functions` is the written
 * form of harness/lib/functions.h, or NULL where it replaces malloc. 0; or -1,
 * and the record says not-active, or 1 when `functions` is no such thing. */
int driver_prove(const char *subject, const char *functions);

/* NULL, or why that function cannot be asked of the subject. */
const char *driver_lacks(enum driver_function function);

/* Finds the floor's two functions. NULL, or what is wrong. */
const char *driver_find_floor(void);

/* Around a timed loop: no-ops but under the floor. No -1 is possible there
 * that the count of missed requests would not show. */
void driver_enter(size_t bytes_max);
void driver_leave(void);

/* What a first malloc of `size` takes, its two ends touched, in nanoseconds:
 * to be asked once in a process, and before anything else is. 0 when it
 * returned NULL. */
uint64_t driver_first_ns(size_t size);

/* Whether blocks of `size` are apart, aligned and keep what is written, and
 * what `function` adds to that. NULL, or what is wrong in static words. */
const char *driver_check(enum driver_function function, size_t alignment,
                         size_t size);

/* Seals the record. */
void driver_end_well(void); /* failed, where the floor missed requests */
void driver_end_unsupported(const char *why);
void driver_end_wrong(const char *what);

#ifdef __cplusplus
}
#endif

#endif
