/* workload.h - what a workload is, and what the cell program gives it.
 *
 * A workload answers one question. It is a deterministic function of seed,
 * scale and threads: the same requests in the same order per thread, whatever
 * the subject. Draws are made in prepare(), before the clock starts.
 *
 * Order of calls: prepare() on the main thread; work() once per thread, all
 * released together (a row of one thread runs on the main thread and no other
 * thread ever exists); finish() on the main thread after the last join. Only
 * work() is timed.
 *
 * Memory: a workload never calls malloc itself. It reaches the subject through
 * run->calls alone, and takes memory of its own from run_map(), in prepare().
 */
#ifndef ASSAY_WORKLOAD_H
#define ASSAY_WORKLOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "floor.h"

/* The subject, through pointers into another shared object: the same kind of
 * call for every subject, and one that a compiler cannot fold away. The
 * shadow-checked run puts its checks behind the same pointers. */
struct calls {
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *block, size_t size);
    void (*free)(void *block);
    void *(*aligned_alloc)(size_t alignment, size_t size);
};

/* Which bytes of a fresh block the workload writes (WORKLOADS.md, part 1).
 * PAGE is every 4096th byte from the block's start. */
enum touch { TOUCH_NONE, TOUCH_FIRST, TOUCH_ENDS, TOUCH_PAGE, TOUCH_FULL };

/* The one value that a workload writes, so that the shadow model can tell it
 * from what an allocator scribbled. */
enum { TOUCH_BYTE = 0xa7, TOUCH_PAGE_BYTES = 4096 };

enum { ROW_PARAMETERS = 4 };

/* One workload with one set of parameters; work is fixed, not time. */
struct row {
    const char *name;       /* unique among all rows: "churn-10k" */
    bool quick;             /* part of the quick campaign */
    uint64_t repetitions;   /* what `quick_divisor` divides */
    uint32_t quick_divisor; /* 1: the quick campaign does all of it */
    uint64_t parameter[ROW_PARAMETERS]; /* the workload names them */
};

/* What a row asks of the one heap that serves it: for allocators that are told
 * before the first request. */
struct heap_demand {
    size_t size_min, size_max; /* of a request */
    size_t blocks;             /* alive together, at most */
};

struct assay_collector; /* assay/collector.h */
struct assay_backend;

struct run {
    const struct row *row;
    const struct calls *calls;
    const struct assay_collector *collector; /* NULL: the subject is a malloc */
    const struct assay_backend *backend;     /* for the collector's heaps */
    uint64_t seed;
    double scale;         /* of live set and repetitions; 1 published */
    unsigned threads;     /* 1 for rows of a single thread */
    uint64_t repetitions; /* row's, divided and scaled */
    void *state;          /* prepare() sets it */

    /* Bounds of a shadow-checked run; 0 in all others. prepare() keeps to
     * them through run_live_count() and run_limit(). */
    uint64_t live_max;       /* blocks alive together, over all threads */
    uint64_t operations_max; /* over all threads */

    /* What prepare() plans, and what the oracle holds the run to. */
    uint64_t operations_planned; /* the unit of `ns per operation` */
    uint64_t live_planned;       /* blocks alive when work() has ended */
    uint64_t live_bytes_peak;    /* requested bytes alive at the worst moment */
    uint64_t block_bytes_max;    /* the largest single request */
    uint64_t digest;             /* of the request stream */

    /* What the run reports: sums over threads, added once at a thread's end */
    _Atomic uint64_t operations_done;
    _Atomic uint64_t live_blocks;   /* finish() may count them instead */
    _Atomic uint64_t first_pass_ns; /* cold round; 0 where there is none */
    _Atomic uint64_t refused;       /* requests that returned NULL */
    _Atomic(const char *) wrong;    /* first wrong thing seen, or NULL */
    const char *unsupported;        /* why prepare() returned -ENOTSUP */

    /* What run_untimed_begin() and _end() left out of the region. */
    uint64_t untimed_wall_ns, untimed_cpu_ns;

    struct record *record;  /* for run_live(); may be NULL */
    bool counts;            /* instructions are counted, and no time taken */
    uint64_t harness_bytes; /* mapped by run_map() so far */

