/* status.h - how a cell ended: a value in every table, never a gap.
 *
 * The words are the same in the record, in the result lines and in tables. */
#ifndef ASSAY_STATUS_H
#define ASSAY_STATUS_H

enum status {
    STATUS_OK,           /* it ran, and its oracle agreed */
    STATUS_CRASHED,      /* ended by a signal; the code is its number */
    STATUS_FAILED,       /* ended without a record; the code is the exit's */
    STATUS_TIMEOUT,      /* ended by the watchdog */
    STATUS_WRONG_OUTPUT, /* it ran to its end and the answer is wrong */
    STATUS_UNSUPPORTED,  /* this subject cannot be asked this question */
    STATUS_NOT_ACTIVE,   /* malloc was not the subject's */
    STATUS_CANCELLED,    /* stopped by the user: never written as a result */
};

/* The word for a status, e.g. "wrong-output". Static storage. */
const char *status_word(enum status status);

/* The status whose word this is, or -1. */
int status_from_word(const char *word);

#endif
