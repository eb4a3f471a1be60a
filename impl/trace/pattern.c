/* pattern.c - one walk with one way back: to the last star.
 *
 * Source: translate() of CPython's Lib/fnmatch.py, for what a set is; and
 * _normalize_filename() of Lib/tracemalloc.py. */
#include "pattern.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

/* A text without its end, which is where the walk stops. */
struct part {
    const char *at;
    const char *end;
};

/* ---- characters ---- */

/* How many bytes this character has, by its first. */
static size_t character_bytes(const struct part *part)
{
    unsigned char first = (unsigned char)*part->at;
    size_t bytes = first >= 0xF0   ? 4
                   : first >= 0xE0 ? 3
                   : first >= 0xC0 ? 2
                                   : 1;
    if (bytes > (size_t)(part->end - part->at))
        return 1;
    for (size_t i = 1; i < bytes; i++)
        if ((part->at[i] & 0xC0) != 0x80)
            return 1;
    return bytes;
}

/* Takes it off. UTF-8 keeps the order of code points, so its bytes are as
 * good a number as any. */
static uint32_t character_next(struct part *part)
{
    uint32_t number = 0;
    for (size_t bytes = character_bytes(part); bytes > 0; bytes--)
        number = number << 8 | (unsigned char)*part->at++;
    return number;
}

/* ---- sets ---- */

/* The `]` of the set whose `[` lies before `at`; NULL: there is none. */
static const char *set_end(const char *at, const char *end)
{
    if (at < end && *at == '!')
        at++;
    if (at < end && *at == ']')
        at++;
    return at < end ? memchr(at, ']', (size_t)(end - at)) : NULL;
}

/* A range from a later to an earlier character has nothing in it. */
static bool set_has(struct part set, uint32_t character)
{
    bool found = false;
    while (set.at < set.end) {
        uint32_t first = character_next(&set), last = first;
        if (set.end - set.at >= 2 && *set.at == '-') {
            set.at++;
            last = character_next(&set);
        }
        found = found || (first <= character && character <= last);
    }
    return found;
}

/* Takes the set off the pattern and the character off the name. */
static bool set_matches(struct part *pattern, struct part *name)
{
    struct part set = { pattern->at + 1,
                        set_end(pattern->at + 1, pattern->end) };
    assert(set.end); /* pattern_check() has seen to it */
    bool inverted = *set.at == '!';
    pattern->at = set.end + 1;
    set.at += inverted;
    return set_has(set, character_next(name)) != inverted;
}

/* ---- patterns ---- */

int pattern_check(const char *pattern, size_t limit)
{
    size_t bytes = strnlen(pattern, limit);
    const char *end = pattern + bytes;
    if (bytes == limit)
        return -ENAMETOOLONG;
    for (const char *at = pattern; at < end; at++) {
        if (*at != '[')
            continue;
        at = set_end(at + 1, end);
        if (!at)
            return -EINVAL;
    }
    return 0;
}

/* One character of the name against the next of the pattern. */
static bool one_matches(struct part *pattern, struct part *name)
{
    if (pattern->at == pattern->end || name->at == name->end)
        return false;
    if (*pattern->at == '[')
        return set_matches(pattern, name);
    if (*pattern->at == '?') {
        pattern->at++;
        character_next(name);
        return true;
    }
    return character_next(pattern) == character_next(name);
}

/* A star takes nothing at first, and one character more each time that what
 * follows it does not match. Earlier stars need not be tried again. */
static bool part_matches(struct part pattern, struct part name)
{
    struct part star = { NULL, NULL }, taken = { NULL, NULL };
    while (name.at < name.end || pattern.at < pattern.end) {
        if (pattern.at < pattern.end && *pattern.at == '*') {
            pattern.at++;
            star = pattern;
            taken = name;
        } else if (!one_matches(&pattern, &name)) {
            if (!star.at || taken.at == taken.end)
                return false;
            character_next(&taken);
            pattern = star;
            name = taken;
        }
    }
    return true;
}

static struct part file_part(const char *text)
{
    size_t bytes = strlen(text);
    if (bytes >= 4 && strcmp(text + bytes - 4, ".pyc") == 0)
        bytes--;
    return (struct part){ text, text + bytes };
}

bool pattern_matches_file(const char *pattern, const char *name)
{
    return part_matches(file_part(pattern), file_part(name));
}
