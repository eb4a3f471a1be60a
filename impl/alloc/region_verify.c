/* region_verify.c - what can be seen of a region, and the walker. */
#include "poison.h"
#include "region_parts.h"

static bool region_chunk_owns(const struct region_chunk *chunk,
                              uintptr_t address)
{
    uintptr_t head = (uintptr_t)chunk;

    return address >= head + REGION_HEAD && address < head + chunk->used;
}

bool region_owns(const struct region *region, const void *address)
{
    const struct region_chunk *chunk;

    for (chunk = region->current; chunk; chunk = chunk->earlier)
        if (region_chunk_owns(chunk, (uintptr_t)address))
            return true;
    for (chunk = region->dedicated; chunk; chunk = chunk->earlier)
        if (region_chunk_owns(chunk, (uintptr_t)address))
            return true;
    return false;
}

void region_stats(const struct region *region, struct region_stats *ret_stats)
{
    *ret_stats = (struct region_stats){ .live_blocks = region->live_blocks,
                                        .live_bytes = region->live_bytes,
                                        .peak_bytes = region->peak_bytes,
                                        .chunk_count = region->chunk_count,
                                        .chunk_bytes = region->chunk_bytes };
}

/* What the walker has met so far. */
struct region_sums {
    size_t chunks;
    size_t bytes;
    size_t used; /* without heads */
};

static struct fault region_verify_chunk(const struct region *region,
                                        const struct region_chunk *chunk,
                                        struct region_sums *sums)
{
    const char *head = (const char *)chunk;

    if (sums->chunks >= region->chunk_count)
        return fault_at("more chunks than the region counts", chunk,
                        sums->chunks + 1, region->chunk_count);
    if (chunk->seal != (REGION_SEAL ^ (uintptr_t)chunk))
        return fault_at("the head of a chunk was overwritten", chunk,
                        chunk->seal, REGION_SEAL ^ (uintptr_t)chunk);
    if (chunk->used < REGION_HEAD || chunk->used > chunk->bytes)
        return fault_at("chunk is used beyond its end", chunk, chunk->used,
                        chunk->bytes);
    if (chunk->used < chunk->bytes && !poison_is(head + chunk->used, true))
        return fault_at("free bytes are not poisoned", head + chunk->used, 0,
                        1);
    sums->chunks++;
    sums->bytes += chunk->bytes;
    sums->used += chunk->used - REGION_HEAD;
    return FAULT_NONE;
}

static struct fault region_verify_current(const struct region *region,
                                          struct region_sums *sums)
{
    const struct region_chunk *chunk = region->current;

    for (; chunk; chunk = chunk->earlier) {
        const struct region_chunk *earlier = chunk->earlier;
        size_t position = earlier ? earlier->position + earlier->bytes : 0;
        struct fault fault = region_verify_chunk(region, chunk, sums);

        if (fault.what)
            return fault;
        if (chunk->position != position)
            return fault_at("chunk does not follow the one before", chunk,
                            chunk->position, position);
        if (earlier && chunk->bytes < earlier->bytes)
            return fault_at("chunk is smaller than the one before", chunk,
                            chunk->bytes, earlier->bytes);
    }
    return FAULT_NONE;
}

static struct fault region_verify_dedicated(const struct region *region,
                                            struct region_sums *sums)
{
    const struct region_chunk *chunk = region->dedicated;
    size_t chunks_before = sums->chunks;
    size_t below = region_position(region) + 1;

    for (; chunk; chunk = chunk->earlier) {
        struct fault fault = region_verify_chunk(region, chunk, sums);

        if (fault.what)
            return fault;
        if (chunk->position >= below)
            return fault_at("dedicated chunk is later than the next one", chunk,
                            chunk->position, below);
        below = chunk->position;
    }
    if (sums->chunks - chunks_before != region->dedicated_count)
        return fault_at("region miscounts its dedicated chunks", region,
                        region->dedicated_count, sums->chunks - chunks_before);
    return FAULT_NONE;
}

static struct fault region_verify_spare(const struct region *region,
                                        struct region_sums *sums)
{
    const struct region_chunk *spare = region->spare;

    if (!spare)
        return FAULT_NONE;
    if (!region->current || spare->bytes < region->current->bytes)
        return fault_at("spare is smaller than the current chunk", spare,
                        spare->bytes,
                        region->current ? region->current->bytes : 0);
    if (spare->used != REGION_HEAD)
        return fault_at("spare is in use", spare, spare->used, REGION_HEAD);
    return region_verify_chunk(region, spare, sums);
}

static struct fault region_verify_sums(const struct region *region,
                                       const struct region_sums *sums)
{
    if (sums->chunks != region->chunk_count)
        return fault_at("region miscounts its chunks", region,
                        region->chunk_count, sums->chunks);
    if (sums->bytes != region->chunk_bytes)
        return fault_at("region miscounts the bytes of its chunks", region,
                        region->chunk_bytes, sums->bytes);
    if (region->live_bytes > sums->used)
        return fault_at("more bytes live than used", region, region->live_bytes,
                        sums->used);
    if (region->live_blocks > region->live_bytes)
        return fault_at("more blocks live than bytes", region,
                        region->live_blocks, region->live_bytes);
    if (region->peak_bytes < region->live_bytes)
        return fault_at("more bytes live than ever", region, region->live_bytes,
                        region->peak_bytes);
    if (region->last &&
        !region_chunk_owns(region->current, (uintptr_t)region->last))
        return fault_at("the newest block is not in the current chunk",
                        region->last, 0, 0);
    return FAULT_NONE;
}

struct fault region_verify(const struct region *region)
{
    struct region_sums sums = { 0, 0, 0 };
    struct fault fault = region_verify_current(region, &sums);

    if (!fault.what)
        fault = region_verify_dedicated(region, &sums);
    if (!fault.what)
        fault = region_verify_spare(region, &sums);
    if (!fault.what)
        fault = region_verify_sums(region, &sums);
    return fault;
}
