/* plain_small.c - blocks of size classes, carved from chunks and kept in lists.
 * A chunk whose blocks are all free serves any class again. */
#include "plain.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    EMPTY_KEPT = 16,   /* chunks without a live block that are kept */
    QUEUES = 64,       /* of foreign frees, in a mutant */
    NUMBERS = 1 << 19, /* of blocks, before a mutant's numbers wrap */
};

/* At the begin of a chunk, which lies at a multiple of CHUNK. */
struct chunk {
    size_t live;  /* blocks given out */
    char *carved; /* the end of its last block */
};

struct link {
    struct link *next, *before;
};

static struct link *small_lists[CLASSES];
static struct chunk *small_current; /* the one that is carved from */
static struct chunk
    *small_spare;            /* that the system did not take, by `carved` */
static unsigned small_empty; /* chunks that could go back */
static unsigned small_frees;

static _Atomic(struct link *) small_remote[CLASSES]; /* mutants' */
static _Atomic long small_remote_count[CLASSES];
static struct link *small_queues[QUEUES];
static bool small_started[CLASSES];

/* ---- size classes: eight units, then four steps a doubling ---- */

static size_t class_bytes(unsigned class)
{
    size_t step;

    if (class < 8)
        return (class + 1) * UNIT;
    step = (size_t)32 << (class - 8) / 4;
    return 4 * step + ((class - 8) % 4 + 1) * step;
}

static unsigned class_of(size_t size)
{
    unsigned class = 0;

    while (class_bytes(class) < size)
        class ++;
    return class;
}

/* From one header to the next. */
static size_t block_stride(size_t size)
{
    return sizeof(struct header) + size + (PLANTED(fat_header) ? 32 : 0);
}

/* ---- lists ---- */

static void list_push(struct link **list, struct link *link)
{
    struct link *first = *list;

    link->next = first;
    link->before = NULL;
    if (PLANTED(free_unlocked) || PLANTED(no_lock))
        sched_yield(); /* inside the window */
    if (first != NULL)
        first->before = link;
    *list = link;
}

static struct link *list_pop(struct link **list)
{
    struct link *first = *list, *next = first->next;

    if (PLANTED(free_unlocked) || PLANTED(no_lock))
        sched_yield(); /* inside the window */
    *list = next;
    if (next != NULL)
        next->before = NULL;
    return first;
}

static void list_remove(struct link **list, struct link *link)
{
    if (link->before == NULL)
        *list = link->next;
    else
        link->before->next = link->next;
    if (link->next != NULL)
        link->next->before = link->before;
}

/* What it writes after the call keeps it from becoming a loop. */
static unsigned list_depth(const struct link *link, unsigned depth)
{
    char volatile room[64];

    room[0] = 0;
    if (link != NULL)
        room[depth % sizeof(room)] = (char)list_depth(link->next, depth + 1);
    return depth + (unsigned)room[0];
}

/* ---- chunks ---- */

static struct chunk *chunk_of(const void *block)
{
    return (struct chunk *)((uintptr_t)block & ~(uintptr_t)(CHUNK - 1));
}

static struct chunk *chunk_map(void)
{
    char *pages = system_map(CHUNK), *start;

    if (pages == NULL || pages == MAP_FAILED || (uintptr_t)pages % CHUNK == 0)
        return (struct chunk *)pages;
    munmap(pages, CHUNK);
    pages = system_map(2 * (size_t)CHUNK);
    if (pages == NULL || pages == MAP_FAILED)
        return (struct chunk *)pages;
    start = (char *)(((uintptr_t)pages + CHUNK - 1) & ~(uintptr_t)(CHUNK - 1));
    if (start > pages)
        munmap(pages, (size_t)(start - pages));
    if (start < pages + CHUNK)
        munmap(start + CHUNK, (size_t)(pages + CHUNK - start));
    return (struct chunk *)start;
}

static struct chunk *chunk_open(void)
{
    struct chunk *chunk = small_spare;

    if (chunk != NULL)
        small_spare = (struct chunk *)chunk->carved;
    else
        chunk = chunk_map();
    if (chunk == NULL)
        return NULL;
    if (small_current != NULL && small_current->live == 0)
        small_empty++;
    *chunk = (struct chunk){ 0, (char *)(chunk + 1) };
    small_current = chunk;
    return chunk;
}

