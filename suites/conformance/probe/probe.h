/* probe.h - the parts of a probe program, for one another.
 *
 * There is one program for each kind of subject: these parts, the checks, and
 * a `probe_kind`, which knows how to get at a subject. */
#ifndef ASSAY_PROBE_H
#define ASSAY_PROBE_H

#include "../check.h"

/* What a program is, beside its checks. Each defines it. */
struct probe_kind {
    const char *program; /* "assay-probe-allocator" */
    const char *about;   /* what --help begins with */

    /* Finds the subject, before a body runs: fills run->subject_path,
     * run->claims, and provider and build id of the record. False: it is not
     * active, and `ret_why` says why, in a sentence that helps. */
    bool (*open)(struct check_run *run, const char *subject, char *ret_why,
                 size_t room);

    const char *const *bits; /* names of those that a check may want, from
                              * the lowest; ended by NULL, or NULL */
};

extern const struct probe_kind probe_kind;

enum probe_task { PROBE_HELP, PROBE_LIST, PROBE_RUN };

struct probe_options {
    enum probe_task task;
    const struct check *check;
    const char *subject;
    uint64_t seed;
    unsigned repeat;
    unsigned patience;  /* --patience, in percent */
    const char *script; /* --script */
    const char *out;    /* --out */
    bool bare;          /* --bare */
};

/* 0, or -1 with a message on stderr. Allocates nothing. */
int probe_options_parse(struct probe_options *ret_options, char **arguments);

/* All checks, in the order of the families. */
const struct check *const *probe_checks(size_t *ret_count);

/* The check of that id ("ZER-2" or "ZER_2"), or NULL. */
const struct check *probe_find(const char *id);

/* The id as the catalogue has it: "ZER-2". */
void probe_id(const struct check *check, char id[16]);

/* All checks as one JSON document on stdout. Uses stdio, and so malloc. */
void probe_list_print(void);

/* The names of the bits, parted by spaces, cut to the room there is. */
void probe_bits(unsigned bits, char *ret_text, size_t room);

/* What check_limit_ms() makes of a limit, in percent of it; 100 until then. */
void probe_set_patience(unsigned percent);

/* Writes what a body returned into the record and seals it. */
void probe_seal(struct check_run *run, const struct check *check,
                enum verdict verdict);

#endif
