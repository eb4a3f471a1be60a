/* campaign_parts.h - what the files behind campaign.h share.
 *
 * Errors: -1 ends the campaign: it failed, with a message, or was cancelled. */
#ifndef ASSAY_CAMPAIGN_PARTS_H
#define ASSAY_CAMPAIGN_PARTS_H

#include "campaign.h"
#include "cell.h"
#include "gate.h"
#include "progress.h"
#include "supervisor.h"

struct campaign {
    const struct plan *plan;
    struct results_writer *writer;
    struct failure *error;
    struct progress progress;
    struct memory_timeline *timeline;
    struct gate *gate;    /* NULL: it refuses nothing */
    char *work;           /* scratch folder */
    char *capture;        /* what a synthetic cell prints */
    json_t *earlier;      /* lines of the run that is resumed, by line_key() */
    bool *closed;         /* [row][subject]: ended badly, not asked again */
    char (*expected)[65]; /* [row]: digest that all subjects must give */
    enum campaign_ending ending;
};

/* One cell's place in the campaign. */
struct place {
    enum cell_kind kind;
    unsigned block; /* or cell of memory, or count: from 1; 0 for the gate */
    size_t row;
    size_t subject;
};

/* -1, with that message. */
int campaign_fail(struct campaign *campaign, const char *text);

/* Keeps a line of the results; takes it over. */
int campaign_keep(struct campaign *campaign, json_t *line);

/* Runs one cell and keeps its line, where an earlier run did not, and nothing
 * says that it would be in vain. */
int campaign_run_cell(struct campaign *campaign, struct place place);

#endif
