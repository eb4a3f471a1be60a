/* int_decimal.c - ints from and to decimal, nine figures at a time. The time
 * grows with the square of the length. */
#include "scalar.h"

#include <string.h>

#define FIGURES 9 /* of a chunk: 10^9 is below 2^30 */
#define CHUNK   1000000000u

/* Figures that are refused before bytes are computed. */
#define FIGURES_MAX ((size_t)1 << 56)

/* ---- from decimal ---- */

struct reader {
    const char *text;
    size_t bytes;
    size_t first; /* behind the sign */
    bool below;
};

static bool is_figure(char c)
{
    return c >= '0' && c <= '9';
}

/* The byte at which it is no number, or the end. */
static size_t read_sign_and_check(struct reader *r)
{
    bool after_figure = false;
    r->below = r->bytes > 0 && r->text[0] == '-';
    r->first = r->bytes > 0 && (r->below || r->text[0] == '+');
    size_t at = r->first;
    for (; at < r->bytes; at++) {
        bool figure = is_figure(r->text[at]);
        if (!figure && !(after_figure && r->text[at] == '_'))
            return at;
        after_figure = figure;
    }
    return after_figure ? at : at - (at > r->first);
}

/* number = number * scale + add. */
static void shift_in(uint32_t *digit, size_t *count, uint32_t scale,
                     uint32_t add)
{
    uint64_t carry = add;
    for (size_t i = 0; i < *count; i++) {
        carry += (uint64_t)digit[i] * scale;
        digit[i] = (uint32_t)carry & INT_MASK;
        carry >>= INT_DIGIT_BITS;
    }
    if (carry > 0)
        digit[(*count)++] = (uint32_t)carry;
}

static size_t read_figures(const struct reader *r, uint32_t *digit)
{
    size_t count = 0;
    uint32_t scale = 1, chunk = 0;
    for (size_t at = r->first; at < r->bytes; at++) {
        if (r->text[at] == '_')
            continue;
        chunk = chunk * 10 + (uint32_t)(r->text[at] - '0');
        scale *= 10;
        if (scale < CHUNK)
            continue;
        shift_in(digit, &count, scale, chunk);
        scale = 1;
        chunk = 0;
    }
    if (scale > 1)
        shift_in(digit, &count, scale, chunk);
    return count;
}

/* A figure is 3.33 bits: nine are less than a digit of 30. */
struct object *int_parse(struct gc *gc, const char *text, size_t bytes,
                         struct text_fault *ret_fault)
{
    struct reader r = { .text = text, .bytes = bytes };
    struct text_fault none = { 0 }, *fault = ret_fault ? ret_fault : &none;
    *fault = none;
    size_t end = read_sign_and_check(&r);
    if (end < bytes || r.first == bytes) {
        *fault = (struct text_fault){ "no decimal number", end,
                                      end + (end < bytes) };
        return NULL;
    }
    struct whole *whole =
        bytes > FIGURES_MAX
            ? NULL
            : (struct whole *)whole_alloc(gc, bytes / FIGURES + 1);
    if (!whole)
        return NULL;
    size_t count = read_figures(&r, whole->digit);
    return whole_finish(&whole->sized.head, count, r.below);
}

/* ---- to decimal ---- */

/* Divides by 10^9 in place; what is left over is the lowest nine figures. */
static uint32_t shift_out(uint32_t *digit, size_t *count)
{
    uint64_t left = 0;
    for (size_t i = *count; i-- > 0;) {
        left = left << INT_DIGIT_BITS | digit[i];
        digit[i] = (uint32_t)(left / CHUNK);
        left %= CHUNK;
    }
    while (*count > 0 && digit[*count - 1] == 0)
        (*count)--;
    return (uint32_t)left;
}

/* Writes them in front of `end`; returns the first, without leading zeros. */
static char *print_figures(uint32_t *digit, size_t count, char *end)
{
    char *at = end;
    while (count > 0) {
        uint32_t chunk = shift_out(digit, &count);
        for (int i = 0; i < FIGURES; i++, chunk /= 10)
            *--at = (char)('0' + chunk % 10);
    }
    while (at < end && *at == '0')
        at++;
    if (at == end)
        *--at = '0';
    return at;
}

struct object *int_print(const struct object *value)
{
    struct gc *gc = value->type->gc;
    size_t count = int_digits(value);
    /* Nine figures and a third a digit; the chunks are of nine. */
    size_t room = count * 10 + FIGURES + 2;
    size_t digit_bytes = count * sizeof(uint32_t);
    char *work = gc->memory.malloc(gc->memory.context, digit_bytes + room);
    if (!work)
        return NULL;
    if (count > 0)
        memcpy(work, whole_digits(value), digit_bytes);
    char *end = work + digit_bytes + room;
    char *at = print_figures((uint32_t *)(void *)work, count, end);
    if (whole_is_below(value))
        *--at = '-';
    struct object *text = text_new(gc, at, (size_t)(end - at), NULL);
    gc->memory.free(gc->memory.context, work);
    return text;
}
