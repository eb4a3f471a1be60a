/* owned.h - blocks that hold a pattern of their own, for any thread.
 *
 * A check that lets many threads work keeps the first thing that anybody saw
 * go wrong (a complaint) and turns it into a verdict when all have ended.
 *
 * Threads: a block belongs to whoever holds it; complaints take any thread. */
#ifndef ASSAY_CHECK_OWNED_H
#define ASSAY_CHECK_OWNED_H

#include "check.h"

struct owned {
    unsigned char *block; /* NULL: none */
    size_t size;
    uint64_t key;
};

struct complaint {
    _Atomic uint32_t count; /* how many there were */
    _Atomic bool written;
    char text[320]; /* the first */
};

/* printf-like; allocates nothing. */
void complain(struct complaint *complaint, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool complained(const struct complaint *complaint);

/* fail() with the first complaint, else pass(). */
enum verdict complaint_verdict(struct check_run *run,
                               const struct complaint *complaint);

/* Takes a block from malloc and fills it: every byte up to 32 KiB, above that
 * the first 64 of each page and the last 64. False, with a complaint, when
 * there is none; *ret_owned then holds no block. */
bool owned_get(struct owned *ret_owned, size_t size, uint64_t key,
               struct complaint *complaint);

/* The same for a block that is already there. */
void owned_fill(const struct owned *owned);

/* False, with a complaint, when a byte changed. True for no block. */
bool owned_look(const struct owned *owned, struct complaint *complaint);

/* The same for its first `bytes` alone: what realloc has to keep. */
bool owned_look_first(const struct owned *owned, size_t bytes,
                      struct complaint *complaint);

/* Looks, frees, and holds no block then. Does nothing to no block. */
bool owned_free(struct owned *owned, struct complaint *complaint);

/* A size of [least, least * 2^logs), spread evenly by its logarithm. */
size_t size_drawn(struct random *random, size_t least, unsigned logs);

#endif
