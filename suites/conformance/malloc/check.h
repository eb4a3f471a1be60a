/* check.h - what a check of a malloc has, beside what every check has.
 *
 *   CHECK(ZER_2, MUST, "calloc zeroes memory that was used and freed",
 *         "C23 7.24.3.2", .why = "...", .flags = CHECK_RANDOM)
 *   {
 *       void *block = subject->calloc(1, 64);
 *       ...
 *       return pass(run);
 *   }
 *
 * Rules, for every check of a malloc, and those of ../check.h:
 *   - The subject is called through `subject` alone (the compiler can fold
 *     nothing away), and is known to be active before the body runs.
 *   - Memory for bookkeeping comes from check_map(), never from malloc; no
 *     stdio before the verdict. pass(), fail() and the others allocate
 *     nothing.
 *   - errno is set to 0 before each call whose errno is looked at. */
#ifndef ASSAY_MALLOC_CHECK_H
#define ASSAY_MALLOC_CHECK_H

#include "../check.h"

/* All entry points, resolved as the dynamic linker does for a program: what
 * the subject does not replace is the C library's, or NULL where that has
 * none. Which is which, subject_has() tells. */
struct subject_calls {
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *block, size_t size);
    void (*free)(void *block);
    void *(*reallocarray)(void *block, size_t count, size_t size);
    void *(*aligned_alloc)(size_t alignment, size_t size);
    int (*posix_memalign)(void **ret_block, size_t alignment, size_t size);
    void *(*memalign)(size_t alignment, size_t size);
    void *(*valloc)(size_t size);
    void *(*pvalloc)(size_t size);
    size_t (*malloc_usable_size)(void *block);
    void (*free_sized)(void *block, size_t size);
    void (*free_aligned_sized)(void *block, size_t alignment, size_t size);
    int (*malloc_trim)(size_t pad);
};

extern const volatile struct subject_calls *const subject;

/* Whether the function of that name lies in the subject's own object. */
bool subject_has(const char *function);

#endif