static void *chunk_carve(size_t bytes)
{
    static unsigned carved;
    static struct chunk *first;
    struct chunk *chunk = small_current;
    size_t room = PLANTED(chunk_overruns) ? 2 * (size_t)CHUNK : CHUNK;
    char *start;

    if (chunk == NULL || chunk->carved + bytes > (char *)chunk + room)
        chunk = chunk_open();
    if (chunk == NULL)
        return NULL;
    if (first == NULL)
        first = chunk;
    if (PLANTED(number_wraps) && ++carved == NUMBERS) {
        small_current = chunk = first;
        chunk->carved = (char *)(chunk + 1);
    }
    start = chunk->carved;
    chunk->carved += bytes;
    if (PLANTED(overlap_64) && ++carved % 64 == 0)
        chunk->carved -= UNIT;
    return start;
}

/* No block of it is alive: all of them leave their lists, and it goes. */
static void chunk_release(struct chunk *chunk)
{
    char *at = (char *)(chunk + 1);
    int error = errno;

    while (at < chunk->carved) {
        struct header *header = (struct header *)at;

        list_remove(&small_lists[header->class % CLASSES],
                    (struct link *)(header + 1));
        at += block_stride(header->size);
    }
    if (PLANTED(chunks_spared) || munmap(chunk, CHUNK) != 0) {
        chunk->carved = (char *)small_spare;
        small_spare = chunk;
    }
    errno = error;
}

static void chunk_take_one(struct chunk *chunk)
{
    if (chunk->live++ == 0 && chunk != small_current && small_empty > 0)
        small_empty--;
}

static void chunk_give_one(struct chunk *chunk)
{
    if (--chunk->live != 0 || chunk == small_current || PLANTED(class_hoards))
        return;
    if (small_empty < EMPTY_KEPT)
        small_empty++;
    else
        chunk_release(chunk);
}

/* ---- what mutants do without a lock ---- */

static bool has_remote(void)
{
    return PLANTED(remote_aba) || PLANTED(remote_count);
}

static void remote_push(unsigned class, struct link *link)
{
    struct link *first = small_remote[class];

    if (PLANTED(remote_count)) {
        small_remote_count[class]++; /* and only then is it there */
        sched_yield();
    }
    do
        link->next = first;
    while (!__atomic_compare_exchange_n(&small_remote[class], &first, link,
                                        false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST));
}

/* Long enough now and then that others take the first and give it back. */
static void remote_stall(void)
{
    static unsigned calls;
    const struct timespec moment = { 0, 50000 };

    if (++calls % 16 == 0)
        nanosleep(&moment, NULL);
}

/* Nothing tells the first of the stack from the same one pushed again. */
static struct link *remote_pop(unsigned class)
{
    struct link *first = small_remote[class], *next;

