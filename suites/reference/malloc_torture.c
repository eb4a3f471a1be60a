/* malloc_torture.c - random operations of many threads against a shadow.
 *
 * A plain program, run with the library preloaded: no test framework shares
 * the process with the subject. What it knows of each block lies in memory of
 * its own. Every block is filled with a pattern that depends on the block,
 * and the pattern is looked at before the block is freed or resized. Blocks
 * change threads through a shared table; threads end and new ones go on.
 *
 *   malloc_torture [seed [rounds]]      prints its seed; exit 1 on a fault */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS      4
#define SLOTS        1500
#define SHARED       256
#define OPERATIONS   25000
#define FULL_PATTERN 4096 /* longer blocks are sampled once a page */

struct shadow {
    unsigned char *start;
    size_t bytes;
    uint64_t key;
};

struct worker {
    struct shadow *slots;
    uint64_t random;
    pthread_t thread;
};

static struct shadow shared[SHARED];
static pthread_mutex_t shared_lock[SHARED];
static uint64_t seed = 1;

/* No stdio here: it allocates. */
__attribute__((format(printf, 1, 2))) static void die(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(2);
    _exit(1);
}

static uint64_t draw(uint64_t *random)
{
    uint64_t x = *random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *random = x;
}

static unsigned char pattern(uint64_t key, size_t at)
{
    return (unsigned char)((key * 0x9e3779b97f4a7c15u >> 32) + at * 131);
}

static size_t stride(size_t bytes)
{
    return bytes <= FULL_PATTERN ? 1 : 509;
}

static void fill(struct shadow *s)
{
    for (size_t i = 0; i < s->bytes; i += stride(s->bytes))
        s->start[i] = pattern(s->key, i);
    if (s->bytes > 0)
        s->start[s->bytes - 1] = pattern(s->key, s->bytes - 1);
}

/* The first `bytes` of what was filled must be as they were. */
static void verify(const struct shadow *s, const unsigned char *start,
                   size_t bytes)
{
    for (size_t i = 0; i < bytes; i += stride(s->bytes))
        if (start[i] != pattern(s->key, i))
            die("seed %lu: byte %zu of %zu at %p is %02x, not %02x\n", seed, i,
                s->bytes, (const void *)start, start[i], pattern(s->key, i));
}

static size_t draw_size(uint64_t *random)
{
    uint64_t r = draw(random);
    if (r % 4000 == 0)
        return (size_t)(draw(random) % (3u << 20));
    if (r % 100 == 0)
        return (size_t)(draw(random) % 300000);
    if (r % 10 == 0)
        return (size_t)(draw(random) % 40000);
    return (size_t)(draw(random) % 700);
}

static void check_new(const struct shadow *s, size_t align)
{
    if (!s->start)
        die("seed %lu: no memory for %zu bytes\n", seed, s->bytes);
    if ((uintptr_t)s->start % align != 0)
        die("seed %lu: %p is not aligned to %zu\n", seed, (void *)s->start,
            align);
    if (malloc_usable_size(s->start) < s->bytes)
        die("seed %lu: usable size %zu of %zu\n", seed,
            malloc_usable_size(s->start), s->bytes);
}

static void make_zeroed(struct shadow *s)
{
    s->start = calloc(1, s->bytes);
    check_new(s, 16);
    for (size_t i = 0; i < s->bytes; i++)
        if (s->start[i] != 0)
            die("seed %lu: calloc left %02x at byte %zu of %zu\n", seed,
                s->start[i], i, s->bytes);
}

static void make_aligned(struct shadow *s, uint64_t *random)
{
    size_t align = (size_t)8 << draw(random) % 15;
    void *p = NULL;
    if (posix_memalign(&p, align, s->bytes) != 0)
        die("seed %lu: posix_memalign(%zu, %zu)\n", seed, align, s->bytes);
    s->start = p;
    check_new(s, align);
}

static void make(struct shadow *s, uint64_t *random)
{
    s->bytes = draw_size(random);
    s->key = draw(random);
    uint64_t how = draw(random) % 16;
    if (how == 0) {
        make_aligned(s, random);
    } else if (how <= 3) {
        make_zeroed(s);
    } else {
        s->start = malloc(s->bytes);
        check_new(s, 16);
    }
    fill(s);
}

