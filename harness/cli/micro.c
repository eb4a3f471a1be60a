/* micro.c - the order in which micro-benchmarks run, and their lines. */
#include "micro.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"
#include "line.h"
#include "micro_figures.h"
#include "places.h"
#include "progress.h"
#include "subject_functions.h"
#include "supervisor.h"
#include "text.h"

/* One repetition of one benchmark, at scale 1. */
#define MICRO_SECONDS 0.02

struct micro {
    const struct plan *plan;
    struct results_writer *writer;
    const struct results *earlier;
    struct failure *error;
    struct progress progress;
    char *work, *program, *json, *capture;
    bool *hung; /* [subject]: what hangs once is not asked again */
    enum campaign_ending ending;
};

/* Entries that one process runs. */
struct micro_group {
    const struct micro_entry *entries;
    size_t count;
    size_t first; /* index of the first entry: the group's number */
};

static int micro_fail(struct micro *micro, const char *text)
{
    failure_set(micro->error, "%s", text);
    micro->ending = CAMPAIGN_FAILED;
    return -1;
}

static struct micro_group micro_group_at(const struct plan *plan, size_t first)
{
    const struct micro_list *list = &plan->micro;
    struct micro_group group = { .entries = &list->entries[first],
                                 .first = first };

    while (first + group.count < list->count &&
           strcmp(group.entries[group.count].group, group.entries[0].group) ==
               0)
        group.count++;
    return group;
}

/* ---- one process ---- */

static char **micro_arguments(const struct micro *micro, const char *group,
                              const struct subject *subject)
{
    char **list = text_split("");

    list = text_list_add(list, text_copy(micro->program));
    list = text_list_add(list, text_copy("--subject"));
    list = text_list_add(list, text_copy(subject->path));
    list = text_list_add(list, text_copy("--group"));
    list = text_list_add(list, text_copy(group));
    list = text_list_add(list, text_copy("--out"));
    list = text_list_add(list, text_copy(micro->json));
    list = text_list_add(list, text_copy("--min-time"));
    list = text_list_add(list,
                         text_format("%.9g", MICRO_SECONDS *
                                                 micro->plan->options.scale));
    if (functions_are_own(&subject->functions)) {
        list = text_list_add(list, text_copy("--functions"));
        list = text_list_add(list, subject_functions_text(subject));
    }
    if (subject->is_floor)
        list = text_list_add(list, text_copy("--floor"));
    return list;
}

static int micro_run_process(struct micro *micro,
                             const struct micro_group *group, unsigned round,
                             size_t index, struct micro_figures *figures)
{
    const struct subject *subject = &micro->plan->subjects[index];
    uint64_t seed = plan_cell_seed(micro->plan, group->first, round) + index;
    char **arguments = micro_arguments(micro, group->entries->group, subject);
    char **settings = environment_for(subject, seed);
    struct cell_result result;
    int started;

    progress_show(&micro->progress, group->entries->group, subject->name);
    unlink(micro->json);
    started = cell_run_program(arguments, settings, micro->capture,
                               micro->plan->options.timeout_s * 1000, &result);
    text_list_free(arguments);
    text_list_free(settings);
    if (started != 0)
        return micro_fail(micro, "assay-micro could not be started; see above");
    if (result.status == STATUS_CANCELLED || supervisor_is_cancelled()) {
        micro->ending = CAMPAIGN_CANCELLED;
        return -1;
    }
    micro_figures_take(figures, group->entries, group->count, &result,
                       micro->json);
    micro->hung[index] |= result.status == STATUS_TIMEOUT;
    if (result.status != STATUS_OK && result.status != STATUS_UNSUPPORTED)
        progress_note(&micro->progress, "%s under %s: %s: %s",
                      group->entries->group, subject->name,
                      status_word(result.status), result.message);
    return 0;
}

/* ---- a group ---- */

/* Whether anything can still come of it: a subject that ended badly in this
 * group is not asked again. */
static bool micro_is_open(const struct micro_group *group,
                          const struct micro_figures *figures)
{
    for (size_t i = 0; i < group->count; i++)
        if (figures[i].status == STATUS_OK)
            return true;
    return false;
}

static void micro_skip_hung(const struct micro_group *group,
                            struct micro_figures *figures)
{
    static const struct cell_result hung = {
        .status = STATUS_TIMEOUT,
        .message = "not asked: it hung in an earlier group",
    };

    for (size_t i = 0; i < group->count; i++)
        if (figures[i].repetitions_ns == NULL)
            micro_figures_take(&figures[i], &group->entries[i], 1, &hung, "");
}

