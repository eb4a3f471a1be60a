/* pattern.h - the bytes that a live block holds under the shadow model.
 *
 * Byte `offset` of a block is a hash of the block's key and the offset, so
 * that two blocks, or two places of one block, hardly ever hold the same
 * eight bytes: a copy from elsewhere shows, and so does a shift. */
#ifndef ASSAY_PATTERN_H
#define ASSAY_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* Writes the pattern of `key` into bytes [from, until) of the block. */
void pattern_fill(unsigned char *block, uint64_t key, size_t from,
                  size_t until);

unsigned char pattern_byte(uint64_t key, size_t offset);

/* First offset of [from, until) that does not hold the pattern, or `until`. */
size_t pattern_mismatch(const unsigned char *block, uint64_t key, size_t from,
                        size_t until);

#endif
