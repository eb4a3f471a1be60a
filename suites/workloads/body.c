/* body.c - the parts of a workload that no clock sees. */
#include "body.h"

unsigned char body_block[BODY_BLOCK_BYTES]
    __attribute__((aligned(TOUCH_PAGE_BYTES)));

void body_free_slots(struct run *run, void **slots, uint64_t count)
{
    uint64_t live = 0;

    for (uint64_t i = 0; i < count; i++) {
        if (slots[i] == NULL)
            continue;
        live++;
        run->calls->free(slots[i]);
        slots[i] = NULL;
    }
    atomic_fetch_add(&run->live_blocks, live);
}
