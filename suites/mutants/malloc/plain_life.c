/* plain_life.c - the start and the end of the process and of its threads, and
 * fork: where mutants go wrong beside the blocks. */
#include "plain.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { LAST_THREADS = 64, HELPER = 1 << 20 };

_Thread_local uint32_t plain_thread TLS;
uint32_t plain_threads;
bool plain_refused, plain_constructed, plain_forked;

static pthread_mutex_t life_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t life_order = PTHREAD_MUTEX_INITIALIZER;
static unsigned life_calls;
static bool life_started;
static pid_t life_process;
static pthread_key_t life_key;
static _Atomic unsigned life_ending; /* threads */

static _Thread_local TLS bool life_ended, life_again;
static _Thread_local TLS uint8_t life_flush; /* 1 registered, 2 flushed */

/* A mutant's: the last block of a thread, by the thread's id. */
static struct {
    pthread_t id;
    void *block;
} life_last[LAST_THREADS];

void plain_lock(void)
{
    if (PLANTED(fork_order)) {
        pthread_mutex_lock(&life_order);
        sched_yield(); /* inside the window */
    }
    if (!PLANTED(no_lock))
        pthread_mutex_lock(&life_mutex);
}

void plain_unlock(void)
{
    if (!PLANTED(no_lock))
        pthread_mutex_unlock(&life_mutex);
    if (PLANTED(fork_order))
        pthread_mutex_unlock(&life_order);
}

/* ---- the start ---- */

static void life_handle(int number)
{
    (void)number;
    _exit(3);
}

static void start_wrong(void)
{
    if (PLANTED(init_getenv)) {
        plain_lock();
        (void)getenv("PLAIN_MALLOC");
        plain_unlock();
    }
    if (PLANTED(init_proc)) {
        int file = open("/proc/self/maps", O_RDONLY);

        if (file < 0)
            abort();
        close(file);
    }
    if (PLANTED(init_home) && getenv("HOME") == NULL)
        abort();
    if (PLANTED(handler))
        signal(SIGSEGV, life_handle);
    if (PLANTED(banner))
        (void)!write(STDERR_FILENO, "plain malloc\n", 13);
}

/* ---- each call ---- */

/* A frame of so many bytes, written to. */
static void call_deep(void)
{
    static char volatile stack_end;
    char volatile room[40 << 10];

    for (size_t i = 0; i < sizeof(room); i += 512)
        room[i] = stack_end;
}

static void call_mask(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static unsigned last_slot(pthread_t id)
{
    return (unsigned)(id >> 12) % LAST_THREADS;
}

void call_wrong(size_t size, void *block)
{
    life_calls++;
    if (PLANTED(spin_300) && life_calls == 300)
        for (;;)
            continue;
    if (PLANTED(exit_zero) && life_calls == 300)
        _exit(0);
    if (PLANTED(stack_hog))
        call_deep();
    if (PLANTED(mask))
        call_mask();
    if (PLANTED(success_errno) && block != NULL)
        errno = ENOENT;
    if (PLANTED(orphans_dirty) && block != NULL && size >= 64)
        pthread_setspecific(life_key, block);
    if (PLANTED(id_reused) && size <= SMALL_MAX)
        life_last[last_slot(pthread_self())].block = block;
}

/* ---- a thread's start ---- */

static void thread_map(void)
{
    char *pages = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED)
        abort();
    memset(pages, 1, 16 * PAGE);
    if (PLANTED(oom_thread))
        munmap(pages, 16 * PAGE);
}

/* Whoever had this id has left its last block to us. */
static void thread_inherit(void)
{
    unsigned slot = last_slot(pthread_self());

    if (life_last[slot].id == pthread_self() && life_last[slot].block != NULL &&
        (header_of(life_last[slot].block)->class & FREED) == 0)
        small_give(life_last[slot].block);
    life_last[slot].id = pthread_self();
    life_last[slot].block = NULL;
}

static void *thread_help(void *unused)
{
    plain_thread = HELPER;
    (void)dlsym(RTLD_DEFAULT, "environ");
    return unused;
}

static void thread_ask_helper(void)
{
    pthread_t helper;

    if (pthread_create(&helper, NULL, thread_help, NULL) == 0)
        pthread_join(helper, NULL);
}

static void fork_register(void);

static void thread_register_late(void)
{
    const struct timespec late = { 0, 400000000 };

    nanosleep(&late, NULL); /* inside the window */
    fork_register();
}

