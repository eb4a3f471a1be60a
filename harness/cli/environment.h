/* environment.h - the environment a measured process gets.
 *
 * Owner: the list is freed with text_list_free(). */
#ifndef ASSAY_ENVIRONMENT_H
#define ASSAY_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct subject;

/* A small fixed environment, the options that allocators read from the user's
 * (MALLOC_CONF, MIMALLOC_*, ...), and a pad of 0..4095 bytes drawn from the
 * seed: the size of the environment moves the stack, which alone can fake a
 * difference (Mytkowicz et al., ASPLOS 2009). */
char **environment_plain(uint64_t pad_seed);

/* environment_plain() with the subject preloaded, if it is no plug-in. */
char **environment_for(const struct subject *subject, uint64_t pad_seed);

/* How many bytes of pad a seed gives. */
size_t environment_pad_bytes(uint64_t pad_seed);

/* The allocator options in the user's environment, for the record; ended by
 * NULL. They reach every subject alike. */
char **environment_allocator_options(void);

#endif
