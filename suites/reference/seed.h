/* seed.h - the one seed of what a test program draws.
 *
 * Criterion runs each test in a process of its own, and in a TAP report shows
 * nothing that such a process prints. So the program itself takes the seed
 * before its first test, prints it to stderr, and hands it down as ASSAY_SEED:
 * whatever fails or crashes afterwards stands beside its seed.
 *
 * Threads: any.
 * Errors:  an ASSAY_SEED that is no number ends the program with status 2. */
#ifndef ASSAY_SUITES_SEED_H
#define ASSAY_SUITES_SEED_H

#include <stdint.h>

/* Once in a program: its seed is $ASSAY_SEED, or else this number, as text;
 * NULL: one that is drawn. */
#define SEED_OF_RUN(otherwise)                                       \
    __attribute__((constructor)) static void seed_of_run_begin(void) \
    {                                                                \
        seed_begin(otherwise);                                       \
    }
void seed_begin(const char *otherwise);

uint64_t seed_of_run(void);

#endif
