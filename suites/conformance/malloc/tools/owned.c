/* owned.c - blocks that hold a pattern of their own, for any thread. */
#include "tools/owned.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "pattern.h"

enum { OWNED_WHOLE = 32 * 1024, OWNED_PIECE = 64, OWNED_PAGE = 4096 };

void complain(struct complaint *complaint, const char *format, ...)
{
    va_list arguments;

    if (atomic_fetch_add(&complaint->count, 1) != 0)
        return;
    va_start(arguments, format);
    vsnprintf(complaint->text, sizeof(complaint->text), format, arguments);
    va_end(arguments);
    atomic_store(&complaint->written, true);
}

bool complained(const struct complaint *complaint)
{
    return atomic_load(&complaint->count) != 0;
}

enum verdict complaint_verdict(struct check_run *run,
                               const struct complaint *complaint)
{
    if (!complained(complaint))
        return pass(run);
    return fail(run, "%s (seed %llu)",
                atomic_load(&complaint->written) ? complaint->text : "?",
                (unsigned long long)run->seed);
}

/* The piece that begins at `from`, and where the next one does. */
static size_t owned_piece_end(const struct owned *owned, size_t from)
{
    if (owned->size <= OWNED_WHOLE)
        return owned->size;
    return from + OWNED_PIECE < owned->size ? from + OWNED_PIECE : owned->size;
}

static size_t owned_piece_next(const struct owned *owned, size_t from)
{
    size_t last = owned->size - OWNED_PIECE;

    if (owned->size <= OWNED_WHOLE || from == last)
        return owned->size;
    return from + OWNED_PAGE < last ? from + OWNED_PAGE : last;
}

void owned_fill(const struct owned *owned)
{
    for (size_t at = 0; at < owned->size; at = owned_piece_next(owned, at))
        pattern_fill(owned->block, owned->key, at, owned_piece_end(owned, at));
}

bool owned_get(struct owned *ret_owned, size_t size, uint64_t key,
               struct complaint *complaint)
{
    *ret_owned = (struct owned){ subject->malloc(size), size, key };
    if (ret_owned->block == NULL) {
        complain(complaint, "malloc(%zu) returned NULL", size);
        return false;
    }
    owned_fill(ret_owned);
    return true;
}

bool owned_look_first(const struct owned *owned, size_t bytes,
                      struct complaint *complaint)
{
    if (owned->block == NULL)
        return true;
    for (size_t at = 0; at < bytes; at = owned_piece_next(owned, at)) {
        size_t end = owned_piece_end(owned, at);
        size_t wrong;

        end = end < bytes ? end : bytes;
        wrong = pattern_mismatch(owned->block, owned->key, at, end);
        if (wrong == end)
            continue;
        complain(complaint,
                 "a live block of %zu bytes at %p: byte %zu changed "
                 "to 0x%02x",
                 owned->size, (void *)owned->block, wrong, owned->block[wrong]);
        return false;
    }
    return true;
}

bool owned_look(const struct owned *owned, struct complaint *complaint)
{
    return owned_look_first(owned, owned->size, complaint);
}

bool owned_free(struct owned *owned, struct complaint *complaint)
{
    bool whole = owned_look(owned, complaint);

    if (owned->block != NULL)
        subject->free(owned->block);
    owned->block = NULL;
    return whole;
}

size_t size_drawn(struct random *random, size_t least, unsigned logs)
{
    size_t low = least << random_below(random, logs);

    return low + random_below(random, (uint32_t)low);
}
