/* probe.h - the parts of the probe program, for one another. */
#ifndef ASSAY_PROBE_H
#define ASSAY_PROBE_H

#include "check.h"

enum probe_task { PROBE_HELP, PROBE_LIST, PROBE_RUN };

struct probe_options {
    enum probe_task task;
    const struct check *check;
    const char *subject;
    uint64_t seed;
    unsigned repeat;
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

/* Resolves the entry points, before a body runs. */
void probe_calls_resolve(const char *subject_path);

/* Writes what a body returned into the record and seals it. */
void probe_seal(struct check_run *run, const struct check *check,
                enum verdict verdict);

#endif
