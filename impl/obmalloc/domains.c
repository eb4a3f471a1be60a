/* domains.c - three allocators in a row, and how they are arranged by name.
 *
 * Source: the first part of CPython's Objects/obmalloc.c,
 * _PyMem_SetupAllocators to PyObject_Free. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <assay/domains.h>

/* One setting of debug hooks. A later one gets layers of its own, so that a
 * hook of the caller's between the two is passed once and not in a circle. */
struct domains_debug {
    struct debug_layer layer[MEMORY_DOMAINS];
    struct domains_debug *older;
};

struct memory_domains {
    struct memory_allocator allocator[MEMORY_DOMAINS]; /* in force */
    struct obheap *heap;
    struct domains_debug *newest;
    struct debug_config debug_config;
};

/* ---- arrangements ---- */

/* In the order in which CPython names them. */
static const struct domains_arrangement {
    const char *name;
    bool pools;
    bool debug;
} domains_arrangements[] = {
    { "default", true, false },  { "debug", true, true },
    { "pymalloc", true, false }, { "pymalloc_debug", true, true },
    { "malloc", false, false },  { "malloc_debug", false, true },
};

enum {
    DOMAINS_ARRANGEMENTS =
        sizeof domains_arrangements / sizeof domains_arrangements[0]
};

static const struct domains_arrangement *domains_find(const char *name)
{
    if (!name || !*name)
        return &domains_arrangements[0];
    for (unsigned i = 0; i < DOMAINS_ARRANGEMENTS; i++)
        if (strcmp(domains_arrangements[i].name, name) == 0)
            return &domains_arrangements[i];
    return NULL;
}

bool memory_domains_has_name(const char *name)
{
    return domains_find(name) != NULL;
}

/* What a domain is made of before anyone puts in a hook. */
static struct memory_allocator domains_plain(
    const struct memory_domains *domains, bool pools, unsigned domain)
{
    bool is_raw =
        domain == MEMORY_RAW ||
        (domain == MEMORY_MEM && obheap_edition(domains->heap)->mem_is_raw);
    return pools && !is_raw ? obheap_allocator(domains->heap) : memory_system;
}

static bool domains_same(const struct memory_allocator *a,
                         const struct memory_allocator *b)
{
    return a->context == b->context && a->malloc == b->malloc &&
           a->calloc == b->calloc && a->realloc == b->realloc &&
           a->free == b->free;
}

static bool domains_are(const struct memory_domains *domains,
                        const struct domains_arrangement *arrangement)
{
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++) {
        const struct memory_allocator *now = &domains->allocator[i];
        struct memory_allocator plain =
            domains_plain(domains, arrangement->pools, i);
        const struct debug_layer *debug = debug_layer_of(now);
        if (arrangement->debug != (debug != NULL) ||
            !domains_same(debug ? &debug->below : now, &plain))
            return false;
    }
    return true;
}

/* The first two names stand for one of the others. */
const char *memory_domains_name(const struct memory_domains *domains)
{
    for (unsigned i = 2; i < DOMAINS_ARRANGEMENTS; i++)
        if (domains_are(domains, &domains_arrangements[i]))
            return domains_arrangements[i].name;
    return NULL;
}

/* ---- what the heap stands on ---- */

/* Where arenas were blocks of malloc, they came from it directly and no hook
 * saw them. */
static void *domains_arena_alloc(void *context, size_t bytes)
{
    (void)context;
    return memory_system.malloc(NULL, bytes);
}

static void domains_arena_free(void *context, void *arena, size_t bytes)
{
    (void)context;
    (void)bytes;
    memory_system.free(NULL, arena);
}

static struct obheap *domains_heap_create(
    const struct memory_domains_config *config)
{
    static const struct memory_arenas from_system = { NULL, domains_arena_alloc,
                                                      domains_arena_free };
    struct obheap_config heap = { .edition = config->edition,
                                  .arenas = config->arenas };
    if (!heap.arenas && heap.edition && heap.edition->arenas_from_raw)
        heap.arenas = &from_system;
    return obheap_create(&heap);
}

/* The heap stands on the raw domain, and is told when that changes. */
static void domains_set(struct memory_domains *domains, unsigned domain,
                        struct memory_allocator allocator)
{
    domains->allocator[domain] = allocator;
    if (domain == MEMORY_RAW)
        obheap_set_raw(domains->heap, &allocator);
}

/* ---- creating and ending ---- */

static bool domains_arrange(struct memory_domains *domains,
                            const struct domains_arrangement *arrangement)
{
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++)
        domains_set(domains, i, domains_plain(domains, arrangement->pools, i));
    return !arrangement->debug || memory_domains_setup_debug_hooks(domains);
}

