/* collector.c - a collector plug-in in this process. */
#include "collector.h"

#include "assay/collector.h"
#include "backing.h"
#include "collector_table.h"
#include "plugin.h"

int cell_collector_load(const char *path, struct run *run,
                        struct provider *ret_provider)
{
    const struct assay_collector *table =
        cell_plugin_load(path, ASSAY_COLLECTOR_SYMBOL, ret_provider);
    char fault[256];

    if (table == NULL)
        return -1;
    if (!collector_table_is_sound(table, fault, sizeof(fault)))
        return cell_plugin_refuse(ret_provider, path, fault);
    run->collector = table;
    run->backend = &cell_backing;
    return 0;
}
