/* integrity_random.c - live blocks stay apart and whole, whatever is asked in
 * between: by scripts drawn from the seed. (INT, and ALN at random sizes) */
#include "engine/engine.h"

CHECK(INT_1, MUST, "no two live blocks overlap",
      "C23 7.24.3p1: \"an object disjoint from any other object\"",
      .flags = CHECK_RANDOM, .timeout_s = 60,
      .why = "A million requests over 4096 blocks, by every function, with "
             "sizes of all magnitudes and next to class edges, pages and "
             "thresholds. Each answer up to its usable size is looked up in a "
             "tree of what is alive. A script that fails is cut down to the "
             "few operations that it needs.")
{
    const struct engine engine = {
        .id = "INT-1",
        .looks = LOOK_OVERLAP | LOOK_USABLE,
        .plan = { .operations = 1000000,
                  .slots = 4096,
                  .threads = 1,
                  .size_max = 4 * KIB },
        .timeout_ms = 40000,
    };

    return engine_decide(run, &engine);
}

CHECK(INT_2, MUST, "nobody but its owner changes a live block",
      "C23 7.24.3p1; 7.24.3.7 for what realloc keeps", .flags = CHECK_RANDOM,
      .timeout_s = 60,
      .why = "200 000 requests over 1000 blocks; each holds a pattern of its "
             "own that is looked at when it is freed or resized, and now and "
             "then all are: an allocator's own notes that reach into a block, "
             "a copy that is too long or too short, zeros in the wrong "
             "place.")
{
    const struct engine engine = {
        .id = "INT-2",
        .looks = LOOK_CONTENTS | LOOK_ZERO,
        .plan = { .operations = 200000,
                  .slots = 1000,
                  .threads = 1,
                  .size_max = 64 * MIB },
        .timeout_ms = 40000,
    };

    return engine_decide(run, &engine);
}

CHECK(INT_3, MUST, "a block lies in writable memory from first to last byte",
      "C23 7.24.3p1", .flags = CHECK_RANDOM, .timeout_s = 60,
      .why = "The first bytes of each page and the last byte of the block are "
             "written, at sizes around pages and thresholds, where rounding "
             "down instead of up ends a block outside its mapping. A crash is "
             "the failure, and is shrunk like any other.")
{
    const struct engine engine = {
        .id = "INT-3",
        .looks = LOOK_OVERLAP,
        .plan = { .operations = 100000,
                  .slots = 300,
                  .threads = 1,
                  .size_max = 64 * MIB },
        .timeout_ms = 40000,
    };

    return engine_decide(run, &engine);
}

CHECK(INT_5, MUST,
      "blocks stay apart and whole in whatever order they are freed",
      "C23 7.24.3p1: \"order and contiguity ... is unspecified\"",
      .flags = CHECK_RANDOM, .timeout_s = 60,
      .why = "Six orders: last first, first first, random, by size, by "
             "address, every other one; each empties three quarters of 400 "
             "blocks and fills them again with other sizes. Merging with the "
             "neighbours before and behind goes wrong in one order and works "
             "in another.")
{
    struct engine engine = {
        .id = "INT-5",
        .looks = LOOK_OVERLAP | LOOK_CONTENTS,
        .plan = { .operations = 40000,
                  .slots = 400,
                  .threads = 1,
                  .size_max = 20000 },
        .timeout_ms = 20000,
    };

    for (unsigned order = ORDER_LIFO; order < ORDERS; order++) {
        enum verdict verdict;

        engine.plan.order = order;
        verdict = engine_decide(run, &engine);
        if (verdict != VERDICT_PASS || run->script != NULL)
            return verdict;
    }
    return pass(run);
}

CHECK(ALN_2b, MUST, "blocks are aligned whatever was asked for before",
      "C23 7.24.3p1, 7.24.3.1; POSIX posix_memalign", .flags = CHECK_RANDOM,
      .timeout_s = 60,
      .why = "As ALN-1, 2 and 4, at random sizes and alignments among blocks "
             "that come and go: after a split or a merge an address may be "
             "off that is right in a fresh heap.")
{
    const struct engine engine = {
        .id = "ALN-2b",
        .looks = LOOK_ALIGNMENT,
        .plan = { .operations = 200000,
                  .slots = 2000,
                  .threads = 1,
                  .size_max = 128 * KIB },
        .timeout_ms = 40000,
    };

    return engine_decide(run, &engine);
}

CHECK(XTF_1, MUST, "any thread may free any block", "C23 7.24.3p2, 7.24.3.3",
      .flags = CHECK_RANDOM | CHECK_THREADS, .timeout_s = 60,
      .why = "Six threads in turn allocate, resize and free the same 500 "
             "blocks, so that five of six are freed by another thread; "
             "contents and places are looked at. They take turns, so that the "
             "script of a failure replays; XTF-4 and THR-1 do it at once.")
{
    const struct engine engine = {
        .id = "XTF-1",
        .looks = LOOK_OVERLAP | LOOK_CONTENTS,
        .plan = { .operations = 60000,
                  .slots = 500,
                  .threads = 6,
                  .size_max = 40000 },
        .timeout_ms = 40000,
    };

    return engine_decide(run, &engine);
}
