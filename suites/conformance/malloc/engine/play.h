/* play.h - plays a script against the subject.
 *
 * Threads: a script's threads are real ones that take turns, so that a script
 *          of several is as reproducible as one of one. Call from the main
 *          thread, which is thread 0. */
#ifndef ASSAY_ENGINE_PLAY_H
#define ASSAY_ENGINE_PLAY_H

#include "engine/model.h"

/* How far a play came; it may lie in shared memory. */
struct play {
    _Atomic size_t next; /* operations played, or being played */
    _Atomic bool stopped;
    _Atomic bool failed;
    char text[320]; /* the complaint */
};

/* 0: played to its end, with or without a complaint (play->failed); -1: no
 * memory or thread. */
int play_script(struct play *play, const struct script *script, unsigned looks);

#endif
