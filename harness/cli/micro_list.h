/* micro_list.h - the micro-benchmarks that `assay-micro` has.
 *
 * Owner: micro_list_free(); texts belong to the list. */
#ifndef ASSAY_MICRO_LIST_H
#define ASSAY_MICRO_LIST_H

#include <jansson.h>
#include <stddef.h>

#include "failure.h"

/* A family at one size. */
struct micro_entry {
    const char *name; /* the family: "pair" */
    long long size_bytes;
    long long alignment_bytes; /* 0: malloc's own */
    const char *operation;     /* what one operation is */
    const char *group;         /* what one process runs: entries of a group
                                * follow one another */
};

struct micro_list {
    struct micro_entry *entries;
    size_t count;
    const char *library_version; /* of google-benchmark */
    json_t *json;
};

/* Asks `assay-micro --list`. `names` chooses families; NULL: all. -1 with a
 * message when one is unknown, or the program was not built. */
int micro_list_load(char *const *names, struct micro_list *ret_list,
                    struct failure *ret_error);
void micro_list_free(struct micro_list *list);

#endif
