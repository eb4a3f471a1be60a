/* marks.c - marks that nest, and the way back to them. (OBJ-6, 7) */
#include "script.h"

static struct model model;

CHECK(OBJ_6, MUST,
      "a rewind ends what was allocated since its mark and nothing else, "
      "however marks nest",
      "assay/allocator.h: mark, rewind",
      .why = "Random nesting, with requests of all sizes between: whatever is "
             "older than the mark keeps what it holds.",
      .wants = ASSAY_ALLOCATOR_MARK, .flags = CHECK_RANDOM, .timeout_s = 30)
{
    for (uint64_t i = 0; i < 6; i++) {
        struct random random = random_stream(run->seed, i);
        struct script script = script_mixed;

        script.block_bytes = 48;
        script.capacity = 500;
        script.mark_share = 200;
        script.free_share = i % 2 == 0 ? 0 : 100;
        model.watches_stats = i >= 3;
        script_play(&model, &script, &random);
        if (model.wrong[0] != '\0')
            return fail(run, "%s", model.wrong);
    }
    return pass(run);
}

/* ---- OBJ-7 ---- */

/* Blocks before the mark, then much more than a chunk holds; and back. */
static void cross_chunks(unsigned round)
{
    size_t sizes[] = { 100, 3000, 20000, 70000, 300000 };

    model_mark(&model);
    for (unsigned i = 0; i < 200 && model.wrong[0] == '\0'; i++) {
        size_t bytes = sizes[(i + round) % 5];

        if (bytes > model_bytes_max(&model))
            bytes = model_bytes_max(&model);
        model_alloc(&model, bytes, 1);
    }
    if (model.wrong[0] == '\0')
        model_rewind(&model, model.mark_count - 1);
    model.mark_count--;
    model_alloc(&model, 24, 1);
}

CHECK(OBJ_7, MUST,
      "a rewind across chunks gives them back or uses them again, and what "
      "lies before the mark is intact",
      "assay/allocator.h: mark, rewind", .wants = ASSAY_ALLOCATOR_MARK,
      .timeout_s = 20)
{
    size_t early = 0;

    if (!model_open(&model, 3000, 1000))
        return fail(run, "%s", model.wrong);
    for (unsigned round = 0; round < 40 && model.wrong[0] == '\0'; round++) {
        cross_chunks(round);
        if (round == 9) /* each size has come first twice */
            early = check_backend.peak_bytes;
    }
    figure(run, "peak_bytes", (double)check_backend.peak_bytes);
    model_close(&model);
    if (model.wrong[0] != '\0')
        return fail(run, "%s", model.wrong);
    /* The 24 bytes of each round stay. */
    if (model_can(ASSAY_ALLOCATOR_BACKEND) &&
        check_backend.peak_bytes > early + early / 4)
        return fail(run,
                    "the backend gave %zu bytes at most in 10 rounds, and "
                    "%zu in 40",
                    early, check_backend.peak_bytes);
    return pass(run);
}
