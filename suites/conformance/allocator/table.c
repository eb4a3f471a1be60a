/* table.c - the table has what it claims, and no more. (OBJ-21) */
#include "allocator_table.h"

#include "check.h"

CHECK(OBJ_21, MUST,
      "the table has this ABI, an entry for each bit that is claimed, and "
      "none for others",
      "assay/allocator.h: struct assay_allocator, NULL",
      .why = "A table that lacks what it promises is refused before this, and "
             "nothing of it passes. What is there and not claimed would never "
             "be asked: a plug-in that claims nothing passes nothing.")
{
    char why[256];

    if (!allocator_table_is_sound(subject, why, sizeof(why)) ||
        !allocator_table_is_plain(subject, why, sizeof(why)))
        return fail(run, "%s %s", subject->name, why);
    return pass(run);
}
