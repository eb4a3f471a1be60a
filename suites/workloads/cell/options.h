/* options.h - the command line of the cell program. */
#ifndef ASSAY_CELL_OPTIONS_H
#define ASSAY_CELL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "functions.h"
#include "workload.h"

enum cell_task { TASK_HELP, TASK_LIST, TASK_MEMORY_BYTES, TASK_RUN };

/* MODE_COUNT: under valgrind, which counts inside the timed region alone. */
enum cell_mode { MODE_TIME, MODE_MEMORY, MODE_SHADOW, MODE_COUNT };

struct cell_options {
    enum cell_task task;
    const struct workload *workload;
    const struct row *row;
    const char *subject;
    struct functions functions; /* the subject's, where it has own names */
    enum cell_mode mode;
    uint64_t seed;
    double scale;
    unsigned threads;
    uint64_t repetitions; /* instead of the row's; 0: the row's */
    bool quick;
    bool floor;
    bool collector;  /* the subject is a plug-in of assay/collector.h */
    bool allocator;  /* the subject is a plug-in of assay/allocator.h */
    bool one_thread; /* the subject may be called by one thread only */
};

/* 0, or -1 with a message on stderr. Allocates nothing. */
int cell_options_parse(struct cell_options *ret_options, char **arguments);

#endif
