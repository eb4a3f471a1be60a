/* debug_layer.c - dresses and undresses blocks. */
#include <stdint.h>
#include <string.h>

#include "debug_block.h"

/* realloc erases this much at either end of the old block, which is enough to
 * trip whoever still uses it, and cheap however large the block is. */
enum { DEBUG_ERASED_BYTES = 64 };

/* ---- dressing ---- */

static size_t debug_next_serial(const struct debug_layer *layer)
{
    return layer->config.serial ? ++*layer->config.serial : 0;
}

/* Writes what is around the data, and returns where that begins. */
static uint8_t *debug_dress(const struct debug_layer *layer, uint8_t *head,
                            size_t bytes, size_t serial)
{
    uint8_t *data = head + DEBUG_HEAD_BYTES;
    debug_write_number(head, bytes);
    head[DEBUG_SIZE_BYTES] = (uint8_t)layer->id;
    memset(data - DEBUG_PAD_BYTES, DEBUG_FORBIDDEN, DEBUG_PAD_BYTES);
    memset(data + bytes, DEBUG_FORBIDDEN, DEBUG_TAIL_BYTES);
    if (layer->config.serial)
        debug_write_number(data + bytes + DEBUG_TAIL_BYTES, serial);
    return data;
}

static bool debug_fits(const struct debug_layer *layer, size_t bytes)
{
    return bytes <= (size_t)PTRDIFF_MAX - debug_extra_bytes(layer);
}

static void *debug_take(struct debug_layer *layer, size_t bytes)
{
    if (!debug_fits(layer, bytes))
        return NULL;
    uint8_t *head = layer->below.malloc(layer->below.context,
                                        bytes + debug_extra_bytes(layer));
    if (!head)
        return NULL;
    uint8_t *data = debug_dress(layer, head, bytes, debug_next_serial(layer));
    memset(data, DEBUG_CLEAN, bytes);
    return data;
}

/* ---- moving ---- */

/* What realloc must bring through: the ends, which it erases, and what the
 * block was, should there be no memory. */
struct debug_kept {
    size_t bytes;
    size_t serial;
    uint8_t byte[2 * DEBUG_ERASED_BYTES];
};

static void debug_keep(const struct debug_layer *layer, uint8_t *data,
                       struct debug_kept *kept)
{
    size_t bytes = debug_size(data);
    uint8_t *head = data - DEBUG_HEAD_BYTES, *tail = data + bytes;
    size_t tail_bytes = debug_extra_bytes(layer) - DEBUG_HEAD_BYTES;

    kept->bytes = bytes;
    kept->serial =
        layer->config.serial ? debug_read_number(tail + DEBUG_TAIL_BYTES) : 0;
    if (bytes <= sizeof kept->byte) {
        memcpy(kept->byte, data, bytes);
        memset(head, DEBUG_DEAD, bytes + debug_extra_bytes(layer));
        return;
    }
    memcpy(kept->byte, data, DEBUG_ERASED_BYTES);
    memcpy(kept->byte + DEBUG_ERASED_BYTES, tail - DEBUG_ERASED_BYTES,
           DEBUG_ERASED_BYTES);
    memset(head, DEBUG_DEAD, DEBUG_HEAD_BYTES + DEBUG_ERASED_BYTES);
    memset(tail - DEBUG_ERASED_BYTES, DEBUG_DEAD,
           DEBUG_ERASED_BYTES + tail_bytes);
}

static size_t debug_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Puts back as much as there is room for in `bytes`. */
static void debug_restore(uint8_t *data, size_t bytes,
                          const struct debug_kept *kept)
{
    if (kept->bytes <= sizeof kept->byte) {
        memcpy(data, kept->byte, debug_smaller(bytes, kept->bytes));
        return;
    }
    size_t end = kept->bytes - DEBUG_ERASED_BYTES;
    memcpy(data, kept->byte, debug_smaller(bytes, DEBUG_ERASED_BYTES));
    if (bytes > end)
        memcpy(data + end, kept->byte + DEBUG_ERASED_BYTES,
               debug_smaller(bytes - end, DEBUG_ERASED_BYTES));
}

static void *debug_resize(struct debug_layer *layer, uint8_t *data,
                          size_t bytes)
{
    struct debug_kept kept;
    uint8_t *head = data - DEBUG_HEAD_BYTES;

    debug_keep(layer, data, &kept);
    uint8_t *moved = layer->below.realloc(layer->below.context, head,
                                          bytes + debug_extra_bytes(layer));
    if (!moved) {
        debug_dress(layer, head, kept.bytes, kept.serial);
        debug_restore(data, kept.bytes, &kept);
        return NULL;
    }
    data = debug_dress(layer, moved, bytes, debug_next_serial(layer));
    debug_restore(data, bytes, &kept);
    if (bytes > kept.bytes)
        memset(data + kept.bytes, DEBUG_CLEAN, bytes - kept.bytes);
    return data;
}

/* ---- the four functions ---- */

static void *debug_malloc(void *context, size_t bytes)
{
    struct debug_layer *layer = context;
    return debug_caller_may(layer, "malloc") ? debug_take(layer, bytes) : NULL;
}

static void *debug_calloc(void *context, size_t count, size_t bytes)
{
    struct debug_layer *layer = context;
    size_t total;

    if (!debug_caller_may(layer, "calloc") ||
        __builtin_mul_overflow(count, bytes, &total) ||
        !debug_fits(layer, total))
        return NULL;
    uint8_t *head = layer->below.calloc(layer->below.context, 1,
                                        total + debug_extra_bytes(layer));
    return head ? debug_dress(layer, head, total, debug_next_serial(layer))
                : NULL;
}

static void *debug_realloc(void *context, void *block, size_t bytes)
{
    struct debug_layer *layer = context;

    if (!debug_caller_may(layer, "realloc"))
        return NULL;
    if (!block)
        return debug_take(layer, bytes);
    if (!debug_block_is_sound(layer, "realloc", block) ||
        !debug_fits(layer, bytes))
        return NULL;
    return debug_resize(layer, block, bytes);
}

static void debug_free(void *context, void *block)
{
    struct debug_layer *layer = context;

    if (!debug_caller_may(layer, "free") || !block ||
        !debug_block_is_sound(layer, "free", block))
        return;
    uint8_t *data = block, *head = data - DEBUG_HEAD_BYTES;
    memset(head, DEBUG_DEAD, debug_size(data) + debug_extra_bytes(layer));
    layer->below.free(layer->below.context, head);
}

/* ---- contract ---- */

void debug_layer_init(struct debug_layer *layer, char id,
                      const struct memory_allocator *below,
                      const struct debug_config *config)
{
    static const struct debug_config defaults;
    *layer = (struct debug_layer){ *below, config ? *config : defaults, id };
}

struct memory_allocator debug_layer_allocator(struct debug_layer *layer)
{
    return (struct memory_allocator){ layer, debug_malloc, debug_calloc,
                                      debug_realloc, debug_free };
}

struct debug_layer *debug_layer_of(const struct memory_allocator *allocator)
{
    return allocator->malloc == debug_malloc ? allocator->context : NULL;
}

bool debug_layer_check(const struct debug_layer *layer, const void *block)
{
    return debug_block_is_sound(layer, "check", block);
}
