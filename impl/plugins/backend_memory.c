/* backend_memory.c - raw blocks and arenas from a backend. */
#include "backend_memory.h"

#include <string.h>

/* Its size is a multiple of BACKEND_ALIGN. */
struct raw_head {
    struct raw_head *next;
    struct raw_head *prev;
    size_t bytes; /* of the block */
    size_t padding;
};

static void *raw_malloc(void *context, size_t bytes)
{
    struct backend_memory *memory = context;
    const struct assay_backend *backend = memory->backend;

    if (bytes > PTRDIFF_MAX - sizeof(struct raw_head))
        return NULL;
    bytes = bytes ? bytes : 1;
    struct raw_head *head =
        backend->take(backend->context, sizeof *head + bytes, BACKEND_ALIGN);
    if (!head)
        return NULL;
    *head = (struct raw_head){ memory->raw, NULL, bytes, 0 };
    if (head->next)
        head->next->prev = head;
    memory->raw = head;
    memory->raw_count++;
    return head + 1;
}

static void *raw_calloc(void *context, size_t count, size_t bytes)
{
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    void *block = raw_malloc(context, total);
    return block ? memset(block, 0, total) : NULL;
}

static void raw_free(void *context, void *block)
{
    struct backend_memory *memory = context;
    const struct assay_backend *backend = memory->backend;

    if (!block)
        return;
    struct raw_head *head = (struct raw_head *)block - 1;
    if (head->prev)
        head->prev->next = head->next;
    else
        memory->raw = head->next;
    if (head->next)
        head->next->prev = head->prev;
    memory->raw_count--;
    backend->give(backend->context, head, sizeof *head + head->bytes);
}

static void *raw_realloc(void *context, void *block, size_t bytes)
{
    if (!block)
        return raw_malloc(context, bytes);
    size_t old_bytes = ((struct raw_head *)block - 1)->bytes;
    void *moved = raw_malloc(context, bytes);
    if (!moved)
        return NULL;
    memcpy(moved, block, bytes < old_bytes ? bytes : old_bytes);
    raw_free(context, block);
    return moved;
}

/* ---- arenas ---- */

/* Aligned to pools, so that none is lost. */
static void *arena_take(void *context, size_t bytes)
{
    struct backend_memory *memory = context;
    const struct assay_backend *backend = memory->backend;

    return backend->take(backend->context, bytes,
                         edition_find("py311")->pool_bytes);
}

static void arena_give(void *context, void *arena, size_t bytes)
{
    struct backend_memory *memory = context;
    const struct assay_backend *backend = memory->backend;

    backend->give(backend->context, arena, bytes);
}

/* ---- what plug-ins use ---- */

struct obheap *backend_memory_heap(struct backend_memory *memory)
{
    struct memory_allocator raw = { memory, raw_malloc, raw_calloc, raw_realloc,
                                    raw_free };
    struct memory_arenas arenas = { memory, arena_take, arena_give };
    struct obheap_config config = { .edition = edition_find("py311"),
                                    .raw = &raw,
                                    .arenas = &arenas };

    return obheap_create(&config);
}

void backend_memory_end(struct backend_memory *memory)
{
    while (memory->raw)
        raw_free(memory, memory->raw + 1);
}

size_t backend_memory_bytes(const void *block)
{
    return ((const struct raw_head *)block - 1)->bytes;
}

bool backend_memory_owns(const struct backend_memory *memory,
                         const void *address)
{
    for (const struct raw_head *head = memory->raw; head; head = head->next)
        if ((uintptr_t)address - (uintptr_t)(head + 1) < head->bytes)
            return true;
    return false;
}

const char *backend_memory_fault(const struct backend_memory *memory)
{
    size_t count = 0;

    for (const struct raw_head *head = memory->raw; head; head = head->next) {
        if (++count > memory->raw_count)
            return "more raw blocks than are counted";
        if (head->next && head->next->prev != head)
            return "the list of raw blocks is torn";
    }
    return count == memory->raw_count ? NULL : "raw blocks are missing";
}
