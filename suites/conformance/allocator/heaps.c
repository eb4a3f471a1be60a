/* heaps.c - heaps that know nothing of one another. (OBJ-10) */
#include <stdlib.h>

#include "script.h"

static struct model here, there;

static bool heaps_are_wrong(void)
{
    return here.wrong[0] != '\0' || there.wrong[0] != '\0';
}

static const char *heaps_wrong(void)
{
    return here.wrong[0] != '\0' ? here.wrong : there.wrong;
}

/* Neither owns what is the other's, nor what is nobody's. */
static void heaps_ask(struct model *model, const struct model *other)
{
    static int nobodys;

    for (size_t i = 0; i < other->count; i++)
        if (subject->owns(model->heap, other->block[i].start))
            model_note(model, "owns() is true of %p, a block of another heap",
                       (void *)other->block[i].start);
    if (subject->owns(model->heap, NULL) ||
        subject->owns(model->heap, &nobodys) ||
        subject->owns(model->heap, model))
        model_note(model, "owns() is true of what is no heap's");
    for (size_t i = 0; i < model->count; i++)
        for (size_t at = 0; at < model->block[i].bytes; at += 13)
            if (!subject->owns(model->heap, model->block[i].start + at))
                model_note(model,
                           "owns() is false of byte %zu of a block of %zu", at,
                           model->block[i].bytes);
}

static void heaps_step(struct model *model, struct random *random)
{
    size_t most = model_bytes_max(model), bytes = random_below(random, 300);

    if (model->count > 100 && model_can(ASSAY_ALLOCATOR_FREE))
        model_free(model, random_below(random, (uint32_t)model->count));
    else if (model->count < 150)
        model_alloc(model, bytes < most ? bytes : most, 1);
}

CHECK(OBJ_10, MUST,
      "two heaps do not know of one another, and owns() tells whose a block is",
      "assay/allocator.h: Words, owns", .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 10);

    if (!model_open(&here, 300, 200) || !model_open(&there, 300, 200))
        return fail(run, "%s", heaps_wrong());
    here.shares_backend = there.shares_backend = true;
    for (unsigned step = 0; step < 3000 && !heaps_are_wrong(); step++)
        heaps_step(step % 2 == 0 ? &here : &there, &random);
    if (model_can(ASSAY_ALLOCATOR_OWNS) && !heaps_are_wrong()) {
        heaps_ask(&here, &there);
        heaps_ask(&there, &here);
    }
    if (!heaps_are_wrong())
        model_close(&there);
    here.shares_backend = false;
    for (unsigned step = 0; step < 500 && !heaps_are_wrong(); step++)
        heaps_step(&here, &random);
    if (!heaps_are_wrong())
        model_close(&here);
    return heaps_are_wrong() ? fail(run, "%s", heaps_wrong()) : pass(run);
}

/* ---- the wrong heap ---- */

enum { HEAPS_FREE_MS = 5000 };

static int heaps_free_elsewhere(void *block)
{
    subject->free(here.heap, block);
    return 0;
}

CHECK(OBJ_10b, QUALITY, "a block that is freed to another heap is noticed",
      "assay/allocator.h: anything else is undefined",
      .wants = ASSAY_ALLOCATOR_FREE)
{
    struct model_block *block;
    struct child_end end;

    if (!model_open(&here, 40, 100) || !model_open(&there, 40, 100) ||
        (block = model_alloc(&there, 40, 1)) == NULL)
        return fail(run, "%s", heaps_wrong());
    if (check_child(heaps_free_elsewhere, block->start, HEAPS_FREE_MS, &end) !=
        0)
        return error(run, "no child could be forked");
    if (end.timed_out)
        return outcome(run, "HANGS", "the child was killed after %u s",
                       check_limit_ms(HEAPS_FREE_MS) / 1000);
    if (check_end_word(&end) != NULL)
        return outcome(run, "NOTICED", "ended by %s", check_end_word(&end));
    return outcome(run, "UNNOTICED", "the child went on");
}
