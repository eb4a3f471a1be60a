/* driver.c - proves the subject active before anything is timed. */
#include "driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "floor.h"
#include "functions.h"
#include "provider.h"
#include "record.h"

struct driver_calls driver_calls;

static struct record *driver_record;
static struct functions driver_names;
static struct provider driver_provider;
static bool driver_has_usable_size;
static floor_arm_function *driver_arm;
static floor_disarm_function *driver_disarm;

/* Before any constructor: a subject may do as it likes in its own. */
static void driver_attach(void)
{
    driver_record = record_attach();
}

__attribute__((section(".preinit_array"),
               used)) static void (*const driver_attach_entry)(void) =
    driver_attach;

bool driver_has_record(void)
{
    return driver_record != NULL;
}

/* It is not among the functions that provider.h knows; asked of another
 * allocator than the block's, it would crash. */
static void driver_find_usable_size(void)
{
    void *symbol = dlsym(RTLD_DEFAULT, "malloc_usable_size");
    size_t (*usable_size)(void *);
    Dl_info here, there;
    void *malloc_address;

    memcpy(&malloc_address, &driver_provider.calls.malloc,
           sizeof(malloc_address));
    if (symbol == NULL || dladdr(symbol, &here) == 0 ||
        dladdr(malloc_address, &there) == 0 ||
        here.dli_fbase != there.dli_fbase)
        return;
    memcpy(&usable_size, &symbol, sizeof(usable_size));
    driver_calls.usable_size = usable_size;
    driver_has_usable_size = true;
}

static void driver_take_calls(void)
{
    const struct calls *calls = &driver_provider.calls;

    driver_calls.malloc = calls->malloc;
    driver_calls.calloc = calls->calloc;
    driver_calls.realloc = calls->realloc;
    driver_calls.free = calls->free;
    driver_calls.aligned_alloc = calls->aligned_alloc;
    if (!functions_are_own(&driver_names))
        driver_find_usable_size();
}

int driver_prove(const char *subject, const char *functions)
{
    int found;

    if (functions != NULL && functions_parse(functions, &driver_names) != NULL)
        return 1;
    found = provider_find(&driver_provider, subject, &driver_names);
    snprintf(driver_record->provider, sizeof(driver_record->provider), "%s",
             driver_provider.path);
    snprintf(driver_record->build_id, sizeof(driver_record->build_id), "%s",
             driver_provider.build_id);
    if (found != 0) {
        record_finish(driver_record, STATUS_NOT_ACTIVE, "%s",
                      driver_provider.mismatch);
        return -1;
    }
    driver_take_calls();
    return 0;
}

const char *driver_lacks(enum driver_function function)
{
    bool own = functions_are_own(&driver_names);

    switch (function) {
    case DRIVER_CALLOC:
        return driver_calls.calloc != NULL ? NULL : "the subject has no calloc";
    case DRIVER_REALLOC:
        return driver_calls.realloc != NULL ? NULL
                                            : "the subject has no realloc";
    case DRIVER_ALIGNED_ALLOC:
        return driver_calls.aligned_alloc != NULL &&
                       (own || driver_provider.aligned_alloc_is_subject)
                   ? NULL
                   : "the subject has no aligned_alloc";
    case DRIVER_USABLE_SIZE:
        return driver_has_usable_size ? NULL
                                      : "the subject has no malloc_usable_size";
    default:
        return NULL;
    }
}

const char *driver_find_floor(void)
{
    void *arm = dlsym(RTLD_DEFAULT, FLOOR_ARM);
    void *disarm = dlsym(RTLD_DEFAULT, FLOOR_DISARM);

    if (arm == NULL || disarm == NULL)
        return "the subject has no " FLOOR_ARM "(): it is no floor";
    memcpy(&driver_arm, &arm, sizeof(arm));
    memcpy(&driver_disarm, &disarm, sizeof(disarm));
    return NULL;
}

void driver_enter(size_t bytes_max)
{
    if (driver_arm != NULL)
        driver_arm(bytes_max);
}

void driver_leave(void)
{
    if (driver_disarm != NULL)
        driver_disarm();
}

uint64_t driver_first_ns(size_t size)
{
    volatile unsigned char *block;
    uint64_t start_ns;

    /* The clock's own first call finds its way; not in what is timed. */
    (void)clock_wall_ns();
    start_ns = clock_wall_ns();
    block = driver_calls.malloc(size);
    if (block == NULL)
        return 0;
    block[0] = TOUCH_BYTE;
    block[size - 1] = TOUCH_BYTE;
    return clock_wall_ns() - start_ns;
}

/* An armed thread's request that the floor could not serve went to glibc. */
static unsigned long driver_floor_missed(void)
{
    void *symbol =
        driver_arm == NULL ? NULL : dlsym(RTLD_DEFAULT, FLOOR_MISSED);
    floor_missed_function *missed;

    memcpy(&missed, &symbol, sizeof(missed));
    return missed == NULL ? 0 : (unsigned long)missed();
}

void driver_end_well(void)
{
    unsigned long missed = driver_floor_missed();

    if (missed != 0)
        record_finish(driver_record, STATUS_FAILED,
                      "the floor passed %lu requests on to glibc", missed);
    else
        record_finish(driver_record, STATUS_OK, "%s", "");
}

void driver_end_unsupported(const char *why)
{
    record_finish(driver_record, STATUS_UNSUPPORTED, "%s", why);
}

void driver_end_wrong(const char *what)
{
    record_finish(driver_record, STATUS_WRONG_OUTPUT, "%s", what);
}
