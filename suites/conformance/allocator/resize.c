/* resize.c - blocks that grow and shrink. (OBJ-17) */
#include "model.h"

static struct model model;

enum { SIZES = 11 };

static const size_t sizes[SIZES] = { 0,   1,    7,    16,    100,   500,
                                     513, 4000, 9000, 40000, 200000 };

static size_t resize_bytes(size_t index)
{
    size_t most = model_bytes_max(&model);

    return sizes[index] < most ? sizes[index] : most;
}

CHECK(OBJ_17, MUST,
      "a block that is resized keeps the smaller of both sizes, last or not, "
      "and its neighbours keep all",
      "assay/allocator.h: resize",
      .why = "From every size to every other, of the newest block, which may "
             "stay where it is, and of one that has others behind it.",
      .wants = ASSAY_ALLOCATOR_RESIZE, .timeout_s = 20)
{
    for (size_t i = 0; i < SIZES * SIZES; i++)
        for (unsigned behind = 0; behind < 3; behind++) {
            if (!model_open(&model, 600, 50))
                return fail(run, "%s", model.wrong);
            model_alloc(&model, 40, 1);
            model_alloc(&model, resize_bytes(i / SIZES), 1);
            for (unsigned n = 0; n < behind; n++)
                model_alloc(&model, 24, 1);
            if (model.count >= 2)
                model_resize(&model, 1, resize_bytes(i % SIZES));
            model_alloc(&model, 40, 1);
            model_look(&model);
            if (model.count >= 2)
                model_resize(&model, 1, resize_bytes(i / SIZES));
            model_close(&model);
            if (model.wrong[0] != '\0')
                return fail(run, "%zu to %zu, %u behind: %s", sizes[i / SIZES],
                            sizes[i % SIZES], behind, model.wrong);
        }
    return pass(run);
}

CHECK(OBJ_17b, QUALITY, "the newest block grows in place",
      "assay/allocator.h: resize", .wants = ASSAY_ALLOCATOR_RESIZE)
{
    unsigned stayed = 0, grown = 0;

    if (!model_open(&model, 600, 50))
        return fail(run, "%s", model.wrong);
    model_alloc(&model, 40, 1);
    for (size_t bytes = 10; model.count == 1 && bytes <= 600; bytes += 10) {
        const unsigned char *before = model.block[0].start;

        if (!model_resize(&model, 0, bytes))
            break;
        grown++;
        stayed += model.block[0].start == before;
    }
    model_close(&model);
    if (model.wrong[0] != '\0')
        return fail(run, "%s", model.wrong);
    figure(run, "in_place_count", stayed);
    return outcome(run, stayed == grown ? "IN-PLACE" : "MOVES",
                   "%u of %u steps of 10 bytes stayed where they were", stayed,
                   grown);
}
