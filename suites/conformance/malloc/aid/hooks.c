/* hooks.c - a preload that allocates inside calls of the C library which an
 * allocator may make while it starts.
 *
 * Each hook allocates, then calls the real function. It does so two calls
 * deep and no deeper: an allocator that starts itself again meets itself, and
 * one that does not is left alone. */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

extern void *malloc(size_t), *calloc(size_t, size_t);
extern void free(void *);

extern char **environ;

static __thread int hook_depth __attribute__((tls_model("initial-exec")));

/* ASSAY_AID_HOOK names the one hook that is wanted; without it all are. */
static int hook_is_wanted(const char *name)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, "ASSAY_AID_HOOK=", 15) == 0)
            return strcmp(*entry + 15, name) == 0;
    return 1;
}

static void *hook_enter(const char *name)
{
    if (hook_depth < 2 && hook_is_wanted(name)) {
        void *block;

        hook_depth++;
        block = calloc(3, 40);
        free(malloc(5000));
        free(block);
        hook_depth--;
    }
    return dlsym(RTLD_NEXT, name);
}

#define HOOK_REAL(name) \
    __typeof__(&name) real = (__typeof__(&name))hook_enter(#name)

char *getenv(const char *name);
char *secure_getenv(const char *name);
int __register_atfork(void (*prepare)(void), void (*parent)(void),
                      void (*child)(void), void *library);
int __cxa_atexit(void (*function)(void *), void *argument, void *library);

char *getenv(const char *name)
{
    HOOK_REAL(getenv);

    return real(name);
}

char *secure_getenv(const char *name)
{
    HOOK_REAL(secure_getenv);

    return real(name);
}

long sysconf(int name)
{
    HOOK_REAL(sysconf);

    return real(name);
}

int open(const char *path, int flags, ...)
{
    HOOK_REAL(open);
    va_list rest;
    int mode;

    va_start(rest, flags);
    mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;
    va_end(rest);
    return real(path, flags, mode);
}

ssize_t readlink(const char *restrict path, char *restrict text, size_t bytes)
{
    HOOK_REAL(readlink);

    return real(path, text, bytes);
}

int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *),
                    void *data)
{
    HOOK_REAL(dl_iterate_phdr);

    return real(callback, data);
}

int __register_atfork(void (*prepare)(void), void (*parent)(void),
                      void (*child)(void), void *library)
{
    HOOK_REAL(__register_atfork);

    return real(prepare, parent, child, library);
}

int __cxa_atexit(void (*function)(void *), void *argument, void *library)
{
    HOOK_REAL(__cxa_atexit);

    return real(function, argument, library);
}
