/* automatic.c - collections that start by themselves. (GC-26, 27, 28) */
#include <string.h>

#include "engine/shapes.h"
#include "engine/stress.h"
#include "process_memory.h"

/* A heap whose objects are counted and nothing else. */
struct tally {
    struct assay_heap *heap;
    const struct assay_type *type;
    size_t made, ended, peak;
    size_t traversals;
};

static void tally_ended(void *context, const void *payload)
{
    struct tally *tally = context;

    (void)payload;
    tally->ended++;
}

static void tally_finalize(void *context, struct assay_heap *heap,
                           struct assay_object *object)
{
    (void)context, (void)heap, (void)object;
}

static int tally_traverse(void *payload, assay_visit *visit, void *context)
{
    (void)payload, (void)visit, (void)context;
    return 0;
}

/* Traversals are counted where there are no references but the slots. */
static struct tally *tally_counted;

static int tally_count(void *payload, assay_visit *visit, void *context)
{
    tally_counted->traversals++;
    return tally_traverse(payload, visit, context);
}

static bool tally_open(struct tally *tally, bool finalized)
{
    struct assay_collector_config config = { &check_backend.backend };
    struct assay_kind kind = {
        .name = "tallied",
        .context = tally,
        .ended = CAN(ENDED) ? tally_ended : NULL,
        .finalize = finalized ? tally_finalize : NULL,
        .traverse = CAN(TRAVERSE) ? tally_count : NULL,
    };

    stress_apply();
    memset(tally, 0, sizeof(*tally));
    tally_counted = tally;
    tally->heap = subject->create(&config);
    tally->type = tally->heap ? subject->type_add(tally->heap, &kind) : NULL;
    return tally->type != NULL;
}

static size_t tally_live(const struct tally *tally)
{
    struct assay_collector_stats stats;

    if (CAN(ENDED))
        return tally->made - tally->ended;
    subject->stats(tally->heap, &stats);
    return stats.live_objects;
}

/* An object that refers to itself, in that place; what was there is garbage. */
static bool tally_loop(struct tally *tally, size_t place)
{
    struct assay_object *object =
        subject->new_object(tally->heap, tally->type, 1, 16);

    if (object == NULL)
        return false;
    tally->made++;
    subject->set_root(tally->heap, place, object);
    subject->store(tally->heap, object, 0, object);
    if (CAN(COUNTS))
        subject->decref(tally->heap, object);
    return true;
}

static bool tally_places(struct tally *tally, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!subject->push(tally->heap, NULL))
            return false;
    return true;
}

/* How much there was at most, `live` objects being reachable. Ends early when
 * that is more than `most`: every collection of a heap that only grows takes
 * longer than the one before. */
static bool tally_churn(struct tally *tally, size_t live, size_t objects,
                        size_t most)
{
    tally->peak = 0;
    for (size_t i = 0; i < objects && tally->peak <= most; i++) {
        if (!tally_loop(tally, i % live))
            return false;
        if (i % 64 == 0 && tally_live(tally) > tally->peak)
            tally->peak = tally_live(tally);
    }
    return true;
}

/* Without ENDED or STATS, the backend tells; else nobody can. */
static bool tally_sees(void)
{
    return CAN(ENDED) || CAN(STATS);
}

static enum verdict bounded(struct check_run *run, size_t live, bool finalized,
                            const char *what)
{
    const size_t objects = 300000;
    static struct tally tally;
    size_t first, most = live + objects / 2;

    if (!tally_open(&tally, finalized) || !tally_places(&tally, live))
        return fail(run, "no memory for a heap");
    subject->automatic(tally.heap, true);
    if (!tally_churn(&tally, live, objects, most))
        return fail(run, "new_object() gives NULL after %zu objects",
                    tally.made);
    first = tally.peak;
    if (first > most)
        return fail(run,
                    "%zu objects were made, %zu of them reachable at a time, "
                    "and %zu were there at once",
                    tally.made, live, first);
    /* A threshold that doubles for ever has twice the peak in twice the time,
     * whatever it began with. */
    most = first + first / 2 + 1000;
    if (!tally_churn(&tally, live, objects, most))
        return fail(run, "new_object() gives NULL after %zu objects",
                    tally.made);
    figure(run, what, (double)tally.peak);
    if (tally.peak > most)
        return fail(run,
                    "of %zu objects that were made, %zu of them reachable at "
                    "a time, %zu were there at once, and of %zu more %zu",
                    objects, live, first, tally.made - objects, tally.peak);
    subject->destroy(tally.heap);
    return pass(run);
}

