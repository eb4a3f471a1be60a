/* script.h - a run of requests as data: drawn from a seed, printed, parsed.
 *
 * A script names blocks by numbers (p0, p1, ...). Whatever is left out of it,
 * the rest still has a meaning, because an operation on a number that holds no
 * block is passed over and an allocation into one that does frees first. So a
 * script can be cut down at will, which shrinking does.
 *
 * As text, operations are words between blanks:
 *
 *   p0=malloc(48) p1=calloc(3,16) p0=realloc(p0,100) p2=aligned_alloc(64,128)
 *   p3=posix_memalign(64,100) p4=memalign(32,7) usable(p4) free(p0)
 *   free(lowest) free(highest) @2 look()
 *
 * free(lowest) frees the live block of the lowest address, look() looks at all
 * live blocks, and @2 lets thread 2 do what follows (0 is the main thread).
 *
 * Memory: from check_map(), never given back. */
#ifndef ASSAY_ENGINE_SCRIPT_H
#define ASSAY_ENGINE_SCRIPT_H

#include "check.h"

enum operation_kind {
    OPERATION_MALLOC,
    OPERATION_CALLOC,
    OPERATION_REALLOC,
    OPERATION_ALIGNED_ALLOC,
    OPERATION_POSIX_MEMALIGN,
    OPERATION_MEMALIGN,
    OPERATION_USABLE,
    OPERATION_FREE,
    OPERATION_FREE_LOWEST,
    OPERATION_FREE_HIGHEST,
    OPERATION_LOOK,
    OPERATION_KINDS,
};

enum { SCRIPT_THREADS_MAX = 8, SCRIPT_SLOTS_MAX = 1 << 16 };

struct operation {
    uint8_t kind;   /* enum operation_kind */
    uint8_t thread; /* below SCRIPT_THREADS_MAX */
    uint32_t slot;  /* the block's number, below SCRIPT_SLOTS_MAX */
    size_t size;    /* bytes; of calloc, of one element */
    size_t other;   /* alignment in bytes; of calloc, the count */
};

struct script {
    struct operation *operations;
    size_t count;
    size_t capacity;
};

/* In which order what is alive is freed. */
enum script_order {
    ORDER_MIXED, /* allocation and free as they come */
    ORDER_LIFO,
    ORDER_FIFO,
    ORDER_RANDOM,
    ORDER_SIZE,    /* the largest first */
    ORDER_ADDRESS, /* the lowest first */
    ORDER_EVERY_OTHER,
    ORDERS,
};

struct script_plan {
    uint64_t seed;
    size_t operations;
    uint32_t slots;
    unsigned threads; /* 1 to SCRIPT_THREADS_MAX */
    enum script_order order;
    size_t size_max; /* bytes */
};

extern const char *const script_order_words[ORDERS];

/* Room for so many operations: 0 or -1. */
int script_create(struct script *ret_script, size_t capacity);

/* Draws by the plan: the same plan gives the same script. -1 without memory. */
int script_draw(struct script *ret_script, const struct script_plan *plan);

/* As text, ended by a zero byte. How long the whole text is, the zero byte not
 * counted, however much of it fitted. */
size_t script_print(const struct script *script, char *ret_text, size_t bytes);

/* From text. -1 without memory, or at the first word that is no operation. */
int script_parse(struct script *ret_script, const char *text);

/* One size as scripts draw them: half spread evenly by logarithm, the others
 * next to size classes, pages and the thresholds of large blocks. */
size_t script_size(struct random *random, size_t size_max);

#endif
