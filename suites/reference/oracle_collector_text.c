/* oracle_collector_text.c - text that grows, or is only digested. */
#include "oracle_collector.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"

static void text_reserve(struct text *text, size_t more)
{
    size_t room = text->room > 0 ? text->room : 4096;

    if (text->used + more < text->room)
        return;
    while (room <= text->used + more)
        room *= 2;
    text->bytes = realloc(text->bytes, room);
    if (text->bytes == NULL)
        oracle_give_up("no memory for text");
    text->room = room;
}

void text_clear(struct text *text)
{
    text_reserve(text, 1);
    text->used = 0;
    text->digest = 0;
    text->bytes[0] = '\0';
}

void text_add(struct text *text, const char *word)
{
    size_t bytes = strlen(word);

    if (text->digested) {
        for (size_t i = 0; i < bytes; i++)
            text->digest = digest_add(text->digest, (unsigned char)word[i]);
        return;
    }
    text_reserve(text, bytes + 1);
    memcpy(text->bytes + text->used, word, bytes + 1);
    text->used += bytes;
}

void text_add_char(struct text *text, char character)
{
    if (!text->digested)
        text_add(text, (char[]){ character, '\0' });
    else
        text->digest = digest_add(text->digest, (unsigned char)character);
}

void text_add_number(struct text *text, intptr_t number)
{
    uintptr_t rest = number < 0 ? -(uintptr_t)number : (uintptr_t)number;
    char digits[24];
    size_t at = sizeof digits;

    if (text->digested) {
        text->digest = digest_add(text->digest, rest);
        text->used++;
        return;
    }
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--at] = '-';
    text_add(text, digits + at);
}
