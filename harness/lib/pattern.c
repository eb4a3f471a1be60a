/* pattern.c - fills and compares a word at a time. */
#include "pattern.h"

#include <string.h>

#include "random.h"

enum { WORD = sizeof(uint64_t) };

static uint64_t pattern_word(uint64_t key, size_t index)
{
    return random_mix(key + index * RANDOM_GOLDEN);
}

unsigned char pattern_byte(uint64_t key, size_t offset)
{
    uint64_t word = pattern_word(key, offset / WORD);
    unsigned char bytes[WORD];

    memcpy(bytes, &word, WORD);
    return bytes[offset % WORD];
}

void pattern_fill(unsigned char *block, uint64_t key, size_t from, size_t until)
{
    while (from < until && (from % WORD != 0 || until - from < WORD)) {
        block[from] = pattern_byte(key, from);
        from++;
    }
    for (; until - from >= WORD; from += WORD) {
        uint64_t word = pattern_word(key, from / WORD);

        memcpy(block + from, &word, WORD);
    }
    for (; from < until; from++)
        block[from] = pattern_byte(key, from);
}

static size_t pattern_mismatch_bytes(const unsigned char *block, uint64_t key,
                                     size_t from, size_t until)
{
    while (from < until && block[from] == pattern_byte(key, from))
        from++;
    return from;
}

size_t pattern_mismatch(const unsigned char *block, uint64_t key, size_t from,
                        size_t until)
{
    size_t first_word = (from + WORD - 1) / WORD * WORD;
    size_t head = first_word < until ? first_word : until;
    size_t at = pattern_mismatch_bytes(block, key, from, head);

    if (at < head)
        return at;
    while (until - at >= WORD) {
        uint64_t word = pattern_word(key, at / WORD);

        if (memcmp(block + at, &word, WORD) != 0)
            return pattern_mismatch_bytes(block, key, at, at + WORD);
        at += WORD;
    }
    return pattern_mismatch_bytes(block, key, at, until);
}
