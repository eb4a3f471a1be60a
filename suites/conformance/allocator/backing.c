/* backing.c - what is taken is given back, and what is refused does no harm.
 * (OBJ-8, 9) */
#include "script.h"

static struct model model;

/* ---- OBJ-8 ---- */

static void many_sizes(unsigned count)
{
    size_t most = model_bytes_max(&model);

    for (unsigned i = 0; i < count && model.wrong[0] == '\0'; i++) {
        size_t bytes = (size_t)1 << i % 17;

        model_alloc(&model, bytes < most ? bytes : most, 1);
    }
}

/* A create() that is refused at each of its takes in turn keeps nothing. */
static void refuse_creation(struct check_run *run)
{
    for (size_t k = 0; k < 100; k++) {
        size_t refusals = check_backend.refusals;

        counting_backend_refuse(&check_backend, k, 1);
        model_open(&model, 40, 300);
        counting_backend_refuse(&check_backend, 0, 0);
        if (model.heap == NULL && check_backend.refusals > refusals)
            model.wrong[0] = '\0'; /* it was refused, and said so */
        model_close(&model);
        if (model.wrong[0] == '\0' && check_backend.outstanding_pieces > 0)
            model_note(&model,
                       "create() failed at take %zu and kept %zu pieces, %zu "
                       "bytes",
                       k, check_backend.outstanding_pieces,
                       check_backend.outstanding_bytes);
        if (model.wrong[0] != '\0' || check_backend.refusals == refusals) {
            figure(run, "takes_of_create_count", (double)k);
            return;
        }
    }
}

CHECK(OBJ_8, MUST,
      "destroy() gives back all that was taken, whatever lives; and so does a "
      "create() that fails",
      "assay/allocator.h: Owner",
      .why = "The tail of a list of chunks, the dedicated chunk of a large "
             "block, and the half-made heap are what is forgotten.",
      .wants = ASSAY_ALLOCATOR_BACKEND, .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 8);

    for (unsigned count = 0; count <= 600; count += count < 10 ? 1 : 59) {
        if (!model_open(&model, 1000, 700))
            return fail(run, "%s", model.wrong);
        many_sizes(count);
        model_close(&model);
        if (model.wrong[0] != '\0')
            return fail(run, "%u blocks: %s", count, model.wrong);
    }
    refuse_creation(run);
    if (model.wrong[0] == '\0') {
        struct script script = script_mixed;

        script.block_bytes = 100;
        script.capacity = 400;
        script_play(&model, &script, &random);
    }
    return model.wrong[0] != '\0' ? fail(run, "%s", model.wrong) : pass(run);
}

/* ---- OBJ-9 ---- */

/* The same requests each time, the take number `k` refused; then what was
 * refused is asked again, of a backend that gives. */
static void refuse_at(const struct check_run *run, size_t k)
{
    struct random random = random_stream(run->seed, 9);
    struct script script = script_mixed;
    size_t refusals = check_backend.refusals;

    script.block_bytes = 100;
    script.capacity = 400;
    script.steps = 400;
    counting_backend_refuse(&check_backend, k, 1);
    script_play(&model, &script, &random);
    if (model.heap == NULL && check_backend.refusals > refusals &&
        check_backend.outstanding_pieces == 0 && model.births == 0)
        model.wrong[0] = '\0'; /* create() was refused, and said so */
    counting_backend_refuse(&check_backend, 0, 0);
}

CHECK(OBJ_9, MUST,
      "a refusal of the backend, whichever it is, gives NULL, harms nothing "
      "and leaks nothing",
      "assay/allocator.h: Errors",
      .why = "The take number k is refused, for every k until none is left: "
             "each way out of a function is gone through.",
      .wants = ASSAY_ALLOCATOR_BACKEND, .flags = CHECK_RANDOM, .timeout_s = 60)
{
    size_t k = 0, refusals;

    do {
        refusals = check_backend.refusals;
        refuse_at(run, k++);
        if (model.wrong[0] != '\0')
            return fail(run, "take %zu refused: %s", k - 1, model.wrong);
    } while (check_backend.refusals > refusals && k < 400);
    figure(run, "takes_refused_count", (double)(k - 1));
    return pass(run);
}

CHECK(OBJ_9b, MUST,
      "a backend that refuses for long, again and again, is survived",
      "assay/allocator.h: Errors", .wants = ASSAY_ALLOCATOR_BACKEND,
      .flags = CHECK_RANDOM, .timeout_s = 30)
{
    for (uint64_t i = 0; i < 6; i++) {
        struct random random = random_stream(run->seed, 90 + i);
        struct script script = script_mixed;

        script.block_bytes = 24 + 100 * i;
        script.capacity = 300;
        script.refused_share = 100;
        script_play(&model, &script, &random);
        if (model.wrong[0] != '\0')
            return fail(run, "%s", model.wrong);
    }
    return pass(run);
}
