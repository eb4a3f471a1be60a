/* plan.c - checks what was asked for, before anything runs. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sha2.h>
#include <time.h>

#include "counting.h"
#include "environment.h"
#include "machine.h"
#include "places.h"
#include "random.h"
#include "results.h"
#include "statistics.h"
#include "text.h"

/* A cell may take at most this share of the memory that is there. */
#define MEMORY_SHARE_MAX 0.8

/* ---- subjects ---- */

/* One file may hold several subjects: each has functions of its own, or, where
 * it is around another library, settings. */
static bool plan_has(const struct plan *plan, const struct subject *subject,
                     size_t *ret_index)
{
    for (size_t i = 0; i < plan->subject_count; i++) {
        const struct subject *known = &plan->subjects[i];

        if (strcmp(known->path, subject->path) == 0 &&
            functions_are_equal(&known->functions, &subject->functions) &&
            text_lists_are_equal(known->environment, subject->environment) &&
            known->one_thread == subject->one_thread) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

/* Two libraries of one file name get names that tell them apart. */
static void plan_name_apart(struct plan *plan, struct subject *subject)
{
    char *name = text_copy(subject->name);

    for (unsigned number = 2, clash = 1; clash != 0; number++) {
        clash = 0;
        for (size_t i = 0; i < plan->subject_count; i++)
            clash |= strcmp(plan->subjects[i].name, subject->name) == 0;
        if (clash) {
            free(subject->name);
            subject->name = text_format("%s-%u", name, number);
        }
    }
    free(name);
}

static void plan_take(struct plan *plan, struct subject subject)
{
    plan_name_apart(plan, &subject);
    plan->subjects[plan->subject_count++] = subject;
}

static int plan_add_subject(struct plan *plan, const char *given,
                            size_t *ret_index, struct failure *ret_error)
{
    int like = plan->subject_count == 0 ? -1 : (int)plan->subjects[0].kind;
    struct subject subject;
    struct failure error;

    if (subject_find_benched(given, like, &subject, &error) != 0)
        return failure_set(ret_error, "%s", error.text);
    if (plan_has(plan, &subject, ret_index)) {
        subject_free(&subject); /* named twice: once is enough */
        return 0;
    }
    *ret_index = plan->subject_count;
    plan_take(plan, subject);
    return 0;
}

static int plan_refuse_kind(const struct subject *subject,
                            const struct subject *baseline,
                            struct failure *ret_error)
{
    bool around =
        subject->kind != KIND_COLLECTOR && baseline->kind != KIND_COLLECTOR;

    return failure_set(ret_error,
                       "%s is %s %s, and the baseline %s is %s %s\nGive "
                       "a --baseline of the same kind%s.",
                       subject->name, kind_article(subject->kind),
                       kind_word(subject->kind), baseline->name,
                       kind_article(baseline->kind), kind_word(baseline->kind),
                       around ? "; plugin:NAME makes an allocator of a malloc, "
                                "as in --baseline plugin:glibc"
                              : "");
}

/* Like is compared with like: the kinds are asked rows of their own, or the
 * same rows in ways of their own. */
static int plan_check_kinds(const struct plan *plan, struct failure *ret_error)
{
    const struct subject *baseline = &plan->subjects[plan->baseline];

    for (size_t i = 0; i < plan->subject_count; i++) {
        const struct subject *other = &plan->subjects[i];

        if (other->kind != baseline->kind)
            return plan_refuse_kind(other, baseline, ret_error);
    }
    return 0;
}

static int plan_find_subjects(struct plan *plan, struct failure *ret_error)
{
    const struct plan_options *options = &plan->options;
    size_t wanted = text_list_count(options->subjects), ignored;
    struct subject extra;
    struct failure error;

    plan->subjects = calloc(wanted + 3, sizeof(*plan->subjects));
    if (plan->subjects == NULL)
        return failure_set(ret_error, "out of memory");
    if (plan_add_subject(plan, options->baseline, &plan->baseline, ret_error) !=
        0)
        return -1;
    for (size_t i = 0; i < wanted; i++)
        if (plan_add_subject(plan, options->subjects[i], &ignored, ret_error) !=
            0)
            return -1;
    if (plan_check_kinds(plan, ret_error) != 0)
        return -1;
    subject_twin(&plan->subjects[plan->baseline], &extra);
    plan->twin = plan->subject_count;
    plan_take(plan, extra);
    if (subject_floor(plan->subjects[plan->baseline].kind, &extra, &error) != 0)
        return failure_set(ret_error, "%s", error.text);
    plan->floor = plan->subject_count;
    plan_take(plan, extra);
    return 0;
}

/* ---- rows ---- */

/* Callgrind runs one thread at a time, and programs are counted by no cell. */
static bool plan_is_counted(const struct catalogue_row *row)
{
    return row->program == NULL && strcmp(row->contract, "one thread") == 0;
}

static int plan_keep_counted(struct plan *plan, struct failure *ret_error)
{
    size_t kept = 0;

    for (size_t i = 0; i < plan->row_count; i++)
        if (plan_is_counted(plan->rows[i]))
            plan->rows[kept++] = plan->rows[i];
    plan->rows[kept] = NULL;
    plan->row_count = kept;
    if (kept == 0)
        return failure_set(ret_error, "none of these rows can be counted: "
                                      "--counts takes synthetic rows of one "
                                      "thread, such as churn-10k");
    return counting_is_possible(ret_error);
}

static int plan_check_memory(const struct plan *plan, struct failure *ret_error)
{
    uint64_t there = machine_memory_available();

    for (size_t i = 0; i < plan->row_count; i++) {
        const struct catalogue_row *row = plan->rows[i];
        uint64_t needed;

        if (row->program != NULL)
            continue;
        needed = catalogue_memory_bytes(row, plan->options.scale,
                                        plan->options.threads);
        if ((double)needed > MEMORY_SHARE_MAX * (double)there)
            return failure_set(
                ret_error,
                "row %s at scale %g with %u threads needs about %.1f "
                "GiB; this machine has %.1f GiB available\nGive a "
                "smaller --scale or --threads, or leave the row out "
                "with --workloads.",
                row->name, plan->options.scale, plan->options.threads,
                (double)needed / (1u << 30), (double)there / (1u << 30));
    }
    return 0;
}

static int plan_check_programs(const struct plan *plan,
                               struct failure *ret_error)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        struct failure error;

        if (plan->rows[i]->program != NULL &&
            !program_is_installed(plan->rows[i]->program, &error))
            return failure_set(ret_error, "%s", error.text);
    }
    return 0;
}

