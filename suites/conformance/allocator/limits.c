/* limits.c - what is beyond the limits, and what is just within. (OBJ-3, 11,
 * 12) */
#include "model.h"

static struct model model;

static enum verdict limits_end(struct check_run *run)
{
    model_close(&model);
    return model.wrong[0] != '\0' ? fail(run, "%s", model.wrong) : pass(run);
}

/* ---- OBJ-3 ---- */

/* The model knows that these must be refused. */
static void beyond_ask(size_t bytes, size_t align)
{
    if (model_must_refuse(&model, bytes, align))
        model_alloc(&model, bytes, align);
}

CHECK(OBJ_3, MUST,
      "what is larger or better aligned than the table allows is refused, and "
      "what is just within is not",
      "assay/allocator.h: size_max, align_max, alloc",
      .why = "A request that is rounded up wraps at the top; a pool that does "
             "not look gives out a block that is too small.")
{
    static const size_t wraps[] = { 0, 1, 7, 8, 15, 16, 63, 64, 4095, 4096 };
    size_t most, within = subject->align_max;

    if (!model_open(&model, 40, 200))
        return fail(run, "%s", model.wrong);
    most = model_bytes_max(&model);
    model_alloc(&model, 10, 1);
    for (size_t i = 0; i < sizeof(wraps) / sizeof(*wraps); i++) {
        beyond_ask(SIZE_MAX - wraps[i], 1);
        beyond_ask(PTRDIFF_MAX + (size_t)1 + wraps[i], 1);
        beyond_ask(SIZE_MAX - wraps[i], within);
        if (most < SIZE_MAX - wraps[i])
            beyond_ask(most + 1 + wraps[i], 1);
    }
    if (within <= SIZE_MAX / 2)
        beyond_ask(16, 2 * within);
    if (most <= 64 * KIB)
        model_alloc(&model, most, 1);
    if (within <= 64 * KIB)
        model_alloc(&model, 16 < most ? 16 : most, within);
    model_alloc(&model, 0, 1);
    model_alloc(&model, 0, 1);
    return limits_end(run);
}

/* ---- OBJ-11 ---- */

static const size_t large_sizes[] = {
    4096, 5000, 16384, 16400, 65536, 100000, 262144, 300000, 1 << 20, 3000001
};

CHECK(OBJ_11, MUST,
      "a request larger than what the heap takes at a time is granted whole",
      "assay/allocator.h: alloc, size_max",
      .why = "An arena that serves it from a chunk of the usual size overlaps "
             "whatever follows.",
      .timeout_s = 20)
{
    if (!model_open(&model, 3000001, 40))
        return fail(run, "%s", model.wrong);
    for (size_t i = 0; i < sizeof(large_sizes) / sizeof(*large_sizes); i++) {
        size_t bytes = large_sizes[i];

        if (bytes > model_bytes_max(&model))
            break;
        model_alloc(&model, 24, 1);
        model_alloc(&model, bytes, 1);
        model_alloc(&model,
                    bytes + 1 <= model_bytes_max(&model) ? bytes + 1 : bytes,
                    1);
        model_alloc(&model, 40, 1);
        model_look(&model);
    }
    return limits_end(run);
}

CHECK(OBJ_11b, QUALITY,
      "after a large request the rest of what was there is still used",
      "assay/allocator.h: alloc",
      .why = "An arena that drops its current chunk for a large block wastes "
             "the rest of it.",
      .wants = ASSAY_ALLOCATOR_BACKEND)
{
    size_t before, took = 0;

    if (model_can(ASSAY_ALLOCATOR_FIXED))
        return skip(run, "all blocks have one size");
    if (!model_open(&model, 40, 400))
        return fail(run, "%s", model.wrong);
    model_alloc(&model, 40, 1);
    for (unsigned i = 0; i < 50; i++) {
        model_alloc(&model, 50000, 1);
        before = check_backend.outstanding_bytes;
        model_alloc(&model, 40, 1);
        took += check_backend.outstanding_bytes - before;
    }
    figure(run, "taken_for_2000_bytes", (double)took);
    model_close(&model);
    if (model.wrong[0] != '\0')
        return fail(run, "%s", model.wrong);
    return took < 50000 ? outcome(run, "KEPT",
                                  "%zu bytes were taken for 50 "
                                  "small blocks between large ones",
                                  took)
                        : outcome(run, "WASTED",
                                  "%zu bytes were taken for 50 small blocks "
                                  "between large ones",
                                  took);
}

/* ---- OBJ-12 ---- */

static void odd_fill(size_t align, size_t first)
{
    model_alloc(&model, first, align);
    for (size_t bytes = 1; bytes < 40; bytes += 2) {
        model_alloc(&model, bytes, 1);
        model_alloc(&model, bytes, align);
    }
    model_alloc(&model, 9000, align);
    model_alloc(&model, 100, align);
}

CHECK(OBJ_12, MUST,
      "alignment holds at the start of a chunk, after odd sizes, and above "
      "that of the backend's pieces",
      "assay/allocator.h: alloc, align_max",
      .why = "An arena that aligns the offset within a chunk is right as long "
             "as chunks are aligned as well as any request.",
      .timeout_s = 20)
{
    size_t most = subject->align_max < 64 * KIB ? subject->align_max : 64 * KIB;
    size_t fixed = model_can(ASSAY_ALLOCATOR_FIXED) ? 40 : 9000;

    for (size_t align = 1; align <= most; align *= 2)
        for (size_t first = 0; first < 3 && first <= fixed; first++) {
            if (!model_open(&model, 9000, 200))
                return fail(run, "%s", model.wrong);
            odd_fill(align, first);
            model_close(&model);
            if (model.wrong[0] != '\0')
                return fail(run, "%s", model.wrong);
        }
    return pass(run);
}
