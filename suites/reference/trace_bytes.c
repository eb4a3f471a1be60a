/* trace_bytes.c - what a tracer counts beside CPython's own: the same requests
 * of the same domains in one process, and after each script of them the bytes
 * that are traced, and the most there were (T1, T3, T4).
 *
 * Usage: trace-bytes [SCRIPTS [SEED]]    (exit 1: a difference)
 *
 * A script begins with all traces forgotten; blocks live on from one to the
 * next. The real side is asked once at the end of a script, since asking it
 * makes objects. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "assay/trace.h"
#include "random.h"

enum { SLOTS = 12, REQUESTS = 40 };

enum kind { MALLOC, CALLOC, REALLOC, FREE, RESET_PEAK, KINDS };

struct request {
    enum kind kind;
    enum memory_domain domain;
    unsigned slot;
    size_t count; /* of calloc */
    size_t bytes;
};

struct traced {
    size_t now;
    size_t peak;
};

/* ---- under both: the system, which has no more than so much ---- */

enum { SYSTEM_BYTES = 1 << 30 };

static void *limited_malloc(void *unused, size_t bytes)
{
    return bytes > SYSTEM_BYTES ? NULL : memory_system.malloc(unused, bytes);
}

static void *limited_calloc(void *unused, size_t count, size_t bytes)
{
    bool good = count == 0 || bytes <= SYSTEM_BYTES / count;
    return good ? memory_system.calloc(unused, count, bytes) : NULL;
}

static void *limited_realloc(void *unused, void *block, size_t bytes)
{
    return bytes > SYSTEM_BYTES ? NULL
                                : memory_system.realloc(unused, block, bytes);
}

static void limited_free(void *unused, void *block)
{
    memory_system.free(unused, block);
}

/* ---- theirs ---- */

static void *(*const real_malloc[])(size_t) = { PyMem_RawMalloc, PyMem_Malloc,
                                                PyObject_Malloc };
static void *(*const real_calloc[])(size_t, size_t) = { PyMem_RawCalloc,
                                                        PyMem_Calloc,
                                                        PyObject_Calloc };
static void *(*const real_realloc[])(void *, size_t) = { PyMem_RawRealloc,
                                                         PyMem_Realloc,
                                                         PyObject_Realloc };
static void (*const real_free[])(void *) = { PyMem_RawFree, PyMem_Free,
                                             PyObject_Free };

static PyObject *real_clear, *real_reset_peak, *real_traced;

static void call_real(PyObject *function)
{
    Py_XDECREF(PyObject_CallNoArgs(function));
}

/* False: the interpreter does not do it. */
static bool begin_real(void)
{
    PyMemAllocatorEx raw = { NULL, limited_malloc, limited_calloc,
                             limited_realloc, limited_free };
    PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &raw);
    Py_InitializeEx(0);
    PyObject *module = PyImport_ImportModule("tracemalloc");
    if (!module)
        return false;
    PyObject *start = PyObject_GetAttrString(module, "start");
    real_clear = PyObject_GetAttrString(module, "clear_traces");
    real_reset_peak = PyObject_GetAttrString(module, "reset_peak");
    real_traced = PyObject_GetAttrString(module, "get_traced_memory");
    if (!start || !real_clear || !real_reset_peak || !real_traced)
        return false;
    call_real(start);
    Py_DECREF(start);
    Py_DECREF(module);
    return !PyErr_Occurred();
}

static struct traced ask_real(void)
{
    PyObject *pair = PyObject_CallNoArgs(real_traced);
    struct traced traced = { PyLong_AsSize_t(PyTuple_GetItem(pair, 0)),
                             PyLong_AsSize_t(PyTuple_GetItem(pair, 1)) };
    Py_DECREF(pair);
    return traced;
}

/* What the slot then holds. */
static void *request_real(const struct request *r, void *block)
{
    void *moved = NULL;
    switch (r->kind) {
    case MALLOC:
        real_free[r->domain](block);
        return real_malloc[r->domain](r->bytes);
    case CALLOC:
        real_free[r->domain](block);
        return real_calloc[r->domain](r->count, r->bytes);
    case REALLOC:
        moved = real_realloc[r->domain](block, r->bytes);
        return moved ? moved : block;
    case FREE:
        real_free[r->domain](block);
        return NULL;
    default:
        call_real(real_reset_peak);
        return block;
    }
}

