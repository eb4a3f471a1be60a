/* backing.c - malloc and free behind a count. */
#include "backing.h"

#include <stdbool.h>
#include <stdlib.h>

enum { MALLOC_ALIGN = 16 };

static struct {
    size_t bytes, peak_bytes;
    bool asked;
} held;

static void *backing_take(void *context, size_t bytes, size_t align)
{
    void *start = align <= MALLOC_ALIGN
                      ? malloc(bytes)
                      : aligned_alloc(align, (bytes + align - 1) & -align);

    (void)context;
    if (start == NULL)
        return NULL;
    held.asked = true;
    held.bytes += bytes;
    if (held.bytes > held.peak_bytes)
        held.peak_bytes = held.bytes;
    return start;
}

static void backing_give(void *context, void *start, size_t bytes)
{
    (void)context;
    held.bytes -= bytes;
    free(start);
}

const struct assay_backend cell_backing = { NULL, backing_take, backing_give };

void cell_backing_note(struct record *record)
{
    if (!held.asked)
        return;
    record_set(record, "backend_peak_bytes", (double)held.peak_bytes);
    record_set(record, "backend_left_bytes", (double)held.bytes);
}
