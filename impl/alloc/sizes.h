/* sizes.h - size classes: which block serves a request of n bytes.
 *
 *   class   0        1    2   ...  32  | 33   34  ...  40 | 41 ...     | 80
 *   bytes   16 (n=0) 16   32  ... 512  | 576  640 ... 1024| 1152 ...   | 32768
 *           steps of 16                | eight steps a doubling: 12.5 % apart
 *
 * Class 0 exists so that malloc(0) needs no branch of its own: it is as large
 * as class 1. Every class is a multiple of 16, and a request that is a
 * multiple of some power of two gets a class that is one too (see
 * class_bytes), which is all that aligned_alloc needs of a pool. */
#ifndef ASSAY_ALLOC_SIZES_H
#define ASSAY_ALLOC_SIZES_H

#include <stddef.h>

#define CLASS_STEP_BYTES   ((size_t)16)
#define CLASS_SMALL_BYTES  ((size_t)512)
#define CLASS_MAX_BYTES    ((size_t)32768)
#define CLASS_SMALL_COUNT  33u
#define CLASS_PER_DOUBLING 8u
#define CLASS_COUNT        81u

/* log2 of CLASS_SMALL_BYTES and of CLASS_PER_DOUBLING. */
#define CLASS_SMALL_LOG    9u
#define CLASS_DOUBLING_LOG 3u

/* The class of a request of at most CLASS_SMALL_BYTES. */
static inline unsigned class_of_small(size_t bytes)
{
    return (unsigned)((bytes + CLASS_STEP_BYTES - 1) / CLASS_STEP_BYTES);
}

/* The class of a request above that, and of at most CLASS_MAX_BYTES. The top
 * bit of bytes-1 names the doubling, the next three bits the step in it. */
static inline unsigned class_of_medium(size_t bytes)
{
    unsigned top = 63u - (unsigned)__builtin_clzl(bytes - 1);
    unsigned step = (unsigned)((bytes - 1) >> (top - CLASS_DOUBLING_LOG));
    return CLASS_SMALL_COUNT + (top - CLASS_SMALL_LOG) * CLASS_PER_DOUBLING +
           step - CLASS_PER_DOUBLING;
}

static inline unsigned class_of(size_t bytes)
{
    return bytes <= CLASS_SMALL_BYTES ? class_of_small(bytes)
                                      : class_of_medium(bytes);
}

/* Bytes of a block of this class. In the doubling from 2^k all are multiples
 * of 2^(k-3); a larger power of two that divides the request makes the
 * request itself a class. */
static inline size_t class_bytes(unsigned class)
{
    if (class < CLASS_SMALL_COUNT)
        return class == 0 ? CLASS_STEP_BYTES : class * CLASS_STEP_BYTES;
    unsigned above = class - CLASS_SMALL_COUNT;
    unsigned doubling = above / CLASS_PER_DOUBLING;
    size_t step = above % CLASS_PER_DOUBLING + 1 + CLASS_PER_DOUBLING;
    return step << (doubling + CLASS_SMALL_LOG - CLASS_DOUBLING_LOG);
}

#endif
