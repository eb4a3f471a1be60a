/* main.c - runs one row under one subject, and leaves a record.
 *
 * Nothing is printed and nothing is allocated on the way: what this program
 * asked of the subject besides the workload's requests would be measured. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "allocator.h"
#include "backing.h"
#include "checked.h"
#include "clock.h"
#include "collector.h"
#include "list.h"
#include "missing.h"
#include "options.h"
#include "process_memory.h"
#include "provider.h"
#include "record.h"
#include "region.h"

enum { EXIT_GOOD = 0, EXIT_USAGE = 2, EXIT_TOOL = 3 };

/* How long a memory cell stays after its last free: the sampler sees the
 * decay after 0.1 and, in a full campaign, after 1 second. */
enum { DECAY_MS = 1200, DECAY_QUICK_MS = 300 };

enum { PHASE_SET_UP, PHASE_TIMED, PHASE_AFTER };

static struct record *main_record;

/* Before any constructor: a subject may do as it likes in its own. */
static void main_attach(void)
{
    main_record = record_attach();
}

__attribute__((section(".preinit_array"),
               used)) static void (*const main_attach_entry)(void) =
    main_attach;

static void main_set_region(struct record *record, const struct region *region)
{
    record_set(record, "wall_ns", (double)region->wall_ns);
    record_set(record, "cpu_ns", (double)region->cpu_ns);
    record_set(record, "user_ns", (double)region->user_ns);
    record_set(record, "sys_ns", (double)region->sys_ns);
    record_set(record, "minor_faults", (double)region->minor_faults);
    record_set(record, "major_faults", (double)region->major_faults);
    record_set(record, "voluntary_switches",
               (double)region->voluntary_switches);
    record_set(record, "involuntary_switches",
               (double)region->involuntary_switches);
    record_set(record, "thread_ns_min", (double)region->thread_ns_min);
    record_set(record, "thread_ns_max", (double)region->thread_ns_max);
}

static void main_set_run(struct record *record, const struct run *run)
{
    record_set(record, "operations", (double)run->operations_done);
    record_set(record, "threads", run->threads);
    record_set(record, "live_peak_bytes", (double)run->live_bytes_peak);
    record_set(record, "harness_bytes", (double)run->harness_bytes);
    if (run->first_pass_ns != 0)
        record_set(record, "first_pass_ns", (double)run->first_pass_ns);
    record->digest = run->digest;
}

/* A request larger than the floor was told went to glibc: no floor. */
static size_t main_floor_missed(const struct run *run)
{
    void *symbol = run->arm == NULL ? NULL : dlsym(RTLD_DEFAULT, FLOOR_MISSED);
    floor_missed_function *missed;

    memcpy(&missed, &symbol, sizeof(missed));
    return missed == NULL ? 0 : (size_t)missed();
}

/* What the run is held to, worst first. */
static void main_judge(struct record *record, const struct run *run)
{
    size_t missed = main_floor_missed(run);

    if (missed != 0)
        record_finish(record, STATUS_FAILED,
                      "the floor passed %zu requests on to glibc", missed);
    else if (run->wrong != NULL)
        record_finish(record, STATUS_WRONG_OUTPUT, "%s", run->wrong);
    else if (run->refused != 0)
        record_finish(record, STATUS_FAILED,
                      "malloc returned NULL for %llu requests",
                      (unsigned long long)run->refused);
    else if (run->operations_done != run->operations_planned)
        record_finish(record, STATUS_WRONG_OUTPUT,
                      "%llu operations were done of %llu",
                      (unsigned long long)run->operations_done,
                      (unsigned long long)run->operations_planned);
    else if (run->live_blocks != run->live_planned)
        record_finish(record, STATUS_WRONG_OUTPUT,
                      "%llu blocks were alive at the end, not %llu",
                      (unsigned long long)run->live_blocks,
                      (unsigned long long)run->live_planned);
    else
        record_finish(record, STATUS_OK, "%s", "");
}

static int main_find_floor(struct run *run)
{
    void *arm = dlsym(RTLD_DEFAULT, FLOOR_ARM);
    void *disarm = dlsym(RTLD_DEFAULT, FLOOR_DISARM);

    if (arm == NULL || disarm == NULL)
        return -1;
    memcpy(&run->arm, &arm, sizeof(arm));
    memcpy(&run->disarm, &disarm, sizeof(disarm));
    return 0;
}

/* The loop without its calls, the same number of times: what of the floor is
 * the harness's own. */
