/* table.h - a summary as people read it on a terminal. */
#ifndef ASSAY_TABLE_H
#define ASSAY_TABLE_H

#include <stdio.h>

#include "summary.h"

/* Prints every row with effect and interval gross and net of the floor, the
 * processor time, memory and verdict, and below what must be known to read
 * it. Colours only on a terminal without NO_COLOR. */
void table_print(const struct summary *summary, FILE *out);

#endif
