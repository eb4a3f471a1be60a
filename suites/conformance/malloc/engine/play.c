/* play.c - plays a script against the subject, its threads in turn. */
#include "engine/play.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

struct stage {
    struct play *play;
    const struct script *script;
    struct model *model;
    unsigned threads;
};

struct player {
    struct stage *stage;
    unsigned number;
    pthread_t thread;
};

/* Plays what is this thread's and waits while it is another's. */
static void player_play(const struct player *player)
{
    struct stage *stage = player->stage;
    struct play *play = stage->play;
    size_t at = atomic_load(&play->next);

    while (at < stage->script->count && !atomic_load(&play->stopped)) {
        const struct operation *operation = &stage->script->operations[at];

        if (operation->thread != player->number) {
            sched_yield();
        } else {
            if (!model_operate(stage->model, operation))
                atomic_store(&play->stopped, true);
            atomic_store(&play->next, at + 1);
        }
        at = atomic_load(&play->next);
    }
}

static void *player_main(void *argument)
{
    player_play(argument);
    return NULL;
}

static unsigned stage_threads(const struct script *script)
{
    unsigned most = 0;

    for (size_t i = 0; i < script->count; i++)
        if (script->operations[i].thread > most)
            most = script->operations[i].thread;
    return most + 1;
}

/* -1 when a thread is missing; those that are there have ended then. */
static int stage_play(struct stage *stage)
{
    struct player players[SCRIPT_THREADS_MAX];
    unsigned started = 1;

    players[0] = (struct player){ .stage = stage };
    for (; started < stage->threads; started++) {
        players[started] = (struct player){ .stage = stage, .number = started };
        if (pthread_create(&players[started].thread, NULL, player_main,
                           &players[started]) != 0)
            break;
    }
    if (started == stage->threads)
        player_play(&players[0]);
    else
        atomic_store(&stage->play->stopped, true);
    for (unsigned i = 1; i < started; i++)
        pthread_join(players[i].thread, NULL);
    return started == stage->threads ? 0 : -1;
}

int play_script(struct play *play, const struct script *script, unsigned looks)
{
    static struct model model;
    struct stage stage = { play, script, &model, stage_threads(script) };

    if (model_create(&model, looks) != 0 || stage_play(&stage) != 0)
        return -1;
    if (!complained(&model.complaint))
        model_finish(&model);
    if (complained(&model.complaint)) {
        snprintf(play->text, sizeof(play->text), "%s", model.complaint.text);
        atomic_store(&play->failed, true);
    }
    return 0;
}
