/* stress.c - the subject, made to collect at every n-th call. */
#include "engine/stress.h"

#include <stdio.h>
#include <stdlib.h>

static struct assay_collector stress_table;
static const struct assay_collector *stress_plain;
static unsigned stress_every;
static unsigned long stress_calls;

/* Each generation in its turn. */
static void stress_collect(struct assay_heap *heap)
{
    unsigned long turn = stress_calls / stress_every;

    stress_plain->collect(heap, (unsigned)(turn % stress_plain->generations));
}

static bool stress_is_due(void)
{
    return ++stress_calls % stress_every == 0;
}

static struct assay_object *stress_new(struct assay_heap *heap,
                                       const struct assay_type *type,
                                       size_t slots, size_t bytes)
{
    if (stress_is_due())
        stress_collect(heap);
    return stress_plain->new_object(heap, type, slots, bytes);
}

void stress_point(struct assay_heap *heap)
{
    if (stress_plain != NULL && stress_is_due())
        stress_collect(heap);
}

void stress_ask(unsigned every)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", every);
    setenv("ASSAY_COLLECT_EVERY", text, 1);
    stress_apply();
}

void stress_apply(void)
{
    const char *asked = getenv("ASSAY_COLLECT_EVERY");

    if (asked == NULL || stress_plain != NULL || atoi(asked) <= 0)
        return;
    stress_every = (unsigned)atoi(asked);
    stress_plain = subject;
    stress_table = *subject;
    stress_table.new_object = stress_new;
    subject = &stress_table;
}

void stress_restart(void)
{
    stress_calls = 0;
}

bool stress_is_on(void)
{
    return stress_plain != NULL;
}

unsigned stress_scaled(unsigned amount)
{
    unsigned scaled = stress_plain == NULL ? amount : amount / 10;

    return scaled > 0 ? scaled : 1;
}
