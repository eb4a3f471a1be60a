/* progress.h - tells people how far long work is, on stderr.
 *
 * On a terminal one line is rewritten; elsewhere a line is printed for each
 * phase and each block, so that a log stays short. */
#ifndef ASSAY_PROGRESS_H
#define ASSAY_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    size_t total; /* cells to run; those that fall away are taken off */
    size_t done;
    size_t resumed; /* done by an earlier run: no help in estimating */
    uint64_t start_ns;
    bool terminal;
    const char *things; /* what is counted: "cells" */
    char stage[64];     /* "block 3 of 10" */
};

void progress_start(struct progress *progress, size_t total);

/* Names what follows; printed by itself where there is no terminal. */
void progress_stage(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Shows the cell about to run. */
void progress_show(const struct progress *progress, const char *row,
                   const char *subject);

/* Prints a line that stays. */
void progress_note(const struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void progress_end(const struct progress *progress);

#endif
