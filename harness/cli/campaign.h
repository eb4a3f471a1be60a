/* campaign.h - runs a plan: gates, memory cells, then blocks of timed cells.
 *
 * Order: each subject is first asked the requirements that the rows need
 * (gate.h), then runs each row small and checked against the
 * shadow model (no time is published of a subject that fails there); then the
 * memory cells, with a sampler outside; then the blocks: in every block the
 * rows in random order, and in every row the subjects in random order, all
 * drawn from the campaign's seed. A subject that ended badly on a row is not
 * asked that row again: it has no honest time there.
 *
 * Errors: CAMPAIGN_FAILED when the tool itself failed, with a message; what
 *         subjects do is a status in the results. */
#ifndef ASSAY_CAMPAIGN_H
#define ASSAY_CAMPAIGN_H

#include "failure.h"
#include "plan.h"
#include "results.h"

enum campaign_ending {
    CAMPAIGN_COMPLETE,
    CAMPAIGN_CANCELLED, /* by the user; what was finished is kept */
    CAMPAIGN_FAILED,
};

/* `earlier` holds the lines of the run that is resumed, or is NULL. Scratch
 * files go to FOLDER/work, which is removed when every row came to a time. */
enum campaign_ending campaign_run(const struct plan *plan, const char *folder,
                                  struct results_writer *writer,
                                  const struct results *earlier,
                                  struct failure *ret_error);

#endif
