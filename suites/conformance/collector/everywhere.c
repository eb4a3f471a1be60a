/* everywhere.c - all other checks once more, with a collection at every n-th
 * call. (GC-35) */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../probe/probe.h"
#include "engine/stress.h"

/* One of the checks, in a child that says on its standard error what failed. */
struct again {
    const struct check *check;
    const struct check_run *run;
    unsigned every;
};

static int again_run(void *given)
{
    const struct again *again = given;
    static struct record record;
    struct check_run run = *again->run;
    enum verdict verdict;

    run.record = &record;
    run.script = NULL;
    stress_ask(again->every);
    verdict = again->check->body(&run);
    if (verdict == VERDICT_FAIL || verdict == VERDICT_ERROR)
        (void)!write(STDERR_FILENO, record.message, strlen(record.message));
    return (int)verdict;
}

/* Counting checks would count these collections too; and this one is not run
 * inside itself. */
static bool again_may(const struct check *check, unsigned claims)
{
    return (check->flags & (COLLECTOR_EXACT | CHECK_THREADS)) == 0 &&
           check->severity != QUALITY && (check->wants & ~claims) == 0 &&
           strncmp(check->id, "GC_35", 5) != 0 &&
           strncmp(check->id, "GC_0", 4) != 0;
}

static enum verdict again_all(struct check_run *run, unsigned every)
{
    struct again again = { .run = run, .every = every };
    const struct check *const *checks;
    size_t count, played = 0;

    checks = probe_checks(&count);
    for (size_t i = 0; i < count; i++) {
        struct child_end end;
        const char *word;
        char said[300];

        if (!again_may(checks[i], run->claims))
            continue;
        again.check = checks[i];
        if (check_child_capture(again_run, &again, 50000, &end, said,
                                sizeof(said)) != 0)
            return error(run, "no process");
        word = check_end_word(&end);
        if (word != NULL || end.status == VERDICT_FAIL)
            return fail(run, "%s with ASSAY_COLLECT_EVERY=%u: %s",
                        checks[i]->id, every, word != NULL ? word : said);
        if (end.status == VERDICT_ERROR)
            return error(run, "%s: %s", checks[i]->id, said);
        played += end.status == VERDICT_PASS;
    }
    figure(run, "checks", (double)played);
    return played > 0 ? pass(run) : skip(run, "no check could be played");
}

CHECK(GC_35, MUST,
      "all that is asked elsewhere is as true when each call that allocates "
      "or stores collects first",
      "SOMpp pull 97: FORCE_GC_AT_MALLOC", .timeout_s = 120,
      .flags = CHECK_RANDOM)
{
    return again_all(run, 1);
}

CHECK(GC_35b, MUST, "and when each seventh does",
      "SOMpp pull 97: FORCE_GC_AT_MALLOC", .timeout_s = 120,
      .flags = CHECK_RANDOM)
{
    return again_all(run, 7);
}
