/* team.c - threads that allocate all the while a check does something else. */
#include "team.h"

#include <time.h>

enum { TEAM_STEPS = 20 };

static void *team_churn(void *given)
{
    const struct timespec rest = { 0, 200000 };
    struct team_member *member = given;

    while (!member->team->over && churn_steps(&member->churn, TEAM_STEPS))
        while (member->team->resting && !member->team->over)
            nanosleep(&rest, NULL);
    churn_finish(&member->churn);
    return NULL;
}

struct team *team_start(uint64_t seed, unsigned count)
{
    struct team *team = check_map(sizeof(*team));

    if (team == NULL)
        return NULL;
    for (unsigned i = 0; i < count && i < TEAM_MEMBERS; i++) {
        struct team_member *member = &team->members[i];

        member->team = team;
        churn_start(&member->churn, seed, 100 + i);
        member->churn.size_max = 256 * KIB;
        if (pthread_create(&member->thread, NULL, team_churn, member) != 0) {
            team_stop(team);
            return NULL;
        }
        team->count++;
    }
    return team;
}

const char *team_stop(struct team *team)
{
    const char *wrong = NULL;

    team->over = true;
    for (unsigned i = 0; i < team->count; i++)
        pthread_join(team->members[i].thread, NULL);
    for (unsigned i = 0; i < team->count; i++)
        if (team->members[i].churn.wrong[0] != '\0')
            wrong = team->members[i].churn.wrong;
    return wrong;
}
