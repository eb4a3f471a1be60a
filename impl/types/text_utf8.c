/* text_utf8.c - strings from UTF-8, refusing what is malformed, and to it.
 *
 * Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte
 * Sequences"; what is said of others is as Objects/stringlib/codecs.h. */
#include "scalar.h"

#include <string.h>

static const char bad_start[] = "invalid start byte";
static const char bad_next[] = "invalid continuation byte";
static const char bad_end[] = "unexpected end of data";

/* ---- one character ---- */

struct sequence {
    uint32_t point;
    unsigned bytes;   /* of the character; 0: malformed */
    unsigned refused; /* bytes that are to blame then */
    const char *what;
};

static struct sequence refuse(const char *what, size_t bytes)
{
    return (struct sequence){ .refused = (unsigned)bytes, .what = what };
}

/* What begins with this byte is so long; 0: nothing does. */
static unsigned length_of(uint8_t first)
{
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

/* The second byte has bounds of its own: no overlong forms, no surrogates,
 * nothing above U+10FFFF. */
static bool may_be_second(uint8_t first, uint8_t second)
{
    uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

static struct sequence read_one(const uint8_t *at, size_t left)
{
    unsigned bytes = length_of(at[0]);
    if (bytes == 0)
        return refuse(bad_start, 1);
    uint32_t point = bytes == 1 ? at[0] : at[0] & (0xffu >> (bytes + 1));
    for (unsigned i = 1; i < bytes; i++) {
        if (i == left)
            return refuse(bad_end, left);
        if (i == 1 ? !may_be_second(at[0], at[1]) : (at[i] & 0xc0) != 0x80)
            return refuse(bad_next, i);
        point = point << 6 | (at[i] & 0x3f);
    }
    return (struct sequence){ .point = point, .bytes = bytes };
}

/* ---- from UTF-8 ---- */

static size_t ascii_prefix(const uint8_t *at, size_t bytes)
{
    size_t i = 0;
    uint64_t word;
    for (; bytes - i >= sizeof word; i += sizeof word) {
        memcpy(&word, at + i, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (i < bytes && at[i] < 0x80)
        i++;
    return i;
}

/* How many characters, and the highest. False: malformed. */
static bool measure(const uint8_t *at, size_t bytes, size_t *ret_count,
                    uint32_t *ret_max, struct text_fault *fault)
{
    size_t i = ascii_prefix(at, bytes), count = i;
    uint32_t max = 0;
    while (i < bytes) {
        struct sequence s = read_one(at + i, bytes - i);
        if (s.bytes == 0) {
            *fault = (struct text_fault){ s.what, i, i + s.refused };
            return false;
        }
        max = s.point > max ? s.point : max;
        i += s.bytes;
        count++;
    }
    *ret_count = count;
    *ret_max = max;
    return true;
}

static void fill(struct text *text, const uint8_t *at)
{
    size_t length = (size_t)text->length;
    if (text->state.ascii) {
        memcpy(text_start(text), at, length);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        struct sequence s = read_one(at, 4);
        text_put(text, i, s.point);
        at += s.bytes;
    }
}

struct object *text_new(struct gc *gc, const char *utf8, size_t bytes,
                        struct text_fault *ret_fault)
{
    struct text_fault none = { 0 };
    const uint8_t *at = (const uint8_t *)utf8;
    size_t count;
    uint32_t max;
    if (ret_fault)
        *ret_fault = none;
    if (!measure(at, bytes, &count, &max, ret_fault ? ret_fault : &none))
        return NULL;
    struct text *text = text_alloc(gc, count, max);
    if (!text)
        return NULL;
    fill(text, at);
    return text_finish(text);
}

struct object *text_of(struct gc *gc, const char *utf8)
{
    return text_new(gc, utf8, strlen(utf8), NULL);
}

/* ---- to UTF-8 ---- */

/* 0: a surrogate. */
static unsigned utf8_bytes(uint32_t point)
{
    if (point >= 0xd800 && point < 0xe000)
        return 0;
    return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

static void write_one(char *at, uint32_t point, unsigned bytes)
{
    static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (unsigned i = bytes; --i > 0; point >>= 6)
        at[i] = (char)(0x80 | (point & 0x3f));
    at[0] = (char)(first[bytes] | point);
}

static bool utf8_total(const struct object *text, size_t *ret_bytes)
{
    size_t bytes = 0;
    for (size_t i = 0; i < text_length(text); i++) {
        unsigned more = utf8_bytes(text_point(text, i));
        if (more == 0)
            return false;
        bytes += more;
    }
    *ret_bytes = bytes;
    return true;
}

static bool make_utf8(struct text *text)
{
    struct gc *gc = text->head.type->gc;
    struct text_other *other = text_other(text);
    size_t bytes;
    if (!utf8_total(&text->head, &bytes))
        return false;
    char *utf8 = gc->memory.malloc(gc->memory.context, bytes + 1), *at = utf8;
    if (!utf8)
        return false;
    for (size_t i = 0; i < (size_t)text->length; i++) {
        uint32_t point = text_point(&text->head, i);
        unsigned more = utf8_bytes(point);
        write_one(at, point, more);
        at += more;
    }
    *at = '\0';
    other->utf8 = utf8;
    other->utf8_length = (intptr_t)bytes;
    return true;
}

const char *text_utf8(struct object *object, size_t *ret_bytes)
{
    struct text *text = (struct text *)object;
    assert(text_is(object));
    if (text->state.ascii) {
        if (ret_bytes)
            *ret_bytes = (size_t)text->length;
        return text_start(text);
    }
    if (!text_other(text)->utf8 && !make_utf8(text))
        return NULL;
    if (ret_bytes)
        *ret_bytes = (size_t)text_other(text)->utf8_length;
    return text_other(text)->utf8;
}
