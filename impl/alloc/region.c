/* region.c - the bump pointer, its chunks, and the way back. */
#include "region.h"

#include <assert.h>
#include <string.h>

#include "poison.h"
#include "region_parts.h"

/* A request above one fourth of the next chunk gets a chunk of its own. */
#define REGION_SHARE 4

static size_t region_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t region_at_least_one(size_t bytes)
{
    return bytes == 0 ? 1 : bytes;
}

/* ---- chunks ---- */

static struct region_chunk *region_take(struct region *region, size_t bytes)
{
    const struct assay_backend *backend = region->backend;
    struct region_chunk *chunk =
        backend->take(backend->context, bytes, REGION_ALIGN);

    if (!chunk)
        return NULL;
    *chunk = (struct region_chunk){ .bytes = bytes,
                                    .used = REGION_HEAD,
                                    .seal = REGION_SEAL ^ (uintptr_t)chunk };
    poison_set((char *)chunk + REGION_HEAD, bytes - REGION_HEAD);
    region->chunk_count++;
    region->chunk_bytes += bytes;
    return chunk;
}

static void region_give(struct region *region, struct region_chunk *chunk)
{
    const struct assay_backend *backend = region->backend;
    size_t bytes = chunk->bytes;

    region->chunk_count--;
    region->chunk_bytes -= bytes;
    poison_clear(chunk, bytes);
    backend->give(backend->context, chunk, bytes);
}

/* The first to be dropped is the largest, and becomes the spare: while there
 * is one, no chunk is larger. */
static void region_retire(struct region *region, struct region_chunk *chunk)
{
    poison_set((char *)chunk + REGION_HEAD, chunk->used - REGION_HEAD);
    chunk->used = REGION_HEAD;
    if (region->spare)
        region_give(region, chunk);
    else
        region->spare = chunk;
}

static size_t region_next_bytes(const struct region *region)
{
    if (region->spare)
        return region->spare->bytes;
    if (!region->current)
        return region->first_bytes;
    return region_min(2 * region->current->bytes, region->chunk_bytes_max);
}

static bool region_open_next(struct region *region)
{
    struct region_chunk *before = region->current;
    struct region_chunk *chunk = region->spare;

    if (!chunk)
        chunk = region_take(region, region_next_bytes(region));
    if (!chunk)
        return false;
    region->spare = NULL;
    chunk->earlier = before;
    chunk->position = before ? before->position + before->bytes : 0;
    region->current = chunk;
    return true;
}

/* ---- requests ---- */

/* NULL when the rest of the chunk is too short. */
static char *region_bump(struct region_chunk *chunk, size_t bytes, size_t align)
{
    char *free_from = (char *)chunk + chunk->used;
    size_t padding = -(uintptr_t)free_from & (align - 1);
    size_t rest = chunk->bytes - chunk->used;

    if (padding > rest || bytes > rest - padding)
        return NULL;
    chunk->used += padding + bytes;
    poison_clear(free_from + padding, bytes);
    return free_from + padding;
}

/* `last` ends: if that block shrank now, requests after this one would lie at
 * positions before it. */
static char *region_place_dedicated(struct region *region, size_t bytes,
                                    size_t align)
{
    size_t slack = align > REGION_ALIGN ? align - REGION_ALIGN : 0;
    struct region_chunk *chunk =
        region_take(region, REGION_HEAD + slack + bytes);

    if (!chunk)
        return NULL;
    region->dedicated_count++;
    chunk->position = region_position(region);
    chunk->earlier = region->dedicated;
    region->dedicated = chunk;
    region->last = NULL;
    return region_bump(chunk, bytes, align);
}

static char *region_place(struct region *region, size_t bytes, size_t align)
{
    char *block = NULL;

    /* No sum of the two overflows from here on. */
    if (bytes > PTRDIFF_MAX / 2 || align > REGION_ALIGN_MAX)
        return NULL;
    if (region->current)
        block = region_bump(region->current, bytes, align);
    if (!block) {
        size_t room = region_next_bytes(region) - REGION_HEAD;

        if (bytes + align > room / REGION_SHARE)
            return region_place_dedicated(region, bytes, align);
        if (!region_open_next(region))
            return NULL;
        block = region_bump(region->current, bytes, align);
    }
    region->last = block;
    return block;
}

static void region_count_bytes(struct region *region, size_t more, size_t less)
{
    region->live_bytes += more - less;
    if (region->peak_bytes < region->live_bytes)
        region->peak_bytes = region->live_bytes;
}

void *region_alloc(struct region *region, size_t bytes, size_t align)
{
    assert(align != 0 && (align & (align - 1)) == 0);
    bytes = region_at_least_one(bytes);
    void *block = region_place(region, bytes, align);

    if (!block)
        return NULL;
    region->live_blocks++;
    region_count_bytes(region, bytes, 0);
    return block;
}

