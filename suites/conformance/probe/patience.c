/* patience.c - how long is too long, on a machine that does other things, too.
 */
#include "probe.h"

enum { PATIENCE_OWN = 100 };

static unsigned patience_percent = PATIENCE_OWN;

void probe_set_patience(unsigned percent)
{
    patience_percent = percent;
}

unsigned check_limit_ms(unsigned own_ms)
{
    uint64_t limit_ms = (uint64_t)own_ms * patience_percent / PATIENCE_OWN;

    return limit_ms < UINT32_MAX ? (unsigned)limit_ms : UINT32_MAX;
}
