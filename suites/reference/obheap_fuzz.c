/* obheap_fuzz.c - a script of requests from a fuzzer's bytes: the heap against
 * the model, and its invariants after every request.
 *
 * The first two bytes choose the edition, the arenas' alignment and whether
 * front lists are on; then three bytes a request. Built for libFuzzer, by
 * ci/full fuzz. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_heap.h"
#include "obheap.h"
#include "recorded_arenas.h"

enum { FUZZ_SLOTS = 8192 };

struct fuzz_slot {
    unsigned char *start;
    size_t bytes;
    unsigned char fill; /* of no other request nearby */
    struct model_place place;
};

struct fuzz {
    struct recorded_arenas arenas;
    struct obheap *heap;
    struct model_heap *model; /* NULL with front lists */
    struct fuzz_slot slot[FUZZ_SLOTS];
};

static void fuzz_fail(const char *what)
{
    fprintf(stderr, "obheap-fuzz: %s\n", what);
    abort();
}

static void fuzz_compare(const struct fuzz *fuzz, const struct fuzz_slot *slot)
{
    size_t offset = 0;
    int arena;

    if (!fuzz->model)
        return;
    arena = recorded_place(&fuzz->arenas, slot->start, &offset);
    if (arena != slot->place.arena ||
        (arena >= 0 && offset != slot->place.offset))
        fuzz_fail("a block lies elsewhere than by the model");
}

static void fuzz_fill(struct fuzz_slot *slot)
{
    static unsigned char next;

    slot->fill = next++;
    memset(slot->start, slot->fill, slot->bytes);
}

static void fuzz_look(const struct fuzz_slot *slot, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (slot->start[i] != slot->fill)
            fuzz_fail("a block's contents changed");
}

static void fuzz_take(struct fuzz *fuzz, struct fuzz_slot *slot, size_t bytes,
                      bool zeroed)
{
    slot->bytes = bytes;
    slot->start = zeroed ? obheap_calloc(fuzz->heap, 1, bytes)
                         : obheap_malloc(fuzz->heap, bytes);
    if (!slot->start)
        fuzz_fail("a request was refused");
    for (size_t i = 0; zeroed && i < bytes; i++)
        if (slot->start[i])
            fuzz_fail("calloc did not zero");
    if (fuzz->model)
        slot->place = model_malloc(fuzz->model, bytes);
    fuzz_compare(fuzz, slot);
    fuzz_fill(slot);
}

static void fuzz_drop(struct fuzz *fuzz, struct fuzz_slot *slot)
{
    fuzz_look(slot, slot->bytes);
    obheap_free(fuzz->heap, slot->start);
    slot->start = NULL;
    if (fuzz->model && slot->place.arena >= 0)
        model_free(fuzz->model, slot->place);
}

static void fuzz_resize(struct fuzz *fuzz, struct fuzz_slot *slot, size_t bytes)
{
    slot->start = obheap_realloc(fuzz->heap, slot->start, bytes);
    if (!slot->start)
        fuzz_fail("realloc was refused");
    fuzz_look(slot, bytes < slot->bytes ? bytes : slot->bytes);
    slot->bytes = bytes;
    if (fuzz->model && slot->place.arena >= 0)
        slot->place = model_realloc(fuzz->model, slot->place, bytes);
    fuzz_compare(fuzz, slot);
    fuzz_fill(slot);
}

static void fuzz_refuse(struct fuzz *fuzz, bool refuse)
{
    fuzz->arenas.refuse_from = 0;
    fuzz->arenas.refuse_to = refuse ? (unsigned)-1 : 0;
    if (fuzz->model)
        model_refuse(fuzz->model, refuse);
}

static void fuzz_verify(struct fuzz *fuzz)
{
    struct fault fault = obheap_verify(fuzz->heap);

    if (fault.what)
        fuzz_fail(fault.what);
}

/* A request stands for a run of up to 1024 slots, so that few bytes fill an
 * arena. */
static void fuzz_step(struct fuzz *fuzz, const unsigned char *byte)
{
    size_t limit = obheap_edition(fuzz->heap)->limit_bytes;
    size_t bytes = (byte[2] * limit) / 248;
    unsigned run = 1u << (byte[0] >> 5) << (byte[0] >> 6);
    unsigned first = byte[1] * (FUZZ_SLOTS / 256);

    for (unsigned i = 0; i < run; i++) {
        struct fuzz_slot *slot = &fuzz->slot[(first + i) % FUZZ_SLOTS];
        if ((byte[0] & 31) == 31)
            fuzz_refuse(fuzz, byte[1] & 1);
        else if (!slot->start)
            fuzz_take(fuzz, slot, bytes, byte[0] & 1);
        else if (byte[0] & 2)
            fuzz_drop(fuzz, slot);
        else
            fuzz_resize(fuzz, slot, bytes);
    }
    fuzz_verify(fuzz);
}

static void fuzz_open(struct fuzz *fuzz, const unsigned char *byte)
{
    struct memory_arenas hook = recorded_hook(&fuzz->arenas);
    struct obheap_config config = {
        .edition = &editions[byte[0] % 5],
        .arenas = &hook,
        .front_blocks = byte[1] & 1 ? byte[1] >> 4 : 0,
    };

    /* The model names arenas by their taking, which a spare one skips. */
    config.spare_arenas = config.front_blocks ? byte[1] & 2 : 0;

    fuzz->arenas.skew_bytes =
        byte[0] & 0x80 ? (size_t)(byte[0] & 0x70) << 8 : 0;
    fuzz->heap = obheap_create(&config);
    if (!fuzz->heap)
        fuzz_fail("no heap");
    if (config.front_blocks == 0)
        fuzz->model = model_open(config.edition, 0, fuzz->arenas.skew_bytes);
}

static void fuzz_close(struct fuzz *fuzz)
{
    fuzz_refuse(fuzz, false);
    for (unsigned i = 0; i < FUZZ_SLOTS; i++)
        if (fuzz->slot[i].start)
            fuzz_drop(fuzz, &fuzz->slot[i]);
    fuzz_verify(fuzz);
    if (obheap_allocated_blocks(fuzz->heap) != 0)
        fuzz_fail("blocks are left");
    obheap_destroy(fuzz->heap);
    if (fuzz->model)
        model_close(fuzz->model);
    if (fuzz->arenas.taken != fuzz->arenas.released)
        fuzz_fail("an arena was not given back");
}

int LLVMFuzzerTestOneInput(const unsigned char *byte, size_t count);

int LLVMFuzzerTestOneInput(const unsigned char *byte, size_t count)
{
    static struct fuzz fuzz;

    if (count < 2)
        return 0;
    memset(&fuzz, 0, sizeof fuzz);
    fuzz_open(&fuzz, byte);
    for (size_t at = 2; at + 3 <= count; at += 3)
        fuzz_step(&fuzz, byte + at);
    fuzz_close(&fuzz);
    return 0;
}
