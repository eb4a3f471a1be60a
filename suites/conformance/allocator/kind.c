/* kind.c - an object allocator: a plug-in, loaded into this process. */
#include "../plugin/plugin.h"
#include "../probe/probe.h"
#include "allocator_table.h"
#include "check.h"

const struct assay_allocator *subject;
struct counting_backend check_backend;

static bool kind_open(struct check_run *run, const char *path, char *ret_why,
                      size_t room)
{
    subject = plugin_load(run, path, ASSAY_ALLOCATOR_SYMBOL, ret_why, room);
    if (subject == NULL || !allocator_table_is_sound(subject, ret_why, room))
        return false;
    run->claims = subject->can;
    counting_backend_init(&check_backend);
    return true;
}

const struct probe_kind probe_kind = {
    .program = "assay-probe-allocator",
    .about = "assay-probe-allocator decides one requirement of an object "
             "allocator, a plug-in.",
    .open = kind_open,
    .bits = allocator_table_bits,
};