static void drop(struct shadow *s)
{
    verify(s, s->start, s->bytes);
    errno = 12345;
    free(s->start);
    if (errno != 12345)
        die("seed %lu: free changed errno to %d\n", seed, errno);
    s->start = NULL;
}

static void resize(struct shadow *s, uint64_t *random)
{
    size_t bytes = draw_size(random) + 1;
    unsigned char *moved = realloc(s->start, bytes);
    if (!moved)
        die("seed %lu: realloc to %zu\n", seed, bytes);
    verify(s, moved, bytes < s->bytes ? bytes : s->bytes);
    s->start = moved;
    s->bytes = bytes;
    check_new(s, 16);
    fill(s);
}

static void exchange(struct shadow *mine, uint64_t *random)
{
    size_t at = draw(random) % SHARED;
    pthread_mutex_lock(&shared_lock[at]);
    struct shadow other = shared[at];
    shared[at] = *mine;
    *mine = other;
    pthread_mutex_unlock(&shared_lock[at]);
}

static void step(struct worker *w)
{
    struct shadow *s = &w->slots[draw(&w->random) % SLOTS];
    if (!s->start)
        make(s, &w->random);
    else if (draw(&w->random) % 8 == 0)
        resize(s, &w->random);
    else if (draw(&w->random) % 4 == 0)
        exchange(s, &w->random);
    else
        drop(s);
}

static void *work(void *argument)
{
    struct worker *w = argument;
    for (int i = 0; i < OPERATIONS; i++)
        step(w);
    return NULL;
}

/* The child of a fork under load: everything inherited is intact and may be
 * freed, and new threads may allocate. */
static void child(struct worker *workers)
{
    alarm(20);
    for (int i = 0; i < SHARED; i++) {
        if (pthread_mutex_trylock(&shared_lock[i]) == 0 && shared[i].start)
            drop(&shared[i]);
        shared[i].start = NULL;
        pthread_mutex_init(&shared_lock[i], NULL);
    }
    struct worker *w = &workers[THREADS];
    if (pthread_create(&w->thread, NULL, work, w) != 0)
        _exit(1);
    pthread_join(w->thread, NULL);
    _exit(0);
}

static void fork_under_load(struct worker *workers)
{
    pid_t pid = fork();
    if (pid == 0)
        child(workers);
    int status = -1;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        die("seed %lu: the child of fork ended with status %x\n", seed, status);
}

static void one_round(struct worker *workers)
{
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            die("no thread\n");
    fork_under_load(workers);
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
}

static struct worker *new_workers(void)
{
    static struct worker workers[THREADS + 1];
    size_t bytes = SLOTS * sizeof(struct shadow);
    for (int i = 0; i <= THREADS; i++) {
        workers[i].random = seed * 1000003 + (uint64_t)i + 1;
        workers[i].slots = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (workers[i].slots == MAP_FAILED)
            die("no memory for the shadow\n");
    }
    for (int i = 0; i < SHARED; i++)
        pthread_mutex_init(&shared_lock[i], NULL);
    return workers;
}

static void drop_all(struct worker *workers)
{
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < SLOTS; j++)
            if (workers[i].slots[j].start)
                drop(&workers[i].slots[j]);
    for (int i = 0; i < SHARED; i++)
        if (shared[i].start)
            drop(&shared[i]);
}

/* Without the subject in place all of this would prove nothing. */
static void prove_active(void)
{
    Dl_info info;
    if (!dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info) ||
        !strstr(info.dli_fname, "libassay-malloc"))
        die("the subject is not active\n");
}

int main(int argc, char **argv)
{
    prove_active();
    seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)getpid();
    int rounds = argc > 2 ? atoi(argv[2]) : 6;
    struct worker *workers = new_workers();
    printf("seed %lu\n", seed);
    fflush(stdout);
    for (int i = 0; i < rounds; i++)
        one_round(workers);
    drop_all(workers);
    return 0;
}
