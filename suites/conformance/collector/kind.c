/* kind.c - a collector: a plug-in, loaded into this process. */
#include "../plugin/plugin.h"
#include "../probe/probe.h"
#include "collector_table.h"
#include "check.h"

const struct assay_collector *subject;
struct counting_backend check_backend;

const struct assay_collector_config check_config = {
    .backend = &check_backend.backend,
};

static bool kind_open(struct check_run *run, const char *path, char *ret_why,
                      size_t room)
{
    subject = plugin_load(run, path, ASSAY_COLLECTOR_SYMBOL, ret_why, room);
    if (subject == NULL || !collector_table_is_sound(subject, ret_why, room))
        return false;
    run->claims = subject->can;
    counting_backend_init(&check_backend);
    return true;
}

const struct probe_kind probe_kind = {
    .program = "assay-probe-collector",
    .about = "assay-probe-collector decides one requirement of a "
             "collector, a plug-in.",
    .open = kind_open,
    .bits = collector_table_bits,
};