CHECK(GC_26, SHOULD,
      "by itself it keeps the garbage of a program bounded: what dies young, "
      "what dies old, and what has a finalizer",
      "assay/collector.h: automatic(); php issues 9239 and 9266",
      .why = "a threshold that doubles for ever, an old generation that is "
             "never collected",
      .wants = ASSAY_COLLECTOR_AUTOMATIC, .timeout_s = 60,
      .flags = COLLECTOR_EXACT)
{
    enum verdict verdict;

    if (!tally_sees())
        return skip(run, "it claims neither ENDED nor STATS");
    verdict = bounded(run, 1, false, "young_peak_objects");
    if (verdict == VERDICT_PASS)
        verdict = bounded(run, 5000, false, "old_peak_objects");
    if (verdict == VERDICT_PASS && CAN(FINALIZE))
        verdict = bounded(run, 100, true, "finalized_peak_objects");
    return verdict;
}

/* A collector may count right and its memory grow all the same. Half as much
 * again and 16 MiB are allowed: how full arenas are when a collection comes
 * depends on where it comes. */
CHECK(GC_26b, QUALITY,
      "the memory of ten million objects in cycles, one of them reachable at "
      "a time, is that of the first million",
      "assay/collector.h: automatic(); php issues 9239 and 9266",
      .wants = ASSAY_COLLECTOR_AUTOMATIC, .timeout_s = 120,
      .flags = COLLECTOR_EXACT)
{
    const size_t million = 1000000;
    static struct tally tally;
    uint64_t first, last;

    if (!tally_open(&tally, false) || !tally_places(&tally, 1))
        return fail(run, "no memory for a heap");
    subject->automatic(tally.heap, true);
    for (size_t i = 0; i < million; i++)
        if (!tally_loop(&tally, 0))
            return fail(run, "new_object() gives NULL");
    first = process_memory_bytes("VmRSS");
    for (size_t i = 0; i < 9 * million; i++)
        if (!tally_loop(&tally, 0))
            return fail(run, "new_object() gives NULL");
    last = process_memory_bytes("VmRSS");
    figure(run, "resident_first_bytes", (double)first);
    figure(run, "resident_bytes", (double)last);
    subject->destroy(tally.heap);
    if (first == 0 || last == 0)
        return skip(run, "/proc/self/status has no VmRSS to be read");
    if (last > first + first / 2 + 16 * MIB)
        return fail(run,
                    "after a million objects %.1f MiB were resident, after "
                    "ten %.1f",
                    (double)first / (double)MIB, (double)last / (double)MIB);
    return pass(run);
}

/* ---- on and off ---- */

CHECK(GC_27, SHOULD,
      "nothing is collected while automatic collections are off, as they are "
      "at first; collect() works all the same",
      "assay/collector.h: automatic()", .wants = ASSAY_COLLECTOR_AUTOMATIC,
      .flags = COLLECTOR_EXACT)
{
    const size_t objects = 20000;
    static struct tally tally;

    if (!tally_sees())
        return skip(run, "it claims neither ENDED nor STATS");
    if (!tally_open(&tally, false) || !tally_places(&tally, 1))
        return fail(run, "no memory for a heap");
    for (int round = 0; round < 2; round++) {
        size_t live = tally_live(&tally);

        if (!tally_churn(&tally, 1, objects, SIZE_MAX))
            return fail(run, "new_object() gives NULL");
        if (tally_live(&tally) != live + objects)
            return fail(run,
                        "%zu of %zu objects in cycles ended, and automatic "
                        "collections are off%s",
                        live + objects - tally_live(&tally), objects,
                        round ? " again" : "");
        subject->collect(tally.heap, subject->generations - 1);
        if (!CAN(CONSERVATIVE) && tally_live(&tally) != 1)
            return fail(run, "collect() left %zu objects, and 1 is reachable",
                        tally_live(&tally));
        subject->automatic(tally.heap, true);
        subject->automatic(tally.heap, false);
    }
    subject->destroy(tally.heap);
    return pass(run);
}

