/* oracle_common.h - what the oracles beside libpython have in common: their
 * exit statuses, options that are numbers, and how a run ended.
 *
 * Errors: wrong usage ends the process by argp_error(). */
#ifndef ASSAY_ORACLE_COMMON_H
#define ASSAY_ORACLE_COMMON_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

enum { EXIT_EQUAL, EXIT_DIFFERENT, EXIT_USAGE, EXIT_TOOL };

uint64_t oracle_number(struct argp_state *state, const char *option,
                       const char *text, uint64_t low, uint64_t high);

/* "A" or "A..B"; changes the text. */
void oracle_seeds(struct argp_state *state, char *text, uint64_t *ret_first,
                  uint64_t *ret_last);

/* How a run that did not end by itself ended, in the words of a difference.
 * One that failed as a tool has said why: it ends this process, too. */
void oracle_explain_end(int status, char *ret_text, size_t room);

#endif
