/* provider.h - which object serves the calls here, and is it the subject?
 *
 * A library can be preloaded and replace nothing, or only half; a name can
 * lead to another object's function: no time is taken before every function
 * has been traced to the object it lies in. */
#ifndef ASSAY_CELL_PROVIDER_H
#define ASSAY_CELL_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "functions.h"
#include "workload.h"

struct provider {
    struct calls calls;
    bool aligned_alloc_is_subject; /* not every library replaces it */
    char path[512];     /* of the object that has malloc, links resolved */
    char build_id[64];  /* hexadecimal, or empty */
    char mismatch[512]; /* which function is not the subject's, or empty */
};

/* Resolves malloc and its kin, or what the subject has in their stead, as the
 * dynamic linker would for this program, and compares where they lie with the
 * file at `subject`. What it has no name for is left NULL in `calls`. 0, or -1
 * with `mismatch` filled. Makes no allocation. */
int provider_find(struct provider *ret_provider, const char *subject,
                  const struct functions *functions);

#endif
