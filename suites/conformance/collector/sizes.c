/* sizes.c - objects of every size, and those that cannot be. (GC-43) */
#include <string.h>

#include "engine/shapes.h"
#include "engine/stress.h"

/* Without a shadow: the sizes are the point. */
struct sized {
    struct assay_heap *heap;
    const struct assay_type *type;
    struct assay_kind kind;
};

static bool sized_open(struct sized *sized)
{
    struct assay_collector_config config = { &check_backend.backend };

    stress_apply();
    sized->kind = (struct assay_kind){ .name = "sized" };
    sized->heap = subject->create(&config);
    sized->type =
        sized->heap ? subject->type_add(sized->heap, &sized->kind) : NULL;
    return sized->type != NULL && subject->push(sized->heap, NULL);
}

/* In root 0, filled. NULL: refused. */
static struct assay_object *sized_new(struct sized *sized, size_t slots,
                                      size_t bytes, int fill)
{
    struct assay_object *object =
        subject->new_object(sized->heap, sized->type, slots, bytes);
    void *payload;

    if (object == NULL)
        return NULL;
    subject->set_root(sized->heap, 0, object);
    if (CAN(COUNTS))
        subject->decref(sized->heap, object);
    payload = subject->payload(sized->heap, object);
    if (payload != NULL && bytes > 0)
        memset(payload, fill, bytes);
    return object;
}

static bool sized_is(struct sized *sized, size_t bytes, int fill)
{
    const unsigned char *payload =
        subject->payload(sized->heap, subject->root(sized->heap, 0));

    for (size_t i = 0; i < bytes; i++)
        if (payload[i] != (unsigned char)fill)
            return false;
    return true;
}

static size_t sized_at_most(size_t bytes)
{
    return subject->bytes_max != 0 && subject->bytes_max < bytes
               ? subject->bytes_max
               : bytes;
}

/* What was written to payloads lies within what was taken for them. */
static enum verdict sized_close(struct check_run *run, struct sized *sized)
{
    const char *misuse;

    subject->destroy(sized->heap);
    misuse = counting_backend_misuse(&check_backend);
    return misuse != NULL ? fail(run, "the backend: %s", misuse) : pass(run);
}

/* ---- from nothing to 64 MiB ---- */

static enum verdict sized_one(struct check_run *run, struct sized *sized,
                              size_t slots, size_t bytes)
{
    struct assay_object *object = sized_new(sized, slots, bytes, 0x5a);
    const void *payload;

    if (object == NULL)
        return fail(run, "no object of %zu slots and %zu bytes", slots, bytes);
    object = subject->root(sized->heap, 0);
    payload = subject->payload(sized->heap, object);
    if (bytes == 0 && payload != NULL)
        return fail(run, "an object of no bytes has a payload");
    if (bytes > 0 &&
        (payload == NULL || (uintptr_t)payload % subject->align != 0))
        return fail(run,
                    "the payload of %zu bytes lies at %p: not aligned "
                    "to %zu",
                    bytes, payload, subject->align);
    for (size_t i = 0; i < slots; i++)
        if (subject->load(sized->heap, object, i) != NULL)
            return fail(run, "slot %zu of %zu of a new object is not empty", i,
                        slots);
    for (size_t i = 0; i < slots; i++)
        subject->store(sized->heap, object, i, i % 2 ? object : NULL);
    subject->collect(sized->heap, subject->generations - 1);
    if (!sized_is(sized, bytes, 0x5a))
        return fail(run, "a payload of %zu bytes did not keep them", bytes);
    return pass(run);
}

CHECK(GC_43, MUST,
      "objects of any size can be made: no bytes, odd ones, 64 MiB, a hundred "
      "thousand slots; payloads are aligned, slots are empty",
      "assay/collector.h: new_object(); mmtk issues 139 and 867",
      .timeout_s = 30)
{
    static const size_t extra[] = { 4095,  4096,    4097,          65535,
                                    65536, 1 << 20, (64 << 20) + 1 };
    struct sized sized;
    enum verdict verdict = VERDICT_PASS;

    if (!sized_open(&sized))
        return fail(run, "no memory for a heap");
    for (size_t bytes = 0; bytes < 1100 && verdict == VERDICT_PASS; bytes++)
        verdict = sized_one(run, &sized, bytes % 5, sized_at_most(bytes));
    for (size_t i = 0; i < 7 && verdict == VERDICT_PASS; i++)
        verdict = sized_one(run, &sized, i, sized_at_most(extra[i]));
    for (size_t slots = 1; slots <= 100000 && verdict == VERDICT_PASS;
         slots = slots * 10 + 1)
        if (slots <= subject->slots_max)
            verdict = sized_one(run, &sized, slots, 8);
    return verdict == VERDICT_PASS ? sized_close(run, &sized) : verdict;
}

/* The heap is as it was: another object lives and can be made. */
CHECK(GC_43b, MUST,
      "sizes beyond the limits, or that wrap, are refused and do no harm",
      "assay/collector.h: new_object(); bdwgc issue 135")
{
    const size_t large[] = { SIZE_MAX,         SIZE_MAX - 1, SIZE_MAX - 8,
                             SIZE_MAX - 64,    SIZE_MAX / 2, SIZE_MAX / 4,
                             SIZE_MAX / 8 + 1, SIZE_MAX / 8, SIZE_MAX - 4096,
                             SIZE_MAX - 65535, PTRDIFF_MAX };
    struct sized sized;

    if (!sized_open(&sized) || sized_new(&sized, 1, 100, 0x33) == NULL)
        return fail(run, "no memory for a heap");
    for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++)
        for (size_t other = 0; other < 3; other++) {
            if (subject->new_object(sized.heap, sized.type, other, large[i]))
                return fail(run, "an object of %zu bytes was made", large[i]);
            if (large[i] > subject->slots_max &&
                subject->new_object(sized.heap, sized.type, large[i], other))
                return fail(run, "an object of %zu slots was made", large[i]);
        }
    if (subject->slots_max < SIZE_MAX &&
        subject->new_object(sized.heap, sized.type, subject->slots_max + 1, 0))
        return fail(run, "an object of slots_max + 1 slots was made");
    if (subject->bytes_max != 0 &&
        subject->new_object(sized.heap, sized.type, 0, subject->bytes_max + 1))
        return fail(run, "an object of bytes_max + 1 bytes was made");
    subject->collect(sized.heap, subject->generations - 1);
    if (!sized_is(&sized, 100, 0x33))
        return fail(run, "another object was written to");
    if (sized_new(&sized, 1, 100, 0x44) == NULL)
        return fail(run, "no object can be made any more");
    return sized_close(run, &sized);
}

/* Above what a collector takes for small, in cycles. */
CHECK(GC_43c, MUST, "large objects are tracked: cycles of them end",
      "a large object's path that forgets to track it")
{
    static struct world world;

    if (!world_open(&world, 8, 500))
        return world_verdict(run, &world);
    for (unsigned bytes = 100; bytes < 5000000; bytes *= 4) {
        unsigned most = (unsigned)sized_at_most(bytes);

        world_new(&world, 0, WORLD_PLAIN, 2, most);
        world_new(&world, 1, WORLD_PLAIN, 2, 8);
        world_store(&world, 0, 0, 1);
        world_store(&world, 1, 0, 0);
        world_store(&world, 0, 1, 0);
        world_empty(&world, 1);
        world_collect(&world, subject->generations - 1);
        world_look(&world, true);
        world_empty(&world, 0);
        world_collect_all(&world);
    }
    world_close(&world);
    return world_verdict(run, &world);
}
