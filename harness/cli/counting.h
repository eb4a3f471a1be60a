/* counting.h - a cell under valgrind's callgrind: instructions, and the misses
 * of simulated caches, equal from run to run.
 *
 * Callgrind does not replace malloc. The caches are simulated with sizes of
 * our own, not the host's, and addresses are not randomised, so that counts
 * of two machines compare; what a subject itself draws at random can still
 * move them by a little, which the twin shows.
 *
 * Owner: lists are freed with text_list_free(). */
#ifndef ASSAY_COUNTING_H
#define ASSAY_COUNTING_H

#include "cell.h"
#include "failure.h"

/* The command that counts `arguments`, which it takes over; the counts go to
 * the file `path`. */
char **counting_arguments(char **arguments, const char *path);

/* Adds the file's counts to the figures, and removes it. A cell that ran well
 * and left no counts becomes failed. */
void counting_take(struct cell_result *result, const char *path);

/* Whether valgrind is there. */
int counting_is_possible(struct failure *ret_error);

#endif
