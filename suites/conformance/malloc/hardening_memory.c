/* hardening_memory.c - writing and reading where one may not. (HRD)
 *
 * Undefined in every standard: nothing here can fail. */
#include <string.h>

#include "tools/blocks.h"
#include "hardening.h"

enum { MEMORY_LIVE = 16 };

/* Writes *length bytes at that distance from the end (or, below zero, from
 * the start) of each other block of that size, then frees all. */
struct memory_beyond {
    size_t size;
    ptrdiff_t at;
    size_t length;
    bool allocate; /* before anything is freed */
};

static int memory_write_beyond(void *argument)
{
    const struct memory_beyond *beyond = argument;
    char *blocks[MEMORY_LIVE];

    for (size_t i = 0; i < MEMORY_LIVE; i++)
        blocks[i] = subject->malloc(beyond->size);
    for (size_t i = 0; i < MEMORY_LIVE; i += 2) {
        size_t usable = subject->malloc_usable_size(blocks[i]);
        char *volatile end =
            blocks[i] + (beyond->at < 0 ? 0 : (ptrdiff_t)usable);

        memset(end + beyond->at, 0x41, beyond->length);
    }
    if (beyond->allocate)
        for (int i = 0; i < 1000; i++)
            *(volatile char *)subject->malloc(beyond->size) = 1;
    for (size_t i = 0; i < MEMORY_LIVE; i++)
        subject->free(blocks[i]);
    return hardening_aftermath(beyond->size > MIB ? 100 : beyond->size);
}

#define BEYOND(bytes, from, count, first)        \
    (&(struct memory_beyond){ .size = (bytes),   \
                              .at = (from),      \
                              .length = (count), \
                              .allocate = (first) })

CHECK(HRD_12, QUALITY, "one byte is written beyond a small block, then freed",
      "undefined; hardened_malloc's overflow_small_1_byte",
      .why = "The byte after the usable ones: a canary, a header, or the next "
             "block's first byte.")
{
    return hardening_try(run, memory_write_beyond, BEYOND(40, 0, 1, false));
}

CHECK(HRD_13, QUALITY, "eight bytes are written beyond a large block",
      "undefined; hardened_malloc's overflow_large_8_byte",
      .why = "A guard page makes it a fault at once.")
{
    return hardening_try(run, memory_write_beyond,
                         BEYOND(4 * MIB, 0, 8, false));
}

CHECK(HRD_14, QUALITY,
      "eight bytes are written beyond a small block, then "
      "more is allocated",
      "undefined; jemalloc's safety_check, hardened_malloc's "
      "overflow_small_8_byte",
      .why = "Noticed at the next allocation or only when freed.")
{
    return hardening_try(run, memory_write_beyond, BEYOND(40, 0, 8, true));
}

CHECK(HRD_15, QUALITY, "eight bytes are written before a small block",
      "undefined; Electric Fence's EF_PROTECT_BELOW",
      .why = "Where a header is, it is destroyed.")
{
    return hardening_try(run, memory_write_beyond, BEYOND(40, -8, 8, false));
}

/* Writes into a freed block; then works on. */
static int memory_write_freed(void *argument)
{
    size_t size = *(const size_t *)argument;
    char *volatile block = subject->malloc(size);
    char *volatile other = subject->malloc(size);

    subject->free(other);
    subject->free(block);
    memset(block + size / 2, 0x41, 16);
    return hardening_aftermath(size > MIB ? 100 : size);
}

CHECK(HRD_16, QUALITY, "a small block is written to after free",
      "undefined; hardened_malloc's write_after_free_small",
      .why = "In its middle, where no link is: noticed only by who looks at "
             "all of a block before it is used again.")
{
    size_t size = 256;

    return hardening_try(run, memory_write_freed, &size);
}

CHECK(HRD_17, QUALITY, "a large block is written to after free",
      "undefined; hardened_malloc's write_after_free_large",
      .why = "A fault where the mapping was given back or protected.")
{
    size_t size = 4 * MIB;

    return hardening_try(run, memory_write_freed, &size);
}

/* Written to after 1000 others were freed and allocated. */
static int memory_write_reused(void *unused)
{
    char *volatile block = subject->malloc(64);
    void *others[1000];

    (void)unused;
    subject->free(block);
    for (int i = 0; i < 1000; i++)
        others[i] = subject->malloc(64);
    for (int i = 0; i < 1000; i++)
        subject->free(others[i]);
    memset(block, 0x41, 64);
    return hardening_aftermath(64);
}

