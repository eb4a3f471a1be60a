/* oracle_obmalloc.h - the words of the oracle: one script, two allocators.
 *
 *   side      an allocator under the script: the real one, or the reference
 *   ordinal   the running number of an arena, in the order a side took them
 *   place     where a block lies, said without an address
 *   script    the requests that a seed stands for
 *   run       one script on both sides, in a process of its own: the state of
 *             the real allocator is that of its process
 *
 * Threads: one.
 * Errors:  what a side does wrong is a difference, kept in the outcome; what
 *          fails in the oracle itself ends the process with EXIT_TOOL. */
#ifndef ASSAY_ORACLE_OBMALLOC_H
#define ASSAY_ORACLE_OBMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "assay/memory.h"
#include "oracle_common.h"
#include "random.h"

/* The py311 edition's shape, which both sides must have. */
enum {
    STEP_BYTES = 16,
    LIMIT_BYTES = 512,
    POOL_BYTES = 16 << 10,
    ARENA_BYTES = 1 << 20,
    ARENA_POOLS = ARENA_BYTES / POOL_BYTES,
};

/* Prints what the oracle could not do, and ends the process. */
_Noreturn void oracle_give_up(const char *what);

/* ---- arenas (oracle_obmalloc_arenas.c) ---- */

enum { ARENA_SLOTS = 192, ARENA_EVENTS_MAX = 8 };

enum arena_event_kind {
    ARENA_TAKEN,
    ARENA_RELEASED,
    ARENA_REFUSED,
    ARENA_MISTAKEN, /* returned, but never given, or of another size */
};

struct arena_event {
    enum arena_event_kind kind;
    uint32_t ordinal;
};

struct arena_slot {
    uint32_t ordinal;
    uint32_t skew_bytes;
    bool live;
};

/* Each arena lies somewhere else in a region of slots, as the seed says, so
 * that no side can rely on addresses that grow. Two sources of one seed that
 * get the same requests give the same slots and the same skew. */
struct arena_source {
    unsigned char *region;
    size_t stride_bytes; /* from slot to slot */
    struct random random;
    int64_t skew_bytes; /* from alignment; or SKEW_VARIED */
    uint32_t spare[ARENA_SLOTS];
    uint32_t spare_count;
    struct arena_slot slots[ARENA_SLOTS];

    uint32_t refuse_after; /* requests that are still served */
    uint32_t refuse_count; /* and then refused */

    struct arena_event events[ARENA_EVENTS_MAX]; /* of this operation */
    uint32_t event_count;
    uint32_t taken, released, refused; /* ever */
};

enum { SKEW_VARIED = -1 };

enum place_kind {
    PLACE_NULL,
    PLACE_RAW,
    PLACE_ARENA,
    PLACE_LOST, /* in no arena that is held, and yet not raw's */
};

struct place {
    enum place_kind kind;
    uint32_t ordinal, offset; /* PLACE_ARENA */
};

void arenas_open(struct arena_source *source, uint64_t seed,
                 int64_t skew_bytes);

/* The hook's two functions; the context is the source. */
void *arenas_alloc(void *source, size_t bytes);
void arenas_free(void *source, void *arena, size_t bytes);

struct place arenas_place(const struct arena_source *source,
                          const void *address);

/* ---- raw (oracle_obmalloc_raw.c) ---- */

/* Stands between a side and its raw allocator, and refuses what it is told
 * to: the request of `refuse_bytes` bytes. That is an odd number, so that no
 * side's own tables are refused. */
struct raw_gate {
    struct memory_allocator below;
    size_t refuse_bytes; /* 0: nothing */
};

/* The gate as a layer. */
struct memory_allocator raw_gate_allocator(struct raw_gate *gate);

/* ---- sides (oracle_obmalloc_real.c, oracle_obmalloc_ours.c) ---- */

enum { REAL, OURS, SIDES };

struct side {
    const char *name;
    struct memory_allocator allocator;
    size_t (*blocks)(void *context);
    void (*stats)(void *context, struct obheap_stats *ret_stats);
    struct arena_source arenas;
    struct raw_gate raw;
};

/* The sources must be open. A side stays for the rest of the process. */
void side_open_real(struct side *side);
void side_open_ours(struct side *side);

