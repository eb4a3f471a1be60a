/* plugin.h - a plug-in in the probe's own process.
 *
 * Errors: false, and in `ret_why` a sentence that says what to change. */
#ifndef ASSAY_PLUGIN_H
#define ASSAY_PLUGIN_H

#include "../check.h"

/* Loads the library, for ever, and finds the data symbol. Fills provider and
 * build id of the record, and run->subject_path. NULL where there is none. */
const void *plugin_load(struct check_run *run, const char *path,
                        const char *symbol, char *ret_why, size_t room);

#endif
