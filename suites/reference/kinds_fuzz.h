/* kinds_fuzz.h - what the parts of the fuzzer of kinds share.
 *
 * Threads: one.
 * Errors:  what does not hold is printed, and aborts.
 * Owner:   arguments are borrowed. */
#ifndef ASSAY_SUITES_KINDS_FUZZ_H
#define ASSAY_SUITES_KINDS_FUZZ_H

#include "assay/types.h"
#include "assay/values.h"

void must(bool holds, const char *what);

/* The fields fill the object, whatever it is. */
void look_at(const struct object *object);

/* A script of changes of instances of a new class, and of their dicts, beside
 * a plain model: three bytes a change. */
void fuzz_instances(struct gc *gc, const unsigned char *byte, size_t count);

#endif
