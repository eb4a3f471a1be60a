/* dlopen.c - libraries come and go, and so may the allocator. (DLO) */
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "process_memory.h"
#include "system/exec.h"

enum { DLOPEN_TLS_BYTES = 65536 };

static const char *dlopen_module(const struct check_run *run)
{
    return check_beside(run, "assay-probe-aid-module.so");
}

/* NULL, or what is wrong. */
static const char *dlopen_once(const char *path)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    int (*is_right)(void);

    if (module == NULL)
        return dlerror();
    *(void **)&is_right = dlsym(module, "aid_module_is_right");
    if (is_right == NULL || !is_right())
        return "what its constructor allocated is not there";
    return dlclose(module) == 0 ? NULL : "it cannot be closed";
}

static enum verdict dlopen_often(struct check_run *run, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        const char *wrong = dlopen_once(dlopen_module(run));

        if (wrong != NULL && i == 0)
            return error(run, "the aid's module: %s", wrong);
        if (wrong != NULL)
            return fail(run, "module, time %u: %s", i + 1, wrong);
    }
    return VERDICT_PASS;
}

CHECK(DLO_1, MUST, "a library allocates when loaded and frees when closed",
      "POSIX.1-2024 dlopen(), dlclose(); C23 7.24.3",
      .profiles = "posix2024 dropin",
      .why = "Plug-ins allocate in constructors and free in destructors, under "
             "the linker's lock. A thousand times, contents compared.")
{
    enum verdict verdict = dlopen_often(run, 1000);

    return verdict == VERDICT_PASS ? pass(run) : verdict;
}

CHECK(DLO_1b, SHOULD, "loading and closing a library leaves nothing behind",
      "practice of long-running hosts of plug-ins; no clause",
      .why = "Each round allocates and frees some 130 KiB. Resident memory may "
             "grow by 16 MiB in 900 rounds.")
{
    enum verdict verdict = dlopen_often(run, 100);
    uint64_t before = process_memory_bytes("VmRSS"), after;

    if (verdict != VERDICT_PASS)
        return verdict;
    if (before == 0)
        return skip(run, "resident memory cannot be read here");
    verdict = dlopen_often(run, 900);
    after = process_memory_bytes("VmRSS");
    if (verdict != VERDICT_PASS)
        return verdict;
    figure(run, "growth_bytes", (double)after - (double)before);
    if (after > before + 16 * MIB)
        return fail(run, "resident memory grew from %zu to %zu KiB",
                    (size_t)(before / KIB), (size_t)(after / KIB));
    return pass(run);
}

struct dlopen_thread {
    pthread_t thread;
    const char *path;
    const char *wrong;
};

static void *dlopen_in_thread(void *given)
{
    struct dlopen_thread *thread = given;

    for (unsigned i = 0; i < 50 && thread->wrong == NULL; i++)
        thread->wrong = dlopen_once(thread->path);
    return NULL;
}

CHECK(DLO_2, MUST, "a thread's first allocation may be a constructor's",
      "POSIX.1-2024 dlopen(); C23 7.24.3", .profiles = "posix2024 dropin",
      .why = "A thread that has never allocated loads a library; its heap is "
             "built under the linker's lock, amid other threads that do the "
             "same.",
      .flags = CHECK_THREADS)
{
    struct dlopen_thread threads[4];

    for (unsigned i = 0; i < 4; i++) {
        threads[i] = (struct dlopen_thread){ .path = dlopen_module(run) };
        if (pthread_create(&threads[i].thread, NULL, dlopen_in_thread,
                           &threads[i]) != 0)
            return error(run, "no thread could be started");
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i].thread, NULL);
    for (unsigned i = 0; i < 4; i++)
        if (threads[i].wrong != NULL)
            return fail(run, "in thread %u: %s", i, threads[i].wrong);
    return pass(run);
}

CHECK(DLO_3, SHOULD, "a thread may end after the allocator was closed",
      "plug-in use: dlopen(RTLD_LOCAL), dlclose(); no clause",
      .why =
          "An allocator loaded as a plug-in leaves functions to run at each "
          "thread's end; after dlclose they lie in unmapped memory (filed: "
          "microsoft/mimalloc 809, memkind/memkind 874). Allocators avoid "
          "it by refusing to be unloaded, or by taking their functions back. "
          "A condition, not a profile: who cannot be opened so is not asked.",
      .flags = CHECK_THREADS)
{
    const char *aid = check_beside(run, "assay-probe-aid");
    const struct exec_request request = {
        .path = aid,
        .argv = (const char *[]){ aid, "plugin", run->subject_path, NULL },
        .preload = EXEC_NO_SUBJECT,
        .set = "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536",
    };
    struct exec_end end;

    if (check_exec(&request, &end) != 0)
        return error(run, "the aid could not be started");
    if (end.child.signal == 0 && end.child.status == 77)
        return skip(run, "it cannot be opened as a plug-in: %.*s",
                    (int)(end.output_bytes > 200 ? 200 : end.output_bytes),
                    end.output);
    if (end.child.timed_out || end.child.signal != 0 || end.child.status != 0)
        return fail(run, "the process %s", check_exec_words(&end));
    return pass(run);
}

/* ---- DLO-4 ---- */

struct dlopen_tls {
    sem_t loaded;
    unsigned char *(*address)(void);
    bool right;
    pthread_t thread;
};

/* The thread is older than the module: its memory is made at first touch. */
static void *dlopen_touch_tls(void *given)
{
    struct dlopen_tls *tls = given;
    unsigned char *memory;

    sem_wait(&tls->loaded);
    memory = tls->address();
    tls->right = first_nonzero(memory, DLOPEN_TLS_BYTES) == DLOPEN_TLS_BYTES;
    memset(memory, 0xff, DLOPEN_TLS_BYTES);
    return NULL;
}

static enum verdict dlopen_tls_round(struct check_run *run)
{
    struct dlopen_tls threads[3] = { 0 };
    void *module;
    bool right = true;

    for (unsigned i = 0; i < 3; i++) {
        sem_init(&threads[i].loaded, 0, 0);
        if (pthread_create(&threads[i].thread, NULL, dlopen_touch_tls,
                           &threads[i]) != 0)
            return error(run, "no thread could be started");
    }
    module = dlopen(dlopen_module(run), RTLD_NOW | RTLD_LOCAL);
    if (module == NULL)
        return error(run, "the aid's module: %s", dlerror());
    for (unsigned i = 0; i < 3; i++) {
        *(void **)&threads[i].address = dlsym(module, "aid_module_tls");
        sem_post(&threads[i].loaded);
    }
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i].thread, NULL);
        right = right && threads[i].right;
    }
    dlclose(module);
    return right ? VERDICT_PASS
                 : fail(run, "thread-local memory of a fresh module is not "
                             "zero");
}

CHECK(DLO_4, MUST, "thread-local memory of a new library comes without a loop",
      "C23 6.7.11p11, 6.2.4p4; glibc elf/tst-recursive-tlsmalloc",
      .why = "The linker allocates a new module's thread-local memory with the "
             "program's malloc at first touch. An allocator that touches such "
             "memory itself on the way calls itself; one that hands out dirty "
             "memory breaks the zeros that C promises.",
      .flags = CHECK_THREADS)
{
    for (unsigned i = 0; i < 30; i++) {
        enum verdict verdict = dlopen_tls_round(run);

        if (verdict != VERDICT_PASS)
            return verdict;
    }
    return pass(run);
}
