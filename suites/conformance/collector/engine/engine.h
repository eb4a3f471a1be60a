/* engine.h - decides a requirement by scripts drawn from the run's seed.
 *
 * Scripts are played in a process of their own. One that fails is played again
 * in fresh processes of this program, in parts, until no operation can be left
 * out; what is left is the failure's text, with the command that replays it.
 *
 * A check that uses this takes --script: it then plays that and draws none. */
#ifndef ASSAY_COLLECTOR_ENGINE_H
#define ASSAY_COLLECTOR_ENGINE_H

#include "engine/script.h"

struct engine {
    const char *id;          /* the check's: "GC-1" */
    struct script_plan plan; /* its seed is the engine's to set */
    unsigned scripts;        /* how many */
    unsigned timeout_ms;     /* of all of them */
};

/* Ends like a body: pass(), fail() or error(). */
enum verdict engine_decide(struct check_run *run, const struct engine *engine);

/* Plays one script in a world of its own, which is closed again. Passes, or
 * says in `ret_said` what failed, or what the check's own trouble is (an
 * error). */
enum verdict engine_play(const struct script *script, size_t *ret_done,
                         char *ret_said, size_t room);

#endif
