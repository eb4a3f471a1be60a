/* hardening.h - undefined behaviour, tried in a child, and how it ended.
 *
 * Errors: the outcome is one of DETECTED-abort (the process was ended on
 *         purpose), DETECTED-msg (it went on, with a message on stderr),
 *         CRASH (a fault), NEUTRAL (no effect on later blocks), SILENT-reuse
 *         (later blocks share bytes, or old contents are seen) and HANG. */
#ifndef ASSAY_CHECK_HARDENING_H
#define ASSAY_CHECK_HARDENING_H

#include "check.h"

/* What a deed returns, beside 0 for no effect: the bytes are shared or old. */
enum { HARDENING_REUSE = 100 };

/* Runs deed(argument) in a child and passes with its outcome. */
enum verdict hardening_try(struct check_run *run, int (*deed)(void *argument),
                           void *argument);

/* For the end of a deed: allocates many blocks of that size, fills them and
 * looks whether two share bytes. 0 or HARDENING_REUSE. */
int hardening_aftermath(size_t size);

#endif
