/* micro.h - runs the micro-benchmarks of a plan.
 *
 * Group by group; in each as many rounds as the plan has blocks; in each round
 * all subjects in random order, each in a process of its own with one
 * repetition of every benchmark of the group. So repetitions of one benchmark
 * differ in process, layout and time, as blocks do, and a crash leaves the
 * other groups whole.
 *
 * A line is written for each benchmark and subject when its group is over: a
 * subject that ended badly has its status there, never a hole. */
#ifndef ASSAY_MICRO_H
#define ASSAY_MICRO_H

#include "campaign.h"

/* As campaign_run(). */
enum campaign_ending micro_run(const struct plan *plan, const char *folder,
                               struct results_writer *writer,
                               const struct results *earlier,
                               struct failure *ret_error);

#endif
