/* campaign.c - the order in which cells run. */
#include "campaign.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "campaign_parts.h"
#include "line.h"
#include "machine.h"
#include "text.h"

/* How often each cell is counted. */
enum { COUNT_TIMES = 2 };

/* ---- the phases ---- */

static void expect_anew(struct campaign *campaign, size_t row)
{
    /* A program's output is the same in every block; requests are not. */
    if (campaign->plan->rows[row]->program == NULL)
        campaign->expected[row][0] = '\0';
}

/* Whether every gate was passed or not in the run that is resumed. */
static bool gate_is_over(const struct campaign *campaign)
{
    const struct plan *plan = campaign->plan;
    bool over = true;

    for (size_t row = 0; row < plan->row_count; row++)
        for (size_t i = 0; i < plan->floor; i++) {
            char *key = line_key(cell_kind_word(CELL_SHADOW), 0,
                                 plan->rows[row]->name, plan->subjects[i].name);

            over = over && (plan->rows[row]->program != NULL ||
                            json_object_get(campaign->earlier, key) != NULL);
            free(key);
        }
    return over;
}

/* What the rows need is asked before any row is. */
static int run_requirements(struct campaign *campaign)
{
    struct failure error;

    if (campaign->plan->options.no_gate || gate_is_over(campaign))
        return 0;
    progress_stage(&campaign->progress, "checking what the rows need");
    switch (gate_make(campaign->plan, &campaign->progress, &campaign->gate,
                      &error)) {
    case GATE_MADE:
        return 0;
    case GATE_CANCELLED:
        campaign->ending = CAMPAIGN_CANCELLED;
        return -1;
    default:
        return campaign_fail(campaign, error.text);
    }
}

static int run_gate(struct campaign *campaign)
{
    const struct plan *plan = campaign->plan;

    if (run_requirements(campaign) != 0)
        return -1;
    progress_stage(&campaign->progress, "checking subjects");
    for (size_t row = 0; row < plan->row_count; row++) {
        if (plan->rows[row]->program != NULL)
            continue;
        for (size_t subject = 0; subject < plan->floor; subject++)
            if (campaign_run_cell(campaign, (struct place){ CELL_SHADOW, 0, row,
                                                            subject }) != 0)
                return -1;
        expect_anew(campaign, row);
    }
    return 0;
}

/* Each is counted twice, its own twin: some subjects look at a clock or draw
 * at random. */
static int run_counts(struct campaign *campaign)
{
    const struct plan *plan = campaign->plan;

    if (!plan->options.counts)
        return 0;
    for (unsigned time = 1; time <= COUNT_TIMES; time++) {
        progress_stage(&campaign->progress, "counting %u of %d", time,
                       COUNT_TIMES);
        for (size_t row = 0; row < plan->row_count; row++)
            for (size_t i = 0; i < plan->subject_count; i++)
                if (i != plan->twin &&
                    campaign_run_cell(campaign,
                                      (struct place){ CELL_COUNT, time, row,
                                                      i }) != 0)
                    return -1;
    }
    return 0;
}

static int prepare_programs(struct campaign *campaign)
{
    const struct plan *plan = campaign->plan;
    struct failure error;

    for (size_t row = 0; row < plan->row_count; row++) {
        const struct program *program = plan->rows[row]->program;

        if (program == NULL)
            continue;
        progress_show(&campaign->progress, program->name, "preparation");
        if (program_prepare(program, campaign->work, &error) != 0)
            return campaign_fail(campaign, error.text);
    }
    return 0;
}

/* A program has at least one memory cell: it is its gate. */
static unsigned memory_cells(const struct plan *plan, size_t row)
{
    unsigned cells = plan->options.memory_cells;

    return plan->rows[row]->program != NULL && cells == 0 ? 1 : cells;
}

/* The baseline comes first: what it answers is what others must answer. */
static int run_memory(struct campaign *campaign)
{
    const struct plan *plan = campaign->plan;
    unsigned most = plan->options.memory_cells;

    for (unsigned cell = 1; cell <= (most > 0 ? most : 1); cell++) {
        if (most > 0)
            progress_stage(&campaign->progress, "memory %u of %u", cell, most);
        for (size_t row = 0; row < plan->row_count; row++) {
            if (cell > memory_cells(plan, row))
                continue;
            for (size_t subject = 0; subject < plan->twin; subject++)
                if (campaign_run_cell(campaign,
                                      (struct place){ CELL_MEMORY, cell, row,
                                                      subject }) != 0)
                    return -1;
            expect_anew(campaign, row);
        }
    }
    return 0;
}

static int keep_load(struct campaign *campaign, unsigned block,
                     struct machine_load before)
{
    struct machine_load after = machine_load_read();

