/* collector.h - loads the collector plug-in that a row is asked of.
 *
 * It is loaded after the start of the process and never preloaded; its memory,
 * where it takes that from the backend, is that of backing.h.
 *
 * Threads: the main one. */
#ifndef ASSAY_CELL_COLLECTOR_H
#define ASSAY_CELL_COLLECTOR_H

#include "provider.h"
#include "workload.h"

/* Loads the library, and puts collector and backend into the run. -1, and why
 * in ret_provider->mismatch, when it is no collector of this ABI. */
int cell_collector_load(const char *path, struct run *run,
                        struct provider *ret_provider);

#endif
