/* churn.c - a small program's use of malloc, every answer looked at. */
#include "churn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pattern.h"

enum {
    CHURN_WHOLE = 4096, /* blocks to this size are marked in full */
    CHURN_EDGE = 256,   /* of larger ones so much at both ends */
};

enum churn_call {
    CHURN_MALLOC,
    CHURN_CALLOC,
    CHURN_MEMALIGN,
    CHURN_ALIGNED,
    CHURN_REALLOC,
};

static const char *const churn_words[] = { "malloc", "calloc", "posix_memalign",
                                           "aligned_alloc", "realloc" };

void churn_start(struct churn *churn, uint64_t seed, uint64_t stream)
{
    memset(churn, 0, sizeof(*churn));
    churn->random = random_stream(seed, stream);
    churn->size_max = MIB;
}

static bool churn_say(struct churn *churn, enum churn_call call, size_t size,
                      const char *what, size_t at)
{
    if (churn->wrong[0] == '\0')
        snprintf(churn->wrong, sizeof(churn->wrong), "%s block of %zu: %s %zu",
                 churn_words[call], size, what, at);
    return false;
}

/* How much of the front is marked. */
static size_t churn_front(size_t size)
{
    return size <= CHURN_WHOLE ? size : CHURN_EDGE;
}

static void churn_mark(const struct churn_slot *slot)
{
    pattern_fill(slot->block, slot->key, 0, churn_front(slot->size));
    if (slot->size > CHURN_WHOLE)
        pattern_fill(slot->block, slot->key, slot->size - CHURN_EDGE,
                     slot->size);
}

/* First offset that is not as it was marked, or the block's size. */
static size_t churn_mismatch(const struct churn_slot *slot)
{
    size_t front = churn_front(slot->size);
    size_t at = pattern_mismatch(slot->block, slot->key, 0, front);

    if (at < front || slot->size <= CHURN_WHOLE)
        return at;
    return pattern_mismatch(slot->block, slot->key, slot->size - CHURN_EDGE,
                            slot->size);
}

static bool churn_look(struct churn *churn, const struct churn_slot *slot)
{
    size_t at = churn_mismatch(slot);

    return at == slot->size ||
           churn_say(churn, CHURN_MALLOC, slot->size, "it changed at byte", at);
}

/* Mostly small, one in eight to 64 KiB, one in sixty-four larger. */
static size_t churn_size(struct churn *churn)
{
    uint32_t kind = random_below(&churn->random, 64);
    size_t most = kind == 0 ? churn->size_max : kind < 8 ? 64 * KIB : 4 * KIB;
    size_t bound = (size_t)1 << (1 + random_below(&churn->random, 12));

    if (kind < 8 || bound > most)
        bound = most;
    return 1 + random_below(&churn->random, (uint32_t)bound);
}

static void churn_refuse(struct churn *churn, int error)
{
    churn->refused++;
    churn->no_errno += error != ENOMEM;
}

static void *churn_ask(struct churn *churn, enum churn_call call,
                       size_t alignment, size_t *size)
{
    void *block = NULL;
    int error;

    errno = 0;
    switch (call) {
    case CHURN_CALLOC:
        block = subject->calloc(1, *size);
        break;
    case CHURN_MEMALIGN:
        error = subject->posix_memalign(&block, alignment, *size);
        if (error != 0)
            block = NULL;
        errno = error;
        break;
    case CHURN_ALIGNED:
        *size = (*size + alignment - 1) / alignment * alignment;
        block = subject->aligned_alloc(alignment, *size);
        break;
    default:
        block = subject->malloc(*size);
    }
    if (block == NULL)
        churn_refuse(churn, errno);
    return block;
}

static bool churn_is_zero(const struct churn_slot *slot)
{
    size_t front = churn_front(slot->size);

    return first_nonzero(slot->block, front) == front &&
           (slot->size <= CHURN_WHOLE ||
            first_nonzero(slot->block + slot->size - CHURN_EDGE, CHURN_EDGE) ==
                CHURN_EDGE);
}

static bool churn_fill(struct churn *churn, struct churn_slot *slot)
{
    static const enum churn_call calls[] = { CHURN_MALLOC,   CHURN_MALLOC,
                                             CHURN_MALLOC,   CHURN_MALLOC,
                                             CHURN_CALLOC,   CHURN_CALLOC,
                                             CHURN_MEMALIGN, CHURN_ALIGNED };
    enum churn_call call = calls[random_below(&churn->random, 8)];
    size_t alignment = (size_t)16 << random_below(&churn->random, 6);
    size_t size = churn_size(churn);
    unsigned char *block = churn_ask(churn, call, alignment, &size);

    if (block == NULL)
        return true;
    *slot = (struct churn_slot){ block, size, random_next(&churn->random) };
    if (call == CHURN_CALLOC && !churn_is_zero(slot))
        return churn_say(churn, call, size, "not zero", 0);
    churn_mark(slot);
    return true;
}

static bool churn_resize(struct churn *churn, struct churn_slot *slot)
{
    size_t size = churn_size(churn), kept = churn_front(slot->size), at;
    unsigned char *block;

    errno = 0;
    block = subject->realloc(slot->block, size);
    if (block == NULL) { /* the old one stays as it was: looked at later */
        churn_refuse(churn, errno);
        return true;
    }
    kept = kept < size ? kept : size;
    at = pattern_mismatch(block, slot->key, 0, kept);
    slot->block = block;
    slot->size = size;
    if (at < kept)
        return churn_say(churn, CHURN_REALLOC, size, "lost byte", at);
    churn_mark(slot);
    return true;
}

static bool churn_drop(struct churn *churn, struct churn_slot *slot)
{
    unsigned char *block = slot->block;
    bool right = churn_look(churn, slot);

    slot->block = NULL;
    subject->free(block);
    return right;
}

static bool churn_step(struct churn *churn)
{
    struct churn_slot *slot =
        &churn->slots[random_below(&churn->random, CHURN_SLOTS)];

    churn->steps++;
    if (slot->block == NULL)
        return churn_fill(churn, slot);
    if (random_below(&churn->random, 4) == 0)
        return churn_look(churn, slot) && churn_resize(churn, slot);
    return churn_drop(churn, slot);
}

bool churn_steps(struct churn *churn, unsigned steps)
{
    for (unsigned i = 0; i < steps && churn->wrong[0] == '\0'; i++)
        churn_step(churn);
    return churn->wrong[0] == '\0';
}

bool churn_verify(struct churn *churn)
{
    for (size_t i = 0; i < CHURN_SLOTS && churn->wrong[0] == '\0'; i++)
        if (churn->slots[i].block != NULL)
            churn_look(churn, &churn->slots[i]);
    return churn->wrong[0] == '\0';
}

bool churn_finish(struct churn *churn)
{
    for (size_t i = 0; i < CHURN_SLOTS && churn->wrong[0] == '\0'; i++)
        if (churn->slots[i].block != NULL)
            churn_drop(churn, &churn->slots[i]);
    return churn->wrong[0] == '\0';
}