    return campaign_keep(campaign,
                         json_pack("{s:s, s:i, s:f, s:i, s:f}", "kind", "block",
                                   "block", (int)block, "load_average",
                                   after.load_average, "runnable",
                                   (int)after.runnable, "steal_share",
                                   machine_steal_share(before, after)));
}

static int run_row(struct campaign *campaign, unsigned block, size_t row,
                   uint64_t *state)
{
    const struct plan *plan = campaign->plan;
    size_t order[plan->subject_count];

    expect_anew(campaign, row);
    plan_shuffle(order, plan->subject_count, state);
    for (size_t i = 0; i < plan->subject_count; i++)
        if (campaign_run_cell(campaign, (struct place){ CELL_TIME, block, row,
                                                        order[i] }) != 0)
            return -1;
    return 0;
}

/* All orders are drawn before a cell is skipped, so that a resumed campaign
 * goes on in the order it was started with. */
static int run_block(struct campaign *campaign, unsigned block)
{
    const struct plan *plan = campaign->plan;
    struct machine_load before = machine_load_read();
    uint64_t state = plan_cell_seed(plan, SIZE_MAX - 1, block);
    size_t order[plan->row_count];

    progress_stage(&campaign->progress, "block %u of %u", block,
                   plan->options.blocks);
    plan_shuffle(order, plan->row_count, &state);
    for (size_t i = 0; i < plan->row_count; i++)
        if (run_row(campaign, block, order[i], &state) != 0)
            return -1;
    return keep_load(campaign, block, before);
}

static int run_blocks(struct campaign *campaign)
{
    for (unsigned block = 1; block <= campaign->plan->options.blocks; block++)
        if (run_block(campaign, block) != 0)
            return -1;
    return 0;
}

/* ---- the whole ---- */

static size_t count_cells(const struct plan *plan)
{
    size_t subjects = plan->subject_count;
    size_t cells = plan->row_count * (plan->options.counts
                                          ? (subjects - 1) * COUNT_TIMES
                                          : subjects * plan->options.blocks);

    for (size_t row = 0; row < plan->row_count; row++) {
        if (plan->rows[row]->program == NULL)
            cells += subjects - 1;
        cells += memory_cells(plan, row) * (subjects - 2);
    }
    return cells;
}

static int campaign_open(struct campaign *campaign, const char *folder,
                         const struct results *earlier)
{
    const struct plan *plan = campaign->plan;

    campaign->work = text_format("%s/work", folder);
    campaign->capture = text_format("%s/output.txt", campaign->work);
    campaign->earlier = line_index(earlier);
    campaign->closed = calloc(plan->row_count * plan->subject_count,
                              sizeof(*campaign->closed));
    campaign->expected = calloc(plan->row_count, sizeof(*campaign->expected));
    campaign->timeline = timeline_create();
    if (campaign->closed == NULL || campaign->expected == NULL ||
        campaign->timeline == NULL)
        return campaign_fail(campaign, "out of memory");
    if (mkdir(campaign->work, 0777) != 0 && errno != EEXIST) {
        char *text =
            text_format("cannot make %s: %s\nGive another folder with --out.",
                        campaign->work, strerror(errno));

        campaign_fail(campaign, text);
        free(text);
        return -1;
    }
    progress_start(&campaign->progress, count_cells(plan));
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Outputs are worth keeping where something went wrong, and where a campaign
 * may go on. */
static void remove_work(const struct campaign *campaign)
{
    const struct plan *plan = campaign->plan;

    for (size_t row = 0; row < plan->row_count; row++)
        for (size_t i = 0; i < plan->floor; i++)
            if (campaign->closed[row * plan->subject_count + i])
                return;
    if (campaign->ending == CAMPAIGN_COMPLETE)
        nftw(campaign->work, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void campaign_close(struct campaign *campaign)
{
    if (campaign->closed != NULL)
        remove_work(campaign);
    progress_end(&campaign->progress);
    timeline_destroy(campaign->timeline);
    gate_free(campaign->gate);
    free(campaign->expected);
    free(campaign->closed);
    json_decref(campaign->earlier);
    free(campaign->capture);
    free(campaign->work);
}

enum campaign_ending campaign_run(const struct plan *plan, const char *folder,
                                  struct results_writer *writer,
                                  const struct results *earlier,
                                  struct failure *ret_error)
{
    struct campaign campaign = {
        .plan = plan,
        .writer = writer,
        .error = ret_error,
        .ending = CAMPAIGN_COMPLETE,
    };

    if (line_has_end(earlier))
        return CAMPAIGN_COMPLETE;
    (void)(campaign_open(&campaign, folder, earlier) == 0 &&
           run_gate(&campaign) == 0 && prepare_programs(&campaign) == 0 &&
           run_memory(&campaign) == 0 && run_counts(&campaign) == 0 &&
           run_blocks(&campaign) == 0 &&
           campaign_keep(&campaign, line_of_end()) == 0);
    campaign_close(&campaign);
    return campaign.ending;
}
