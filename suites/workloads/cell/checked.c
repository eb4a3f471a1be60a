/* checked.c - the calls of a shadow-checked run.
 *
 * The subject's functions take no context, so the one model of this process
 * stands in a variable of this file. */
#include "checked.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shadow.h"

enum { BLOCKS_MAX = 1 << 20 };

static struct shadow *checked_shadow;
static struct record *checked_record;
static bool checked_heap; /* the subject is an object allocator */

static void *checked_malloc(size_t size)
{
    return shadow_malloc(checked_shadow, size);
}

static void *checked_calloc(size_t count, size_t size)
{
    return shadow_calloc(checked_shadow, count, size);
}

static void *checked_realloc(void *block, size_t size)
{
    return shadow_realloc(checked_shadow, block, size);
}

static void checked_free(void *block)
{
    shadow_free(checked_shadow, block);
}

static void *checked_aligned_alloc(size_t alignment, size_t size)
{
    return shadow_aligned_alloc(checked_shadow, alignment, size);
}

static const struct calls checked_calls = {
    .malloc = checked_malloc,
    .calloc = checked_calloc,
    .realloc = checked_realloc,
    .free = checked_free,
    .aligned_alloc = checked_aligned_alloc,
};

/* An object allocator is held to its own: OBJ-2 has blocks that stay apart and
 * whole, OBJ-1 alignment and that they can be used. */
static const char *checked_requirement(const char *broken)
{
    if (!checked_heap || *broken == '\0')
        return broken;
    return strcmp(broken, "INT-1") == 0 || strcmp(broken, "INT-2") == 0
               ? "OBJ-2"
               : "OBJ-1";
}

/* The subject's memory is no longer to be trusted: nothing more may run. */
static void checked_violated(const struct shadow *shadow)
{
    struct record *record = checked_record;

    snprintf(record->requirement, sizeof(record->requirement), "%s",
             checked_requirement(shadow_requirement(shadow)));
    record_finish(record, STATUS_WRONG_OUTPUT, "%s", shadow_message(shadow));
    _exit(0);
}

int checked_begin(struct run *run, const struct workload *workload,
                  size_t heap_align, struct record *record)
{
    struct shadow_options options = {
        .seed = run->seed,
        .blocks_max = BLOCKS_MAX,
        .touch = workload->touch,
        .alignment = heap_align,
        .one_thread = run->threads == 1,
        .violated = checked_violated,
    };

    checked_record = record;
    checked_heap = heap_align != 0;
    checked_shadow = shadow_create(run->calls, &options);
    if (checked_shadow == NULL)
        return -1;
    run->calls = &checked_calls;
    run->operations_max = CHECKED_OPERATIONS;
    run->live_max = CHECKED_LIVE;
    return 0;
}

void checked_end(struct run *run)
{
    run->digest = shadow_digest(checked_shadow);
    if (shadow_live_blocks(checked_shadow) != 0)
        run_wrong(run, "blocks were left alive after finish()");
}
