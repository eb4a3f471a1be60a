/* deviation.h - requirements that a known subject is known not to meet.
 *
 * One file a subject, impl/peers/deviations/NAME.json; its format is taught
 * in impl/peers/README.md. Bounded by version, with reason and link.
 *
 * Errors: -1 with a message for people: a file that is not as it should be.
 * Owner:  strings belong to the list; deviations_free() ends it. */
#ifndef ASSAY_DEVIATION_H
#define ASSAY_DEVIATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "failure.h"
#include "verdict.h"

struct requirements;
struct subject;

struct deviation {
    const char *requirement;
    const char *from;  /* the first version that has it, or "" */
    const char *below; /* the first that has it no more, or "" */
    const char *reason;
    const char *link;
    unsigned verdicts; /* set of 1 << enum verdict_kind */
    bool sometimes;    /* a race: not seeing it proves nothing */
};

struct deviations {
    struct deviation *all; /* those of the subject's version */
    size_t count;
    json_t *document;
};

/* Those of this subject in its version; empty where no file has its name, or
 * its version is not known (a subject given by a path). */
int deviations_load(const struct subject *subject,
                    struct deviations *ret_deviations,
                    struct failure *ret_error);
void deviations_free(struct deviations *deviations);

/* Whether each entry of its file, of whatever version, is of a requirement
 * that there is: 0, or -1 with a message. */
int deviations_verify(const struct deviations *deviations,
                      const struct subject *subject,
                      const struct requirements *list,
                      struct failure *ret_error);

const struct deviation *deviation_find(const struct deviations *deviations,
                                       const char *requirement);

bool deviation_allows(const struct deviation *deviation,
                      enum verdict_kind kind);

#endif
