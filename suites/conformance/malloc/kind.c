/* kind.c - a malloc: preloaded by whoever starts this program, and proven to
 * be the one that is called. */
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "../probe/probe.h"
#include "provider.h"

static bool kind_open(struct check_run *run, const char *subject_path,
                      char *ret_why, size_t room)
{
    static const struct functions plain;
    static struct provider provider;
    struct record *record = run->record;

    if (provider_find(&provider, subject_path, &plain) != 0) {
        snprintf(ret_why, room, "%s", provider.mismatch);
        return false;
    }
    memcpy(record->provider, provider.path, sizeof(record->provider));
    memcpy(record->build_id, provider.build_id, sizeof(record->build_id));
    run->subject_path = provider.path;
    calls_resolve(provider.path);
    return true;
}

const struct probe_kind probe_kind = {
    .program = "assay-probe",
    .about = "assay-probe decides one requirement under a preloaded subject.",
    .open = kind_open,
};
