/* supervisor.h - runs one measured process and always comes back.
 *
 * A keeper process stands between the tool and the measured process: it leads
 * a process group of its own and is the subreaper of all that the measured
 * process leaves behind, into whatever session it fled. When the measured
 * process ends, hangs past its limit, or the tool dies, the keeper kills every
 * descendant before it reports.
 *
 * Threads: call from one long-lived thread: the parent-death signal follows
 *          the thread that forked, not the process.
 * Errors:  a negative errno when nothing could be started; whatever the
 *          measured process does is an `enum ending`.
 * Owner:   all strings stay the caller's. */
#ifndef ASSAY_SUPERVISOR_H
#define ASSAY_SUPERVISOR_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum ending {
    ENDING_EXITED,    /* code: the exit status */
    ENDING_SIGNALLED, /* code: the signal */
    ENDING_TIMEOUT,   /* the watchdog ended it */
    ENDING_CANCELLED, /* supervisor_cancel() ended it */
};

/* One look at the memory of the measured process and all its descendants. */
struct memory_sample {
    uint32_t time_ms;        /* since the start */
    uint32_t phase;          /* the record's, where there is a record */
    uint64_t rss_bytes;      /* sum over the processes */
    uint64_t pss_bytes;      /* shared pages divided among their users */
    uint64_t lazyfree_bytes; /* given back with MADV_FREE, still counted */
    uint64_t live_bytes;     /* the record's: requested and not freed */
};

enum { TIMELINE_SAMPLES = 2048 };

struct memory_timeline {
    uint32_t count;
    uint32_t dropped; /* looks that found no room */
    struct memory_sample samples[TIMELINE_SAMPLES];
};

struct record;

struct supervised {
    const char *path; /* absolute path of the program */
    char *const *argv;
    char *const *envp;
    int record_fd;       /* becomes RECORD_FD there; -1 for none */
    const char *capture; /* file that receives stdout and stderr; NULL: null */
    const char *directory; /* working directory; NULL: inherited */
    uint32_t timeout_ms;
    uint64_t address_space_bytes; /* RLIMIT_AS; 0: no limit */

    /* A timeline is taken where `timeline` is set. It must be shared memory
     * (timeline_create). Reading smaps slows the measured process: never in a
     * cell whose time is published. */
    struct memory_timeline *timeline;
    const struct record *record; /* for phase and live bytes; may be NULL */
    uint32_t sample_interval_ms;

    /* Count only what stands below the first descendant of this name (as in
     * /proc/PID/comm), itself left out: of a launcher deep in the tree, the
     * program and not the clients and tools around it. NULL: everything. */
    const char *sample_below;

    /* Called by the keeper when the watchdog has fired, while the measured
     * process still is: the place to look where it hangs. What it finds goes
     * into shared memory; processes it leaves behind are killed. May be
     * NULL. */
    void (*on_timeout)(pid_t process, void *context);
    void *on_timeout_context;
};

struct supervised_end {
    enum ending ending;
    int code;
    uint64_t wall_ns;
    uint32_t strays; /* descendants that outlived it and were killed */
};

/* Runs it to its end. 0 and *ret_end filled, or a negative errno. */
int supervisor_run(const struct supervised *what,
                   struct supervised_end *ret_end);

/* Ends the run under way, and all later ones at once. Async-signal-safe. */
void supervisor_cancel(void);

/* Whether supervisor_cancel() was called. */
int supervisor_is_cancelled(void);

/* A timeline in shared memory, or NULL. */
struct memory_timeline *timeline_create(void);
void timeline_destroy(struct memory_timeline *timeline);

#endif
