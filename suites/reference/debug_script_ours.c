/* debug_script_ours.c - the script against the reference. */
#include "debug_script.h"

#include <assay/domains.h>
#include <stdlib.h>

static struct memory_domains *domains;
static bool locked = true;

static bool ours_holds_lock(void *context)
{
    (void)context;
    return locked;
}

static enum memory_domain ours_domain(char letter)
{
    return letter == 'r' ? MEMORY_RAW : letter == 'm' ? MEMORY_MEM : MEMORY_OBJ;
}

void script_open(void)
{
    struct memory_domains_config config = {
        .name = "debug", .debug = { .holds_lock = ours_holds_lock }
    };
    domains = memory_domains_create(&config);
    if (!domains)
        exit(1);
}

void *script_malloc(char domain, size_t bytes)
{
    return memory_malloc(domains, ours_domain(domain), bytes);
}

void *script_calloc(char domain, size_t count, size_t bytes)
{
    return memory_calloc(domains, ours_domain(domain), count, bytes);
}

void *script_realloc(char domain, void *block, size_t bytes)
{
    return memory_realloc(domains, ours_domain(domain), block, bytes);
}

void script_free(char domain, void *block)
{
    memory_free(domains, ours_domain(domain), block);
}

void script_drop_lock(void)
{
    locked = false;
}
