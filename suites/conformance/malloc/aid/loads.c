/* loads.c - libraries that come and go while the process lives. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aid.h"

enum { LOAD_MODULES = 40 };

/* A copy of the file that the linker takes for another library; its memory
 * file stays open, for a number used again would be a name known already. */
static void *load_copy(const char *path, int *ret_fd)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = memfd_create("module", MFD_CLOEXEC);
    struct stat file;
    char name[64];
    void *module = NULL;

    if (from >= 0 && to >= 0 && fstat(from, &file) == 0 &&
        sendfile(to, from, NULL, (size_t)file.st_size) == file.st_size) {
        snprintf(name, sizeof(name), "/proc/self/fd/%d", to);
        module = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    }
    close(from);
    *ret_fd = to;
    return module;
}

static void *load_use_tls(void *module)
{
    unsigned char *(*address)(void);

    *(void **)&address = dlsym(module, "aid_module_tls");
    if (address == NULL || address()[0] != 0)
        return module;
    memset(address(), 1, 65536);
    return NULL;
}

/* So many modules with thread-local storage that the linker's first tables,
 * made before any malloc was there, must grow and be given back. */
int aid_modules(char **arguments)
{
    void *modules[LOAD_MODULES];
    int files[LOAD_MODULES];

    if (arguments[0] == NULL)
        return AID_USAGE;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < LOAD_MODULES; i++) {
            pthread_t thread;
            void *wrong = NULL;

            modules[i] = load_copy(arguments[0], &files[i]);
            if (modules[i] == NULL)
                return i == 0 ? AID_SKIP : aid_say(dlerror());
            if (pthread_create(&thread, NULL, load_use_tls, modules[i]) == 0)
                pthread_join(thread, &wrong);
            if (wrong != NULL || load_use_tls(modules[i]) != NULL)
                return aid_say("thread-local memory of a module is not zero");
        }
        for (unsigned i = 0; i < LOAD_MODULES; i++) {
            dlclose(modules[i]);
            close(files[i]);
        }
    }
    return aid_work(NULL);
}

/* ---- the allocator itself as a plug-in ---- */

static struct load_plugin {
    void *(*malloc)(size_t);
    void (*free)(void *);
    sem_t used, closed;
} load_plugin;

static void load_use_plugin(void)
{
    void *blocks[200];

    for (unsigned i = 0; i < 200; i++) {
        blocks[i] = load_plugin.malloc(16 + i * 40);
        if (blocks[i] != NULL)
            memset(blocks[i], 1, 16 + i * 40);
    }
    for (unsigned i = 0; i < 200; i++)
        load_plugin.free(blocks[i]);
}

static void *load_survivor(void *given)
{
    (void)given;
    load_use_plugin();
    sem_post(&load_plugin.used);
    sem_wait(&load_plugin.closed);
    return NULL; /* and here its destructors run */
}

static void *load_short(void *given)
{
    load_use_plugin();
    return given;
}

/* A thread used the allocator, and ends after it was closed. */
int aid_plugin(char **arguments)
{
    const char *path = arguments[0];
    void *library = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    pthread_t survivor, other;

    if (library == NULL) {
        aid_say(dlerror());
        return AID_SKIP;
    }
    *(void **)&load_plugin.malloc = dlsym(library, "malloc");
    *(void **)&load_plugin.free = dlsym(library, "free");
    if (load_plugin.malloc == NULL || load_plugin.free == NULL)
        return AID_SKIP;
    sem_init(&load_plugin.used, 0, 0);
    sem_init(&load_plugin.closed, 0, 0);
    if (pthread_create(&survivor, NULL, load_survivor, NULL) != 0 ||
        pthread_create(&other, NULL, load_short, NULL) != 0)
        return AID_SKIP;
    pthread_join(other, NULL);
    sem_wait(&load_plugin.used);
    load_use_plugin();
    dlclose(library);
    sem_post(&load_plugin.closed);
    pthread_join(survivor, NULL);
    return aid_work(NULL);
}
