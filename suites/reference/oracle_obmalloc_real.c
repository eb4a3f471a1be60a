/* oracle_obmalloc_real.c - the real side: obmalloc of libpython.
 *
 * PyObject_Malloc serves before Py_Initialize, when nothing else has asked it
 * for anything yet: its first arena is ours. */
#include "oracle_obmalloc.h"

#include <Python.h>
#include <stdio.h>
#include <stdlib.h>

/* Exported, but declared by internal headers only. */
Py_ssize_t _Py_GetAllocatedBlocks(void);
int _PyObject_DebugMallocStats(FILE *out);

static void *real_malloc(void *context, size_t bytes)
{
    (void)context;
    return PyObject_Malloc(bytes);
}

static void *real_calloc(void *context, size_t count, size_t bytes)
{
    (void)context;
    return PyObject_Calloc(count, bytes);
}

static void *real_realloc(void *context, void *block, size_t bytes)
{
    (void)context;
    return PyObject_Realloc(block, bytes);
}

static void real_free(void *context, void *block)
{
    (void)context;
    PyObject_Free(block);
}

static size_t real_blocks(void *context)
{
    (void)context;
    return (size_t)_Py_GetAllocatedBlocks();
}

static size_t real_pool_blocks(const struct obheap_stats *stats)
{
    size_t sum = 0;

    for (unsigned i = 0; i < OBHEAP_CLASSES_MAX; i++)
        sum += stats->class[i].used_blocks;
    return sum;
}

static void real_stats(void *context, struct obheap_stats *ret_stats)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);

    if (file == NULL || !_PyObject_DebugMallocStats(file) || fclose(file) != 0)
        oracle_give_up("the statistics of libpython cannot be had");
    if (!stats_parse(text, ret_stats))
        oracle_give_up("the statistics of libpython cannot be read");
    ret_stats->raw_blocks = real_blocks(context) - real_pool_blocks(ret_stats);
    free(text);
}

static void real_set_raw(struct raw_gate *gate)
{
    PyMemAllocatorEx below;
    struct memory_allocator ours = raw_gate_allocator(gate);

    PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &below);
    gate->below =
        (struct memory_allocator){ below.ctx, below.malloc, below.calloc,
                                   below.realloc, below.free };
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW,
                       &(PyMemAllocatorEx){ ours.context, ours.malloc,
                                            ours.calloc, ours.realloc,
                                            ours.free });
}

void side_open_real(struct side *side)
{
    PyObjectArenaAllocator hook = { &side->arenas, arenas_alloc, arenas_free };

    side->name = "real";
    side->allocator = (struct memory_allocator){ NULL, real_malloc, real_calloc,
                                                 real_realloc, real_free };
    side->blocks = real_blocks;
    side->stats = real_stats;
    PyObject_SetArenaAllocator(&hook);
    real_set_raw(&side->raw);
}
