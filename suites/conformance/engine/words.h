/* words.h - the shortest text that still fails, by leaving words out.
 *
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating
 * failure-inducing input", 2002): takes out ever smaller runs of words and
 * keeps what fails without them. What a word means is the caller's affair. */
#ifndef ASSAY_CONFORMANCE_WORDS_H
#define ASSAY_CONFORMANCE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct words {
    const char **word; /* each ends at a blank or at the text's end */
    size_t count;
};

struct words_shrinking {
    /* Whether this text still fails. */
    bool (*fails)(void *argument, const char *text);
    void *argument;
    unsigned attempts_max;
    uint64_t until_ns; /* of clock_wall_ns(); 0: no limit */
    unsigned attempts; /* how many there were */
    size_t words;      /* how many are left */
};

/* How many there are. */
size_t words_count(const char *text);

/* Shortens, in place, a text that fails. What is left fails; within the limits
 * no single word can be left out. -1 without memory. */
int words_shrink(char *text, struct words_shrinking *shrinking);

#endif
