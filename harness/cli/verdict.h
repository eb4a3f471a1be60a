/* verdict.h - one requirement of one subject, decided in a process of its
 * own: what came of it.
 *
 * Owner: plain data, so that it may lie in memory shared between processes. */
#ifndef ASSAY_VERDICT_H
#define ASSAY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

struct requirement;
struct subject;

/* From good to bad: of several runs the worst is shown. */
enum verdict_kind {
    VERDICT_PASS,
    VERDICT_SKIP,  /* the check says why it could not decide */
    VERDICT_ERROR, /* no verdict was left, or the check itself was in trouble */
    VERDICT_FAIL,
    VERDICT_HANG,
    VERDICT_CRASH,
    VERDICT_NOT_ACTIVE, /* the malloc that was looked at is not the subject's */
    VERDICT_CANCELLED,  /* stopped by the user: never shown */
    VERDICT_KINDS
};

struct verdict {
    enum verdict_kind kind;
    int code; /* the signal of a crash, the exit status of an error */
    uint64_t seed;
    uint64_t wall_ns;
    uint32_t strays;       /* processes it left behind, which were killed */
    uint32_t output_bytes; /* printed where nothing should be */
    char output[161];      /* its first line */
    char message[768];     /* what was seen, for people */
    char outcome[24];      /* a word where several endings are right, or "" */
    char stack[1024];      /* of a hang: where it hung, innermost first */
    char provider[512];    /* the object that provides malloc */
    char build_id[64];
    uint32_t figure_count;
    struct record_figure figures[RECORD_FIGURES];
};

/* "pass", "fail", "crash", "hang", "skip", "error", "not-active". */
const char *verdict_word(enum verdict_kind kind);

/* The kind whose word this is, or -1. */
int verdict_from_word(const char *word);

struct verdict_request {
    const struct requirement *requirement;
    const struct subject *subject;
    uint64_t seed;
    uint32_t timeout_ms;       /* of the watchdog */
    uint32_t patience_percent; /* of the check's own limits within that time;
                                * 100: as it has them */
    const char *out;           /* folder of what it keeps; NULL: assay-out */
};

/* Runs one check of the subject to its end, whatever the subject does. A
 * record without its seal is never a pass, nor is one whose process crashed,
 * hung or ended strangely afterwards. Call it from a process of one thread.
 * 0, or a negative errno when nothing could be started. */
int verdict_of(const struct verdict_request *request,
               struct verdict *ret_verdict);

/* The command that repeats it under a debugger: paste it into a shell. The
 * caller frees. */
char *verdict_command(const struct requirement *requirement,
                      const struct subject *subject, uint64_t seed);

#endif
