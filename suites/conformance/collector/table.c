/* table.c - the table has what it claims, and no more. (GC-0) */
#include "collector_table.h"

#include "check.h"

CHECK(GC_0, MUST,
      "the table has this ABI, an entry for each bit that is claimed, and "
      "none for others",
      "assay/collector.h: struct assay_collector, NULL",
      .why = "A table that lacks what it promises is refused before this, and "
             "nothing of it passes. What is there and not claimed would never "
             "be asked: a plug-in that claims nothing passes nothing.")
{
    char why[256];

    if (!collector_table_is_sound(subject, why, sizeof(why)) ||
        !collector_table_is_plain(subject, why, sizeof(why)))
        return fail(run, "%s %s", subject->name, why);
    return pass(run);
}
