/* table.h - the one place that says which tables are refused. */
#ifndef ASSAY_COLLECTOR_TABLE_H
#define ASSAY_COLLECTOR_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "assay/collector.h"

/* The names of the bits of `can`, from the lowest; ended by NULL. */
extern const char *const table_bits[];

/* Whether the plug-in can be asked anything at all. Otherwise `ret_why` is a
 * sentence that says what to change. */
bool table_is_sound(const struct assay_collector *table, char *ret_why,
                    size_t room);

/* Whether it also says no more than it claims. */
bool table_is_plain(const struct assay_collector *table, char *ret_why,
                    size_t room);

#endif
