/* debug_block.h - where the parts of a dressed block lie, and the two ways to
 * call a misuse out. */
#ifndef ASSAY_OBMALLOC_DEBUG_BLOCK_H
#define ASSAY_OBMALLOC_DEBUG_BLOCK_H

#include <string.h>

#include <assay/debug_layer.h>

enum { DEBUG_SIZE_BYTES = 8, DEBUG_PAD_BYTES = 7 };

/* Everything but the data. */
static inline size_t debug_extra_bytes(const struct debug_layer *layer)
{
    return DEBUG_HEAD_BYTES + DEBUG_TAIL_BYTES +
           (layer->config.serial ? DEBUG_SERIAL_BYTES : 0);
}

static inline size_t debug_read_number(const uint8_t *from)
{
    uint64_t number;
    memcpy(&number, from, sizeof number);
    return __builtin_bswap64(number);
}

static inline void debug_write_number(uint8_t *to, size_t number)
{
    uint64_t swapped = __builtin_bswap64(number);
    memcpy(to, &swapped, sizeof swapped);
}

static inline size_t debug_size(const uint8_t *data)
{
    return debug_read_number(data - DEBUG_HEAD_BYTES);
}

static inline uint8_t debug_id(const uint8_t *data)
{
    return data[-DEBUG_PAD_BYTES - 1];
}

/* ---- debug_report.c: both say no after a report, if at all ---- */

/* Is the block whole, and of this layer? */
bool debug_block_is_sound(const struct debug_layer *layer, const char *function,
                          const uint8_t *data);

/* May this thread ask now? */
bool debug_caller_may(const struct debug_layer *layer, const char *function);

#endif
