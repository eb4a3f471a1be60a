/* backend.h - memory for plug-ins that is counted, guarded, and can run out.
 *
 * Every piece is aligned to what was asked for and to no more, lies between
 * two red zones, and is filled with 0xA5 when taken
 * and with 0xDD when given back. The first misuse is kept: a piece that was
 * never taken or is given twice, a size that is not the one taken, a red zone
 * that was written to.
 *
 * Threads: all calls on one backend, but init and destroy.
 * Errors:  take() returns NULL when told to refuse.
 * Owner:   counting_backend_destroy() frees what was never given back. */
#ifndef ASSAY_BACKEND_H
#define ASSAY_BACKEND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "assay/allocator.h"

#define BACKEND_TAKEN_BYTE 0xA5
#define BACKEND_GIVEN_BYTE 0xDD

struct backend_piece;

struct counting_backend {
    struct assay_backend backend; /* to be passed on; its context is this */
    pthread_mutex_t lock;
    struct backend_piece *pieces; /* the newest first */
    struct backend_piece **table; /* the same, by address */
    size_t table_size;            /* a power of two, or 0 */
    size_t outstanding_bytes;
    size_t outstanding_pieces;
    size_t peak_bytes;   /* of outstanding_bytes */
    size_t takes;        /* calls of take(), those refused included */
    size_t refusals;     /* of these */
    size_t refuse_from;  /* takes [refuse_from, refuse_until) are refused, */
    size_t refuse_until; /* where the first take is number 0 */
    char misuse[160];    /* "" while there was none */
};

void counting_backend_init(struct counting_backend *backend);
void counting_backend_destroy(struct counting_backend *backend);

/* Refuses `count` takes after the next `after` ones. */
void counting_backend_refuse(struct counting_backend *backend, size_t after,
                             size_t count);

/* Whether all these bytes lie within one piece that is taken. */
bool counting_backend_holds(struct counting_backend *backend, const void *start,
                            size_t bytes);

/* NULL, or the first misuse. Looks at all red zones. */
const char *counting_backend_misuse(struct counting_backend *backend);

#endif
