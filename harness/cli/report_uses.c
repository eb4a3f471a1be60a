/* report_uses.c - which workload stands for which use.
 *
 * A row stands for the use whose requests it makes: long-lived threads that
 * hand blocks to each other for a server, one process that builds, grows and
 * drops for a batch job, a steady mix of small short-lived blocks for an
 * interpreter. What is in no list is shown in the table and in no answer. */
#include <string.h>

#include "report_glance.h"
#include "text.h"

const char *const report_uses[] = { "server", "batch job", "interpreter",
                                    NULL };

/* A workload belongs to a use when its name begins so. */
static const struct {
    const char *use;
    const char *prefix;
} uses[] = {
    { "server", "larson-like" },   { "server", "producer-consumer" },
    { "server", "transfer" },      { "server", "thread-churn" },
    { "server", "redis" },         { "batch job", "bulk" },
    { "batch job", "large" },      { "batch job", "realloc-grow" },
    { "batch job", "threadtest" }, { "batch job", "gcc" },
    { "batch job", "sort" },       { "batch job", "xz" },
    { "batch job", "sqlite" },     { "interpreter", "churn" },
    { "interpreter", "pair" },     { "interpreter", "objects" },
    { "interpreter", "bignum" },   { "interpreter", "python" },
    { "interpreter", "lua" },      { "interpreter", "perl" },
};

const char *report_use_of(const char *workload)
{
    for (size_t i = 0; i < TEXT_COUNT(uses); i++)
        if (strncmp(workload, uses[i].prefix, strlen(uses[i].prefix)) == 0)
            return uses[i].use;
    return NULL;
}
