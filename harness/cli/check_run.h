/* check_run.h - runs what `assay check` was asked for. */
#ifndef ASSAY_CHECK_RUN_H
#define ASSAY_CHECK_RUN_H

#include <stdbool.h>
#include <stdint.h>

/* Texts are the caller's. */
struct check_settings {
    char **given; /* the subject; one */
    int kind;     /* -1: as its symbols say */
    const char *profile;
    char **filters;
    unsigned severities; /* 0: by default */
    unsigned jobs;
    unsigned repeat;
    unsigned timeout_s;
    uint64_t seed;
    bool seed_given;
    bool strict;
    bool tap;
    const char *json;
    const char *junit;
    const char *out;
};

/* Finds the subject, runs its checks and shows what came of them. Returns the
 * exit status of the command; why it is not good has been said. */
int check_run(const struct check_settings *settings);

#endif