    floor_arm_function *arm; /* both NULL unless the subject is the floor */
    floor_disarm_function *disarm;
};

enum workload_flag {
    WORKLOAD_THREADS = 1,    /* the row uses run->threads threads */
    WORKLOAD_READS_BACK = 2, /* contents are read: no floor can serve it */
    WORKLOAD_SPAWNS = 4,     /* work() starts threads of its own, and those
                              * alone call the subject: see run_spawn() */
    WORKLOAD_PAIRS = 8,      /* threads work two by two: an odd number is
                              * rounded up */
    WORKLOAD_COLLECTOR = 16, /* the subject is a collector, and run->calls
                              * are not to be used */
};

struct workload {
    const char *name;      /* the file's stem: "churn" */
    const char *question;  /* one sentence, printed with every table */
    const char *contract;  /* what it keeps: "one thread" or "thread-safe" */
    const char *operation; /* what one operation is: "free and malloc" */
    const char *needs;     /* requirement ids, space-separated */
    const char *oracle;    /* one sentence: what a right run is held to */
    uint32_t version;      /* rises when the requests change */
    unsigned flags;        /* set of enum workload_flag */
    enum touch touch;
    const char *parameters[ROW_PARAMETERS]; /* names of row.parameter */
    const struct row *rows;                 /* ended by a row without a name */

    /* Bytes of requested live memory and of the harness's own at this scale,
     * so that a scale that cannot fit is refused before anything runs. */
    uint64_t (*memory_bytes)(const struct row *row, double scale,
                             unsigned threads);

    int (*prepare)(struct run *run); /* 0 or a negative errno */
    void (*work)(struct run *run, unsigned thread);
    void (*finish)(struct run *run); /* frees what is left; checks the end */

    /* Where one heap of one thread can serve it, by malloc and free alone:
     * what of that heap, known before prepare(), and the requirements of an
     * object allocator that it needs. Else both NULL. */
    struct heap_demand (*heap)(const struct run *run);
    const char *heap_needs;

    /* The same loop with the calls left out, where its price is a figure
     * that is published (at most 1 ns an operation); else NULL. */
    void (*loop)(struct run *run, unsigned thread);
};

/* Zeroed pages of the harness's own, unmapped when the process ends; NULL
 * when there are none. They are resident before the clock starts, and large
 * ones ask for huge pages, so that the harness's own misses weigh little.
 * prepare() only. */
void *run_map(struct run *run, size_t bytes);

/* Tells the sampler how many requested bytes are alive now: at the borders of
 * phases, never per operation. */
void run_live(struct run *run, uint64_t bytes);

/* Stops the clocks of a row of one thread, and lets them go on: for what has
 * to stand anew before each round. Each costs two readings of a clock, so a
 * round lasts long. */
void run_untimed_begin(struct run *run);
void run_untimed_end(struct run *run);

/* Notes that something is wrong (static text); the first one is kept. The
 * cell then ends with wrong-output. */
void run_wrong(struct run *run, const char *what);

/* `count` times `scale`, at least 1. */
uint64_t run_scale(uint64_t count, double scale);

/* The row's live set of this run: scaled, and bounded where it is checked. */
uint64_t run_live_count(const struct run *run, uint64_t count);

/* How many of `repetitions` this run does, when each of them stands for
 * `operations_each` operations over all threads: all, or as many as a checked
 * run has room for. At least 1. */
uint64_t run_limit(const struct run *run, uint64_t repetitions,
                   uint64_t operations_each);

/* The floor is armed for one thread's loop only. The cell does it around
 * work(), unless the workload spawns. No-ops under every other subject. */
void run_enter(struct run *run);
void run_leave(struct run *run);

/* Runs function(argument) on a thread of its own between run_enter() and
 * run_leave(), and joins it. A thread that cannot be created is noted as
 * wrong, and nothing runs. */
void run_spawn(struct run *run, void (*function)(void *), void *argument);

/* All workloads, ended by NULL: made by the build from the one list. */
extern const struct workload *const workloads[];

#endif