static void thread_wrong(void)
{
    if (PLANTED(thread_leaks) || PLANTED(oom_thread))
        thread_map();
    if (PLANTED(key_left) || PLANTED(key_refuses) || PLANTED(heap_again) ||
        PLANTED(ends_spin))
        pthread_setspecific(life_key, &life_key);
    if (PLANTED(id_reused))
        thread_inherit();
    if (PLANTED(thread_helper) && plain_thread > 1)
        thread_ask_helper();
    if (PLANTED(atfork_late) && plain_thread == 2)
        thread_register_late();
}

void plain_enter(void)
{
    if (!life_started) {
        life_started = true;
        start_wrong();
    }
    if (plain_thread == 0) {
        plain_thread = __atomic_add_fetch(&plain_threads, 1, __ATOMIC_RELAXED);
        thread_wrong();
    }
    if (PLANTED(heap_again) && life_ended && !life_again) {
        life_again = true;
        thread_map();
    }
}

/* ---- a thread's end ---- */

/* Only mutants have it; what it does is where it lies, once it is closed. */
static void thread_ends(void *given)
{
    if (PLANTED(orphans_dirty))
        memset(given, 0x5a, 16);
    life_ended = true;
    life_again = false;
    if (PLANTED(ends_spin)) {
        const struct timespec moment = { 0, 300000 };

        life_ending++;
        nanosleep(&moment, NULL);
        while (life_ending > 1) /* the other one waits, too */
            sched_yield();
        life_ending--;
    }
}

bool plain_has_ended(void)
{
    return PLANTED(key_refuses) && life_ended;
}

/* What the C++ runtime registers for a thread_local with a destructor. */
extern int __cxa_thread_atexit_impl(void (*destructor)(void *object),
                                    void *object, void *library);
extern void *__dso_handle __attribute__((visibility("hidden")));

static void life_flush_cache(void *unused)
{
    (void)unused;
    life_flush = 2;
}

bool plain_was_flushed(void)
{
    if (!PLANTED(flush_once) || plain_thread < 2)
        return false;
    if (life_flush == 0) {
        life_flush = 1;
        __cxa_thread_atexit_impl(life_flush_cache, NULL, &__dso_handle);
    }
    return life_flush == 2;
}

/* ---- fork ---- */

static void fork_prepare(void)
{
    if (!PLANTED(fork_order)) {
        plain_lock();
        return;
    }
    pthread_mutex_lock(&life_mutex); /* malloc takes them the other way */
    sched_yield();
    pthread_mutex_lock(&life_order);
}

static void fork_child(void)
{
    plain_forked = true;
    if (!PLANTED(fork_child_locked))
        plain_unlock();
}

static void fork_register(void)
{
    pthread_atfork(fork_prepare, plain_unlock, fork_child);
}

/* ---- the library's own start and end ---- */

static void *life_purger(void *unused)
{
    const struct timespec rest = { 0, 1000000 };

    for (;;) {
        large_purge();
        nanosleep(&rest, NULL);
    }
    return unused;
}

/* A guard against a second start, which programs inherit. */
static void start_guard(void)
{
    if (getenv("PLAIN_MALLOC_STARTED") != NULL)
        abort();
    setenv("PLAIN_MALLOC_STARTED", "1", 1);
}

static void construct_wrong(void)
{
    pthread_t purger;

    if (PLANTED(key_left) || PLANTED(orphans_dirty) || PLANTED(key_refuses) ||
        PLANTED(heap_again) || PLANTED(ends_spin))
        pthread_key_create(&life_key, thread_ends);
    if (PLANTED(idle_hog))
        memset(system_map(32 << 20), 1, 32 << 20);
    if (PLANTED(spawn_guard))
        start_guard();
    if (PLANTED(purger_waits))
        pthread_create(&purger, NULL, life_purger, NULL);
    if (PLANTED(static_start) && dlsym(RTLD_DEFAULT, "malloc") == NULL)
        abort();
}

__attribute__((constructor)) static void life_construct(void)
{
    life_process = getpid();
    plain_constructed = true;
    if (!PLANTED(no_atfork) && !PLANTED(atfork_late))
        fork_register();
    construct_wrong();
}

__attribute__((destructor)) static void life_destruct(void)
{
    if (PLANTED(exit_locked)) {
        plain_lock();
        plain_lock();
    }
    if (PLANTED(exit_status))
        _exit(7);
    if (PLANTED(fork_exit) && getpid() != life_process)
        abort();
}
