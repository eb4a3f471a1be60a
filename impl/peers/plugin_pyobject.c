/* plugin_pyobject.c - CPython's own object allocator, from libpython.
 *
 * PyObject_Malloc() and its kin serve before Py_Initialize(), and need one
 * thread at a time. All heaps share its arenas: what one frees, another may
 * be given. Above 512 bytes the C library serves. */
#include <stdint.h>

#include "assay/allocator.h"
#include "library.h"
#include "live.h"

#define PLUGIN_ALIGN 16

static struct {
    void *(*malloc)(size_t bytes);
    void (*free)(void *block);
    void *(*realloc)(void *block, size_t bytes);
} calls;

struct assay_heap {
    struct live live;
};

static bool plugin_load(void)
{
    void *library = calls.malloc != NULL ? NULL : library_open();

    return calls.malloc != NULL ||
           (library != NULL &&
            library_find(library, "PyObject_Free", &calls.free) &&
            library_find(library, "PyObject_Realloc", &calls.realloc) &&
            library_find(library, "PyObject_Malloc", &calls.malloc));
}

static struct assay_heap *plugin_create(
    const struct assay_allocator_config *config)
{
    struct assay_heap *heap;

    (void)config;
    if (!plugin_load())
        return NULL;
    heap = calls.malloc(sizeof *heap);
    if (heap != NULL)
        live_begin(&heap->live);
    return heap;
}

static void plugin_destroy(struct assay_heap *heap)
{
    live_end_all(&heap->live, calls.free);
    live_end(&heap->live);
    calls.free(heap);
}

static void *plugin_alloc(struct assay_heap *heap, size_t bytes, size_t align)
{
    void *block = align > PLUGIN_ALIGN ? NULL : calls.malloc(bytes);

    if (block != NULL && !live_add(&heap->live, block)) {
        calls.free(block);
        return NULL;
    }
    return block;
}

static void plugin_free(struct assay_heap *heap, void *block)
{
    live_remove(&heap->live, block);
    calls.free(block);
}

static void *plugin_resize(struct assay_heap *heap, void *block,
                           size_t old_bytes, size_t bytes)
{
    void *resized;

    (void)old_bytes;
    live_remove(&heap->live, block);
    resized = calls.realloc(block, bytes);
    live_add(&heap->live, resized != NULL ? resized : block); /* has room */
    return resized;
}

const struct assay_allocator assay_allocator = {
    .abi = ASSAY_ALLOCATOR_ABI,
    .can = ASSAY_ALLOCATOR_FREE | ASSAY_ALLOCATOR_RESIZE,
    .name = "pyobject",
    .align_min = PLUGIN_ALIGN,
    .align_max = PLUGIN_ALIGN,
    .create = plugin_create,
    .destroy = plugin_destroy,
    .alloc = plugin_alloc,
    .free = plugin_free,
    .resize = plugin_resize,
};
