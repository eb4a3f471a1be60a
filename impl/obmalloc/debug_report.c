/* debug_report.c - looks at a dressed block, and says what is wrong with it.
 *
 * The order is CPython's (_PyMem_DebugCheckAddress): the id, the pad in front,
 * and what lies behind the data only when the size in front can be believed. */
#include <ctype.h>
#include <stdlib.h>

#include "debug_block.h"

/* Data bytes shown of either end. */
enum { REPORT_SHOWN = 8 };

/* ---- looking ---- */

static bool report_all(const uint8_t *from, size_t count, uint8_t byte)
{
    for (size_t i = 0; i < count; i++)
        if (from[i] != byte)
            return false;
    return true;
}

static bool report_pad_is_whole(const uint8_t *data)
{
    return report_all(data - DEBUG_PAD_BYTES, DEBUG_PAD_BYTES, DEBUG_FORBIDDEN);
}

static bool report_size_is_possible(const struct debug_layer *layer,
                                    const uint8_t *data)
{
    return debug_size(data) <= (size_t)PTRDIFF_MAX - debug_extra_bytes(layer);
}

/* The layer below may use the head of a free block for itself, 16 bytes of it
 * as the C library does; the eight bytes behind stay as free left them. */
static bool report_seems_freed(const uint8_t *data)
{
    return report_all(data - DEBUG_PAD_BYTES - 1, DEBUG_PAD_BYTES + 1,
                      DEBUG_DEAD) ||
           report_all(data, REPORT_SHOWN, DEBUG_DEAD);
}

/* ---- the dump ---- */

static void report_bytes(FILE *file, const uint8_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(file, " %02x", from[i]);
}

static void report_pad(FILE *file, const char *where, const uint8_t *from,
                       size_t count)
{
    fprintf(file, "    pad %s at %p:", where, (const void *)from);
    report_bytes(file, from, count);
    fprintf(file, report_all(from, count, DEBUG_FORBIDDEN)
                      ? ", as expected\n"
                      : ", expected all fd\n");
}

static void report_data(FILE *file, const uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return;
    fputs("    data:", file);
    if (bytes <= (size_t)2 * REPORT_SHOWN) {
        report_bytes(file, data, bytes);
    } else {
        report_bytes(file, data, REPORT_SHOWN);
        fputs(" ...", file);
        report_bytes(file, data + bytes - REPORT_SHOWN, REPORT_SHOWN);
    }
    fputc('\n', file);
}

static void report_id(char text[static 8], uint8_t id)
{
    snprintf(text, 8, isprint(id) ? "%c" : "\\x%02x", id);
}

void debug_layer_dump(const struct debug_layer *layer, const void *block,
                      FILE *file)
{
    const uint8_t *data = block;
    char id[8];

    fprintf(file, "Debug memory block at address %p:", block);
    if (!block) {
        fputc('\n', file);
        return;
    }
    report_id(id, debug_id(data));
    fprintf(file, " API '%s', %zu bytes requested\n", id, debug_size(data));
    report_pad(file, "before", data - DEBUG_PAD_BYTES, DEBUG_PAD_BYTES);
    if (!report_pad_is_whole(data) || !report_size_is_possible(layer, data)) {
        fputs("    the size cannot be believed: nothing more is shown\n", file);
        return;
    }
    const uint8_t *tail = data + debug_size(data);
    report_pad(file, "behind", tail, DEBUG_TAIL_BYTES);
    if (layer->config.serial)
        fprintf(file, "    made by request #%zu\n",
                debug_read_number(tail + DEBUG_TAIL_BYTES));
    report_data(file, data, debug_size(data));
}

/* ---- the end ---- */

static bool report_fatal(const struct debug_layer *layer, const char *function,
                         const uint8_t *data, const char *what)
{
    FILE *file = layer->config.file ? layer->config.file : stderr;
    if (data)
        debug_layer_dump(layer, data, file);
    fprintf(file, "Fatal memory error: %s: %s\n", function, what);
    fflush(file);
    if (!layer->config.fatal)
        abort();
    layer->config.fatal(layer->config.context, what);
    return false;
}

static bool report_foreign(const struct debug_layer *layer,
                           const char *function, const uint8_t *data)
{
    char id[8], what[120];
    report_id(id, debug_id(data));
    snprintf(what, sizeof what,
             "bad ID: Allocated using API '%s', verified using API '%c'%s", id,
             layer->id,
             report_seems_freed(data) ? "; the block seems to be freed already"
                                      : "");
    return report_fatal(layer, function, data, what);
}

bool debug_block_is_sound(const struct debug_layer *layer, const char *function,
                          const uint8_t *data)
{
    if (debug_id(data) != (uint8_t)layer->id)
        return report_foreign(layer, function, data);
    if (!report_pad_is_whole(data))
        return report_fatal(layer, function, data, "bad leading pad byte");
    if (!report_size_is_possible(layer, data))
        return report_fatal(layer, function, data, "bad size in front");
    if (!report_all(data + debug_size(data), DEBUG_TAIL_BYTES, DEBUG_FORBIDDEN))
        return report_fatal(layer, function, data, "bad trailing pad byte");
    return true;
}

bool debug_caller_may(const struct debug_layer *layer, const char *function)
{
    const struct debug_config *config = &layer->config;
    if (!config->holds_lock || config->holds_lock(config->context))
        return true;
    return report_fatal(layer, function, NULL,
                        "memory allocator called without holding the GIL");
}
