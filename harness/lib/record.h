/* record.h - the page on which a measured process leaves its result.
 *
 * The process that asks creates the record as a memory file, hands it down as
 * a descriptor, and keeps it mapped; the measured program maps it before any
 * library constructor runs. So the result survives whatever the subject does
 * afterwards: a crash, _exit(0) inside malloc, every descriptor closed. A
 * record without its seal is no result, whatever the exit status says.
 *
 * Threads: one writer, apart from the two atomics, which any thread may set.
 * Errors:  what can fail from outside returns a negative errno.
 * Owner:   the creator unmaps; the measured process never does. */
#ifndef ASSAY_RECORD_H
#define ASSAY_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum {
    RECORD_VERSION = 2,
    RECORD_FIGURES = 48,
    RECORD_FD = 213, /* the descriptor's number in the measured process */
};

/* One named number; the unit is the last word of the name. */
struct record_figure {
    char name[40];
    double value;
};

struct record {
    uint32_t magic;
    uint32_t version;
    _Atomic uint64_t live_bytes; /* requested and not freed, now; 0 unknown */
    _Atomic uint32_t phase;      /* 0 set-up, 1 timed, 2 after the last free */
    uint32_t status;             /* enum status */
    uint64_t digest;             /* of the request stream */
    uint32_t figure_count;
    struct record_figure figures[RECORD_FIGURES];
    char message[512];     /* what was seen, for people; may be empty */
    char requirement[16];  /* the id that a shadow-checked run found broken */
    char outcome[24];      /* a word where several endings are right, or "" */
    char provider[512];    /* the object that provides malloc */
    char build_id[64];     /* its GNU build id in hexadecimal, or empty */
    _Atomic uint64_t seal; /* hash of all above but the atomics, plus one */
};

/* Creates an empty record. On success *ret_record is mapped and *ret_fd is
 * open (close-on-exec; the supervisor passes it on as RECORD_FD). */
int record_create(struct record **ret_record, int *ret_fd);

/* Empties the record for the next run, between two measured processes. */
void record_clear(struct record *record);

void record_destroy(struct record *record, int fd);

/* In the measured process: maps the descriptor RECORD_FD and closes it. Makes
 * system calls only, so it may run from .preinit_array. NULL without one. */
struct record *record_attach(void);

/* Adds or replaces a figure. A figure too many is dropped and shows in
 * record_is_sealed(): the seal is then refused. */
void record_set(struct record *record, const char *name, double value);

/* The figure of that name, or `otherwise`. */
double record_get(const struct record *record, const char *name,
                  double otherwise);

/* Ends the record: status, message (printf-like, no allocation) and seal. */
void record_finish(struct record *record, enum status status,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether the record was finished and has not been scribbled on since. */
bool record_is_sealed(const struct record *record);

#endif
