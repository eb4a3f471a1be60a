/* bounds.c - how many blocks there are, at first and after a reset. (OBJ-4, 5)
 */
#include "model.h"

static struct model model;

/* Blocks until the first refusal, at most that many. */
static size_t bounds_fill(size_t bytes, size_t most)
{
    size_t count = 0;

    while (count < most && model_alloc(&model, bytes, 1) != NULL)
        count++;
    return count;
}

/* ---- OBJ-4 ---- */

static enum verdict exact(struct check_run *run, size_t bytes, size_t capacity)
{
    size_t count = bounds_fill(bytes, capacity + 10);

    if (model.wrong[0] == '\0' && count != capacity)
        return fail(run, "%zu blocks of %zu bytes, of %zu", count, bytes,
                    capacity);
    for (size_t i = 0; model_can(ASSAY_ALLOCATOR_FREE) && i < 3; i++) {
        model_free(&model, i * model.count / 3);
        count = bounds_fill(bytes, 10);
        if (model.wrong[0] == '\0' && count != 1)
            return fail(run, "after one free %zu blocks can be had, of %zu",
                        count, capacity);
    }
    model_close(&model);
    return model.wrong[0] != '\0' ? fail(run, "%s", model.wrong) : pass(run);
}

CHECK(OBJ_4, MUST,
      "a bounded heap gives its capacity and not one block more, and after a "
      "free exactly one",
      "assay/allocator.h: ASSAY_ALLOCATOR_BOUNDED",
      .why = "iowarp/clio#646: a pool that ran dry. And the other way: an "
             "element past the end of the last chunk.",
      .wants = ASSAY_ALLOCATOR_BOUNDED)
{
    static const size_t sizes[] = { 1, 8, 24, 100, 3000 };
    static const size_t capacities[] = { 1, 2, 3, 63, 64, 65, 100, 500, 3001 };

    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
        for (size_t c = 0; c < sizeof(capacities) / sizeof(*capacities); c++) {
            enum verdict verdict;

            if (!model_open(&model, sizes[s], capacities[c]))
                return fail(run, "%s", model.wrong);
            verdict = exact(run, sizes[s], capacities[c]);
            if (verdict != VERDICT_PASS)
                return verdict;
        }
    return pass(run);
}

/* ---- OBJ-5 ---- */

enum { RESETS = 1000, RESET_BLOCKS = 300 };

/* Much at first, then as much again, a thousand times: the peak of the backend
 * must stay where it was after the third. */
static size_t resets_play(size_t bytes, size_t *ret_early)
{
    size_t had = bounds_fill(bytes, RESET_BLOCKS), again = had;

    for (unsigned round = 0; round < RESETS && again == had; round++) {
        model_reset(&model);
        again = bounds_fill(bytes, RESET_BLOCKS);
        if (round == 2)
            *ret_early = check_backend.peak_bytes;
        if (model.wrong[0] == '\0' && again != had)
            model_note(&model,
                       "reset %u: %zu blocks of %zu bytes can be had, "
                       "and at first there were %zu",
                       round, again, bytes, had);
    }
    return check_backend.peak_bytes;
}

CHECK(OBJ_5, MUST,
      "after a reset all can be had again, and a thousand resets need no more "
      "memory than three",
      "assay/allocator.h: reset", .wants = ASSAY_ALLOCATOR_RESET,
      .timeout_s = 30)
{
    static const size_t sizes[] = { 16, 200, 3000 };

    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        size_t early = 0, late;

        if (!model_open(&model, sizes[s], RESET_BLOCKS))
            return fail(run, "%s", model.wrong);
        late = resets_play(sizes[s], &early);
        model_close(&model);
        if (model.wrong[0] != '\0')
            return fail(run, "%s", model.wrong);
        if (late > early && model_can(ASSAY_ALLOCATOR_BACKEND))
            return fail(run,
                        "%zu bytes of the backend after 3 resets, %zu "
                        "after %d",
                        early, late, RESETS);
    }
    return pass(run);
}