static int plan_check_numbers(struct plan *plan, struct failure *ret_error)
{
    struct plan_options *options = &plan->options;

    if (options->blocks == 0 && !options->counts)
        return failure_set(ret_error,
                           "zero blocks measure nothing\nGive --blocks of "
                           "at least 10, or leave it out.");
    if (options->micro && (options->counts || options->quick))
        return failure_set(ret_error,
                           "--micro goes with neither --counts nor --quick\n"
                           "Choose some of them with --workloads, such as "
                           "pair,cold.");
    if (!(options->scale > 0))
        return failure_set(ret_error, "the scale must be over 0; 1 is what is "
                                      "published");
    if (options->threads == 0)
        options->threads = machine_processors();
    if (options->threads > PLAN_THREADS_MAX)
        return failure_set(ret_error, "%u threads; at most %d can be asked for",
                           options->threads, PLAN_THREADS_MAX);
    return 0;
}

/* What replaces no malloc serves no program; where programs are all there is
 * to run, nothing would be measured of it. */
static int plan_check_functions(const struct plan *plan,
                                struct failure *ret_error)
{
    for (size_t i = 0; i < plan->row_count; i++)
        if (plan->rows[i]->program == NULL)
            return 0;
    for (size_t i = 0; i < plan->subject_count; i++) {
        const struct subject *subject = &plan->subjects[i];

        if (functions_are_own(&subject->functions))
            return failure_set(
                ret_error,
                "subject %s replaces no malloc (it is called as %s): no "
                "program can run under it\nCompare it on synthetic rows with "
                "'assay bench'.",
                subject->name, subject->functions.name[FUNCTION_MALLOC]);
    }
    return 0;
}

/* ---- header ---- */

/* What is for mallocs, as all was once, does not say so. */
static const char *kind_if_plugin(enum kind kind)
{
    return kind_is_plugin(kind) ? kind_word(kind) : NULL;
}

static json_t *plan_rows_json(const struct plan *plan)
{
    json_t *list = json_array();

    for (size_t i = 0; i < plan->row_count; i++) {
        const struct catalogue_row *row = plan->rows[i];

        json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:b, s:O*, "
                      "s:s*}",
                      "name", row->name, "workload", row->workload, "question",
                      row->question, "operation", row->operation, "contract",
                      row->contract, "version", row->version, "threads",
                      row->threads, "reads_back", row->reads_back, "program",
                      row->program != NULL, "needs", row->needs, "kind",
                      kind_if_plugin(row->kind)));
    }
    return list;
}

static json_t *plan_subjects_json(const struct plan *plan)
{
    json_t *list = json_array();

    for (size_t i = 0; i < plan->subject_count; i++)
        json_array_append_new(list, subject_to_json(&plan->subjects[i]));
    return list;
}

static json_t *plan_file_digest(const char *name)
{
    char *path = place_of_program(name);
    char digest[65] = "";

    if (path == NULL || SHA256File(path, digest) == NULL)
        digest[0] = '\0';
    free(path);
    return json_string(digest);
}

static json_t *plan_options_json(void)
{
    char **options = environment_allocator_options();
    json_t *list = json_array();

    for (size_t i = 0; options[i] != NULL; i++)
        json_array_append_new(list, json_string(options[i]));
    text_list_free(options);
    return list;
}

