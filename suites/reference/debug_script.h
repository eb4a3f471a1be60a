/* debug_script.h - what the script of dressed blocks is run against: CPython's
 * allocators or ours, both with debug hooks.
 *
 * A domain is named by its letter: 'r', 'm' or 'o'. */
#ifndef ASSAY_DEBUG_SCRIPT_H
#define ASSAY_DEBUG_SCRIPT_H

#include <stddef.h>

void script_open(void);
void *script_malloc(char domain, size_t bytes);
void *script_calloc(char domain, size_t count, size_t bytes);
void *script_realloc(char domain, void *block, size_t bytes);
void script_free(char domain, void *block);

/* From here on the caller may not allocate. */
void script_drop_lock(void);

#endif
