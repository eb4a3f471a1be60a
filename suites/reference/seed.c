/* seed.c - a seed goes from a test program to the processes of its tests. */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEED "ASSAY_SEED"

/* Of 32 bits: short enough to be typed again. */
static void draw(char *ret_text, size_t bytes)
{
    uint32_t drawn;
    if (getentropy(&drawn, sizeof drawn) != 0) {
        perror("a seed cannot be drawn");
        exit(2);
    }
    snprintf(ret_text, bytes, "%u", drawn);
}

void seed_begin(const char *otherwise)
{
    char drawn[16];
    if (getenv(SEED)) {
        (void)seed_of_run(); /* or it is refused now */
        return;
    }
    if (!otherwise) {
        draw(drawn, sizeof drawn);
        otherwise = drawn;
    }
    setenv(SEED, otherwise, 1);
    fprintf(stderr, "seed %s (" SEED "=%s draws the same again)\n", otherwise,
            otherwise);
}

uint64_t seed_of_run(void)
{
    const char *text = getenv(SEED);
    char *end = NULL;
    uint64_t seed = text ? strtoull(text, &end, 0) : 0;
    if (!text || end == text || *end) {
        fprintf(stderr, SEED " is '%s', which is no number\n",
                text ? text : "");
        exit(2);
    }
    return seed;
}
