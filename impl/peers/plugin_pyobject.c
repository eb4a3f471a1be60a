/* plugin_pyobject.c - CPython's own object allocator, from libpython.
 *
 * PyObject_Malloc() and its kin serve before Py_Initialize(), and need one
 * thread at a time. All heaps share its arenas: what one frees, another may
 * be given. Above 512 bytes the C library serves. */
#include "assay/allocator.h"
#include "library.h"
#include "shared_heap.h"

#define PLUGIN_ALIGN 16

static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    static const struct library_function functions[] = {
        { "PyObject_Malloc", &shared_heap_calls.malloc },
        { "PyObject_Free", &shared_heap_calls.free },
        { "PyObject_Realloc", &shared_heap_calls.realloc },
        { NULL, NULL },
    };

    (void)config;
    return library_load(functions) ? shared_heap_create() : NULL;
}

static void *plugin_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    if (align > PLUGIN_ALIGN)
        return NULL;
    return shared_heap_keep(heap, shared_heap_calls.malloc(bytes));
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESIZE,
    .name = "pyobject",
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN,
    .create = plugin_create,
    .destroy = shared_heap_destroy,
    .alloc = plugin_alloc,
    .free = shared_heap_free,
    .resize = shared_heap_resize,
};
