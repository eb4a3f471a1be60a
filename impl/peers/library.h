/* library.h - the library that a plug-in stands around.
 *
 *   ASSAY_PLUGIN_LIBRARY   its path
 *   ASSAY_PLUGIN_PREFIX    "my_" for my_malloc; may be left out
 *
 * `assay check` sets both. What cannot be had is said on standard error, and
 * shows in the verdict.
 *
 * Errors: NULL or false, with a message. */
#ifndef ASSAY_PEERS_LIBRARY_H
#define ASSAY_PEERS_LIBRARY_H

#include <stdbool.h>

/* Loads it for ever, beside the C library's malloc, which stays that of the
 * process; its own calls of malloc find its own. A library with static
 * thread-local storage needs GLIBC_TUNABLES=glibc.rtld.optional_static_tls. */
void *library_open(void);

/* Its function of that name, behind the prefix; `ret_function` is the address
 * of a pointer to a function, and is kept on failure. */
bool library_find(void *library, const char *name, void *ret_function);

struct library_function {
    const char *name;
    void *ret_function;
};

/* Loads it and finds these, up to one without a name; once. */
bool library_load(const struct library_function *functions);

#endif
