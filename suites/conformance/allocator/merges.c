/* merges.c - neighbours that are free are one piece again. (OBJ-18) */
#include "model.h"

static struct model model;

enum { ARENA_BLOCK = 4000, ARENA_BLOCKS = 200 };

/* The largest power of two that a heap without blocks grants. */
static size_t merges_largest(void)
{
    for (size_t bytes = model.config.bytes; bytes > 0; bytes /= 2)
        if (model_alloc(&model, bytes, 1) != NULL) {
            model_free(&model, 0);
            return bytes;
        }
    return 0;
}

static void merges_fill(struct random *random)
{
    size_t bytes = (size_t)1 << random_below(random, 13);
    unsigned refused = 0;

    while (refused < 20 && model.count < MODEL_BLOCKS - 1 &&
           model.wrong[0] == '\0') {
        bytes = 1 + random_below(random, (uint32_t)bytes * 2);
        if (model_alloc(&model, bytes, 1) == NULL)
            refused++;
        if (bytes < 16)
            bytes = (size_t)1 << random_below(random, 15);
    }
}

CHECK(OBJ_18, MUST,
      "when all is freed, in any order, the largest block can be had again",
      "assay/allocator.h: ASSAY_ALLOCATOR_MERGES",
      .why = "A buddy that is sought without the base of the arena is another "
             "block's, which is merged while it lives.",
      .wants = ASSAY_ALLOCATOR_MERGES | ASSAY_ALLOCATOR_FREE,
      .flags = CHECK_RANDOM, .timeout_s = 30)
{
    struct random random = random_stream(run->seed, 18);
    size_t first, again;

    if (!model_open(&model, ARENA_BLOCK, ARENA_BLOCKS))
        return fail(run, "%s", model.wrong);
    first = merges_largest();
    figure(run, "largest_bytes", (double)first);
    for (unsigned round = 0; round < 20 && model.wrong[0] == '\0'; round++) {
        merges_fill(&random);
        while (model.count > 0 && model.wrong[0] == '\0')
            model_free(&model, random_below(&random, (uint32_t)model.count));
        again = model.wrong[0] == '\0' ? merges_largest() : first;
        if (again != first)
            return fail(run,
                        "round %u: the largest block is one of %zu bytes, "
                        "and was one of %zu",
                        round, again, first);
    }
    model_close(&model);
    return model.wrong[0] != '\0' ? fail(run, "%s", model.wrong) : pass(run);
}
