/* live.c - a set of addresses, by hashing, in mapped pages. */
#include "live.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM_MIN ((size_t)4096)

/* What a removed address leaves: a search goes on behind it. */
static char live_gone;

#define GONE ((void *)&live_gone)

/* Fibonacci hashing (Knuth, TAOCP 3, 6.4): blocks lie at regular steps. */
static size_t live_hash(const struct live *live, const void *block)
{
    uint64_t mixed = (uint64_t)(uintptr_t)block * 0x9e3779b97f4a7c15u;

    return (size_t)(mixed >> 20) & (live->room - 1);
}

static void **live_map(size_t room)
{
    void *pages = mmap(NULL, room * sizeof(void *), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

/* At most half of all slots are used or promised, so that searches are short.
 * Where pages for more are refused a return goes beyond that: with those
 * that are gone there is a slot for every block that was ever added. */
static bool live_is_roomy(const struct live *live)
{
    return 2 * (live->used + live->lent + 1) <= live->room;
}

static void live_put(struct live *live, void *block)
{
    size_t at = live_hash(live, block);

    while (live->slot[at] != NULL && live->slot[at] != GONE)
        at = (at + 1) & (live->room - 1);
    live->used += live->slot[at] == NULL;
    live->slot[at] = block;
}

/* Twice the room, or the same without those that are gone. */
static bool live_rehash(struct live *live)
{
    struct live grown = *live;

    grown.room = live->room == 0                              ? ROOM_MIN
                 : live->count + live->lent >= live->room / 4 ? 2 * live->room
                                                              : live->room;
    grown.used = 0;
    grown.slot = live_map(grown.room);
    if (grown.slot == NULL)
        return false;
    for (size_t i = 0; i < live->room; i++)
        if (live->slot[i] != NULL && live->slot[i] != GONE)
            live_put(&grown, live->slot[i]);
    if (live->room > 0)
        munmap(live->slot, live->room * sizeof(void *));
    live->slot = grown.slot;
    live->room = grown.room;
    live->used = grown.used;
    return true;
}

void live_begin(struct live *live)
{
    *live = (struct live){ .slot = NULL };
    pthread_mutex_init(&live->lock, NULL);
}

bool live_add(struct live *live, void *block)
{
    bool added;

    pthread_mutex_lock(&live->lock);
    added = live_is_roomy(live) || live_rehash(live);
    if (added) {
        live_put(live, block);
        live->count++;
    }
    pthread_mutex_unlock(&live->lock);
    return added;
}

/* A search ends, even if every slot is used. */
static void live_take_out(struct live *live, const void *block)
{
    size_t at = live->room > 0 ? live_hash(live, block) : 0;

    for (size_t i = 0; i < live->room && live->slot[at] != NULL; i++) {
        if (live->slot[at] == block) {
            live->slot[at] = GONE;
            live->count--;
            return;
        }
        at = (at + 1) & (live->room - 1);
    }
}

void live_remove(struct live *live, void *block)
{
    pthread_mutex_lock(&live->lock);
    live_take_out(live, block);
    pthread_mutex_unlock(&live->lock);
}

void live_lend(struct live *live, void *block)
{
    pthread_mutex_lock(&live->lock);
    live_take_out(live, block);
    live->lent++;
    pthread_mutex_unlock(&live->lock);
}

void live_return(struct live *live, void *block)
{
    pthread_mutex_lock(&live->lock);
    live->lent--;
    if (!live_is_roomy(live))
        (void)live_rehash(live); /* or it goes without */
    live_put(live, block);
    live->count++;
    pthread_mutex_unlock(&live->lock);
}

void live_end_all(struct live *live, void (*end)(void *block))
{
    for (size_t i = 0; i < live->room; i++)
        if (live->slot[i] != NULL && live->slot[i] != GONE)
            end(live->slot[i]);
    if (live->room > 0)
        memset(live->slot, 0, live->room * sizeof(void *));
    live->used = live->count = 0;
}

void live_end(struct live *live)
{
    if (live->room > 0)
        munmap(live->slot, live->room * sizeof(void *));
    pthread_mutex_destroy(&live->lock);
}