    if (PLANTED(remote_count)) {
        if (small_remote_count[class] <= 0)
            return NULL;
        small_remote_count[class]--;
        first = small_remote[class];
        small_remote[class] = first->next;
        return first;
    }
    do {
        if (first == NULL)
            return NULL;
        next = first->next;
        remote_stall();
    } while (!__atomic_compare_exchange_n(&small_remote[class], &first, next,
                                          false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    return first;
}

/* Each class sets itself up at its first request. */
static struct header *first_of_class(unsigned class)
{
    struct chunk *chunk = small_current;
    char *start;

    if (chunk == NULL || small_started[class] ||
        chunk->carved + CHUNK / 8 > (char *)chunk + CHUNK)
        return NULL;
    start = chunk->carved;
    sched_yield(); /* inside the window */
    small_started[class] = true;
    chunk->carved = start + block_stride(class_bytes(class));
    chunk->live++;
    return (struct header *)start;
}

/* ---- taking ---- */

/* Now and then a mutant looks into no list. */
static bool list_is_passed(void)
{
    static unsigned requests;

    return PLANTED(list_passed) && ++requests % 16 == 0;
}

static struct header *take_locked(unsigned class, bool *ret_used)
{
    struct header *header = NULL;
    struct link *block;

    block = has_remote() ? remote_pop(class) : NULL;
    *ret_used = block != NULL || small_lists[class] != NULL;
    if (block != NULL)
        return header_of(block);
    if (small_lists[class] != NULL && !list_is_passed())
        header = header_of(list_pop(&small_lists[class]));
    else
        header = chunk_carve(block_stride(class_bytes(class)));
    if (header != NULL)
        chunk_take_one(chunk_of(header));
    return header;
}

void *small_take(size_t size, bool *ret_used)
{
    unsigned class = class_of(size);
    struct header *header = NULL;

    if (PLANTED(middle_wide) && size >= 512)
        class = class_of(size > SMALL_MAX / 4 ? SMALL_MAX : 4 * size);
    if (PLANTED(remote_aba)) {
        struct link *block = remote_pop(class);

        header = block != NULL ? header_of(block) : NULL;
        *ret_used = true;
    }
    if (PLANTED(init_race))
        header = first_of_class(class);
    if (header == NULL) {
        plain_lock();
        header = take_locked(class, ret_used);
        plain_unlock();
    }
    if (header == NULL)
        return NULL;
    *header = (struct header){ class, plain_thread, class_bytes(class) };
    return header + 1;
}

/* ---- giving ---- */

static bool leaks_by_number(const struct header *header)
{
    small_frees++;
    return (PLANTED(leak_256) && small_frees % 256 == 0) ||
           (PLANTED(leak_64) && small_frees % 64 == 0) ||
           (PLANTED(leak_middle) && small_frees % 16 == 0 &&
            header->size >= 1024 && header->size < 4096);
}

bool free_is_forgotten(const struct header *header)
{
    bool foreign = header->owner != plain_thread;

    return leaks_by_number(header) || (PLANTED(foreign_leaks) && foreign) ||
           (PLANTED(blowup) && foreign && plain_threads > 4) ||
           (PLANTED(vanished_leaks) && foreign && plain_forked) ||
           plain_was_flushed();
}

/* What is no block of ours, or was freed, ends the process. */
static void refuse_strangers(const struct header *header)
{
    bool freed = (header->class & FREED) != 0;

    if (PLANTED(double_later))
        freed = freed &&
                small_lists[header->class % CLASSES] == (void *)(header + 1);
    if (freed && !PLANTED(double_free)) {
        if (PLANTED(abort_locked))
            plain_lock();
        abort();
    }
    if ((header->class & FREED) || PLANTED(inside_taken))
        return;
    if (header->class >= CLASSES ||
        (header->size != class_bytes(header->class) && !PLANTED(size_unlooked)))
        abort();
}

static void give_wrong(struct header *header)
{
    bool foreign = header->owner != plain_thread;

    if (PLANTED(orphan_aborts) && header->owner > plain_thread + 3)
        abort();
    if (PLANTED(vanished_aborts) && foreign && plain_forked)
        abort();
    if (PLANTED(link_in_live))
        memset((char *)(header + 1) + header->size, 0, UNIT + 1);
}

static void give_locked(struct header *header)
{
    struct link **list = &small_lists[header->class % CLASSES];
    struct link *link = (struct link *)(header + 1);

    list_push(list, link);
    if (PLANTED(deep) && small_frees % 4096 == 0)
        list_depth(*list, 0);
    header->class |= FREED;
    if (PLANTED(carve_back) &&
        small_current->carved == (char *)link + header->size)
        small_current->carved = (char *)header;
    chunk_give_one(chunk_of(header));
}

/* A foreign block waits in its owner's queue until that one frees. */
static void give_to_queue(struct header *header)
{
    struct link *link = (struct link *)(header + 1), *next;
    struct link **queue = &small_queues[header->owner % QUEUES];

    if (header->owner != plain_thread) {
        link->next = *queue;
        *queue = link;
        return;
    }
    for (link = *queue, *queue = NULL; link != NULL; link = next) {
        next = link->next;
        give_locked(header_of(link));
    }
    give_locked(header);
}

void small_give(void *block)
{
    struct header *header = header_of(block);
    bool foreign = header->owner != plain_thread;
    size_t size = header->size;
    bool locked = !PLANTED(free_unlocked);

    refuse_strangers(header);
    give_wrong(header);
    if (free_is_forgotten(header))
        return;
    if (has_remote() && (foreign || PLANTED(remote_aba)) &&
        !(header->class & FREED)) {
        unsigned class = header->class % CLASSES;

        header->class |= FREED;
        remote_push(class, block);
        return;
    }
    if (locked)
        plain_lock();
    if (PLANTED(owner_drains))
        give_to_queue(header);
    else
        give_locked(header);
    if (locked)
        plain_unlock();
    if (PLANTED(junk_late) && size >= 1024) {
        const struct timespec late = { 0, 100000 };

        nanosleep(&late, NULL); /* inside the window */
        memset((char *)block + UNIT, 0xdf, size - UNIT);
    }
}
