/* constructs.c - what is made once and used often. (OBJ-19) */
#include <string.h>

#include "model.h"
#include "pattern.h"

enum { PLACES = 1 << 14, BLOCKS = 700, BYTES = 48 };

/* By address: how many times each was constructed and not destructed. */
struct place {
    const void *block;
    int made;
};

static struct place places[PLACES];
static size_t made_count, unmade_count;
static const char *places_wrong;

static struct place *place_of(const void *block)
{
    size_t at = (size_t)random_mix((uintptr_t)block) % PLACES;

    while (places[at].block != NULL && places[at].block != block)
        at = (at + 1) % PLACES;
    places[at].block = block;
    return &places[at];
}

static void on_construct(void *context, void *block)
{
    struct place *place = place_of(block);

    if (context != places)
        places_wrong = "construct() is called with another context";
    if (place->made++ != 0)
        places_wrong = "a block is constructed that is constructed already";
    made_count++;
    memset(block, 0, BYTES);
    pattern_fill(block, (uintptr_t)block, 0, BYTES);
}

static void on_destruct(void *context, void *block)
{
    struct place *place = place_of(block);

    if (context != places)
        places_wrong = "destruct() is called with another context";
    if (place->made-- != 1)
        places_wrong = "a block is destructed that is not constructed";
    if (pattern_mismatch(block, (uintptr_t)block, 0, BYTES) != BYTES)
        places_wrong = "a block was written to between its last owner and its "
                       "destruction";
    unmade_count++;
}

/* The next owner finds what the last one left. */
static void *take_made(struct assay_heap *heap)
{
    unsigned char *block = subject->alloc(heap, BYTES, 1);

    if (block == NULL)
        places_wrong = "alloc() gives NULL";
    else if (place_of(block)->made != 1)
        places_wrong = "a block is given out that is not constructed";
    else if (pattern_mismatch(block, (uintptr_t)block, 0, BYTES) != BYTES)
        places_wrong = "a block is not as its constructor or its last owner "
                       "left it";
    return block;
}

static void play_rounds(struct assay_heap *heap, struct random *random)
{
    static void *kept[BLOCKS];

    for (unsigned step = 0; step < 20000 && places_wrong == NULL; step++) {
        void **slot = &kept[random_below(random, BLOCKS)];

        if (*slot == NULL) {
            *slot = take_made(heap);
        } else if (model_can(ASSAY_ALLOCATOR_FREE)) {
            subject->free(heap, *slot);
            *slot = NULL;
        }
    }
}

CHECK(OBJ_19, MUST,
      "a block is constructed once, before it is given out first, and "
      "destructed once, before its memory goes",
      "assay/allocator.h: ASSAY_ALLOCATOR_CONSTRUCTS; umem_cache_create(3)",
      .why = "What is constructed stays so while it is free: a link in it "
             "destroys it.",
      .wants = ASSAY_ALLOCATOR_CONSTRUCTS, .flags = CHECK_RANDOM)
{
    struct random random = random_stream(run->seed, 19);
    bool bounded = model_can(ASSAY_ALLOCATOR_BOUNDED);
    struct assay_allocator_config config = {
        .backend = &check_backend.backend,
        .block_bytes = BYTES,
        .capacity = bounded ? BLOCKS : 0,
        .construct = on_construct,
        .destruct = on_destruct,
        .context = places,
    };
    struct assay_heap *heap = subject->create(&config);

    if (heap == NULL)
        return fail(run, "create() gives no heap");
    play_rounds(heap, &random);
    if (places_wrong != NULL)
        return fail(run, "%s", places_wrong);
    subject->destroy(heap);
    if (places_wrong != NULL)
        return fail(run, "%s", places_wrong);
    figure(run, "constructed_count", (double)made_count);
    return made_count == unmade_count
               ? pass(run)
               : fail(run, "%zu blocks were constructed and %zu destructed",
                      made_count, unmade_count);
}
