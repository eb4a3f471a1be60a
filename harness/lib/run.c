/* run.c - what the cell program gives a workload while it runs. */
#include "workload.h"

#include <pthread.h>
#include <sys/mman.h>

#include <valgrind/callgrind.h>

#include "clock.h"
#include "record.h"

enum {
    HUGE_PAGE_BYTES = 2 << 20,
    PAGE_BYTES = 4096,
};

static size_t run_round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

/* Writing a zero to every page makes it resident, on kernels without
 * MADV_POPULATE_WRITE too. */
static void run_populate(void *pages, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += PAGE_BYTES)
        ((volatile unsigned char *)pages)[at] = 0;
}

static void *run_map_aligned(size_t bytes)
{
    unsigned char *start =
        mmap(NULL, bytes + HUGE_PAGE_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    size_t head;

    if (start == MAP_FAILED)
        return NULL;
    head = -(uintptr_t)start % HUGE_PAGE_BYTES;
    if (head > 0)
        munmap(start, head);
    if (head < HUGE_PAGE_BYTES)
        munmap(start + head + bytes, HUGE_PAGE_BYTES - head);
    madvise(start + head, bytes, MADV_HUGEPAGE);
    return start + head;
}

static void *run_map_small(size_t bytes)
{
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return start == MAP_FAILED ? NULL : start;
}

void *run_map(struct run *run, size_t bytes)
{
    bool huge = bytes >= HUGE_PAGE_BYTES;
    size_t size = run_round_up(bytes, huge ? HUGE_PAGE_BYTES : PAGE_BYTES);
    void *pages = huge ? run_map_aligned(size) : run_map_small(size);

    if (pages == NULL)
        return NULL;
    run_populate(pages, size);
    run->harness_bytes += size;
    return pages;
}

void run_live(struct run *run, uint64_t bytes)
{
    if (run->record != NULL)
        atomic_store(&run->record->live_bytes, bytes);
}

/* Unsigned: what is taken off here is put back there. */
static void run_untimed_count(struct run *run, uint64_t sign)
{
    run->untimed_wall_ns += sign * clock_wall_ns();
    run->untimed_cpu_ns += sign * clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

void run_untimed_begin(struct run *run)
{
    if (run->counts)
        CALLGRIND_TOGGLE_COLLECT;
    run_untimed_count(run, (uint64_t)-1);
}

void run_untimed_end(struct run *run)
{
    run_untimed_count(run, 1);
    if (run->counts)
        CALLGRIND_TOGGLE_COLLECT;
}

void run_wrong(struct run *run, const char *what)
{
    const char *none = NULL;

    atomic_compare_exchange_strong(&run->wrong, &none, what);
}

uint64_t run_scale(uint64_t count, double scale)
{
    double scaled = (double)count * scale + 0.5;

    return scaled < 1 ? 1 : (uint64_t)scaled;
}

uint64_t run_live_count(const struct run *run, uint64_t count)
{
    uint64_t scaled = run_scale(count, run->scale);

    if (run->live_max != 0 && scaled > run->live_max)
        return run->live_max;
    return scaled;
}

uint64_t run_limit(const struct run *run, uint64_t repetitions,
                   uint64_t operations_each)
{
    uint64_t most;

    if (run->operations_max == 0)
        return repetitions;
    most = run->operations_max / operations_each;
    if (most == 0)
        most = 1;
    return repetitions < most ? repetitions : most;
}

void run_enter(struct run *run)
{
    if (run->arm != NULL && run->arm(run->block_bytes_max) != 0)
        run_wrong(run, "the floor found no memory for a thread's page");
}

void run_leave(struct run *run)
{
    if (run->disarm != NULL)
        run->disarm();
}

struct run_thread {
    struct run *run;
    void (*function)(void *);
    void *argument;
};

static void *run_thread_main(void *given)
{
    struct run_thread *thread = given;

    run_enter(thread->run);
    thread->function(thread->argument);
    run_leave(thread->run);
    return NULL;
}

void run_spawn(struct run *run, void (*function)(void *), void *argument)
{
    struct run_thread thread = { run, function, argument };
    pthread_t handle;

    if (pthread_create(&handle, NULL, run_thread_main, &thread) != 0) {
        run_wrong(run, "a thread could not be created");
        return;
    }
    pthread_join(handle, NULL);
}
