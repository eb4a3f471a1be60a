/* stress.h - the subject, made to collect at every n-th call that allocates,
 * and before stores.
 *
 * For new_object() it is a table of its own in front of the subject's, so that
 * no check knows. Before a store, or a weak reference, whoever makes it calls
 * stress_point(), and then takes what is to be stored from the roots.
 * ASSAY_COLLECT_EVERY in the environment says n; it holds for any check. */
#ifndef ASSAY_COLLECTOR_STRESS_H
#define ASSAY_COLLECTOR_STRESS_H

#include "../check.h"

/* Puts it in front, if it is asked for and not there yet. */
void stress_apply(void);

/* May collect, when it is asked for. */
void stress_point(struct assay_heap *heap);

/* From here on as from the beginning. */
void stress_restart(void);

/* Asks for it, in this process and those it starts. */
void stress_ask(unsigned every);

bool stress_is_on(void);

/* `amount`, or less where all takes longer. At least 1. */
unsigned stress_scaled(unsigned amount);

#endif
