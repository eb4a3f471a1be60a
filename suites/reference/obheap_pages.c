/* obheap_pages.c - memory is touched when it is needed, and not before
 * (A13), as mincore(2) sees it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/mman.h>

#include "obheap.h"
#include "recorded_arenas.h"

enum { PAGE = 4096, ARENA = 1 << 20, POOL = 16 << 10 };

static size_t resident_pages(const struct recorded_arenas *arenas)
{
    unsigned char page[ARENA / PAGE];
    size_t count = 0;

    cr_assert(mincore(arenas->address[0], ARENA, page) == 0);
    for (size_t i = 0; i < sizeof page; i++)
        count += page[i] & 1;
    return count;
}

Test(obheap_pages, a_fresh_arena_costs_nothing_until_a_block_is_written)
{
    struct recorded_arenas arenas = { 0 };
    struct obheap *heap = recorded_heap(&arenas, "py311");
    char *block[64];

    for (size_t i = 0; i < 32; i++) /* 32 classes, 32 pools */
        block[i] = obheap_malloc(heap, 16 * (i + 1));
    cr_assert(arenas.taken == 1 && resident_pages(&arenas) == 0,
              "CPython touches a page of each pool, for its header");
    *block[0] = 1;
    cr_assert(resident_pages(&arenas) == 1);
    obheap_free(heap, block[5]); /* the link is written */
    cr_assert(resident_pages(&arenas) == 2);
    obheap_destroy(heap);
}

Test(obheap_pages, blocks_in_order_touch_pages_in_order)
{
    struct recorded_arenas arenas = { 0 };
    struct obheap *heap = recorded_heap(&arenas, "py311");

    for (size_t i = 0; i < 510; i++) {
        char *block = obheap_malloc(heap, 32);
        block[0] = block[31] = 1;
        size_t end = (size_t)(block + 32 - arenas.address[0]);
        cr_assert(resident_pages(&arenas) == (end + PAGE - 1) / PAGE);
    }
    obheap_destroy(heap);
}

static size_t process_pages(void)
{
    size_t total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    cr_assert(file && fscanf(file, "%zu %zu", &total, &resident) == 2);
    fclose(file);
    return resident;
}

Test(obheap_pages, a_heap_that_was_never_asked_is_two_pages)
{
    enum { HEAPS = 200 };
    struct obheap *heap[HEAPS];
    size_t before = process_pages();

    for (size_t i = 0; i < HEAPS; i++)
        cr_assert((heap[i] = obheap_create(NULL)));
    cr_assert(process_pages() - before < 3 * HEAPS);
    for (size_t i = 0; i < HEAPS; i++)
        obheap_destroy(heap[i]);
}
