/* body.h - what the loops of workloads are made of.
 *
 * A loop is written once, as a BODY with a constant `calling`: instantiated
 * with true it calls the subject through pointers held in locals, with false
 * it leaves the calls out, and what remains is the price of the loop itself.
 *
 * The pointers come from dlsym(), so that no compiler can know what is behind
 * them; the touches are volatile, so that none can be dropped. */
#ifndef ASSAY_BODY_H
#define ASSAY_BODY_H

#include "random.h"
#include "workload.h"

#define BODY static inline __attribute__((always_inline))

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* How far ahead of its use a slot of the harness's own is asked for: farther
 * than a miss takes, nearer than the first level holds. */
enum { PREFETCH_AHEAD = 24 };

/* What a loop without calls has for a block: as large as the largest. */
enum { BODY_BLOCK_BYTES = 64 << 10 };
extern unsigned char body_block[BODY_BLOCK_BYTES];

BODY struct calls body_calls(const struct run *run, bool calling)
{
    return calling ? *run->calls : (struct calls){ 0 };
}

BODY void *body_malloc(struct calls calls, size_t size, bool calling)
{
    void *block = body_block;

    if (calling)
        return calls.malloc(size);
    __asm__ volatile("" : "+r"(block)); /* a loop that is not folded away */
    return block;
}

BODY void body_free(struct calls calls, void *block, bool calling)
{
    if (calling)
        calls.free(block);
}

/* Touches are the subject's affair, since where the block lies decides what
 * they cost: the floor shows their least, a loop without calls has none. */
BODY void body_touch_ends(void *block, size_t size)
{
    volatile unsigned char *bytes = block;

    bytes[0] = TOUCH_BYTE;
    bytes[size - 1] = TOUCH_BYTE;
}

BODY void body_touch_pages(void *block, size_t size)
{
    volatile unsigned char *bytes = block;

    for (size_t at = 0; at < size; at += TOUCH_PAGE_BYTES)
        bytes[at] = TOUCH_BYTE;
}

/* What one thread has to report when its loop has ended. */
struct tally {
    uint64_t done;
    uint64_t refused;
};

static inline void body_report(struct run *run, struct tally tally)
{
    atomic_fetch_add(&run->operations_done, tally.done);
    atomic_fetch_add(&run->refused, tally.refused);
}

/* Frees what the slots still hold, and counts it as alive until then. */
void body_free_slots(struct run *run, void **slots, uint64_t count);

#endif
