/* missing.c - ends the cell at the first call of what is not there.
 *
 * The calls take no context, so the record stands in a variable. */
#include "missing.h"

#include <stdatomic.h>
#include <unistd.h>

static struct record *missing_record;

/* Of several threads that ask together, one writes the record; the others
 * wait for the end that it brings. */
_Noreturn static void missing_end(enum function function)
{
    static atomic_flag ended = ATOMIC_FLAG_INIT;

    while (atomic_flag_test_and_set(&ended))
        pause();
    record_finish(missing_record, STATUS_UNSUPPORTED,
                  "the row asks for %s, and the subject has no function for it",
                  function_word(function));
    _exit(0);
}

static void *missing_calloc(size_t count, size_t size)
{
    (void)count;
    (void)size;
    missing_end(FUNCTION_CALLOC);
}

static void *missing_realloc(void *block, size_t size)
{
    (void)block;
    (void)size;
    missing_end(FUNCTION_REALLOC);
}

static void *missing_aligned_alloc(size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    missing_end(FUNCTION_ALIGNED_ALLOC);
}

void missing_fill(struct calls *calls, const struct functions *functions,
                  struct record *record)
{
    missing_record = record;
    if (functions->name[FUNCTION_CALLOC][0] == '\0')
        calls->calloc = missing_calloc;
    if (functions->name[FUNCTION_REALLOC][0] == '\0')
        calls->realloc = missing_realloc;
    if (functions->name[FUNCTION_ALIGNED_ALLOC][0] == '\0')
        calls->aligned_alloc = missing_aligned_alloc;
}