CHECK(HRD_18, QUALITY, "a freed block is overwritten before it is used again",
      "undefined; hardened_malloc's write_after_free_small_reuse",
      .why = "All of its bytes, after a thousand others were freed too.")
{
    return hardening_try(run, memory_write_reused, NULL);
}

static int memory_read_freed(void *unused)
{
    unsigned char *volatile block = subject->malloc(256);
    unsigned old = 0;

    (void)unused;
    memset(block, 0x5a, 256);
    subject->free(block);
    for (size_t i = 0; i < 256; i++)
        old += block[i] == 0x5a;
    return old > 128 ? HARDENING_REUSE : 0;
}

CHECK(HRD_19, QUALITY, "a freed block is read",
      "undefined; hardened_malloc's read_after_free_small",
      .why = "SILENT-reuse: the old contents are still there. NEUTRAL: zeros "
             "or a poison. CRASH: it is protected.")
{
    return hardening_try(run, memory_read_freed, NULL);
}

/* The first bytes of a freed block are where a free list keeps its link: an
 * address of the attacker's choice comes back from malloc. */
static int memory_forge_link(void *unused)
{
    static _Alignas(64) char target[4096];
    char *first = subject->malloc(64), *second = subject->malloc(64);
    char *volatile freed = second;

    (void)unused;
    subject->free(first);
    subject->free(second);
    memcpy(freed, &(char *){ target + 1024 }, sizeof(char *));
    for (int i = 0; i < 1000; i++) {
        char *block = subject->malloc(64);

        if (block >= target && block < target + sizeof(target))
            return HARDENING_REUSE;
    }
    return 0;
}

CHECK(HRD_20, QUALITY, "the link in a freed block is replaced by an address",
      "undefined; glibc's tst-safe-linking, snmalloc's corruption checks",
      .why = "SILENT-reuse: malloc then returned the forged address, which is "
             "how a heap bug becomes an exploit. Links that are encoded, or "
             "kept elsewhere, are NEUTRAL or noticed.")
{
    return hardening_try(run, memory_forge_link, NULL);
}

static int memory_same_again(void *unused)
{
    unsigned same = 0;

    (void)unused;
    for (int i = 0; i < 100; i++) {
        void *block = subject->malloc(64), *again;

        subject->free(block);
        again = subject->malloc(64);
        same += again == block;
        subject->free(again);
    }
    return same > 10 ? HARDENING_REUSE : 0;
}

CHECK(HRD_21, QUALITY, "whether a freed block is the next to be given out",
      "defined behaviour; hardened_malloc's malloc_noreuse",
      .why = "SILENT-reuse: more than 10 of 100 were. Who uses a block after "
             "free then meets its new owner's data at once.")
{
    return hardening_try(run, memory_same_again, NULL);
}

static int memory_old_contents(void *argument)
{
    size_t size = *(const size_t *)argument;
    unsigned char *blocks[MEMORY_LIVE];
    unsigned old = 0;

    for (size_t i = 0; i < MEMORY_LIVE; i++) {
        blocks[i] = subject->malloc(size);
        memset(blocks[i], 0x5a, size);
    }
    for (size_t i = 0; i < MEMORY_LIVE; i++)
        subject->free(blocks[i]);
    for (size_t i = 0; i < MEMORY_LIVE; i++) {
        unsigned char *block = subject->malloc(size);

        for (size_t at = 0; at < size; at++)
            old += block[at] == 0x5a;
    }
    return old > 32 ? HARDENING_REUSE : 0;
}

CHECK(HRD_22, QUALITY, "whether malloc shows what a freed block held",
      "indeterminate by C23 7.24.3.6; hardened_malloc's uninitialized_read",
      .why = "SILENT-reuse: keys and passwords of the last owner are there "
             "to be leaked.")
{
    size_t size = 256;

    return hardening_try(run, memory_old_contents, &size);
}

static int memory_zero_sized(void *unused)
{
    unsigned char *volatile block = subject->malloc(0);

    (void)unused;
    *(volatile unsigned char *)block = 1;
    return 0;
}

CHECK(HRD_23, QUALITY, "a byte of malloc(0) is written",
      "undefined; hardened_malloc's read_zero_size",
      .why = "CRASH: there is no memory behind it, as C says.")
{
    return hardening_try(run, memory_zero_sized, NULL);
}