/* ---- ours ---- */

static struct memory_domains *domains;
static struct tracer *tracer;

static bool begin_ours(void)
{
    const struct memory_allocator raw = { NULL, limited_malloc, limited_calloc,
                                          limited_realloc, limited_free };
    const struct tracer_config config = { .frame_limit = 1 };
    domains = memory_domains_create(NULL);
    tracer = tracer_create();
    if (!domains || !tracer)
        return false;
    memory_domains_set_allocator(domains, MEMORY_RAW, &raw);
    return tracer_start(tracer, domains, &config) == 0;
}

static struct traced ask_ours(void)
{
    struct traced traced;
    tracer_traced_bytes(tracer, &traced.now, &traced.peak);
    return traced;
}

static void *request_ours(const struct request *r, void *block)
{
    void *moved = NULL;
    switch (r->kind) {
    case MALLOC:
        memory_free(domains, r->domain, block);
        return memory_malloc(domains, r->domain, r->bytes);
    case CALLOC:
        memory_free(domains, r->domain, block);
        return memory_calloc(domains, r->domain, r->count, r->bytes);
    case REALLOC:
        moved = memory_realloc(domains, r->domain, block, r->bytes);
        return moved ? moved : block;
    case FREE:
        memory_free(domains, r->domain, block);
        return NULL;
    default:
        tracer_reset_peak(tracer);
        return block;
    }
}

/* ---- both ---- */

static void *real_block[SLOTS], *our_block[SLOTS];

/* None, small, about the limit of a small object, large; more than there is,
 * and more than can be asked for. */
static size_t draw_bytes(struct random *drawn)
{
    static const uint32_t below[] = { 1, 64, 512, 520, 5000, 200000 };
    if (random_chance(drawn, 50))
        return SYSTEM_BYTES + 1 + (size_t)random_below(drawn, 1000);
    if (random_chance(drawn, 20))
        return SIZE_MAX / 2 + random_below(drawn, 1000);
    return random_below(drawn, below[random_below(drawn, 6)]);
}

/* A slot keeps to its domain. */
static struct request draw(struct random *drawn)
{
    struct request r = { .slot = random_below(drawn, SLOTS) };
    r.kind = random_chance(drawn, 30)
                 ? RESET_PEAK
                 : (enum kind)random_below(drawn, RESET_PEAK);
    r.domain = (enum memory_domain)(r.slot % MEMORY_DOMAINS);
    r.count = random_below(drawn, 4);
    r.bytes = draw_bytes(drawn);
    return r;
}

/* True: both gave a block, or neither. */
static bool request_both(const struct request *r)
{
    real_block[r->slot] = request_real(r, real_block[r->slot]);
    our_block[r->slot] = request_ours(r, our_block[r->slot]);
    return !real_block[r->slot] == !our_block[r->slot];
}

static bool run_script(uint64_t seed, unsigned number)
{
    struct random drawn = random_stream(seed, number);
    bool alike = true;
    call_real(real_clear);
    tracer_clear(tracer);
    for (unsigned i = 0; i < REQUESTS && alike; i++) {
        struct request r = draw(&drawn);
        alike = request_both(&r);
    }
    struct traced real = ask_real(), ours = ask_ours();
    alike = alike && real.now == ours.now && real.peak == ours.peak;
    if (!alike)
        printf("difference: seed %llu, script %u: %zu bytes and %zu at most, "
               "CPython %zu and %zu\n",
               (unsigned long long)seed, number, ours.now, ours.peak, real.now,
               real.peak);
    return alike;
}

static void free_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        const struct request r = { FREE, i % MEMORY_DOMAINS, i, 0, 0 };
        request_both(&r);
    }
}

int main(int argc, char **argv)
{
    unsigned long scripts = argc > 1 ? strtoul(argv[1], NULL, 10) : 5000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261121;
    bool alike = true;
    if (!begin_real() || !begin_ours())
        return 3;
    for (unsigned i = 0; i < scripts && alike; i++)
        alike = run_script(seed, i);
    free_all();
    if (alike)
        printf("seed %llu: %lu scripts of %d requests, no difference\n",
               (unsigned long long)seed, scripts, REQUESTS);
    tracer_destroy(tracer);
    memory_domains_destroy(domains);
    return !alike;
}
