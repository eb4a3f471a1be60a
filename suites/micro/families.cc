/* families.cc - the list of all families, and the blocks they share. */
#include "micro.h"

void *micro_blocks[MICRO_BLOCKS];

void micro_free_all(size_t count)
{
    for (size_t i = 0; i < count; i++)
        driver_calls.free(micro_blocks[i]);
}

extern const family family_pair;
extern const family family_lifo;
extern const family family_fifo;
extern const family family_calloc_clean;
extern const family family_calloc_dirty;
extern const family family_aligned_64;
extern const family family_aligned_4096;
extern const family family_realloc_in_place;
extern const family family_realloc_moving;
extern const family family_usable_size;
extern const family family_cold;

const family *const families[] = {
    &family_pair,           &family_lifo,
    &family_fifo,           &family_calloc_clean,
    &family_calloc_dirty,   &family_aligned_64,
    &family_aligned_4096,   &family_realloc_in_place,
    &family_realloc_moving, &family_usable_size,
    &family_cold,           nullptr,
};
