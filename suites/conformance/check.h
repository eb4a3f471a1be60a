/* check.h - what a check is, and what every probe gives it.
 *
 * A check decides one requirement of one subject, in a process of its own. It
 * is registered where it is written; nothing else lists it:
 *
 *   CHECK(OBJ_5, MUST, "after a reset all memory can be had again",
 *         "assay/allocator.h: reset", .why = "...", .flags = CHECK_RANDOM,
 *         .wants = ASSAY_ALLOCATOR_RESET)
 *   {
 *       struct assay_heap *heap = check_heap(run);
 *       ...
 *       return pass(run);
 *   }
 *
 * The id is the requirement's with '_' for '-'. A requirement of two
 * severities has two checks: OOM_1 decides the MUST, OOM_1b the rest.
 *
 * Each kind of subject has a check.h of its own, which includes this one and
 * says how the subject is called. Rules, for every check:
 *   - The body runs only when the subject is known to be active, and claims
 *     what the check wants.
 *   - Several live blocks are looked at together: the first block of a page
 *     is aligned by luck.
 *   - NULL where memory must be there is fail(); NULL at sizes that a small
 *     machine may refuse is skip(), with the size.
 *   - What is undefined is tried in a child (check_child()) and reported by
 *     outcome(), never as a MUST.
 *   - A crash or a hang needs no handling: the supervisor tells.
 *
 * Threads: a body runs on the main thread; pass() and the others may be
 *          called once, by it.
 * Errors:  error() is for the check's own trouble (no memory, no thread):
 *          it is neither the subject's failure nor a pass. */
#ifndef ASSAY_CHECK_H
#define ASSAY_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "random.h"
#include "record.h"

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

enum severity {
    MUST,    /* a normative clause that is cited */
    SHOULD,  /* what every mainstream subject of its kind does */
    QUALITY, /* a figure or an outcome; fails a run only on request */
};

/* How a body ended. Crash and hang are the supervisor's to see. */
enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_ERROR };

enum check_flag {
    CHECK_RANDOM = 1,  /* draws from run->seed */
    CHECK_THREADS = 2, /* starts threads or processes; may be racy */
    CHECK_WAITS = 4,   /* mostly sleeps: takes no job slot while it does */
    CHECK_ALONE = 8,   /* needs the machine's memory or time for itself */
};

struct check_run {
    uint64_t seed;
    struct record *record;
    const char *subject_path; /* the library, links resolved */
    const char *probe_path;   /* this program, to run it again */
    unsigned repeat;    /* rounds of a racy check; 0: as many as it likes */
    const char *script; /* operations to play instead, or NULL */
    const char *out;    /* folder for what a check keeps, made when needed */
    unsigned claims;    /* what the subject says it can, as a set of the bits
                         * of its header; 0 for a malloc */
};

struct check {
    const char *id; /* as written: "ZER_2" */
    enum severity severity;
    const char *statement; /* one sentence, what is wanted */
    const char *source;    /* the clause, the manual, the bug */
    enum verdict (*body)(struct check_run *run);
    const char *file; /* the family's */
    int line;

    /* Optional, by name: */
    const char *profiles; /* where it holds, space-separated: "c23 posix2024";
                           * NULL: wherever its severity counts */
    const char *why;      /* for `assay explain`: why it exists, and the bugs
                           * that were filed for it */
    unsigned flags;       /* set of enum check_flag */
    unsigned timeout_s;   /* 0: 10 */
    unsigned wants;       /* bits that the subject must claim; a subject that
                           * does not is skipped, and the skip says so */

    /* What check_bare() runs; its exit status is what this returns (0..255).
     * No entry point is resolved there: it takes them from dlsym(). */
    int (*bare)(const char *subject_path);
};

/* clang-format off */
#define CHECK(name, degree, sentence, origin, ...)                            \
    static enum verdict check_body_##name(struct check_run *run);             \
    static const struct check check_##name = {                                \
        .id = #name, .severity = degree, .statement = sentence,               \
        .source = origin, .body = check_body_##name, .file = __FILE__,        \
        .line = __LINE__, ##__VA_ARGS__ };                                    \
    static const struct check *const check_entry_##name                       \
        __attribute__((section("assay_checks"), used)) = &check_##name;       \
    static enum verdict check_body_##name(struct check_run *run)
/* clang-format on */

/* Verdicts; printf-like, the text is a sentence with figures in it. */
enum verdict pass(struct check_run *run);
enum verdict fail(struct check_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum verdict skip(struct check_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum verdict error(struct check_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Passes with one of several right endings, as a word ("DETECTED-abort"). */
enum verdict outcome(struct check_run *run, const char *word,
                     const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A figure that belongs to the verdict; the unit is the name's last word. */
void figure(struct check_run *run, const char *name, double value);

/* Zeroed pages from the system, never unmapped; NULL when there are none. */
void *check_map(size_t bytes);

/* How long to wait for what takes own_ms at most on a machine of one's own: on
 * a loaded one as much longer as the watchdog of the check is, which `assay
 * check` tells. Every `timeout_ms` of a function that runs a child is passed
 * through it there; who waits or says the time by himself calls it. */
unsigned check_limit_ms(unsigned own_ms);

/* How a child ended. A subject that calls exit() in the middle of a function
 * says nothing by the status it chooses: no such end looks like one of the
 * function's own. */
struct child_end {
    bool timed_out; /* killed by the watchdog */
    int signal;     /* 0: it exited */
    int status;     /* what its function returned, or its program ended with:
                     * 0 to 255; below 0: the function did not return,
                     * something in it called exit(-1 - status) */
};

/* NULL when the function returned; else its end in words: "a hang",
 * "SIGSEGV", "a call of exit(1)". Static storage. */
const char *check_end_word(const struct child_end *end);

/* For who forks by himself, and knows that the function did not return: an
 * exit becomes one of the subject's. */
void check_end_left(struct child_end *end);

/* Runs function(argument) in a forked child and waits at most that long. 0, or
 * -1 when nothing could be forked. The child prints nothing: its standard
 * streams are /dev/null. */
int check_child(int (*function)(void *argument), void *argument,
                unsigned timeout_ms, struct child_end *ret_end);

/* The same, with what the child wrote to its standard error: as much as fits,
 * ended by a zero byte. */
int check_child_capture(int (*function)(void *argument), void *argument,
                        unsigned timeout_ms, struct child_end *ret_end,
                        char *ret_text, size_t text_bytes);

/* Runs the `bare` of the check of that id in a fresh process of this program,
 * before anything there has allocated; `preloaded` false: without the subject.
 * Otherwise as check_child(). */
int check_bare(struct check_run *run, const char *id, bool preloaded,
               unsigned timeout_ms, struct child_end *ret_end);

/* Lets a fresh process of this program play a script with the check of that
 * id; it ends with 1 when the check fails. Otherwise as
 * check_child_capture(), for both its standard streams. */
int check_script(struct check_run *run, const char *id, const char *script,
                 unsigned timeout_ms, struct child_end *ret_end, char *ret_text,
                 size_t text_bytes);

/* "SIGSEGV", ... Static storage. */
const char *check_signal_word(int signal);

/* First offset of [0, size) that is not zero, or `size`. */
size_t first_nonzero(const unsigned char *block, size_t size);

#endif
