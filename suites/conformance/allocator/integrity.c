/* integrity.c - live blocks stay apart and whole. (OBJ-1, 2, 13 to 15, 20) */
#include "script.h"

static struct model model;

/* ---- the grid ---- */

/* Several at each point of the grid: the first of a chunk is aligned by luck.
 */
static void grid_fill(size_t bytes, size_t align)
{
    for (unsigned i = 0; i < 5 && model.wrong[0] == '\0'; i++)
        model_alloc(&model, bytes, align);
}

static void grid_walk(size_t bytes_most)
{
    size_t aligns_most =
        subject->align_max < 65536 ? subject->align_max : 65536;

    for (size_t bytes = 0; bytes <= bytes_most && model.wrong[0] == '\0';
         bytes += bytes < 40 ? 1 : bytes / 3)
        for (size_t align = 1; align <= aligns_most; align *= 2) {
            if (model.count + 5 > 1000 || model_can(ASSAY_ALLOCATOR_MERGES)) {
                model_close(&model);
                if (!model_open(&model, bytes_most, 1010))
                    return;
            }
            grid_fill(bytes, align);
        }
}

CHECK(OBJ_1, MUST,
      "every request within the limits is granted, aligned, owned, usable, "
      "and where the table says that it lies",
      "assay/allocator.h: alloc, size_max, align_min, align_max",
      .timeout_s = 20)
{
    static const size_t fixed[] = { 1, 7, 16, 24, 100, 1000 };

    for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++) {
        size_t most = model_can(ASSAY_ALLOCATOR_FIXED) ? fixed[i] : 3000;

        if (subject->size_max != 0 && most > subject->size_max)
            most = subject->size_max;
        if (model_open(&model, most, 1010))
            grid_walk(most);
        model_close(&model);
        if (model.wrong[0] != '\0')
            return fail(run, "%s", model.wrong);
        if (!model_can(ASSAY_ALLOCATOR_FIXED))
            break;
    }
    return pass(run);
}

/* ---- scripts ---- */

static enum verdict play_all(struct check_run *run, struct script script)
{
    static const size_t block_bytes[] = { 1, 3, 7, 8, 9, 24, 100, 3000, 20000 };
    size_t count = sizeof(block_bytes) / sizeof(*block_bytes);

    for (size_t i = 0; i < count; i++) {
        struct random random = random_stream(run->seed, i);

        script.block_bytes = block_bytes[i];
        script.capacity = i % 2 != 0 ? 300 : 17;
        script_play(&model, &script, &random);
        if (model.wrong[0] != '\0')
            return fail(run, "%s", model.wrong);
    }
    figure(run, "requests_count", (double)(count * script.steps));
    return pass(run);
}

CHECK(OBJ_2, MUST,
      "whatever is asked in whatever order, live blocks stay apart and keep "
      "what they hold",
      "assay/allocator.h: Words",
      .why = "Random scripts against a model: every block has a pattern of its "
             "own, which is looked at before it ends and every 64 requests; "
             "verify(), owns() and usable_bytes() are asked all along.",
      .flags = CHECK_RANDOM, .timeout_s = 30)
{
    return play_all(run, script_mixed);
}

CHECK(OBJ_20, SHOULD, "stats() agree with the model after every request",
      "assay/allocator.h: struct assay_allocator_stats",
      .wants = ASSAY_ALLOCATOR_STATS, .flags = CHECK_RANDOM, .timeout_s = 30)
{
    struct script script = script_mixed;

    script.refused_share = 30;
    model.watches_stats = true;
    return play_all(run, script);
}

/* ---- what is left in freed memory ---- */

enum { MANY = 600, ROUNDS = 4 };

static void many_open(size_t block_bytes)
{
    model_open(&model, block_bytes, MANY);
    for (size_t i = 0; i < MANY && model.wrong[0] == '\0'; i++)
        model_alloc(&model, block_bytes, 1);
}

/* Ends all blocks with what there is; the patterns stay in them. */
static bool many_end(unsigned round)
{
    if (model_can(ASSAY_ALLOCATOR_RESET) && round % 2 == 0) {
        model_reset(&model);
        return true;
    }
    if (model_can(ASSAY_ALLOCATOR_FREE)) {
        while (model.count > 0 && model.wrong[0] == '\0')
            model_free(&model, model.count - 1);
        return true;
    }
    if (model_can(ASSAY_ALLOCATOR_MARK) && model.mark_count > 0) {
        model_rewind(&model, 0);
        return true;
    }
    return false;
}

