/* plugin.h - opens the library of a plug-in, and says whose it is.
 *
 * Threads: the main one.
 * Errors:  why is in ret_provider->mismatch.
 * Owner:   the library stays loaded. */
#ifndef ASSAY_CELL_PLUGIN_H
#define ASSAY_CELL_PLUGIN_H

#include "provider.h"

/* The table that the library exports as `symbol`; its path and build id are in
 * the provider then. NULL when it cannot be loaded, or exports none. */
const void *cell_plugin_load(const char *path, const char *symbol,
                             struct provider *ret_provider);

/* Says why of the library at `path`: "exports no assay_collector". -1. */
int cell_plugin_refuse(struct provider *provider, const char *path,
                       const char *why);

#endif
