/* domains.c - three domains, their hooks and their names (A7, A12), and a heap
 * that stays whole wherever memory ends. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include <assay/domains.h>
#include <assay/failing_layer.h>
#include <assay/recording_layer.h>

#include "obheap.h"

static const enum memory_domain all[] = { MEMORY_RAW, MEMORY_MEM, MEMORY_OBJ };

static struct memory_domains *domains;
static unsigned complaints;

static void complain(void *context, const char *what)
{
    (void)context;
    (void)what;
    complaints++;
}

static struct memory_domains *open_as(const char *name, const char *edition)
{
    struct memory_domains_config config = {
        .name = name,
        .edition = edition ? edition_find(edition) : NULL,
        .debug = { .fatal = complain },
    };
    return memory_domains_create(&config);
}

static void open_domains(void)
{
    domains = open_as(NULL, NULL);
    cr_assert(domains);
}

static void close_domains(void)
{
    struct fault fault = obheap_verify(memory_domains_heap(domains));
    cr_assert(!fault.what, "%s", fault.what);
    memory_domains_destroy(domains);
    cr_assert_eq(complaints, 0);
}

TestSuite(domains, .init = open_domains, .fini = close_domains);

static void record(struct recording_layer *layer, enum memory_domain domain)
{
    struct memory_allocator below =
        memory_domains_get_allocator(domains, domain);
    recording_layer_init(layer, &below);
    struct memory_allocator hook = recording_layer_allocator(layer);
    memory_domains_set_allocator(domains, domain, &hook);
}

/* ---- requests ---- */

static void assert_refusals(void)
{
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++) {
        void *block = memory_malloc(domains, all[i], 10);
        size_t over = (size_t)PTRDIFF_MAX + 1;
        cr_assert_null(memory_malloc(domains, all[i], over));
        cr_assert_null(memory_calloc(domains, all[i], 1, over));
        cr_assert_null(memory_calloc(domains, all[i], SIZE_MAX / 2, 4));
        cr_assert_null(memory_calloc(domains, all[i], SIZE_MAX / 4 + 2, 4));
        cr_assert_null(memory_realloc(domains, all[i], block, over));
        memory_free(domains, all[i], block);
    }
}

Test(domains, what_is_too_large_or_overflows_is_null_in_each_domain)
{
    static struct recording_layer layer[MEMORY_DOMAINS];
    assert_refusals();
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++)
        record(&layer[i], all[i]);
    assert_refusals();
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++)
        cr_assert(layer[i].calls.malloc == 1 && layer[i].calls.calloc == 0 &&
                      layer[i].calls.realloc == 0,
                  "no hook of domain %u sees them", i);
}

Test(domains, zero_bytes_are_a_block_of_their_own_in_each_domain)
{
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++) {
        void *block[] = { memory_malloc(domains, all[i], 0),
                          memory_calloc(domains, all[i], 0, 0),
                          memory_calloc(domains, all[i], 0, 8),
                          memory_calloc(domains, all[i], 8, 0),
                          memory_realloc(domains, all[i], NULL, 0) };
        for (unsigned a = 0; a < 5; a++)
            for (unsigned b = 0; b < a; b++)
                cr_assert(block[a] && block[a] != block[b]);
        block[0] = memory_realloc(domains, all[i], block[0], 0);
        cr_assert(block[0]);
        for (unsigned a = 0; a < 5; a++)
            memory_free(domains, all[i], block[a]);
        memory_free(domains, all[i], NULL);
    }
    cr_assert_eq(obheap_allocated_blocks(memory_domains_heap(domains)), 0);
}

/* Is the domain served by the heap? */
static bool is_pooled(enum memory_domain domain)
{
    void *block = memory_malloc(domains, domain, 100);
    bool owned = obheap_owns(memory_domains_heap(domains), block);
    memory_free(domains, domain, block);
    return owned;
}

Test(domains, mem_and_obj_are_the_heap_and_raw_is_not)
{
    cr_assert(!is_pooled(MEMORY_RAW) && is_pooled(MEMORY_MEM) &&
              is_pooled(MEMORY_OBJ));
}

Test(domains, in_old_editions_mem_is_raw)
{
    static const char *const old[] = { "classic-256", "classic-512" };
    for (unsigned i = 0; i < 2; i++) {
        memory_domains_destroy(domains);
        domains = open_as("default", old[i]);
        cr_assert(!is_pooled(MEMORY_MEM) && is_pooled(MEMORY_OBJ));
        cr_assert_str_eq(memory_domains_name(domains), "pymalloc");
    }
}

/* ---- hooks ---- */