CHECK(OBJ_13, MUST,
      "a block that is given out anew reads as zero, the word where a list "
      "was linked, too",
      "assay/allocator.h: ASSAY_ALLOCATOR_ZEROED",
      .why = "ZER-2 of a malloc: memory that was used and freed is where zeros "
             "are forgotten, and a free list writes into it once more.",
      .wants = ASSAY_ALLOCATOR_ZEROED)
{
    static const size_t sizes[] = { 1, 8, 16, 24, 200, 5000 };
    bool ended = true;

    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        many_open(sizes[s]);
        for (unsigned round = 0; round < ROUNDS && ended; round++) {
            ended = many_end(round);
            for (size_t i = 0; ended && i < MANY; i++)
                model_alloc(&model, sizes[s], 1);
        }
        model_close(&model);
        if (model.wrong[0] != '\0')
            return fail(run, "%s", model.wrong);
    }
    return pass(run);
}

CHECK(OBJ_14, MUST,
      "blocks smaller than a pointer can be freed without harm to their "
      "neighbours",
      "assay/allocator.h: Words",
      .why = "A free list links through the block: where that is smaller than "
             "a pointer, the link is written over what follows.",
      .wants = ASSAY_ALLOCATOR_FREE)
{
    for (size_t bytes = 1; bytes <= 2 * sizeof(void *); bytes++) {
        many_open(bytes);
        for (size_t i = 0; i < model.count && model.wrong[0] == '\0'; i++)
            model_free(&model, i); /* every second: the last takes its place */
        model_look(&model);
        for (size_t i = 0; model.count < MANY && i < MANY; i++)
            model_alloc(&model, bytes, 1);
        model_close(&model);
        if (model.wrong[0] != '\0')
            return fail(run, "blocks of %zu: %s", bytes, model.wrong);
    }
    return pass(run);
}

/* ---- orders of freeing ---- */

enum order { OLDEST_FIRST, NEWEST_FIRST, ANY_FIRST, EVERY_SECOND, ORDERS };

static size_t order_next(enum order order, struct random *random)
{
    size_t chosen = 0;

    if (order >= ANY_FIRST)
        return order == ANY_FIRST ? random_below(random, (uint32_t)model.count)
                                  : model.count / 2;
    for (size_t i = 1; i < model.count; i++) {
        bool older = model.block[i].birth < model.block[chosen].birth;

        if (older == (order == OLDEST_FIRST))
            chosen = i;
    }
    return chosen;
}

CHECK(OBJ_15, MUST,
      "blocks freed in whatever order are given out again, each to one owner",
      "assay/allocator.h: free", .wants = ASSAY_ALLOCATOR_FREE,
      .flags = CHECK_RANDOM, .timeout_s = 20)
{
    static const size_t sizes[] = { 16, 40, 500 };
    struct random random = random_stream(run->seed, 15);

    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
        for (unsigned round = 0; round < 2 * ORDERS; round++) {
            if (round == 0)
                many_open(sizes[s]);
            while (model.count > (round % 3 == 0 ? MANY / 2 : 0) &&
                   model.wrong[0] == '\0')
                model_free(&model, order_next(round % ORDERS, &random));
            while (model.count < MANY && model.wrong[0] == '\0')
                if (model_alloc(&model, sizes[s], 1) == NULL)
                    break;
            if (round + 1 == 2 * ORDERS)
                model_close(&model);
            if (model.wrong[0] != '\0')
                return fail(run, "round %u: %s", round, model.wrong);
        }
    return pass(run);
}

/* ---- the same block twice ---- */

enum { TWICE_MS = 5000 };

/* 1: the next two blocks are one; 2: they are not. */
static int free_twice(void *block)
{
    void *first, *second;

    subject->free(model.heap, block);
    subject->free(model.heap, block);
    first = subject->alloc(model.heap, 40, 1);
    second = subject->alloc(model.heap, 40, 1);
    return first != NULL && first == second ? 1 : 2;
}

CHECK(OBJ_15b, QUALITY, "a block that is freed twice is noticed",
      "assay/allocator.h: anything else is undefined",
      .wants = ASSAY_ALLOCATOR_FREE)
{
    struct model_block *block;
    struct child_end end;

    if (!model_open(&model, 40, 100) ||
        (block = model_alloc(&model, 40, 1)) == NULL)
        return fail(run, "%s", model.wrong);
    if (check_child(free_twice, block->start, TWICE_MS, &end) != 0)
        return error(run, "no child could be forked");
    if (end.timed_out)
        return outcome(run, "HANGS", "the child was still running after %u s",
                       check_limit_ms(TWICE_MS) / 1000);
    if (check_end_word(&end) != NULL)
        return outcome(run, "NOTICED", "ended by %s", check_end_word(&end));
    return end.status == 1
               ? outcome(run, "TWICE", "the next two blocks are the same")
               : outcome(run, "UNNOTICED", "and the next two blocks differ");
}
