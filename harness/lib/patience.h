/* patience.h - how much longer to wait on a machine that others use, too.
 *
 * A limit of time says what is too long on a machine of one's own; who shares
 * a processor with nine others takes ten times as long, and has not hung.
 *
 * Threads: any. Errors: where /proc tells nothing, nobody else is there. */
#ifndef ASSAY_PATIENCE_H
#define ASSAY_PATIENCE_H

enum { PATIENCE_OWN = 100, PATIENCE_MAX = 800 };

/* What a limit is to be multiplied by, in percent: the threads that want a
 * processor, now or on average over the last minute, whichever is more, for
 * each that this process may use; PATIENCE_OWN..PATIENCE_MAX. Uses stdio. */
unsigned patience_percent(void);

#endif
