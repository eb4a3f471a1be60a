/* missing.h - stands where a subject has no function.
 *
 * A subject that lies behind names of its own need not have all five. Which
 * row asks for which is seen where it is asked: the cell then ends with
 * `unsupported`, and a sentence that names the function. */
#ifndef ASSAY_CELL_MISSING_H
#define ASSAY_CELL_MISSING_H

#include "functions.h"
#include "record.h"
#include "workload.h"

/* Puts an ending where `functions` has no name; the other calls stay. */
void missing_fill(struct calls *calls, const struct functions *functions,
                  struct record *record);

#endif
