/* blocks.h - the ways to ask for a block, and words for messages.
 *
 * Shared by the families; nothing here allocates on its own account. */
#ifndef ASSAY_CHECK_BLOCKS_H
#define ASSAY_CHECK_BLOCKS_H

#include "check.h"

/* One way to get `size` bytes. Those that take an alignment ask for 64. */
struct way {
    const char *name;
    void *(*get)(size_t size);
};

enum { WAY_COUNT = 9, WAY_ALIGNMENT = 64 };

extern const struct way ways[WAY_COUNT];

/* Whether the block that this way gives is the subject's. A function that is
 * not replaced gives the C library's: that is COV's to tell, once. */
bool way_is_subjects(const struct way *way);

/* posix_memalign() with NULL for any error. */
void *aligned_block(size_t alignment, size_t size);

/* "ENOMEM", or "errno 0". Static storage. */
const char *errno_word(int number);

/* Low bits of an address: how far it is off that alignment. */
static inline size_t off_by(const void *block, size_t alignment)
{
    return (uintptr_t)block & (alignment - 1);
}

/* The largest power of two that is not larger than `size`, at most 16. */
static inline size_t weak_alignment(size_t size)
{
    size_t alignment = 1;

    while (alignment < 16 && 2 * alignment <= size)
        alignment *= 2;
    return alignment;
}

/* Touches a byte of every page, and the last: a block that is not all there
 * shows as a crash. */
void touch_pages(unsigned char *block, size_t size, unsigned char value);

/* Findings of one check, listed in one message: what does not fit is
 * counted. */
struct findings {
    char text[360];
    size_t length;
    unsigned count;
};

void finding(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* pass() without findings, else fail() with what was expected and the list. */
enum verdict verdict_of(struct check_run *run, const struct findings *findings,
                        const char *expected);

/* Keeps the system from lending more than that many bytes of address space
 * beyond what this process has now. 0 or -1. */
int address_space_cap(size_t more_bytes);

#endif
