/* main.c - the aid: a plain program that a check starts in one of its roles.
 */
#include <string.h>
#include <unistd.h>

#include "aid.h"
#include "system/churn.h"

/* Its own use of malloc, as the linker binds it. */
extern void *malloc(size_t), *calloc(size_t, size_t), *realloc(void *, size_t),
    *aligned_alloc(size_t, size_t);
extern void free(void *);
extern int posix_memalign(void **, size_t, size_t);

static const struct subject_calls aid_calls = {
    .malloc = malloc,
    .calloc = calloc,
    .realloc = realloc,
    .free = free,
    .aligned_alloc = aligned_alloc,
    .posix_memalign = posix_memalign,
};

const volatile struct subject_calls *const subject = &aid_calls;

int aid_say(const char *what)
{
    (void)!write(STDOUT_FILENO, what, strlen(what));
    (void)!write(STDOUT_FILENO, "\n", 1);
    return AID_WRONG;
}

/* A little of everything. */
int aid_work(char **arguments)
{
    struct churn *churn = check_map(sizeof(*churn));

    (void)arguments;
    if (churn == NULL)
        return AID_SKIP;
    churn_start(churn, 1, 1);
    if (!churn_steps(churn, 3000) || !churn_finish(churn))
        return aid_say(churn->wrong);
    if (churn->refused != 0)
        return aid_say("requests were refused");
    return AID_GOOD;
}

static int aid_early(char **arguments)
{
    (void)arguments;
    return aid_early_verify();
}

static const struct {
    const char *name;
    int (*run)(char **arguments);
} aid_roles[] = {
    { "work", aid_work },           { "early", aid_early },
    { "signals", aid_signals },     { "early-atfork", aid_early_atfork },
    { "modules", aid_modules },     { "plugin", aid_plugin },
    { "end-churn", aid_end_churn }, { "end-print", aid_end_print },
    { "end-quick", aid_end_quick }, { "end-at-once", aid_end_at_once },
    { "end-abort", aid_end_abort }, { "end-thread", aid_end_thread },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(aid_roles) / sizeof(*aid_roles); i++)
        if (argc > 1 && strcmp(argv[1], aid_roles[i].name) == 0)
            return aid_roles[i].run(argv + 2);
    aid_say("assay-probe-aid ROLE: started by checks, not by people");
    return AID_USAGE;
}
