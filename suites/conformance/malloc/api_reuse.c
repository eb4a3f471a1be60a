/* api_reuse.c - what is freed may be had again, by whom and in which order.
 * (API) */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "tools/blocks.h"
#include "pattern.h"

static const struct {
    size_t size;
    unsigned rounds;
} reuse_loops[] = {
    { 64, 5000000 }, { 5000, 400000 },   { 100 * KIB, 100000 },
    { MIB, 100000 }, { 40 * MIB, 1000 },
};

CHECK(API_9, MUST, "freed space is made available for further allocation",
      "C23 7.24.3.3", .timeout_s = 20,
      .why = "Far more is allocated and freed than the address space that the "
             "process may have: 384 MiB beyond what it starts with. One block "
             "of 1 MiB in 256 that is never given back ends at the cap.")
{
    if (address_space_cap(384 * MIB) != 0)
        return error(run, "RLIMIT_AS cannot be set");
    for (size_t i = 0; i < sizeof(reuse_loops) / sizeof(*reuse_loops); i++)
        for (unsigned round = 0; round < reuse_loops[i].rounds; round++) {
            unsigned char *block = subject->malloc(reuse_loops[i].size);

            if (block == NULL)
                return fail(run,
                            "malloc(%zu) is NULL after %u rounds of "
                            "malloc and free, with nothing alive and "
                            "384 MiB allowed",
                            reuse_loops[i].size, round);
            *block = 1;
            subject->free(block);
        }
    return pass(run);
}

CHECK(API_10, MUST, "realloc(NULL, n) is malloc(n)", "C23 7.24.3.7",
      .why = "Of n = 0 as well: where malloc(0) is a block, NULL from "
             "realloc(NULL, 0) reads as lack of memory; grep and others gave "
             "up (filed: microsoft/mimalloc 622).")
{
    void *nothing = subject->malloc(0);
    void *nothing_too = subject->realloc(NULL, 0);

    if ((nothing == NULL) != (nothing_too == NULL))
        return fail(run, "malloc(0) is %s, realloc(NULL, 0) is %s",
                    nothing == NULL ? "NULL" : "a block",
                    nothing_too == NULL ? "NULL" : "a block");
    if (nothing != NULL && nothing == nothing_too)
        return fail(run, "malloc(0) and realloc(NULL, 0) are both %p", nothing);
    subject->free(nothing);
    subject->free(nothing_too);
    for (size_t size = 1; size <= 4 * MIB; size += 1 + size / 8) {
        unsigned char *block = subject->realloc(NULL, size);

        if (block == NULL)
            return fail(run, "realloc(NULL, %zu) returned NULL", size);
        if (off_by(block, weak_alignment(size)) != 0)
            return fail(run, "realloc(NULL, %zu) = %p is not aligned to %zu",
                        size, (void *)block, weak_alignment(size));
        memset(block, 1, size);
        subject->free(block);
    }
    return pass(run);
}

/* What one thread leaves and the other takes over. */
struct reuse_hand {
    _Atomic unsigned turn; /* even: the first thread's */
    unsigned rounds;
    _Atomic unsigned late; /* rounds in which a block changed under its owner */
};

enum { REUSE_SIZE = 128, REUSE_BLOCKS = 8 };

/* Each side in turn: takes blocks, marks them, looks at them after the other
 * had time to write, and frees them for the other. */
static void reuse_side(struct reuse_hand *hand, unsigned side)
{
    for (unsigned round = 0; round < hand->rounds; round++) {
        unsigned char *blocks[REUSE_BLOCKS];

        for (unsigned i = 0; i < REUSE_BLOCKS; i++) {
            blocks[i] = subject->malloc(REUSE_SIZE);
            if (blocks[i] != NULL)
                pattern_fill(blocks[i], 2 * round + side, 0, REUSE_SIZE);
        }
        atomic_fetch_add(&hand->turn, 1);
        if (round % 64 == 0)
            sched_yield();
        for (unsigned i = 0; i < REUSE_BLOCKS; i++) {
            if (blocks[i] != NULL &&
                pattern_mismatch(blocks[i], 2 * round + side, 0, REUSE_SIZE) <
                    REUSE_SIZE)
                atomic_fetch_add(&hand->late, 1);
            subject->free(blocks[i]);
        }
    }
}

static void *reuse_other_side(void *hand)
{
    reuse_side(hand, 1);
    return NULL;
}

CHECK(API_17, MUST,
      "a freed block's next owner sees no late write of its last owner",
      "C23 7.24.3p2: free synchronizes with the allocation that reuses",
      .flags = CHECK_THREADS, .timeout_s = 20,
      .why = "Two threads allocate, mark, look and free. On x86 the order of "
             "stores hides a missing fence, so this sees an allocator's own "
             "late writes (a link, a count) and blocks owned twice; the rest "
             "is decided by reading the code.")
{
    struct reuse_hand *hand = check_map(sizeof(*hand));
    pthread_t thread;

    if (hand == NULL)
        return error(run, "no memory");
    hand->rounds = 100000;
    if (pthread_create(&thread, NULL, reuse_other_side, hand) != 0)
        return error(run, "no thread");
    reuse_side(hand, 0);
    pthread_join(thread, NULL);
    if (hand->late != 0)
        return fail(run,
                    "%u of %u blocks of %d bytes changed under their "
                    "owner",
                    hand->late, 2 * hand->rounds * REUSE_BLOCKS, REUSE_SIZE);
    return pass(run);
}

CHECK(API_18, QUALITY, "the order of addresses is the subject's own affair",
      "C23 7.24.3p1: \"order and contiguity ... is unspecified\"",
      .why = "A rule for this suite more than for its subjects: no check "
             "expects neighbours, or the block freed last. What the subject "
             "does is told; every answer is right.")
{
    void *blocks[3];
    uintptr_t step[2];
    bool last_first;

    for (int i = 0; i < 3; i++)
        blocks[i] = subject->malloc(200);
    step[0] = (uintptr_t)blocks[1] - (uintptr_t)blocks[0];
    step[1] = (uintptr_t)blocks[2] - (uintptr_t)blocks[1];
    subject->free(blocks[1]);
    last_first = subject->malloc(200) == blocks[1];
    return outcome(run, last_first ? "last-freed-first" : "other-order",
                   "blocks of 200 lie %zd and %zd apart", (ssize_t)step[0],
                   (ssize_t)step[1]);
}
