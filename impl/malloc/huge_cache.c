/* huge_cache.c - a short array, the oldest first. */
#include "huge_cache.h"

static struct {
    struct mapping mapping;
    uint64_t freed_ms;
} cache[HUGE_CACHE_LENGTH + 1];
static size_t cache_count;
static size_t cache_bytes;

static struct mapping cache_remove(size_t at)
{
    struct mapping mapping = cache[at].mapping;
    cache_bytes -= mapping.bytes;
    cache_count--;
    for (; at < cache_count; at++)
        cache[at] = cache[at + 1];
    return mapping;
}

static size_t cache_distance(size_t a, size_t b)
{
    return a < b ? b - a : a - b;
}

struct mapping huge_cache_take(size_t bytes)
{
    size_t best = 0;
    for (size_t i = 1; i < cache_count; i++)
        if (cache_distance(cache[i].mapping.bytes, bytes) <
            cache_distance(cache[best].mapping.bytes, bytes))
            best = i;
    return cache_count > 0 ? cache_remove(best) : (struct mapping){ NULL, 0 };
}

struct mapping huge_cache_take_at(const char *start)
{
    for (size_t i = 0; i < cache_count; i++)
        if (cache[i].mapping.start == start)
            return cache_remove(i);
    return (struct mapping){ NULL, 0 };
}

static struct mapping cache_take_before(const char *end)
{
    for (size_t i = 0; i < cache_count; i++)
        if (cache[i].mapping.start + cache[i].mapping.bytes == end)
            return cache_remove(i);
    return (struct mapping){ NULL, 0 };
}

/* With the neighbours that the cache keeps on either side. The system may
 * know them as several mappings still: it unmaps them as one all the same,
 * but may refuse to move them. */
static struct mapping cache_join(struct mapping mapping)
{
    struct mapping before = cache_take_before(mapping.start);
    struct mapping after = huge_cache_take_at(mapping.start + mapping.bytes);
    if (before.start)
        mapping.start = before.start;
    mapping.bytes += before.bytes + after.bytes;
    return mapping;
}

bool huge_cache_put(struct mapping mapping, uint64_t now_ms)
{
    if (mapping.bytes > HUGE_CACHE_BYTES / 2 || cache_count > HUGE_CACHE_LENGTH)
        return false;
    mapping = cache_join(mapping);
    cache[cache_count].mapping = mapping;
    cache[cache_count].freed_ms = now_ms;
    cache_count++;
    cache_bytes += mapping.bytes;
    return true;
}

struct mapping huge_cache_surplus(uint64_t now_ms)
{
    if (cache_count > HUGE_CACHE_LENGTH || cache_bytes > HUGE_CACHE_BYTES ||
        (cache_count > 0 && now_ms - cache[0].freed_ms >= HUGE_CACHE_AGE_MS))
        return cache_remove(0);
    return (struct mapping){ NULL, 0 };
}

struct mapping huge_cache_any(void)
{
    return cache_count > 0 ? cache_remove(cache_count - 1)
                           : (struct mapping){ NULL, 0 };
}

size_t huge_cache_bytes(void)
{
    return cache_bytes;
}
