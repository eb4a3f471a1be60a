/* misbehave.c - a malloc that passes on to glibc and does one thing wrong.
 *
 * The build makes one library of it for each word of `enum misbehaviour`.
 * Whatever it does, assay must give it an honest row and go on. */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <valgrind/valgrind.h>

enum misbehaviour {
    CRASH_BEFORE_MAIN,
    CRASH_AT_300,
    CRASH_AT_EXIT,
    CRASH_IN_VALGRIND,
    HANG_AT_300,
    HANG_AT_EXIT,
    EXIT_ZERO,
    EXIT_ZERO_AT_ONCE,
    CLOSE_DESCRIPTORS,
    PRINT,
    FORK,
    FORK_INTO_SESSION,
    OVERLAP,
    MISALIGN,
    SCRIBBLE,
    DIRTY_CALLOC,
    LOSE_ON_REALLOC,
    RETURN_NULL,
    NULL_AT_TIMES,
    CHANGE_MASK,
    TELL_PATIENCE, /* prints it: how long the check may wait */
    BEHAVE,        /* the control: all of the above is quiet */
};

static const enum misbehaviour kind = MISBEHAVIOUR;

/* The 300th call lies in the middle of any row. */
enum { MIDDLE = 300, NULL_EVERY = 1000, OVERLAP_EVERY = 64, CLOSE_MAX = 1024 };

/* What is left behind goes by this name, so that a test can look for it. */
#define STRAY_NAME "assay-stray"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static _Atomic unsigned calls;

static void hang(void)
{
    for (;;)
        pause();
}

static void stay_behind(bool own_session)
{
    if (fork() != 0)
        return;
    if (own_session && (setsid() < 0 || fork() != 0))
        _exit(0);
    prctl(PR_SET_NAME, STRAY_NAME);
    signal(SIGTERM, SIG_IGN);
    hang();
}

static void close_all(void)
{
    for (int fd = 0; fd < CLOSE_MAX; fd++)
        close(fd);
}

/* The word behind --patience on this process's command line, to stdout. */
static void tell_patience(void)
{
    char words[8192] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY);
    ssize_t length = read(fd, words, sizeof(words) - 1);
    char *word =
        length > 0 ? memmem(words, (size_t)length, "--patience", 11) : NULL;

    close(fd);
    if (word != NULL)
        dprintf(STDOUT_FILENO, "patience %s\n", word + 11);
}

__attribute__((constructor)) static void on_load(void)
{
    if (kind == CRASH_BEFORE_MAIN)
        abort();
    if (kind == CLOSE_DESCRIPTORS)
        close_all();
    if (kind == PRINT)
        (void)!write(STDOUT_FILENO, "hello from malloc\n", 18);
    if (kind == TELL_PATIENCE)
        tell_patience();
    if (kind == FORK || kind == FORK_INTO_SESSION)
        stay_behind(kind == FORK_INTO_SESSION);
}

__attribute__((destructor)) static void on_unload(void)
{
    if (kind == CRASH_AT_EXIT)
        raise(SIGSEGV);
    if (kind == HANG_AT_EXIT)
        hang();
}

static void on_middle(void)
{
    if (kind == CRASH_IN_VALGRIND && RUNNING_ON_VALGRIND)
        abort();
    if (kind == CRASH_AT_300)
        raise(SIGSEGV);
    if (kind == HANG_AT_300)
        hang();
    if (kind == EXIT_ZERO)
        _exit(0);
}

/* Another signal is left blocked by every call, so that no call before the
 * look hides it. */
static void change_mask(unsigned call)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGRTMIN + (int)(call % 16));
    sigprocmask(SIG_SETMASK, &signals, NULL);
}

/* Blocks that lie within others, so that both are alive at once. */
static void *overlap(size_t size)
{
    static char *last;
    static unsigned number;

    if (number++ % OVERLAP_EVERY == 1 && last != NULL && size >= 16)
        return last;
    last = __libc_malloc(size);
    return last;
}

/* One class 8 bytes off; what it came from is never given back. */
static void *misalign(size_t size)
{
    char *block = __libc_malloc(size + 16);

    return size >= 40 && size <= 56 ? block + 8 : block;
}

/* Writes into the block before last, which is mostly alive. */
static void *scribble(size_t size)
{
    static char *before[2];
    static unsigned number;
    char *block = __libc_malloc(size < 64 ? 64 : size);

    if (number++ % OVERLAP_EVERY == 2 && before[1] != NULL)
        before[1][20] ^= 1;
    before[1] = before[0];
    before[0] = block;
    return block;
}

void *malloc(size_t size)
{
    unsigned call = atomic_fetch_add(&calls, 1) + 1;

    if (call == MIDDLE)
        on_middle();
    if (kind == EXIT_ZERO_AT_ONCE)
        exit(0);
    if ((kind == RETURN_NULL && call >= MIDDLE) ||
        (kind == NULL_AT_TIMES && call % NULL_EVERY == 0))
        return NULL;
    if (kind == CHANGE_MASK)
        change_mask(call);
    switch (kind) {
    case OVERLAP:
        return overlap(size);
    case MISALIGN:
        return misalign(size);
    case SCRIBBLE:
        return scribble(size);
    default:
        return __libc_malloc(size);
    }
}

void *calloc(size_t count, size_t size)
{
    char *block = __libc_calloc(count, size);

    if (kind == DIRTY_CALLOC && block != NULL && count * size > 8)
        block[count * size - 1] = 1;
    return block;
}

void *realloc(void *block, size_t size)
{
    char *moved = __libc_realloc(block, size);

    if (kind == LOSE_ON_REALLOC && block != NULL && moved != NULL &&
        size > 1000)
        moved[size / 4] ^= 1;
    return moved;
}

void *memalign(size_t alignment, size_t size)
{
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return __libc_memalign(alignment, size);
}

void free(void *block)
{
    /* Blocks of these would be freed twice, or are not glibc's. */
    if (kind != OVERLAP && kind != MISALIGN && kind != SCRIBBLE)
        __libc_free(block);
}
