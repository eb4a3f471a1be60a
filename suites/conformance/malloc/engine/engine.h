/* engine.h - decides a requirement by scripts drawn from the run's seed.
 *
 * A script is played in a process of its own. One that fails is played again
 * in fresh processes of this program, in parts, until no word can be left out
 * (../../engine/trial.h); what is left is the failure's text, with the command
 * that replays it.
 *
 * A check that uses this takes --script: it then plays that and draws none. */
#ifndef ASSAY_ENGINE_H
#define ASSAY_ENGINE_H

#include "engine/model.h"

struct engine {
    const char *id;          /* the check's: "INT-1" */
    unsigned looks;          /* set of enum look */
    struct script_plan plan; /* its seed is the engine's to set */
    unsigned timeout_ms;     /* of a play; a longer one is a hang */
};

/* Ends like a body: pass(), fail() or error(). */
enum verdict engine_decide(struct check_run *run, const struct engine *engine);

#endif