CHECK(GC_27b, SHOULD, "what was frozen is not collected until it is unfrozen",
      "assay/collector.h: freeze()", .wants = ASSAY_COLLECTOR_FREEZE,
      .flags = COLLECTOR_EXACT)
{
    static struct tally tally;
    size_t live;

    if (!tally_sees())
        return skip(run, "it claims neither ENDED nor STATS");
    if (!tally_open(&tally, false) || !tally_places(&tally, 1) ||
        !tally_churn(&tally, 1, 100, SIZE_MAX))
        return fail(run, "no memory for a heap");
    subject->freeze(tally.heap);
    live = tally_live(&tally);
    subject->collect(tally.heap, subject->generations - 1);
    if (tally_live(&tally) != live)
        return fail(run, "%zu of %zu frozen objects ended",
                    live - tally_live(&tally), live);
    if (!tally_churn(&tally, 1, 100, SIZE_MAX))
        return fail(run, "new_object() gives NULL");
    subject->collect(tally.heap, subject->generations - 1);
    if (!CAN(CONSERVATIVE) && tally_live(&tally) > live + 1)
        return fail(run, "%zu objects made after freeze() were not collected",
                    tally_live(&tally) - live - 1);
    subject->unfreeze(tally.heap);
    subject->collect(tally.heap, subject->generations - 1);
    if (!CAN(CONSERVATIVE) && tally_live(&tally) != 1)
        return fail(run, "%zu objects were left after unfreeze()",
                    tally_live(&tally) - 1);
    subject->destroy(tally.heap);
    return pass(run);
}

CHECK(GC_27c, SHOULD, "a threshold is what it was set to",
      "assay/collector.h: set_threshold()", .wants = ASSAY_COLLECTOR_THRESHOLDS)
{
    static struct tally tally;

    if (!tally_open(&tally, false))
        return fail(run, "no memory for a heap");
    for (unsigned i = 0; i < subject->generations; i++)
        for (size_t value = 1; value < 5000; value = value * 7 + i) {
            subject->set_threshold(tally.heap, i, value);
            if (subject->threshold(tally.heap, i) != value)
                return fail(run,
                            "threshold() of generation %u is %zu, and %zu was "
                            "set",
                            i, subject->threshold(tally.heap, i), value);
        }
    subject->destroy(tally.heap);
    return pass(run);
}

/* ---- what it costs ---- */

/* A million objects that live, and as much garbage again made beside them: how
 * often each is traversed. */
CHECK(GC_28, QUALITY,
      "the work of automatic collections is linear: many live objects are not "
      "traversed again and again",
      "CPython's rule of 25 %",
      .wants = ASSAY_COLLECTOR_AUTOMATIC | ASSAY_COLLECTOR_TRAVERSE,
      .timeout_s = 60, .flags = COLLECTOR_EXACT)
{
    const size_t live = 1000000, most = 50 * live;
    static struct tally tally;
    size_t churned;

    if (!tally_open(&tally, false) || !tally_places(&tally, live + 1))
        return fail(run, "no memory for a heap");
    subject->automatic(tally.heap, true);
    for (size_t i = 0; i < live; i++)
        if (!tally_loop(&tally, i))
            return fail(run, "new_object() gives NULL");
    figure(run, "building_traversals_each",
           (double)tally.traversals / (double)live);
    tally.traversals = 0;
    for (churned = 0; churned < live && tally.traversals <= most; churned++)
        if (!tally_loop(&tally, live))
            return fail(run, "new_object() gives NULL");
    figure(run, "churn_traversals_each",
           (double)tally.traversals / (double)live);
    if (tally.traversals > most)
        return fail(run,
                    "%zu objects lived, %zu became garbage, and there were "
                    "%zu traversals",
                    live, churned, tally.traversals);
    subject->destroy(tally.heap);
    return pass(run);
}
