/* campaign_cell.c - one cell of a campaign: run, held against the others, and
 * kept. */
#include "campaign_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "line.h"

/* How much longer a cell may take under valgrind. */
enum { COUNT_SLOWNESS = 10 };

int campaign_fail(struct campaign *campaign, const char *text)
{
    failure_set(campaign->error, "%s", text);
    campaign->ending = CAMPAIGN_FAILED;
    return -1;
}

int campaign_keep(struct campaign *campaign, json_t *line)
{
    struct failure error;
    int written = results_append(campaign->writer, line, &error);

    json_decref(line);
    return written == 0 ? 0 : campaign_fail(campaign, error.text);
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
        return campaign_fail(campaign,
                             "a cell could not be started; see above");
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
        return campaign_fail(campaign, error.text);
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

    return campaign_keep(campaign, line);
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

int campaign_run_cell(struct campaign *campaign, struct place place)
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
