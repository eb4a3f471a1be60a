/* huge.c - blocks that are mappings: made, resized by the system, given back.
 *
 * No call to the system is made under the lock. A block leaves the table
 * before its addresses are given up, for in that moment another thread may be
 * given the same ones. */
#include "huge.h"

#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "huge_cache.h"
#include "mapping_table.h"
#include "os.h"

/* A cached mapping may serve a request this much smaller as it is, and a
 * block that grows gets this much more than asked for: addresses, not memory,
 * until they are touched. */
#define HUGE_SLACK(bytes) os_round_up((bytes) / 8, OS_PAGE_BYTES)

struct lock huge_lock;

/* A mapping the system will not take back (too many holes) at least gives up
 * its memory; the addresses are lost, or found again in the cache. */
static void huge_discard(struct mapping mapping)
{
    if (os_unmap(mapping.start, mapping.bytes))
        return;
    os_purge(mapping.start, mapping.bytes);
    lock_take(&huge_lock);
    huge_cache_put(mapping, os_now_ms());
    lock_give(&huge_lock);
}

bool huge_trim(void)
{
    bool some = false;
    for (unsigned i = 0; i <= HUGE_CACHE_LENGTH; i++) {
        lock_take(&huge_lock);
        struct mapping mapping = huge_cache_any();
        lock_give(&huge_lock);
        if (!mapping.start)
            break;
        some |= os_unmap(mapping.start, mapping.bytes) ||
                os_purge(mapping.start, mapping.bytes);
    }
    return some;
}

static void huge_drop_surplus(void)
{
    uint64_t now_ms = os_now_ms();
    for (unsigned i = 0; i <= HUGE_CACHE_LENGTH; i++) {
        lock_take(&huge_lock);
        struct mapping mapping = huge_cache_surplus(now_ms);
        lock_give(&huge_lock);
        if (!mapping.start)
            break;
        huge_discard(mapping);
    }
}

static struct mapping huge_map(size_t bytes, size_t align)
{
    void *start = align <= OS_PAGE_BYTES ? os_map(bytes)
                                         : os_map_aligned(bytes, align, NULL);
    return (struct mapping){ start, start ? bytes : 0 };
}

/* What lies idle in our caches may be what the system is short of. */
static struct mapping huge_map_hard(size_t bytes, size_t align)
{
    struct mapping mapping = huge_map(bytes, align);
    if (!mapping.start && (huge_trim() | arena_trim()))
        mapping = huge_map(bytes, align);
    return mapping;
}

static void huge_keep(struct mapping mapping)
{
    lock_take(&huge_lock);
    bool kept = huge_cache_put(mapping, os_now_ms());
    lock_give(&huge_lock);
    if (!kept)
        huge_discard(mapping);
}

/* Cuts off what is too much. It goes to the cache, where a block that grows
 * later finds it behind itself with its memory still in place. */
static struct mapping huge_cut(struct mapping mapping, size_t bytes)
{
    struct mapping rest = { mapping.start + bytes, mapping.bytes - bytes };
    huge_keep(rest);
    return (struct mapping){ mapping.start, bytes };
}

static struct mapping huge_remap(struct mapping mapping, size_t bytes)
{
    char *start = os_remap(mapping.start, mapping.bytes, bytes);
    return start ? (struct mapping){ start, bytes } : mapping;
}

/* Brings a cached mapping to the size asked for. */
static struct mapping huge_fit(struct mapping mapping, size_t bytes)
{
    if (mapping.bytes > bytes + HUGE_SLACK(bytes))
        return huge_cut(mapping, bytes);
    if (mapping.bytes < bytes)
        mapping = huge_remap(mapping, bytes);
    if (mapping.bytes >= bytes)
        return mapping;
    huge_discard(mapping);
    return (struct mapping){ NULL, 0 };
}

static struct mapping huge_from_cache(size_t bytes)
{
    lock_take(&huge_lock);
    struct mapping mapping = huge_cache_take(bytes);
    lock_give(&huge_lock);
    return mapping.start ? huge_fit(mapping, bytes) : mapping;
}