/* The newest block ends where the used part ends. */
static bool region_resize_last(struct region *region, char *block,
                               size_t old_bytes, size_t bytes)
{
    struct region_chunk *chunk = region->current;
    size_t offset = (size_t)(block - (char *)chunk);

    assert(offset + old_bytes == chunk->used);
    if (bytes > chunk->bytes - offset)
        return false;
    chunk->used = offset + bytes;
    if (bytes < old_bytes)
        poison_set(block + bytes, old_bytes - bytes);
    poison_clear(block, bytes);
    return true;
}

static void *region_move(struct region *region, char *block, size_t old_bytes,
                         size_t bytes, size_t align)
{
    void *moved = region_place(region, bytes, align);

    if (!moved)
        return NULL;
    memcpy(moved, block, region_min(old_bytes, bytes));
    poison_set(block, old_bytes);
    return moved;
}

static bool region_resize_in_place(struct region *region, char *block,
                                   size_t old_bytes, size_t bytes, size_t align)
{
    if (((uintptr_t)block & (align - 1)) != 0)
        return false;
    if (block == region->last &&
        region_resize_last(region, block, old_bytes, bytes))
        return true;
    if (bytes > old_bytes)
        return false;
    poison_set(block + bytes, old_bytes - bytes);
    return true;
}

void *region_resize(struct region *region, void *block, size_t old_bytes,
                    size_t bytes, size_t align)
{
    void *resized = block;

    bytes = region_at_least_one(bytes);
    old_bytes = region_at_least_one(old_bytes);
    if (!region_resize_in_place(region, block, old_bytes, bytes, align))
        resized = region_move(region, block, old_bytes, bytes, align);
    if (resized)
        region_count_bytes(region, bytes, old_bytes);
    return resized;
}

/* ---- the way back ---- */

/* The newest block is fixed from now on: if it shrank, the next one would lie
 * before the mark that was made before it. */
struct region_mark region_mark(struct region *region)
{
    region->last = NULL;
    return (struct region_mark){ .position = region_position(region),
                                 .live_blocks = region->live_blocks,
                                 .live_bytes = region->live_bytes };
}

static void region_drop_dedicated(struct region *region, size_t position)
{
    while (region->dedicated && region->dedicated->position > position) {
        struct region_chunk *chunk = region->dedicated;

        region->dedicated = chunk->earlier;
        region->dedicated_count--;
        region_give(region, chunk);
    }
}

/* The first chunk stays, whatever the position. */
static void region_drop_chunks(struct region *region, size_t position)
{
    while (region->current->earlier &&
           position < region->current->position + REGION_HEAD) {
        struct region_chunk *chunk = region->current;

        region->current = chunk->earlier;
        region_retire(region, chunk);
    }
}

void region_rewind(struct region *region, struct region_mark mark)
{
    assert(mark.position <= region_position(region));
    region->last = NULL;
    region->live_blocks = mark.live_blocks;
    region->live_bytes = mark.live_bytes;
    region_drop_dedicated(region, mark.position);
    if (!region->current)
        return;
    size_t position = mark.position - region->dedicated_count;
    region_drop_chunks(region, position);
    struct region_chunk *chunk = region->current;
    size_t used = REGION_HEAD;

    if (position > chunk->position + REGION_HEAD)
        used = position - chunk->position;
    poison_set((char *)chunk + used, chunk->used - used);
    chunk->used = used;
}

void region_reset(struct region *region)
{
    region_rewind(region, (struct region_mark){ 0, 0, 0 });
}

/* ---- beginning and end ---- */

void region_init(struct region *region, const struct assay_backend *backend,
                 const struct region_config *config)
{
    size_t first_bytes = config ? config->first_bytes : 0;
    size_t chunk_bytes_max = config ? config->chunk_bytes_max : 0;

    memset(region, 0, sizeof *region);
    region->backend = backend;
    region->first_bytes = first_bytes ? first_bytes : REGION_FIRST_BYTES;
    region->chunk_bytes_max =
        chunk_bytes_max ? chunk_bytes_max : REGION_CHUNK_BYTES_MAX;
    assert(region->first_bytes >= 2 * REGION_HEAD);
    assert(region->first_bytes <= region->chunk_bytes_max);
}

void region_destroy(struct region *region)
{
    struct region_config config = { region->first_bytes,
                                    region->chunk_bytes_max };

    region_reset(region);
    if (region->current)
        region_give(region, region->current);
    if (region->spare)
        region_give(region, region->spare);
    assert(region->chunk_bytes == 0);
    region_init(region, region->backend, &config);
}
