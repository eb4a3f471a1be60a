/* campaign.c - the order in which cells run, and what is kept of each. */
#include "campaign.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cell.h"
#include "environment.h"
#include "gate.h"
#include "line.h"
#include "machine.h"
#include "progress.h"
#include "statistics.h"
#include "supervisor.h"
#include "text.h"

/* How much longer a cell may take under valgrind, and how often each runs. */
enum { COUNT_SLOWNESS = 10, COUNT_TIMES = 2 };

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
    unsigned block; /* from 1; 0 for the gate and memory */
    size_t row;
    size_t subject;
};

static int fail(struct campaign *campaign, const char *text)
{
    failure_set(campaign->error, "%s", text);
    campaign->ending = CAMPAIGN_FAILED;
    return -1;
}

static bool *campaign_closed(struct campaign *campaign, struct place place)
{
    return &campaign->closed[place.row * campaign->plan->subject_count +
                             place.subject];
}

static const struct catalogue_row *row_at(const struct campaign *campaign,
                                          struct place place)
{
    return campaign->plan->rows[place.row];
}

static const struct subject *subject_at(const struct campaign *campaign,
                                        struct place place)
{
    return &campaign->plan->subjects[place.subject];
}

/* ---- running one cell ---- */

/* Both counts are of one stream of requests. */
static uint64_t place_seed(const struct campaign *campaign, struct place place)
{
    unsigned block = place.kind == CELL_COUNT ? 1 : place.block;

    return plan_cell_seed(campaign->plan, place.row, block);
}

/* Each subject's own: only the requests must be equal within a block. */
static uint64_t place_pad_seed(const struct campaign *campaign,
                               struct place place)
{
    if (place.kind == CELL_COUNT)
        return 0; /* the same stack for all */
    return place_seed(campaign, place) + place.subject;
}

static int run_synthetic(struct campaign *campaign, struct place place,
                         struct cell_result *result)
{
    const struct plan_options *options = &campaign->plan->options;
    const struct catalogue_row *row = row_at(campaign, place);
    struct cell_request request = {
        .row = row->name,
        .subject = subject_at(campaign, place),
        .kind = place.kind,
        .seed = place_seed(campaign, place),
        .pad_seed = place_pad_seed(campaign, place),
        .scale = options->scale,
        .threads = row->threads ? options->threads : 1,
        .quick = options->quick || place.kind == CELL_COUNT,
        .other_layout = place.block % 2 == 0 && place.kind == CELL_TIME,
        .timeout_ms = options->timeout_s * 1000 *
                      (place.kind == CELL_COUNT ? COUNT_SLOWNESS : 1),
        .capture = campaign->capture,
        .timeline = place.kind == CELL_MEMORY ? campaign->timeline : NULL,
    };

    if (cell_run(&request, result) != 0)
        return fail(campaign, "a cell could not be started; see above");
    snprintf(result->digest_text, sizeof(result->digest_text), "%016lx",
             result->digest);
    return 0;
}

static int run_program(struct campaign *campaign, struct place place,
                       struct cell_result *result)
{
    const char *expected = campaign->expected[place.row];
    struct failure error;
    struct program_cell cell = {
        .program = row_at(campaign, place)->program,
        .subject = subject_at(campaign, place),
        .kind = place.kind,
        .work_folder = campaign->work,
        .seed = place_pad_seed(campaign, place),
        .timeout_ms = campaign->plan->options.timeout_s * 1000,
        .expected = *expected != '\0' ? expected : NULL,
        .timeline = place.kind == CELL_MEMORY ? campaign->timeline : NULL,
    };

    if (program_run(&cell, result, result->digest_text, &error) != 0)
        return fail(campaign, error.text);
    return 0;
}

/* Every subject must have been asked the same: a digest that differs from the
 * first one of its row (of its block, for requests) is no honest time. */
static void check_digest(struct campaign *campaign, struct place place,
                         struct cell_result *result)
{
    char *expected = campaign->expected[place.row];

    if (result->status != STATUS_OK)
        return;
    if (*expected == '\0') {
        memcpy(expected, result->digest_text, sizeof(result->digest_text));
    } else if (strcmp(expected, result->digest_text) != 0) {
        result->status = STATUS_WRONG_OUTPUT;
        snprintf(result->message, sizeof(result->message),
                 "digest %.16s where the others gave %.16s",
                 result->digest_text, expected);
    }
}

static int keep(struct campaign *campaign, struct place place,
                const struct cell_result *result)
{
    uint64_t pad = environment_pad_bytes(place_pad_seed(campaign, place));
    struct failure error;
    json_t *line = line_of_cell(
        &(struct line_place){
            .kind = place.kind,
            .block = place.block,
            .row = row_at(campaign, place)->name,
            .subject = subject_at(campaign, place)->name,
            .seed = place_seed(campaign, place),
            .pad_bytes = pad,
        },
        result, place.kind == CELL_MEMORY ? campaign->timeline : NULL);
    int written = results_append(campaign->writer, line, &error);

    json_decref(line);
    return written == 0 ? 0 : fail(campaign, error.text);
}

