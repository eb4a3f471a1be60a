/* subject_functions.h - a subject that lies behind names of its own.
 *
 * It replaces no malloc: the cell program calls its functions by name, and
 * no other program can be run under it. Its contract says who may call.
 *
 * Errors: -1 with a message for people. */
#ifndef ASSAY_SUBJECT_FUNCTIONS_H
#define ASSAY_SUBJECT_FUNCTIONS_H

#include "subject.h"

/* From an entry of the list: "functions", "contract" and "threads". An entry
 * without the first is a malloc, and nothing is set. */
int subject_functions_of_entry(struct subject *subject, const json_t *entry,
                               struct failure *ret_error);

/* From what stands behind the path's @: PREFIX or PREFIX:one-thread. */
int subject_functions_of_prefix(struct subject *subject, const char *given,
                                struct failure *ret_error);

/* Whether the file exports each function that is named. */
int subject_functions_check(const struct subject *subject,
                            struct failure *ret_error);

/* The named functions that the file does not export: "a, b" or "". */
char *subject_functions_missing(const struct subject *subject);

/* "malloc=NAME,..." as the cell program reads it. */
char *subject_functions_text(const struct subject *subject);

/* Adds functions, contract and threads to a subject's JSON; nothing for a
 * subject that replaces malloc. */
void subject_functions_to_json(const struct subject *subject, json_t *value);

#endif
