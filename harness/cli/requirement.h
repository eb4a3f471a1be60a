/* requirement.h - the checks that the probe programs have, and which of them
 * are wanted.
 *
 * Errors: -1 with a message for people.
 * Owner:  strings belong to the list; requirements_free() ends it. */
#ifndef ASSAY_REQUIREMENT_H
#define ASSAY_REQUIREMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "failure.h"
#include "kind.h"

enum severity { SEVERITY_MUST, SEVERITY_SHOULD, SEVERITY_QUALITY, SEVERITIES };

struct requirement {
    enum kind kind;       /* of subjects */
    const char *id;       /* "ALN-4" */
    char family[8];       /* "ALN": the id's first part */
    const char *file;     /* the stem of the file that has it: "alignment" */
    const char *profiles; /* space-separated; "" where none is named */
    const char *statement;
    const char *source;
    const char *why;   /* "" where nothing is told */
    const char *wants; /* what a plug-in must claim: "FREE RESET", or "" */
    enum severity severity;
    unsigned timeout_s;
    bool random;  /* draws from the seed */
    bool threads; /* may be racy */
    bool waits;   /* mostly sleeps: takes no job slot */
    bool alone;   /* nothing else may run beside it */
};

struct requirements {
    struct requirement *all;
    size_t count;
    json_t *document; /* as the probes list them, each with its kind */
};

/* Asks the probe program of that kind; -1: those of all kinds. Families stay
 * together, in the order in which the probe lists them first; within one, ids
 * are in their natural order.
 */
int requirements_load(int kind, struct requirements *ret_list,
                      struct failure *ret_error);
void requirements_free(struct requirements *list);

/* The requirement of that id (any case, '_' for '-'), or NULL. */
const struct requirement *requirement_find(const struct requirements *list,
                                           const char *id);

/* What a run asks for. */
struct requirement_choice {
    char *const *filters; /* glob(7) patterns of ids, families or files;
                           * NULL: all */
    unsigned severities;  /* set of 1 << enum severity */
    int kind;             /* of subjects; -1: all */
};

/* The requirements chosen, ended by NULL; free() the array. A pattern that
 * matches nothing is an error. */
int requirements_choose(const struct requirements *list,
                        const struct requirement_choice *choice,
                        const struct requirement ***ret_chosen,
                        struct failure *ret_error);

/* Whether a requirement may fail a run of that profile: MUST and SHOULD where
 * they name none or this one; QUALITY where it is the hardened one, and named:
 * misuse noticed is all that profile is about. */
bool requirement_counts(const struct requirement *requirement,
                        const char *profile);

/* "MUST", "SHOULD", "QUALITY". Static storage. */
const char *severity_word(enum severity severity);

/* The severity whose word this is (any case; its first letter does), or -1. */
int severity_from_word(const char *word);

#endif
