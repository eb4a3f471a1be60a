/* subject.h - what is under test: by name from a list, or by path.
 *
 * Nothing here loads a subject: what a library is, is read from its ELF
 * dynamic symbols, and everything is settled before the first cell runs.
 *
 * Errors: a message for people in `ret_error`, naming what to do next.
 * Owner:  a subject owns its strings; subject_free() ends it. */
#ifndef ASSAY_SUBJECT_H
#define ASSAY_SUBJECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "failure.h"
#include "functions.h"
#include "kind.h"

struct subject {
    char *name;    /* as given; of a path the file's stem: see below */
    char *path;    /* absolute, symbolic links resolved: what is preloaded */
    char *version; /* the package's, or "" */
    char *package; /* where it comes from, or "" */
    char sha256[65];
    char build_id[64];  /* or "" */
    char **environment; /* NAME=VALUE settings it needs; ended by NULL */
    enum kind kind; /* as what it is looked at; a malloc unless it is checked */
    bool exports[KINDS]; /* the symbol of that kind */
    bool is_floor;
    bool is_twin; /* the baseline once more, under NAME.twin */

    /* Where it replaces no malloc, but is called by names of its own. */
    struct functions functions;
    char *contract;  /* in words; NULL: a malloc, and so thread-safe */
    bool one_thread; /* rows with threads are unsupported */
};

/* The list of known subjects with what was found on this machine. */
json_t *subjects_known(void);

/* Of these the ones that are here, and that a check looks at as that kind. */
json_t *subjects_of_kind(enum kind kind);

/* Finds `given`: a name of the list, or a path with a slash in it. A path may
 * end with @PREFIX, where the library has PREFIXmalloc, PREFIXcalloc,
 * PREFIXrealloc and PREFIXfree (PREFIXaligned_alloc if it likes), and then
 * with :one-thread, where only one thread may call them. */
int subject_find(const char *given, struct subject *ret_subject,
                 struct failure *ret_error);

/* The same for a check, as that kind; -1: as what its symbols say, where a
 * table of a plug-in comes before a malloc. Of a name that has both a library
 * and a plug-in it is the plug-in. */
int subject_find_as(const char *given, int kind, struct subject *ret_subject,
                    struct failure *ret_error);

/* The same for a campaign whose subjects are `like` (a kind, or -1 where none
 * is known yet). Of a name that stands for a malloc and an object allocator,
 * or a library that is both, it is the latter where those are compared, and a
 * malloc otherwise; what is but one of them is that. */
int subject_find_benched(const char *given, int like,
                         struct subject *ret_subject,
                         struct failure *ret_error);

/* The floor of subjects of that kind, and the twin of a baseline. */
int subject_floor(enum kind kind, struct subject *ret_subject,
                  struct failure *ret_error);
int subject_twin(const struct subject *baseline, struct subject *ret_subject);

json_t *subject_to_json(const struct subject *subject);
void subject_free(struct subject *subject);

#endif
