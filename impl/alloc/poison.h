/* poison.h - tells AddressSanitizer which bytes nobody may touch.
 *
 * Without the sanitizer all of it is nothing. Memory must be cleared of
 * poison before it goes back to where it came from. */
#ifndef ASSAY_ALLOC_POISON_H
#define ASSAY_ALLOC_POISON_H

#include <stdbool.h>
#include <stddef.h>

/* GCC says it by a macro, Clang by a feature. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POISON_WORKS 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define POISON_WORKS 1
#endif

#ifdef POISON_WORKS
#include <sanitizer/asan_interface.h>

static inline void poison_set(const void *start, size_t bytes)
{
    __asan_poison_memory_region(start, bytes);
}

static inline void poison_clear(const void *start, size_t bytes)
{
    __asan_unpoison_memory_region(start, bytes);
}

/* What the byte should be; always so where nothing can be known. */
static inline bool poison_is(const void *byte, bool poisoned)
{
    return (__asan_address_is_poisoned(byte) != 0) == poisoned;
}
#else
static inline void poison_set(const void *start, size_t bytes)
{
    (void)start, (void)bytes;
}

static inline void poison_clear(const void *start, size_t bytes)
{
    (void)start, (void)bytes;
}

static inline bool poison_is(const void *byte, bool poisoned)
{
    (void)byte, (void)poisoned;
    return true;
}
#endif

#endif