/* What must be equal for a campaign to go on: see results_resume(). */
static json_t *plan_identity(const struct plan *plan)
{
    const struct plan_options *options = &plan->options;
    json_t *micro = options->micro ? json_pack("{s:s, s:o}", "google_benchmark",
                                               plan->micro.library_version,
                                               "program_sha256",
                                               plan_file_digest("assay-micro"))
                                   : NULL;

    return json_pack("{s:o, s:o, s:s, s:I, s:b, s:f, s:i, s:i, s:i, s:o, s:o, "
                     "s:o, s:o, s:b, s:o*}",
                     "subjects", plan_subjects_json(plan), "rows",
                     plan_rows_json(plan), "baseline",
                     plan->subjects[plan->baseline].name, "seed",
                     (json_int_t)options->seed, "quick", options->quick,
                     "scale", options->scale, "threads", (int)options->threads,
                     "blocks", (int)options->blocks, "memory_cells",
                     (int)options->memory_cells, "cell_sha256",
                     plan_file_digest("assay-cell"), "cell_b_sha256",
                     plan_file_digest("assay-cell-b"), "allocator_options",
                     plan_options_json(), "machine", machine_fingerprint(),
                     "counts", options->counts, "micro", micro);
}

static json_t *plan_header(const struct plan *plan)
{
    time_t now = time(NULL);
    struct machine_load load = machine_load_read();
    char date[32];

    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:o, s:{s:f, s:i, s:s?}}",
                     "format", RESULTS_FORMAT, "version", RESULTS_VERSION,
                     "assay", ASSAY_VERSION, "started", date, "command",
                     plan->options.command, "pinning",
                     "none: the kernel places threads", "identity",
                     plan_identity(plan), "load", "average", load.load_average,
                     "runnable", (int)load.runnable, "busy", plan->busy);
}

/* ---- the whole ---- */

static int plan_fill_rows(struct plan *plan, const struct catalogue *catalogue,
                          struct failure *ret_error)
{
    struct failure error;

    if (catalogue_choose(catalogue, plan->options.workloads,
                         plan->subjects[plan->baseline].kind,
                         plan->options.quick, &plan->rows, &error) != 0)
        return failure_set(ret_error, "%s", error.text);
    while (plan->rows[plan->row_count] != NULL)
        plan->row_count++;
    if (plan->options.counts && plan_keep_counted(plan, ret_error) != 0)
        return -1;
    if (plan_check_memory(plan, ret_error) != 0 ||
        plan_check_functions(plan, ret_error) != 0)
        return -1;
    return plan_check_programs(plan, ret_error);
}

static int plan_fill(struct plan *plan, const struct catalogue *catalogue,
                     struct failure *ret_error)
{
    if (plan_check_numbers(plan, ret_error) != 0 ||
        plan_find_subjects(plan, ret_error) != 0)
        return -1;
    if (plan->options.micro &&
        kind_is_plugin(plan->subjects[plan->baseline].kind))
        return failure_set(ret_error, "--micro is for mallocs\nLeave it out: "
                                      "plug-ins are compared on rows.");
    if (plan->options.micro) {
        if (micro_list_load(plan->options.workloads, &plan->micro, ret_error) !=
            0)
            return -1;
    } else if (plan_fill_rows(plan, catalogue, ret_error) != 0) {
        return -1;
    }
    plan->busy = machine_busy(machine_load_read());
    if (plan->busy != NULL && plan->options.strict)
        return failure_set(
            ret_error,
            "the machine is not quiet: %s\nWait, or leave --strict "
            "out: the campaign then only notes it.",
            plan->busy);
    plan->header = plan_header(plan);
    return 0;
}

int plan_make(const struct catalogue *catalogue,
              const struct plan_options *options, struct plan *ret_plan,
              struct failure *ret_error)
{
    struct plan plan = { .options = *options };

    if (plan_fill(&plan, catalogue, ret_error) != 0) {
        plan_free(&plan);
        return -1;
    }
    *ret_plan = plan;
    return 0;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->subject_count; i++)
        subject_free(&plan->subjects[i]);
    free(plan->subjects);
    free(plan->rows);
    micro_list_free(&plan->micro);
    free(plan->busy);
    json_decref(plan->header);
    *plan = (struct plan){ 0 };
}

uint64_t plan_cell_seed(const struct plan *plan, size_t row, unsigned block)
{
    uint64_t place =
        RANDOM_GOLDEN * (block + 1) + 0xd1b54a32d192ed03u * (row + 1);

    /* Positive in a JSON integer. */
    return random_mix(plan->options.seed + place) >> 1;
}

void plan_shuffle(size_t *ret_order, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++)
        ret_order[i] = i;
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)(statistics_uniform(state) * (double)i);
        size_t kept = ret_order[i - 1];

        ret_order[i - 1] = ret_order[other];
        ret_order[other] = kept;
    }
}
