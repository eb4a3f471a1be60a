/* recorded_arenas.c - maps, remembers and unmaps. */
#include "recorded_arenas.h"

#include <sys/mman.h>

/* An arena lies in a mapping of twice its size, at a multiple of its size. */
static void *recorded_alloc(void *context, size_t bytes)
{
    struct recorded_arenas *arenas = context;
    unsigned number = arenas->asked++;

    if (number >= arenas->refuse_from && number < arenas->refuse_to)
        return NULL;
    if (arenas->taken == RECORDED_ARENAS)
        return NULL;
    char *map = mmap(NULL, 3 * bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    size_t over = (uintptr_t)map % bytes;
    char *start = over ? map + bytes - over : map;
    if (start > map)
        munmap(map, (size_t)(start - map));
    munmap(start + 2 * bytes, (size_t)(map + bytes - start));
    arenas->bytes = bytes;
    arenas->address[arenas->taken++] = start + arenas->skew_bytes;
    return start + arenas->skew_bytes;
}

static void recorded_free(void *context, void *arena, size_t bytes)
{
    struct recorded_arenas *arenas = context;

    for (unsigned i = arenas->taken; i-- > 0;)
        if (arenas->address[i] == arena) {
            munmap(arenas->address[i] - arenas->skew_bytes, 2 * bytes);
            arenas->address[i] = NULL;
            arenas->released++;
            return;
        }
    arenas->strange++;
}

struct memory_arenas recorded_hook(struct recorded_arenas *arenas)
{
    return (struct memory_arenas){ arenas, recorded_alloc, recorded_free };
}

void recorded_close(struct recorded_arenas *arenas)
{
    for (unsigned i = 0; i < arenas->taken; i++)
        if (arenas->address[i])
            munmap(arenas->address[i] - arenas->skew_bytes, 2 * arenas->bytes);
}

int recorded_place(const struct recorded_arenas *arenas, const void *address,
                   size_t *ret_offset)
{
    const char *at = address;

    for (unsigned i = 0; i < arenas->taken; i++)
        if (arenas->address[i] && at >= arenas->address[i] &&
            at < arenas->address[i] + arenas->bytes) {
            *ret_offset = (size_t)(at - arenas->address[i]);
            return (int)i;
        }
    return -1;
}

struct obheap *recorded_heap(struct recorded_arenas *arenas,
                             const char *edition)
{
    struct memory_arenas hook = recorded_hook(arenas);
    struct obheap_config config = { .edition = edition_find(edition),
                                    .arenas = &hook };

    return obheap_create(&config);
}