Test(domains, a_hook_sees_the_arguments_of_all_four_in_each_domain)
{
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++) {
        struct memory_allocator before =
            memory_domains_get_allocator(domains, all[i]);
        static struct recording_layer layer;
        record(&layer, all[i]);
        void *block = memory_malloc(domains, all[i], 42);
        cr_assert_eq(layer.last.malloc_bytes, 42);
        void *moved = memory_realloc(domains, all[i], block, 200);
        cr_assert(layer.last.realloc_block == block &&
                  layer.last.realloc_bytes == 200);
        memory_free(domains, all[i], moved);
        cr_assert(layer.last.free_block == moved);
        block = memory_calloc(domains, all[i], 2, 5);
        cr_assert(layer.last.calloc_count == 2 && layer.last.calloc_bytes == 5);
        memory_free(domains, all[i], block);
        cr_assert(layer.calls.malloc == 1 && layer.calls.realloc == 1 &&
                  layer.calls.calloc == 1 && layer.calls.free == 2);
        cr_assert_null(memory_domains_name(domains));
        memory_domains_set_allocator(domains, all[i], &before);
        memory_free(domains, all[i], memory_malloc(domains, all[i], 7));
        cr_assert_eq(layer.calls.malloc, 1, "out again");
        cr_assert_str_eq(memory_domains_name(domains), "pymalloc");
    }
}

Test(domains, an_unknown_domain_gives_nulls_and_takes_nothing)
{
    static const int unknown[] = { -1, MEMORY_DOMAINS, 1000 };
    for (unsigned i = 0; i < 3; i++) {
        enum memory_domain domain = (enum memory_domain)unknown[i];
        struct memory_allocator got =
            memory_domains_get_allocator(domains, domain);
        cr_assert(!got.context && !got.malloc && !got.calloc && !got.realloc &&
                  !got.free);
        memory_domains_set_allocator(domains, domain, &got);
        cr_assert_str_eq(memory_domains_name(domains), "pymalloc");
    }
}

Test(domains, the_heap_asks_the_raw_domain_as_it_is_at_the_time)
{
    struct memory_allocator plain =
        memory_domains_get_allocator(domains, MEMORY_RAW);
    static struct recording_layer layer;
    void *block = memory_malloc(domains, MEMORY_OBJ, 1000);
    record(&layer, MEMORY_RAW);
    block = memory_realloc(domains, MEMORY_OBJ, block, 3000);
    cr_assert_eq(layer.last.realloc_bytes, 3000);
    memory_free(domains, MEMORY_OBJ, block);
    cr_assert(layer.last.free_block == block);
    block = memory_malloc(domains, MEMORY_MEM, 513);
    cr_assert_eq(layer.last.malloc_bytes, 513);
    memory_free(domains, MEMORY_MEM, block);
    block = memory_calloc(domains, MEMORY_OBJ, 3, 500);
    cr_assert(layer.last.calloc_count * layer.last.calloc_bytes == 1500);
    memory_domains_set_allocator(domains, MEMORY_RAW, &plain);
    memory_free(domains, MEMORY_OBJ, block);
    cr_assert_eq(layer.calls.free, 2, "the hook is out");
}

Test(domains, arenas_come_from_the_hook_and_go_back_to_it)
{
    struct memory_arenas pages = memory_domains_get_arenas(domains);
    struct failing_arenas arenas;
    failing_arenas_init(&arenas, &pages, SIZE_MAX, 0);
    struct memory_arenas hook = failing_arenas_hook(&arenas);
    memory_domains_set_arenas(domains, &hook);
    cr_assert(memory_domains_get_arenas(domains).context == &arenas);
    cr_assert(is_pooled(MEMORY_OBJ));
    cr_assert_eq(arenas.range.asked, 1);
    memory_domains_set_arenas(domains, &pages);
}

/* ---- debug hooks ---- */

static void assert_debug_works(void)
{
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++) {
        uint8_t *data = memory_malloc(domains, all[i], 20);
        cr_assert_eq(data[-8], "rmo"[i]);
        cr_assert_eq(data[0], DEBUG_CLEAN);
        data = memory_realloc(domains, all[i], data, 2000);
        data[2000] = 0;
        memory_free(domains, all[i], data);
        cr_assert_eq(complaints, 1);
        data[2000] = DEBUG_FORBIDDEN;
        memory_free(domains, all[i], data);
        cr_assert_eq(complaints, 1);
        complaints = 0;
    }
}

Test(domains, debug_hooks_wrap_all_three_and_do_so_once)
{
    cr_assert(memory_domains_setup_debug_hooks(domains));
    struct memory_allocator once =
        memory_domains_get_allocator(domains, MEMORY_OBJ);
    cr_assert(memory_domains_setup_debug_hooks(domains));
    struct memory_allocator twice =
        memory_domains_get_allocator(domains, MEMORY_OBJ);
    cr_assert_eq(once.context, twice.context);
    cr_assert_str_eq(memory_domains_name(domains), "pymalloc_debug");
    assert_debug_works();
}