/* Takes over what an earlier run found there. */
static bool run_earlier(struct campaign *campaign, struct place place)
{
    char *key = line_key(cell_kind_word(place.kind), place.block,
                         row_at(campaign, place)->name,
                         subject_at(campaign, place)->name);
    const json_t *line = json_object_get(campaign->earlier, key);
    char *expected = campaign->expected[place.row];

    free(key);
    if (line == NULL)
        return false;
    if (line_status(line) != STATUS_OK)
        *campaign_closed(campaign, place) = true;
    else if (*expected == '\0')
        snprintf(expected, 65, "%s", line_text(line, "digest"));
    return true;
}

static void skip(struct campaign *campaign)
{
    campaign->progress.done++;
    campaign->progress.resumed++;
}

/* Every synthetic row begins with its gate, which refuses or runs it small. */
static int run_asked(struct campaign *campaign, struct place place,
                     struct cell_result *result)
{
    if (place.kind == CELL_SHADOW &&
        gate_refuses(campaign->gate, place.row, place.subject, result))
        return 0;
    if (row_at(campaign, place)->program != NULL)
        return run_program(campaign, place, result);
    return run_synthetic(campaign, place, result);
}

/* Runs one cell and keeps its line. -1 ends the campaign. */
static int run_cell(struct campaign *campaign, struct place place)
{
    const struct catalogue_row *row = row_at(campaign, place);
    struct cell_result result = { 0 };

    if (run_earlier(campaign, place) || *campaign_closed(campaign, place)) {
        skip(campaign);
        return 0;
    }
    progress_show(&campaign->progress, row->name,
                  subject_at(campaign, place)->name);
    if (campaign->timeline != NULL)
        campaign->timeline->count = campaign->timeline->dropped = 0;
    if (run_asked(campaign, place, &result) != 0)
        return -1;
    if (result.status == STATUS_CANCELLED || supervisor_is_cancelled()) {
        campaign->ending = CAMPAIGN_CANCELLED;
        return -1;
    }
    check_digest(campaign, place, &result);
    if (keep(campaign, place, &result) != 0)
        return -1;
    campaign->progress.done++;
    if (result.status == STATUS_OK)
        return 0;
    *campaign_closed(campaign, place) = true;
    if (result.status != STATUS_UNSUPPORTED)
        progress_note(&campaign->progress, "%s under %s: %s: %s", row->name,
                      subject_at(campaign, place)->name,
                      status_word(result.status), result.message);
    return 0;
}

/* ---- the phases ---- */

static void shuffle(size_t *order, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)(statistics_uniform(state) * (double)i);
        size_t kept = order[i - 1];

        order[i - 1] = order[other];
        order[other] = kept;
    }
}

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
        return fail(campaign, error.text);
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
            if (run_cell(campaign,
                         (struct place){ CELL_SHADOW, 0, row, subject }) != 0)
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
                    run_cell(campaign,
                             (struct place){ CELL_COUNT, time, row, i }) != 0)
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
            return fail(campaign, error.text);
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
                if (run_cell(campaign, (struct place){ CELL_MEMORY, cell, row,
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
    struct failure error;
    json_t *line =
        json_pack("{s:s, s:i, s:f, s:i, s:f}", "kind", "block", "block",
                  (int)block, "load_average", after.load_average, "runnable",
                  (int)after.runnable, "steal_share",
                  machine_steal_share(before, after));
    int written = results_append(campaign->writer, line, &error);

    json_decref(line);
    return written == 0 ? 0 : fail(campaign, error.text);
}

static int run_row(struct campaign *campaign, unsigned block, size_t row,
                   uint64_t *state)
{
    const struct plan *plan = campaign->plan;
    size_t order[plan->subject_count];

    expect_anew(campaign, row);
    shuffle(order, plan->subject_count, state);
    for (size_t i = 0; i < plan->subject_count; i++)
        if (run_cell(campaign,
                     (struct place){ CELL_TIME, block, row, order[i] }) != 0)
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
    shuffle(order, plan->row_count, &state);
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

static int keep_end(struct campaign *campaign)
{
    struct failure error;
    time_t now = time(NULL);
    char date[32];
    json_t *line;
    int written;

    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    line = json_pack("{s:s, s:s}", "kind", "end", "finished", date);
    written = results_append(campaign->writer, line, &error);
    json_decref(line);
    return written == 0 ? 0 : fail(campaign, error.text);
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
        return fail(campaign, "out of memory");
    if (mkdir(campaign->work, 0777) != 0 && errno != EEXIST) {
        char *text =
            text_format("cannot make %s: %s\nGive another folder with --out.",
                        campaign->work, strerror(errno));

        fail(campaign, text);
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

static bool was_ended(const struct results *earlier)
{
    size_t count = earlier == NULL ? 0 : json_array_size(earlier->lines);
    const json_t *last =
        count == 0 ? NULL : json_array_get(earlier->lines, count - 1);

    return last != NULL && strcmp(line_text(last, "kind"), "end") == 0;
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

    if (was_ended(earlier))
        return CAMPAIGN_COMPLETE;
    (void)(campaign_open(&campaign, folder, earlier) == 0 &&
           run_gate(&campaign) == 0 && prepare_programs(&campaign) == 0 &&
           run_memory(&campaign) == 0 && run_counts(&campaign) == 0 &&
           run_blocks(&campaign) == 0 && keep_end(&campaign) == 0);
    campaign_close(&campaign);
    return campaign.ending;
}