static void main_time_loop(struct run *run, const struct cell_options *options)
{
    region_function *loop = options->workload->loop;
    struct region region;

    if (loop == NULL || !options->floor || options->mode != MODE_TIME)
        return;
    if (region_run(run, loop, false, &region) == 0)
        record_set(run->record, "loop_wall_ns", (double)region.wall_ns);
}

static void main_stay(long milliseconds)
{
    struct timespec rest = { milliseconds / 1000,
                             milliseconds % 1000 * (long)NS_PER_MS };

    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

static void main_phase(struct run *run, uint32_t phase)
{
    atomic_store(&run->record->phase, phase);
}

static int main_fail(struct record *record, const char *what, int error)
{
    record_finish(record, STATUS_FAILED, "%s: %s", what,
                  strerrordesc_np(-error));
    return EXIT_GOOD;
}

/* A collector's heap is the row's own, and ended by it. */
static void main_end_heap(struct run *run, const struct cell_options *options)
{
    if (options->allocator)
        cell_allocator_close();
    if (options->allocator || options->collector)
        cell_backing_note(run->record);
}

/* From prepare() to finish(); the run's figures are in the record then. */
static int main_measure(struct run *run, const struct cell_options *options)
{
    const struct workload *workload = options->workload;
    uint64_t start_ns = clock_wall_ns();
    struct region region;
    int error = workload->prepare(run);

    if (error == -ENOTSUP && run->unsupported != NULL) {
        record_finish(run->record, STATUS_UNSUPPORTED, "%s", run->unsupported);
        return EXIT_GOOD;
    }
    if (error != 0)
        return main_fail(run->record, "the harness could not set up", error);
    record_set(run->record, "setup_ns", (double)(clock_wall_ns() - start_ns));
    main_phase(run, PHASE_TIMED);
    error = region_run(run, workload->work,
                       !(workload->flags & WORKLOAD_SPAWNS), &region);
    if (error != 0)
        return main_fail(run->record, "a thread could not be created", error);
    workload->finish(run);
    main_phase(run, PHASE_AFTER);
    run_live(run, 0);
    if (options->mode == MODE_SHADOW && !options->collector)
        checked_end(run);
    region.wall_ns -= run->untimed_wall_ns;
    region.cpu_ns -= run->untimed_cpu_ns;
    region.thread_ns_min -= run->untimed_wall_ns;
    region.thread_ns_max -= run->untimed_wall_ns;
    if (options->mode == MODE_TIME)
        record_set(run->record, "vm_hwm_bytes",
                   (double)process_memory_bytes("VmHWM"));
    main_set_region(run->record, &region);
    main_set_run(run->record, run);
    main_time_loop(run, options);
    if (options->mode == MODE_MEMORY)
        main_stay(options->quick ? DECAY_QUICK_MS : DECAY_MS);
    main_end_heap(run, options);
    main_judge(run->record, run);
    return EXIT_GOOD;
}

static uint64_t main_repetitions(const struct cell_options *options)
{
    uint64_t repetitions = options->row->repetitions;

    if (options->repetitions != 0)
        return options->repetitions;
    if (options->quick)
        repetitions /= options->row->quick_divisor;
    return run_scale(repetitions, options->scale);
}

/* Why the row cannot be asked of this subject, or NULL. */
static const char *main_unsupported(const struct cell_options *options,
                                    struct run *run)
{
    unsigned flags = options->workload->flags;

    if (flags & WORKLOAD_COLLECTOR && !options->collector)
        return "the row is one of collectors, and the subject is none";
    if (options->collector && !(flags & WORKLOAD_COLLECTOR))
        return "the row asks for malloc, and the subject is a collector";
    if (options->allocator && options->workload->heap == NULL)
        return "the row is none of one heap, and the subject is an object "
               "allocator";
    if (options->one_thread && (flags & WORKLOAD_THREADS))
        return "the row calls from several threads, and the subject's "
               "contract is one thread";
    if (options->floor && (flags & WORKLOAD_READS_BACK))
        return "the row reads contents back, and the floor has none";
    if (options->floor && !options->allocator && main_find_floor(run) != 0)
        return "the subject has no " FLOOR_ARM "(): it is no floor";
    return NULL;
}

/* Who serves the calls, in the record as soon as it is known. 0, or -1 and
 * the record is finished. */
static int main_find(const struct cell_options *options, struct run *run,
                     struct provider *provider)
{
    struct record *record = run->record;
    const char *path = options->subject;
    int found = options->collector ? cell_collector_load(path, run, provider)
                : options->allocator
                    ? cell_allocator_load(path, provider)
                    : provider_find(provider, path, &options->functions);

    snprintf(record->provider, sizeof(record->provider), "%s", provider->path);
    snprintf(record->build_id, sizeof(record->build_id), "%s",
             provider->build_id);
    if (found != 0) {
        record_finish(record, STATUS_NOT_ACTIVE, "%s", provider->mismatch);
        return -1;
    }
    if (options->allocator || functions_are_own(&options->functions))
        missing_fill(&provider->calls, &options->functions, record);
    if (!options->allocator && !options->collector)
        record_set(record, "aligned_alloc_is_subject",
                   provider->aligned_alloc_is_subject);
    return 0;
}

/* Bounds of a checked run, and the model where the row calls for memory. */
static int main_check(struct run *run, const struct cell_options *options)
{
    size_t heap_align = options->allocator ? cell_allocator_align() : 0;

    if (options->mode != MODE_SHADOW)
        return 0;
    if (!options->collector)
        return checked_begin(run, options->workload, heap_align, run->record);
    run->operations_max = CHECKED_OPERATIONS;
    run->live_max = CHECKED_LIVE;
    return 0;
}

/* The heap of an object allocator, as large as the row's. 0, or -1 and the
 * record is finished. */
static int main_make_heap(struct run *run, const struct cell_options *options)
{
    struct heap_demand demand;
    const char *why;
    int error;

    if (!options->allocator)
        return 0;
    demand = options->workload->heap(run);
    error = cell_allocator_open(&demand, &why);
    if (error == 0)
        return 0;
    record_finish(run->record,
                  error == -ENOTSUP ? STATUS_UNSUPPORTED : STATUS_FAILED, "%s",
                  why);
    return -1;
}

static int main_run(const struct cell_options *options, struct record *record)
{
    const char *unsupported;
    static struct provider provider;
    static struct run run;

    run = (struct run){ .row = options->row,
                        .calls = &provider.calls,
                        .seed = options->seed,
                        .scale = options->scale,
                        .threads = options->threads,
                        .repetitions = main_repetitions(options),
                        .record = record,
                        .counts = options->mode == MODE_COUNT };
    if (main_find(options, &run, &provider) != 0)
        return EXIT_GOOD;
    record_set(record, "rss_start_bytes",
               (double)process_memory_bytes("VmRSS"));
    unsupported = main_unsupported(options, &run);
    if (unsupported != NULL) {
        record_finish(record, STATUS_UNSUPPORTED, "%s", unsupported);
        return EXIT_GOOD;
    }
    if (main_check(&run, options) != 0)
        return main_fail(record, "the shadow model has no memory", -ENOMEM);
    if (main_make_heap(&run, options) != 0)
        return EXIT_GOOD;
    return main_measure(&run, options);
}

static void main_help(void)
{
    printf(
        "assay-cell runs one row of a workload under a preloaded subject.\n\n"
        "  assay-cell --list\n"
        "  assay-cell ROW --memory-bytes [--scale F] [--threads N]\n"
        "  assay-cell ROW --subject PATH --mode time|memory|shadow|count "
        "--seed N\n"
        "             [--scale F] [--threads N] [--quick] [--floor]\n"
        "             [--functions malloc=NAME,free=NAME,...] (the subject\n"
        "              replaces no malloc and is called by these names)\n"
        "             [--one-thread] (rows with threads are unsupported)\n"
        "             [--collector | --allocator] (the subject is a plug-in\n"
        "              of that kind, and is loaded, not preloaded)\n"
        "             [--repetitions N] (instead of the row's; for tests)\n\n"
        "The result of a run is left in the record that the parent handed\n"
        "down as descriptor %d; see record.h.\n",
        RECORD_FD);
}

int main(int argc, char **argv)
{
    struct cell_options options;

    if (argc < 1 || cell_options_parse(&options, argv + 1) != 0)
        return EXIT_USAGE;
    switch (options.task) {
    case TASK_HELP:
        main_help();
        return EXIT_GOOD;
    case TASK_LIST:
        cell_list_print();
        return EXIT_GOOD;
    case TASK_MEMORY_BYTES:
        printf("%llu\n", (unsigned long long)options.workload->memory_bytes(
                             options.row, options.scale, options.threads));
        return EXIT_GOOD;
    case TASK_RUN:
        break;
    }
    if (main_record == NULL) {
        static const char text[] =
            "assay-cell: no record was handed down; `assay bench` does that\n";

        (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
        return EXIT_TOOL;
    }
    return main_run(&options, main_record);
}
