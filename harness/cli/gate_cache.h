/* gate_cache.h - what a library is known to pass.
 *
 * A file for each pair of library and probe, named by their digests, in
 * $XDG_CACHE_HOME/assay or ~/.cache/assay. Where neither can be written
 * nothing is remembered, and nothing goes wrong. Options of allocators in the
 * environment change what a library does: with any of them nothing is read or
 * kept.
 *
 * Owner: json_decref() of what is returned. */
#ifndef ASSAY_GATE_CACHE_H
#define ASSAY_GATE_CACHE_H

#include <jansson.h>

struct subject;

/* An object whose keys are the ids that this subject passed; maybe empty. */
json_t *gate_cache_read(const struct subject *subject);

void gate_cache_write(const struct subject *subject, const json_t *passed);

#endif
