/* planted.c - which fault is planted, and the exported names that some faults
 * add or leave out: the one file that is compiled for each fault. */
#include "plain.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLANTED_JOIN(name) FAULT_##name
#define PLANTED_OF(name)   PLANTED_JOIN(name)

const enum fault plain_fault = PLANTED_OF(FAULT);

/* FAULT_IS_... is defined where the preprocessor has to know. */

#ifndef FAULT_IS_no_pvalloc
EXPORT void *pvalloc(size_t size);
EXPORT void *pvalloc(size_t size)
{
    size_t whole = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
    void *block;

    if (whole < size && !PLANTED(pvalloc_wraps))
        return refuse();
    if (whole == 0)
        whole = PAGE;
    block = take_aligned(PAGE, whole);
    if (PLANTED(pvalloc_short) && block != NULL)
        header_of(block)->size = size;
    return block;
}
#endif

/* glibc's internal names, which a static program's own malloc keeps. */
#if !defined(FAULT_IS_no_libc_names) && !defined(PLAIN_ARCHIVE)
EXPORT void *__libc_malloc(size_t size);
EXPORT void *__libc_calloc(size_t count, size_t size);
EXPORT void *__libc_memalign(size_t alignment, size_t size);
extern void *memalign(size_t alignment, size_t size);

EXPORT void *__libc_malloc(size_t size)
{
    return malloc(size);
}

EXPORT void *__libc_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

EXPORT void *__libc_memalign(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}
#endif

#ifdef FAULT_IS_strdup_bypass
EXPORT char *strdup(const char *text)
{
    void *(*get)(size_t size);
    size_t bytes = strlen(text) + 1;

    *(void **)&get = dlsym(RTLD_NEXT, "__libc_malloc");
    return memcpy(get(bytes), text, bytes);
}
#endif

#ifdef FAULT_IS_big_tls
static _Thread_local TLS volatile char planted_room[4096];

__attribute__((constructor)) static void planted_touch(void)
{
    planted_room[sizeof(planted_room) / 2] = 1;
}
#endif