static bool huge_reserve(void)
{
    lock_take(&huge_lock);
    bool reserved = mapping_reserve();
    lock_give(&huge_lock);
    return reserved;
}

static void *huge_enter(struct mapping mapping)
{
    lock_take(&huge_lock);
    if (mapping.start)
        mapping_insert(mapping);
    else
        mapping_unreserve();
    lock_give(&huge_lock);
    return mapping.start;
}

/* Zeroed blocks are always fresh: the system zeroes page by page, when and
 * only if they are touched. */
void *huge_alloc(size_t bytes, size_t align, bool zero)
{
    if (bytes > PTRDIFF_MAX - OS_PAGE_BYTES || !huge_reserve())
        return NULL;
    bytes = os_round_up(bytes + (bytes == 0), OS_PAGE_BYTES);
    struct mapping mapping = { NULL, 0 };
    if (!zero && align <= OS_PAGE_BYTES && bytes <= HUGE_CACHE_BYTES / 2)
        mapping = huge_from_cache(bytes);
    if (!mapping.start)
        mapping = huge_map_hard(bytes, align);
    return huge_enter(mapping);
}

/* Takes the block out of the table; .start is NULL if it is none of ours. */
static struct mapping huge_leave(const void *p, bool reserve)
{
    struct mapping mapping = { NULL, 0 };
    lock_take(&huge_lock);
    struct mapping *found = mapping_find(p);
    if (found)
        mapping = mapping_remove(found, reserve);
    lock_give(&huge_lock);
    return mapping;
}

bool huge_free(void *p)
{
    struct mapping mapping = huge_leave(p, false);
    if (!mapping.start)
        return false;
    huge_keep(mapping);
    huge_drop_surplus();
    return true;
}

size_t huge_usable(const void *p)
{
    lock_take(&huge_lock);
    const struct mapping *found = mapping_find(p);
    size_t bytes = found ? found->bytes : 0;
    lock_give(&huge_lock);
    return bytes;
}

/* Takes over what the cache keeps right behind the block. */
static struct mapping huge_join(struct mapping mapping)
{
    lock_take(&huge_lock);
    mapping.bytes += huge_cache_take_at(mapping.start + mapping.bytes).bytes;
    lock_give(&huge_lock);
    return mapping;
}

static struct mapping huge_grow(struct mapping mapping, size_t bytes)
{
    size_t ample = bytes + HUGE_SLACK(bytes);
    mapping = huge_join(mapping);
    if (mapping.bytes > ample)
        return huge_cut(mapping, ample);
    if (mapping.bytes >= bytes)
        return mapping;
    struct mapping wider = huge_remap(mapping, ample);
    return wider.bytes >= bytes ? wider : huge_remap(mapping, bytes);
}

static void *huge_copy(void *p, size_t bytes)
{
    void *wider = huge_alloc(bytes, OS_PAGE_BYTES, false);
    if (!wider)
        return NULL;
    memcpy(wider, p, huge_usable(p));
    huge_free(p);
    return wider;
}

void *huge_resize(void *p, size_t bytes)
{
    if (bytes > PTRDIFF_MAX / 2)
        return NULL;
    size_t old_bytes = huge_usable(p);
    bytes = os_round_up(bytes, OS_PAGE_BYTES);
    if (bytes <= old_bytes && bytes >= old_bytes - old_bytes / 4)
        return p;
    struct mapping mapping = huge_leave(p, true);
    mapping = bytes < old_bytes ? huge_cut(mapping, bytes)
                                : huge_grow(mapping, bytes);
    p = huge_enter(mapping);
    return mapping.bytes >= bytes ? p : huge_copy(p, bytes);
}

void huge_stats(struct alloc_stats *stats)
{
    lock_take(&huge_lock);
    stats->mapping_count = mapping_count();
    stats->mapping_bytes = mapping_bytes();
    stats->cached_bytes = huge_cache_bytes();
    lock_give(&huge_lock);
}

struct fault huge_verify(void)
{
    lock_take(&huge_lock);
    struct fault fault = mapping_verify();
    lock_give(&huge_lock);
    return fault;
}