Test(domains, a_block_of_one_domain_is_not_freed_by_another)
{
    cr_assert(memory_domains_setup_debug_hooks(domains));
    for (unsigned from = 0; from < MEMORY_DOMAINS; from++)
        for (unsigned to = 0; to < MEMORY_DOMAINS; to++) {
            void *block = memory_malloc(domains, all[from], 30);
            memory_free(domains, all[to], block);
            cr_assert_eq(complaints, from != to);
            if (complaints)
                memory_free(domains, all[from], block);
            complaints = 0;
        }
}

Test(domains, a_hook_between_two_settings_of_debug_is_passed_once)
{
    static struct recording_layer layer;
    cr_assert(memory_domains_setup_debug_hooks(domains));
    record(&layer, MEMORY_OBJ);
    cr_assert(memory_domains_setup_debug_hooks(domains));
    cr_assert_null(memory_domains_name(domains));
    void *block = memory_malloc(domains, MEMORY_OBJ, 10);
    cr_assert(layer.calls.malloc == 1 && layer.last.malloc_bytes == 34);
    memory_free(domains, MEMORY_OBJ, block);
    assert_debug_works();
}

Test(domains, the_heap_asks_raw_for_nothing_of_its_own)
{
    static struct recording_layer layer;
    cr_assert(is_pooled(MEMORY_OBJ));
    cr_assert(memory_domains_setup_debug_hooks(domains));
    memory_domains_destroy(domains);
    cr_assert_eq(complaints, 0);

    open_domains();
    record(&layer, MEMORY_RAW);
    cr_assert(is_pooled(MEMORY_OBJ));
    memory_domains_set_allocator(domains, MEMORY_RAW, &memory_system);
    memory_domains_destroy(domains);
    cr_assert(layer.calls.malloc == 0 && layer.calls.free == 0);
    open_domains();
}

static bool no_lock(void *context)
{
    (void)context;
    return false;
}

Test(domains, raw_needs_no_lock_and_the_others_do)
{
    struct memory_domains_config config = {
        .name = "debug", .debug = { .fatal = complain, .holds_lock = no_lock }
    };
    memory_domains_destroy(domains);
    domains = memory_domains_create(&config);
    void *block = memory_malloc(domains, MEMORY_RAW, 10);
    cr_assert(block && complaints == 0);
    memory_free(domains, MEMORY_RAW, block);
    cr_assert_null(memory_malloc(domains, MEMORY_MEM, 10));
    cr_assert_null(memory_malloc(domains, MEMORY_OBJ, 10));
    cr_assert_eq(complaints, 2);
    complaints = 0;
}

/* ---- names ---- */

Test(domains, names_arrange_the_domains_and_are_told_back)
{
    static const struct {
        const char *name, *told;
        bool pooled, debug;
    } row[] = {
        { NULL, "pymalloc", true, false },
        { "", "pymalloc", true, false },
        { "default", "pymalloc", true, false },
        { "debug", "pymalloc_debug", true, true },
        { "pymalloc", "pymalloc", true, false },
        { "pymalloc_debug", "pymalloc_debug", true, true },
        { "malloc", "malloc", false, false },
        { "malloc_debug", "malloc_debug", false, true },
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        memory_domains_destroy(domains);
        domains = open_as(row[i].name, NULL);
        cr_assert(domains && memory_domains_has_name(row[i].name));
        cr_assert_str_eq(memory_domains_name(domains), row[i].told);
        for (unsigned d = 1; d < MEMORY_DOMAINS; d++)
            cr_assert_eq(is_pooled(all[d]), row[i].pooled);
        if (row[i].debug)
            assert_debug_works();
        cr_assert(memory_domains_setup_debug_hooks(domains));
        cr_assert_str_eq(memory_domains_name(domains),
                         row[i].pooled ? "pymalloc_debug" : "malloc_debug");
    }
}

Test(domains, an_unknown_name_is_no_arrangement)
{
    cr_assert_null(open_as("pymalloc ", NULL));
    cr_assert_null(open_as("nonsense", NULL));
    cr_assert_not(memory_domains_has_name("Malloc"));
}

Test(domains, sets_of_domains_share_nothing)
{
    struct memory_domains *mine = domains;
    domains = open_as("malloc_debug", NULL);
    cr_assert_str_eq(memory_domains_name(mine), "pymalloc");
    cr_assert_str_eq(memory_domains_name(domains), "malloc_debug");
    memory_domains_destroy(mine);
    assert_debug_works();
}
