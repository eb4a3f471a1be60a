/* oracle_obmalloc_raw.c - a raw allocator that can be told to refuse. */
#include "oracle_obmalloc.h"

/* More than any machine has: refused here, since some C libraries end the
 * program when they are asked for that much. */
#define HUGE_BYTES ((size_t)1 << 40)

static bool raw_gate_refuses(const struct raw_gate *gate, size_t bytes)
{
    return bytes >= HUGE_BYTES ||
           (gate->refuse_bytes != 0 && bytes == gate->refuse_bytes);
}

static void *raw_gate_malloc(void *context, size_t bytes)
{
    struct raw_gate *gate = context;

    if (raw_gate_refuses(gate, bytes))
        return NULL;
    return gate->below.malloc(gate->below.context, bytes);
}

static void *raw_gate_calloc(void *context, size_t count, size_t bytes)
{
    struct raw_gate *gate = context;
    size_t total;

    if (__builtin_mul_overflow(count, bytes, &total) ||
        raw_gate_refuses(gate, total))
        return NULL;
    return gate->below.calloc(gate->below.context, count, bytes);
}

static void *raw_gate_realloc(void *context, void *block, size_t bytes)
{
    struct raw_gate *gate = context;

    if (raw_gate_refuses(gate, bytes))
        return NULL;
    return gate->below.realloc(gate->below.context, block, bytes);
}

static void raw_gate_free(void *context, void *block)
{
    struct raw_gate *gate = context;

    gate->below.free(gate->below.context, block);
}

struct memory_allocator raw_gate_allocator(struct raw_gate *gate)
{
    return (struct memory_allocator){ gate, raw_gate_malloc, raw_gate_calloc,
                                      raw_gate_realloc, raw_gate_free };
}
