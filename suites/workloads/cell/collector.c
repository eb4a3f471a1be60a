/* collector.c - a collector plug-in in this process, and the backend it gets.
 *
 * The backend is as thin as can be: the C library's malloc behind a count. */
#include "collector.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assay/collector.h"

enum { MALLOC_ALIGN = 16 };

static struct {
    size_t bytes, peak_bytes;
    bool asked;
} held;

static void *held_take(void *context, size_t bytes, size_t align)
{
    void *start = align <= MALLOC_ALIGN
                      ? malloc(bytes)
                      : aligned_alloc(align, (bytes + align - 1) & -align);

    (void)context;
    if (start == NULL)
        return NULL;
    held.asked = true;
    held.bytes += bytes;
    if (held.bytes > held.peak_bytes)
        held.peak_bytes = held.bytes;
    return start;
}

static void held_give(void *context, void *start, size_t bytes)
{
    (void)context;
    held.bytes -= bytes;
    free(start);
}

static const struct assay_backend held_backend = { NULL, held_take, held_give };

static int collector_refuse(struct provider *provider, const char *who,
                            const char *what)
{
    snprintf(provider->mismatch, sizeof(provider->mismatch), "%s%s", who, what);
    return -1;
}

int cell_collector_load(const char *path, struct run *run,
                        struct provider *ret_provider)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct assay_collector *table;

    if (library == NULL)
        return collector_refuse(ret_provider, "", dlerror());
    table = dlsym(library, ASSAY_COLLECTOR_SYMBOL);
    if (table == NULL)
        return collector_refuse(ret_provider, path, " exports no collector");
    if (table->abi != ASSAY_COLLECTOR_ABI)
        return collector_refuse(ret_provider, path,
                                " was made for another ABI of collector.h");
    snprintf(ret_provider->path, sizeof(ret_provider->path), "%s", path);
    run->collector = table;
    run->backend = &held_backend;
    return 0;
}

void cell_collector_note(struct record *record)
{
    if (!held.asked)
        return;
    record_set(record, "backend_peak_bytes", (double)held.peak_bytes);
    record_set(record, "backend_left_bytes", (double)held.bytes);
}
