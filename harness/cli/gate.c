/* gate.c - asks each subject what the rows need, and refuses times. */
#include "gate.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checking.h"
#include "clock.h"
#include "gate_cache.h"
#include "machine.h"
#include "requirement.h"
#include "text.h"

enum { GATE_SEED = 1 };

/* A requirement that a subject fails. */
struct refusal {
    size_t subject;
    struct verdict verdict;
    char requirement[16];
};

struct gate {
    const struct plan *plan;
    struct requirements checks;
    struct refusal *refusals;
    size_t count;
};

/* ---- what is needed ---- */

static bool row_needs(const struct catalogue_row *row, const char *id)
{
    json_t *need;
    size_t i;

    json_array_foreach(row->needs, i, need)
    {
        if (strcmp(json_string_value(need), id) == 0)
            return true;
    }
    return false;
}

static bool gate_needs(const struct gate *gate, const char *id)
{
    for (size_t row = 0; row < gate->plan->row_count; row++)
        if (row_needs(gate->plan->rows[row], id))
            return true;
    return false;
}

/* What the rows need, the probe can decide and `passed` does not know; ended
 * by NULL. Those that take long stand last: the budget may end before them. */
static const struct requirement **gate_choose(const struct gate *gate,
                                              const json_t *passed)
{
    const struct requirement **chosen =
        calloc(gate->checks.count + 1, sizeof(*chosen));
    size_t count = 0;

    if (chosen == NULL)
        exit(3);
    for (int late = 0; late < 2; late++)
        for (size_t i = 0; i < gate->checks.count; i++) {
            const struct requirement *check = &gate->checks.all[i];
            bool is_late = check->alone || check->waits || check->threads;

            if (is_late == (late != 0) && gate_needs(gate, check->id) &&
                json_object_get(passed, check->id) == NULL)
                chosen[count++] = check;
        }
    return chosen;
}

/* ---- asking ---- */

static void gate_refuse(struct gate *gate, size_t subject,
                        const struct checked *checked)
{
    size_t size = (gate->count + 1) * sizeof(*gate->refusals);
    struct refusal *refusals = realloc(gate->refusals, size);

    if (refusals == NULL)
        exit(3);
    gate->refusals = refusals;
    refusals[gate->count] =
        (struct refusal){ .subject = subject, .verdict = *checked->worst };
    snprintf(refusals[gate->count++].requirement, sizeof(refusals->requirement),
             "%s", checked->requirement->id);
}

/* A skip is no failure: what cannot be decided refuses nothing. */
static void gate_take(struct gate *gate, size_t subject,
                      const struct checking *checking,
                      const struct progress *progress, json_t *passed)
{
    for (size_t i = 0; i < checking->count; i++) {
        const struct checked *checked = &checking->all[i];

        if (checked->runs == 0)
            continue;
        if (checked->worst->kind == VERDICT_PASS)
            json_object_set_new(passed, checked->requirement->id, json_true());
        else if (checked->worst->kind == VERDICT_SKIP)
            progress_note(progress, "%s under %s: %s", checked->requirement->id,
                          gate->plan->subjects[subject].name,
                          checked->worst->message);
        else
            gate_refuse(gate, subject, checked);
    }
}

static enum gate_ending gate_ask(struct gate *gate, size_t index,
                                 const struct progress *progress,
                                 struct failure *ret_error)
{
    const struct subject *subject = &gate->plan->subjects[index];
    json_t *passed = gate_cache_read(subject);
    const struct requirement **chosen = gate_choose(gate, passed);
    struct checking_request request = {
        .subject = subject,
        .chosen = chosen,
        .jobs = machine_processors(),
        .repeat = 1,
        .seed = GATE_SEED,
        .budget_ns = (uint64_t)GATE_BUDGET_S * NS_PER_S,
        .quiet = true,
    };
    enum checking_ending ending = CHECKING_COMPLETE;
    struct checking checking;

    if (chosen[0] != NULL) {
        progress_show(progress, "what the rows need", subject->name);
        ending = checking_run(&request, &checking, ret_error);
        if (ending == CHECKING_COMPLETE) {
            gate_take(gate, index, &checking, progress, passed);
            gate_cache_write(subject, passed);
            checking_free(&checking);
        }
    }
    free(chosen);
    json_decref(passed);
    return ending == CHECKING_COMPLETE    ? GATE_MADE
           : ending == CHECKING_CANCELLED ? GATE_CANCELLED
                                          : GATE_FAILED;
}

/* The twin is the baseline; the floor is no allocator; what lies behind names
 * of its own no probe can ask. */
static enum gate_ending gate_ask_all(struct gate *gate,
                                     const struct progress *progress,
                                     struct failure *ret_error)
{
    enum gate_ending ending = GATE_MADE;

    for (size_t i = 0; i < gate->plan->twin && ending == GATE_MADE; i++)
        if (!functions_are_own(&gate->plan->subjects[i].functions))
            ending = gate_ask(gate, i, progress, ret_error);
    return ending;
}

enum gate_ending gate_make(const struct plan *plan,
                           const struct progress *progress,
                           struct gate **ret_gate, struct failure *ret_error)
{
    struct gate *gate = calloc(1, sizeof(*gate));
    enum gate_ending ending;

    if (gate == NULL)
        exit(3);
    gate->plan = plan;
    if (requirements_load(plan->subjects[plan->baseline].kind, &gate->checks,
                          ret_error) != 0) {
        free(gate);
        return GATE_FAILED;
    }
    ending = gate_ask_all(gate, progress, ret_error);
    if (ending == GATE_MADE)
        *ret_gate = gate;
    else
        gate_free(gate);
    return ending;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    requirements_free(&gate->checks);
    free(gate->refusals);
    free(gate);
}

/* ---- refusing ---- */

static enum status gate_status(enum verdict_kind kind)
{
    switch (kind) {
    case VERDICT_CRASH:
        return STATUS_CRASHED;
    case VERDICT_HANG:
        return STATUS_TIMEOUT;
    case VERDICT_NOT_ACTIVE:
        return STATUS_NOT_ACTIVE;
    case VERDICT_ERROR:
        return STATUS_FAILED;
    default:
        return STATUS_WRONG_OUTPUT;
    }
}

bool gate_refuses(const struct gate *gate, size_t row, size_t subject,
                  struct cell_result *ret_result)
{
    if (gate != NULL && subject == gate->plan->twin)
        subject = gate->plan->baseline;
    for (size_t i = 0; gate != NULL && i < gate->count; i++) {
        const struct refusal *refusal = &gate->refusals[i];

        if (refusal->subject != subject ||
            !row_needs(gate->plan->rows[row], refusal->requirement))
            continue;
        *ret_result = (struct cell_result){
            .status = gate_status(refusal->verdict.kind),
            .code = refusal->verdict.code,
        };
        snprintf(ret_result->requirement, sizeof(ret_result->requirement), "%s",
                 refusal->requirement);
        snprintf(ret_result->message, sizeof(ret_result->message),
                 "this row needs %s, which it does not meet (%s): %.400s",
                 refusal->requirement, verdict_word(refusal->verdict.kind),
                 refusal->verdict.message);
        return true;
    }
    return false;
}
