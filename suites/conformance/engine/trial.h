/* trial.h - scripts of words, tried in fresh processes of the probe and cut
 * down to what still fails. */
#ifndef ASSAY_CONFORMANCE_TRIAL_H
#define ASSAY_CONFORMANCE_TRIAL_H

#include "../check.h"

struct trial_of {
    const char *id;      /* the check's: "GC-1" */
    unsigned timeout_ms; /* of one try; a longer one is a hang */
    unsigned short_ms;   /* the same, of a text of under 10000 words */
};

/* What --script means: the text itself, or that of the file. NULL when it
 * cannot be read. */
const char *trial_text(const char *script);

/* The text failed in a child that ended like that. Fails with the shortest
 * text that does, and with the command that plays it. `said` is what the child
 * said, "" when it crashed. Changes `text`. */
enum verdict trial_blame(struct check_run *run, const struct trial_of *of,
                         char *text, const struct child_end *end,
                         const char *said);

#endif
