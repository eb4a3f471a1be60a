/* blocks.c - the ways to ask for a block, and words for messages. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tools/blocks.h"
#include "process_memory.h"

static void *way_malloc(size_t size)
{
    return subject->malloc(size);
}

static void *way_calloc(size_t size)
{
    return subject->calloc(1, size);
}

static void *way_realloc(size_t size)
{
    return subject->realloc(NULL, size);
}

static void *way_reallocarray(size_t size)
{
    return subject->reallocarray(NULL, size, 1);
}

/* C17 wants a multiple of the alignment; a huge size stays as it is. */
static void *way_aligned_alloc(size_t size)
{
    size_t whole = (size + WAY_ALIGNMENT - 1) & ~(size_t)(WAY_ALIGNMENT - 1);

    return subject->aligned_alloc(WAY_ALIGNMENT, whole < size ? size : whole);
}

void *aligned_block(size_t alignment, size_t size)
{
    void *block = NULL;

    return subject->posix_memalign(&block, alignment, size) == 0 ? block : NULL;
}

static void *way_posix_memalign(size_t size)
{
    return aligned_block(WAY_ALIGNMENT, size);
}

static void *way_memalign(size_t size)
{
    return subject->memalign(WAY_ALIGNMENT, size);
}

static void *way_valloc(size_t size)
{
    return subject->valloc(size);
}

static void *way_pvalloc(size_t size)
{
    return subject->pvalloc(size);
}

const struct way ways[WAY_COUNT] = {
    { "malloc", way_malloc },
    { "calloc", way_calloc },
    { "realloc", way_realloc },
    { "reallocarray", way_reallocarray },
    { "aligned_alloc", way_aligned_alloc },
    { "posix_memalign", way_posix_memalign },
    { "memalign", way_memalign },
    { "valloc", way_valloc },
    { "pvalloc", way_pvalloc },
};

/* The C library's reallocarray is built on whatever realloc is active. */
bool way_is_subjects(const struct way *way)
{
    return strcmp(way->name, "reallocarray") == 0
               ? subject->reallocarray != NULL
               : subject_has(way->name);
}

const char *errno_word(int number)
{
    const char *name = number != 0 ? strerrorname_np(number) : NULL;

    return name != NULL ? name : number == 0 ? "errno 0" : "unknown errno";
}

void touch_pages(unsigned char *block, size_t size, unsigned char value)
{
    volatile unsigned char *bytes = block;

    for (size_t at = 0; at < size; at += 4096)
        bytes[at] = value;
    if (size > 0)
        bytes[size - 1] = value;
}

void finding(struct findings *findings, const char *format, ...)
{
    size_t room = sizeof(findings->text) - findings->length;
    char *end = findings->text + findings->length;
    va_list arguments;
    int length;

    if (findings->count++ > 0 && room > 2) {
        memcpy(end, "; ", 3);
        end += 2;
        room -= 2;
    }
    va_start(arguments, format);
    length = vsnprintf(end, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room)
        findings->text[findings->length] = '\0';
    else
        findings->length = (size_t)(end - findings->text) + (size_t)length;
}

enum verdict verdict_of(struct check_run *run, const struct findings *findings,
                        const char *expected)
{
    if (findings->count == 0)
        return pass(run);
    return fail(run, "%s; %u otherwise: %s", expected, findings->count,
                findings->text);
}

int address_space_cap(size_t more_bytes)
{
    size_t bytes = process_memory_bytes("VmSize") + more_bytes;
    struct rlimit limit = { bytes, bytes };

    return setrlimit(RLIMIT_AS, &limit);
}
