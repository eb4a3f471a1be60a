/* recorded_arenas.h - arenas for tests of the heap: remembered by number, as
 * far from alignment as asked, and refused when told to.
 *
 * Errors: a release of what was never given is counted in `strange`.
 * Owner:  recorded_close() unmaps what was not released. */
#ifndef ASSAY_RECORDED_ARENAS_H
#define ASSAY_RECORDED_ARENAS_H

#include <assay/memory.h>

enum { RECORDED_ARENAS = 1024 };

struct recorded_arenas {
    char *address[RECORDED_ARENAS]; /* NULL once released */
    size_t bytes;                   /* of each */
    size_t skew_bytes;
    unsigned taken;
    unsigned released;
    unsigned strange;
    unsigned refuse_from; /* the number of the first request refused */
    unsigned refuse_to;   /* and of the first served again */
    unsigned asked;
};

struct memory_arenas recorded_hook(struct recorded_arenas *arenas);
void recorded_close(struct recorded_arenas *arenas);

/* The number of the arena that holds an address, and how far in it; -1 when
 * none does. */
int recorded_place(const struct recorded_arenas *arenas, const void *address,
                   size_t *ret_offset);

/* A heap of this edition on recorded arenas, all else as by default. */
struct obheap *recorded_heap(struct recorded_arenas *arenas,
                             const char *edition);

#endif
