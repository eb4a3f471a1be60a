/* functions.h - the names under which a subject has malloc and its kin.
 *
 * Most subjects replace malloc. Others lie behind names of their own (an
 * object heap, an allocator inside a larger library): nothing in a process
 * reaches them but who calls them by name, as the cell program does.
 *
 * Written as "malloc=my_malloc,free=my_free", in any order; what is left out
 * the subject does not have.
 *
 * Threads: plain data. Nothing here allocates. */
#ifndef ASSAY_FUNCTIONS_H
#define ASSAY_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum function {
    FUNCTION_MALLOC,
    FUNCTION_CALLOC,
    FUNCTION_REALLOC,
    FUNCTION_FREE,
    FUNCTION_ALIGNED_ALLOC,
    FUNCTIONS,
};

enum { FUNCTION_NAME_BYTES = 96 };

/* All names empty: the subject replaces malloc. */
struct functions {
    char name[FUNCTIONS][FUNCTION_NAME_BYTES];
};

/* "malloc", "calloc", ... Static storage. */
const char *function_word(enum function function);

/* Whether the subject is called by names of its own. */
bool functions_are_own(const struct functions *functions);

bool functions_are_equal(const struct functions *left,
                         const struct functions *right);

/* Sets one name. NULL, or what is wrong with it in static words. */
const char *functions_set(struct functions *functions, const char *word,
                          const char *name);

/* NULL when there is what no subject can do without, malloc and free; else
 * what is wrong, in static words. */
const char *functions_lack(const struct functions *functions);

/* Reads the written form. NULL, or what is wrong with it in static words. */
const char *functions_parse(const char *text, struct functions *ret_functions);

#endif
