/* random.h - reproducible streams of random numbers, and hashes of requests.
 *
 * A stream is a counter and a mixing function (SplitMix64: Steele, Lea and
 * Flood, 2014): one word of state, no warm-up, and streams of different seeds
 * that share nothing. Good enough for drawing requests, and for nothing else.
 *
 * Threads: a stream belongs to one thread. */
#ifndef ASSAY_RANDOM_H
#define ASSAY_RANDOM_H

#include <stdint.h>

#define RANDOM_GOLDEN 0x9e3779b97f4a7c15u

struct random {
    uint64_t state;
};

/* A bijection of 64-bit words that lets every bit act on every other. */
static inline uint64_t random_mix(uint64_t word)
{
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

/* Stream `stream` (a thread's number, say) of the run's one seed. */
static inline struct random random_stream(uint64_t seed, uint64_t stream)
{
    uint64_t start = random_mix(seed + RANDOM_GOLDEN);

    return (struct random){ random_mix(start ^ (stream * RANDOM_GOLDEN)) };
}

static inline uint64_t random_next(struct random *random)
{
    random->state += RANDOM_GOLDEN;
    return random_mix(random->state);
}

/* Uniform in [0, below), below > 0. By multiplication (Lemire 2019) without
 * the rejection step: off by less than below / 2^32. */
static inline uint32_t random_below(struct random *random, uint32_t below)
{
    return (uint32_t)(((random_next(random) >> 32) * below) >> 32);
}

/* True `share` times in 1000. */
static inline int random_chance(struct random *random, uint32_t share)
{
    return random_below(random, 1000) < share;
}

/* The digest of what came before, followed by `word`. */
static inline uint64_t digest_add(uint64_t digest, uint64_t word)
{
    return random_mix((digest ^ word) + RANDOM_GOLDEN);
}

#endif
