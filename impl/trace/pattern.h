/* pattern.h - names by the patterns of the shell, as CPython's fnmatch has
 * them.
 *
 *   *       any characters, also none, also a slash
 *   ?       one character
 *   [seq]   one of these; a-z a range; a `]` that comes first is itself
 *   [!seq]  one that is none of these
 *
 * A character is a code point of UTF-8, or a byte that starts none.
 *
 * Threads: all calls.
 * Errors:  pattern_check(): what is wrong with a pattern. The other function
 *          wants one that was found right.
 * Owner:   keeps nothing. */
#ifndef ASSAY_TRACE_PATTERN_H
#define ASSAY_TRACE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* 0; -ENAMETOOLONG: `limit` bytes or more; -EINVAL: a `[` without its `]`. */
int pattern_check(const char *pattern, size_t limit);

/* Ends of both in `.pyc` are ends in `.py`. */
bool pattern_matches_file(const char *pattern, const char *name);

#endif