/* Reads the text of _PyObject_DebugMallocStats; false when a line that is
 * needed is not there (oracle_obmalloc_stats.c). */
bool stats_parse(char *text, struct obheap_stats *ret_stats);

/* Says in `text` where two statistics part; false when they are equal. */
bool stats_differ(const struct obheap_stats *real,
                  const struct obheap_stats *ours, char *text, size_t bytes);

/* ---- blocks (oracle_obmalloc_blocks.c) ---- */

enum { BLOCKS_MAX = 200000 };

struct block {
    void *start[SIDES];
    size_t bytes; /* as requested */
    size_t room;  /* that may be used: the class, in a pool */
    struct place place;
};

struct blocks {
    struct block *block; /* by id */
    uint32_t *live;      /* ids, in no order */
    uint32_t *position;  /* of an id in `live` */
    uint32_t *spare;     /* ids that are free, last used on top */
    uint32_t live_count;
    uint32_t spare_count;
};

void blocks_open(struct blocks *blocks);

/* The id that the next block gets; spare_count must not be 0. */
uint32_t blocks_next(const struct blocks *blocks);
bool blocks_is_live(const struct blocks *blocks, uint32_t id);
void blocks_add(struct blocks *blocks); /* blocks_next() becomes live */
void blocks_drop(struct blocks *blocks, uint32_t id);

/* ---- script (oracle_obmalloc_script.c) ---- */

enum operation_kind {
    OPERATION_MALLOC,
    OPERATION_CALLOC,
    OPERATION_REALLOC, /* of NULL, where the block is not live */
    OPERATION_FREE,    /* likewise */
    OPERATION_REFUSE,  /* `count` arenas, after `bytes` that are served */
};

struct operation {
    enum operation_kind kind;
    bool refuse_raw;
    uint32_t block;
    size_t count;
    size_t bytes;
};

struct phase;

struct script {
    struct random random;
    const struct blocks *blocks;
    const struct phase *phase;
    uint32_t left; /* operations of this phase */

    /* What the phase drew when it began. */
    uint32_t size_low, size_span;
    uint32_t share; /* of a kind of operation, in 1000 */
    uint32_t first, last;
    uint64_t key;

    uint32_t arenas_wanted; /* beyond, phases that free are preferred */
    uint32_t arenas_now;    /* set by the run */
    uint32_t *queue;        /* ids to be freed, last first */
    uint32_t queue_count;
};

void script_open(struct script *script, uint64_t seed,
                 const struct blocks *blocks);
struct operation script_next(struct script *script);

/* ---- run (oracle_obmalloc_run.c) ---- */

enum { HISTORY_MAX = 1000, DIFFERENCE_MAX = 2048 };

struct remembered {
    struct operation operation;
    struct place place; /* of the real side's answer, or of what was freed */
    bool done;          /* false: it was under way */
};

struct plan {
    uint64_t seed;
    int64_t skew_bytes;
    uint64_t operations;
    uint32_t count_every; /* operations between two counts of blocks */
};

/* Lies in shared memory: it outlives a run that crashes. */
struct outcome {
    uint64_t operations; /* begun */
    uint64_t blocks;     /* whose places were compared */
    uint64_t arenas_taken, arenas_released, refusals;
    uint64_t dumps; /* statistics compared */
    bool ended;
    char difference[DIFFERENCE_MAX]; /* "": none */
    struct remembered history[HISTORY_MAX];
};

/* To the end, or to the first difference. Only once in a process. */
void run_script(const struct plan *plan, struct outcome *outcome);

/* An operation as a line that could be typed in again. */
void operation_print(const struct remembered *remembered, char *text,
                     size_t bytes);
const char *place_text(struct place place, char *text, size_t bytes);

/* ---- jobs (oracle_obmalloc_jobs.c) ---- */

struct request {
    uint64_t seed_first, seed_last;
    int64_t skews[2];
    unsigned skew_count;
    uint64_t operations;
    uint32_t count_every;
    uint32_t history;
    uint32_t jobs;
    uint32_t limit_s; /* of each run */
};

/* All runs, as many at a time as asked for; prints differences and totals.
 * Returns the exit status. */
int jobs_run(const struct request *request);

#endif