static int micro_run_round(struct micro *micro, const struct micro_group *group,
                           unsigned round, struct micro_figures *figures)
{
    size_t subjects = micro->plan->subject_count, order[subjects];
    uint64_t state = plan_cell_seed(micro->plan, group->first, round);

    plan_shuffle(order, subjects, &state);
    for (size_t i = 0; i < subjects; i++) {
        struct micro_figures *own = &figures[order[i] * group->count];

        micro->progress.done += group->count;
        if (micro->hung[order[i]])
            micro_skip_hung(group, own);
        else if (micro_is_open(group, own) &&
                 micro_run_process(micro, group, round, order[i], own) != 0)
            return -1;
    }
    return 0;
}

static int micro_append(struct micro *micro, json_t *line)
{
    struct failure error;
    int written = results_append(micro->writer, line, &error);

    json_decref(line);
    return written == 0 ? 0 : micro_fail(micro, error.text);
}

static int micro_keep(struct micro *micro, const struct micro_group *group,
                      const struct micro_figures *figures)
{
    for (size_t i = 0; i < group->count; i++)
        for (size_t subject = 0; subject < micro->plan->subject_count;
             subject++) {
            json_t *line =
                micro_figures_line(&figures[subject * group->count + i],
                                   &group->entries[i],
                                   micro->plan->subjects[subject].name);

            if (micro_append(micro, line) != 0)
                return -1;
        }
    return 0;
}

/* How many of the group's lines an earlier run left: all, where it was not
 * stopped in the middle of writing them. */
static size_t micro_lines_of(const struct micro *micro,
                             const struct micro_group *group)
{
    size_t lines = 0, i;
    json_t *line;

    if (micro->earlier == NULL)
        return 0;
    json_array_foreach(micro->earlier->lines, i, line)
    {
        json_int_t size =
            json_integer_value(json_object_get(line, "size_bytes"));

        for (size_t entry = 0; entry < group->count; entry++)
            lines += group->entries[entry].size_bytes == size &&
                     strcmp(line_text(line, "name"),
                            group->entries[entry].name) == 0;
    }
    return lines;
}

static int micro_run_group(struct micro *micro, const struct micro_group *group)
{
    size_t subjects = micro->plan->subject_count;
    struct micro_figures *figures;
    int result = 0;

    progress_stage(&micro->progress, "%s", group->entries->group);
    if (micro_lines_of(micro, group) >= group->count * subjects) {
        size_t done = group->count * subjects * micro->plan->options.blocks;

        micro->progress.done += done;
        micro->progress.resumed += done;
        return 0;
    }
    figures = calloc(group->count * subjects, sizeof(*figures));
    if (figures == NULL)
        return micro_fail(micro, "out of memory");
    for (unsigned round = 1;
         round <= micro->plan->options.blocks && result == 0; round++)
        result = micro_run_round(micro, group, round, figures);
    if (result == 0)
        result = micro_keep(micro, group, figures);
    micro_figures_free(figures, group->count * subjects);
    return result;
}

/* ---- the whole ---- */

static int micro_open(struct micro *micro, const char *folder)
{
    const struct plan *plan = micro->plan;

    micro->work = text_format("%s/work", folder);
    micro->json = text_format("%s/micro.json", micro->work);
    micro->capture = text_format("%s/output.txt", micro->work);
    micro->program = place_of_program("assay-micro");
    micro->hung = calloc(plan->subject_count, sizeof(*micro->hung));
    if (micro->hung == NULL || micro->program == NULL)
        return micro_fail(micro, "assay-micro is not there any more");
    if (mkdir(micro->work, 0777) != 0 && errno != EEXIST)
        return micro_fail(micro, "cannot make the folder 'work' for scratch "
                                 "files\nGive another folder with --out.");
    progress_start(&micro->progress, plan->micro.count * plan->subject_count *
                                         plan->options.blocks);
    micro->progress.things = "repetitions";
    return 0;
}

static void micro_run_groups(struct micro *micro)
{
    size_t first = 0;

    while (first < micro->plan->micro.count) {
        struct micro_group group = micro_group_at(micro->plan, first);

        if (micro_run_group(micro, &group) != 0)
            return;
        first += group.count;
    }
    micro_append(micro, line_of_end());
}

static void micro_close(struct micro *micro)
{
    progress_end(&micro->progress);
    if (micro->work != NULL) {
        unlink(micro->capture);
        unlink(micro->json);
        rmdir(micro->work);
    }
    free(micro->hung);
    free(micro->program);
    free(micro->capture);
    free(micro->json);
    free(micro->work);
}

enum campaign_ending micro_run(const struct plan *plan, const char *folder,
                               struct results_writer *writer,
                               const struct results *earlier,
                               struct failure *ret_error)
{
    struct micro micro = {
        .plan = plan,
        .writer = writer,
        .earlier = earlier,
        .error = ret_error,
        .ending = CAMPAIGN_COMPLETE,
    };

    if (line_has_end(earlier))
        return CAMPAIGN_COMPLETE;
    if (micro_open(&micro, folder) == 0)
        micro_run_groups(&micro);
    micro_close(&micro);
    return micro.ending;
}
