/* live.h - which blocks of a system's allocator a heap has given out.
 *
 * A system whose blocks belong to the whole process knows of no heap that
 * ends; the plug-in around it remembers them, and frees them then. The set
 * lies in pages of its own: a system's blocks have no room in front of them.
 *
 * Threads: any.
 * Errors:  false for want of memory; the set is as it was.
 * Owner:   live_end(). */
#ifndef ASSAY_PEERS_LIVE_H
#define ASSAY_PEERS_LIVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct live {
    pthread_mutex_t lock;
    void **slot; /* open addressing; NULL: never used */
    size_t room; /* a power of two, or 0 */
    size_t used; /* slots that are not NULL, those of ended blocks included */
    size_t count;
    size_t lent; /* places kept for those who return */
};

void live_begin(struct live *live);

bool live_add(struct live *live, void *block);
void live_remove(struct live *live, void *block);

/* The block leaves the set, and a place is kept for whoever returns in its
 * stead: live_return(), once for each live_lend(), cannot fail. */
void live_lend(struct live *live, void *block);
void live_return(struct live *live, void *block);

/* Calls `end` for each block, and forgets them all. */
void live_end_all(struct live *live, void (*end)(void *block));
void live_end(struct live *live);

#endif