struct memory_domains *memory_domains_create(
    const struct memory_domains_config *config)
{
    static const struct memory_domains_config defaults;
    if (!config)
        config = &defaults;
    const struct domains_arrangement *arrangement = domains_find(config->name);
    if (!arrangement)
        return NULL;
    struct memory_domains *domains =
        memory_system.calloc(NULL, 1, sizeof *domains);
    if (!domains)
        return NULL;
    domains->debug_config = config->debug;
    domains->heap = domains_heap_create(config);
    if (domains->heap && domains_arrange(domains, arrangement))
        return domains;
    memory_domains_destroy(domains);
    return NULL;
}

void memory_domains_destroy(struct memory_domains *domains)
{
    if (!domains)
        return;
    obheap_destroy(domains->heap);
    while (domains->newest) {
        struct domains_debug *debug = domains->newest;
        domains->newest = debug->older;
        memory_system.free(NULL, debug);
    }
    memory_system.free(NULL, domains);
}

struct obheap *memory_domains_heap(const struct memory_domains *domains)
{
    return domains->heap;
}

/* ---- requests ---- */

static const struct memory_allocator *domains_of(
    const struct memory_domains *domains, enum memory_domain domain)
{
    assert((unsigned)domain < MEMORY_DOMAINS);
    return &domains->allocator[domain];
}

void *memory_malloc(struct memory_domains *domains, enum memory_domain domain,
                    size_t bytes)
{
    const struct memory_allocator *allocator = domains_of(domains, domain);
    return bytes <= PTRDIFF_MAX ? allocator->malloc(allocator->context, bytes)
                                : NULL;
}

void *memory_calloc(struct memory_domains *domains, enum memory_domain domain,
                    size_t count, size_t bytes)
{
    const struct memory_allocator *allocator = domains_of(domains, domain);
    if (bytes != 0 && count > (size_t)PTRDIFF_MAX / bytes)
        return NULL;
    return allocator->calloc(allocator->context, count, bytes);
}

void *memory_realloc(struct memory_domains *domains, enum memory_domain domain,
                     void *block, size_t bytes)
{
    const struct memory_allocator *allocator = domains_of(domains, domain);
    return bytes <= PTRDIFF_MAX
               ? allocator->realloc(allocator->context, block, bytes)
               : NULL;
}

void memory_free(struct memory_domains *domains, enum memory_domain domain,
                 void *block)
{
    const struct memory_allocator *allocator = domains_of(domains, domain);
    allocator->free(allocator->context, block);
}

/* ---- hooks ---- */

struct memory_allocator memory_domains_get_allocator(
    const struct memory_domains *domains, enum memory_domain domain)
{
    if ((unsigned)domain >= MEMORY_DOMAINS)
        return (struct memory_allocator){ 0 };
    return domains->allocator[domain];
}

void memory_domains_set_allocator(struct memory_domains *domains,
                                  enum memory_domain domain,
                                  const struct memory_allocator *allocator)
{
    if ((unsigned)domain < MEMORY_DOMAINS)
        domains_set(domains, domain, *allocator);
}

struct memory_arenas memory_domains_get_arenas(
    const struct memory_domains *domains)
{
    return obheap_get_arenas(domains->heap);
}

void memory_domains_set_arenas(struct memory_domains *domains,
                               const struct memory_arenas *arenas)
{
    obheap_set_arenas(domains->heap, arenas);
}

/* The lock is about mem and obj: raw is there for those without it. */
static void domains_wrap(struct memory_domains *domains, unsigned domain,
                         struct debug_layer *layer)
{
    static const char ids[MEMORY_DOMAINS] = { 'r', 'm', 'o' };
    struct debug_config config = domains->debug_config;
    if (domain == MEMORY_RAW)
        config.holds_lock = NULL;
    debug_layer_init(layer, ids[domain], &domains->allocator[domain], &config);
    domains_set(domains, domain, debug_layer_allocator(layer));
}

bool memory_domains_setup_debug_hooks(struct memory_domains *domains)
{
    bool is_debug[MEMORY_DOMAINS], all = true;
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++) {
        is_debug[i] = debug_layer_of(&domains->allocator[i]) != NULL;
        all = all && is_debug[i];
    }
    if (all)
        return true;
    struct domains_debug *debug = memory_system.malloc(NULL, sizeof *debug);
    if (!debug)
        return false;
    debug->older = domains->newest;
    domains->newest = debug;
    for (unsigned i = 0; i < MEMORY_DOMAINS; i++)
        if (!is_debug[i])
            domains_wrap(domains, i, &debug->layer[i]);
    return true;
}
