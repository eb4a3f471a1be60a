/* backing.h - the backend of the heaps of plug-ins: as thin as can be, the C
 * library's malloc behind a count.
 *
 * Threads: one at a time.
 * Errors:  take() returns NULL when malloc does. */
#ifndef ASSAY_CELL_BACKING_H
#define ASSAY_CELL_BACKING_H

#include "assay/backend.h"
#include "record.h"

extern const struct assay_backend cell_backing;

/* What it saw, in bytes: backend_peak_bytes, and backend_left_bytes, which is
 * what was not given back until now. Nothing, of a plug-in with memory of its
 * own. */
void cell_backing_note(struct record *record);

#endif
