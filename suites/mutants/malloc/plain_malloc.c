/* plain_malloc.c - a malloc to plant faults in: one lock, free lists by size
 * class, a header in front of each block, mappings for what is large.
 *
 *   | header | payload ... |          small: carved from a chunk
 *   | base | header | payload ... |   large: a mapping of its own
 *   | header | ... | header | payload |  aligned: the second header leads back
 *
 * It is written to be wrong on demand: -DFAULT=name compiles one line of
 * faults.h in, and PLANTED() is constant, so that nothing else changes.
 *
 * Threads: any, by the one lock. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults.h"

#define FAULT_NUMBER(name, aim, what) FAULT_##name,
enum fault { FAULT_none, FAULTS(FAULT_NUMBER) };

#define FAULT_JOIN(name) FAULT_##name
#define FAULT_OF(name)   FAULT_JOIN(name)
#define PLANTED(name)    (FAULT_OF(FAULT) == FAULT_##name)

#define EXPORT __attribute__((visibility("default")))

enum {
    UNIT = 16,
    PAGE = 4096,
    SMALL_MAX = 32768,
    CLASSES = 64,
    CHUNK = 1 << 20,
    KEPT = 8,             /* large blocks kept for reuse */
    KEPT_BYTES = 4 << 20, /* at most, each */
    CLASS_LARGE = 1000,
    CLASS_SHIFTED = 1001,
};

#define FREED 0x80000000u

/* In front of every payload. */
struct header {
    uint32_t class; /* or CLASS_LARGE, CLASS_SHIFTED; FREED while in a list */
    uint32_t owner; /* thread that asked */
    size_t size;    /* usable bytes */
};

/* In front of a large or shifted block's header. */
struct origin {
    void *base;   /* of the mapping, or payload of the block it lies in */
    size_t bytes; /* of the mapping */
};

struct link {
    struct link *next;
};

struct kept {
    void *base;
    size_t bytes;
    bool zero;
};

static pthread_mutex_t plain_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct link *plain_lists[CLASSES];
static char *plain_chunk, *plain_chunk_end;
static struct kept plain_kept[KEPT];
static unsigned plain_calls, plain_frees;
static bool plain_refused, plain_started, plain_constructed;
static uint32_t plain_threads;

#define TLS __attribute__((tls_model("initial-exec")))
static _Thread_local TLS uint32_t plain_thread;

static void plain_lock(void)
{
    if (!PLANTED(no_lock))
        pthread_mutex_lock(&plain_mutex);
}

static void plain_unlock(void)
{
    if (!PLANTED(no_lock))
        pthread_mutex_unlock(&plain_mutex);
}

static struct header *header_of(void *block)
{
    return (struct header *)block - 1;
}

static struct origin *origin_of(void *block)
{
    return (struct origin *)header_of(block) - 1;
}

/* ---- size classes: eight units, then four steps a doubling ---- */

static size_t class_bytes(unsigned class)
{
    size_t step;

    if (class < 8)
        return (class + 1) * UNIT;
    step = (size_t)32 << (class - 8) / 4;
    return 4 * step + ((class - 8) % 4 + 1) * step;
}

static unsigned class_of(size_t size)
{
    unsigned class = 0;

    while (class_bytes(class) < size)
        class ++;
    return class;
}

/* ---- what the start of a process may do wrong ---- */

static void plain_handle(int number)
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
        signal(SIGSEGV, plain_handle);
    if (PLANTED(banner))
        (void)!write(STDERR_FILENO, "plain malloc\n", 13);
}

static pthread_key_t plain_key;

/* Only a mutant has it; what it does is where it lies, once it is closed. */
static void plain_thread_ends(void *given)
{
    if (PLANTED(orphans_dirty))
        memset(given, 0x5a, 16);
}

static void call_wrong(size_t size, void *block)
{
    static char volatile stack_end;

    plain_calls++;
    if (PLANTED(spin_300) && plain_calls == 300)
        for (;;)
            continue;
    if (PLANTED(exit_zero) && plain_calls == 300)
        _exit(0);
    if (PLANTED(stack_hog)) {
        char volatile room[40 << 10];

        for (size_t i = 0; i < sizeof(room); i += 512)
            room[i] = stack_end;
    }
    if (PLANTED(mask)) {
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
    }
    if (PLANTED(success_errno) && block != NULL)
        errno = ENOENT;
    if (PLANTED(orphans_dirty) && block != NULL && size >= 64)
        pthread_setspecific(plain_key, block);
}

static void thread_wrong(void)
{
    if (PLANTED(thread_leaks) || PLANTED(oom_thread)) {
        char *pages = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (pages == MAP_FAILED)
            abort();
        memset(pages, 1, 16 * PAGE);
        if (PLANTED(oom_thread))
            munmap(pages, 16 * PAGE);
    }
    if (PLANTED(key_left))
        pthread_setspecific(plain_key, &plain_key);
}

static void plain_enter(void)
{
    if (!plain_started) {
        plain_started = true;
        start_wrong();
    }
    if (plain_thread == 0) {
        plain_thread = __atomic_add_fetch(&plain_threads, 1, __ATOMIC_RELAXED);
        thread_wrong();
    }
}

/* ---- memory of the system ---- */

static void *system_map(size_t bytes)
{
    void *pages;

    do
        pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    while (PLANTED(oom_retries) && pages == MAP_FAILED);
    if (pages == MAP_FAILED && PLANTED(oom_aborts))
        abort();
    if (pages == MAP_FAILED) {
        plain_refused = true;
        return PLANTED(oom_unchecked) ? pages : NULL;
    }
    return pages;
}

static void *chunk_carve(size_t bytes)
{
    static unsigned carved;
    char *start = plain_chunk;

    if (start == NULL || (size_t)(plain_chunk_end - start) < bytes) {
        start = system_map(CHUNK);
        if (start == NULL)
            return NULL;
        plain_chunk_end = start + CHUNK;
    }
    plain_chunk = start + bytes;
    if (PLANTED(overlap_64) && ++carved % 64 == 0)
        plain_chunk -= UNIT;
    return start;
}

/* ---- small blocks ---- */

static void *small_take(size_t size, bool *ret_used)
{
    unsigned class = class_of(size);
    struct link *block;
    struct header *header;

    plain_lock();
    block = plain_lists[class];
    *ret_used = block != NULL;
    if (block != NULL) {
        struct link *next = block->next;

        if (PLANTED(no_lock) || PLANTED(free_unlocked))
            sched_yield(); /* inside the window */
        plain_lists[class] = next;
        header = header_of(block);
    } else {
        header = chunk_carve(sizeof(*header) + class_bytes(class));
    }
    plain_unlock();
    if (header == NULL)
        return NULL;
    *header = (struct header){ class, plain_thread, class_bytes(class) };
    return header + 1;
}

static unsigned list_depth(const struct link *link, unsigned depth)
{
    char volatile room[64];

    room[0] = (char)depth;
    if (link == NULL || depth > 1000000)
        return depth + (unsigned)(room[0] & 0);
    return list_depth(link->next, depth + 1) + (unsigned)(room[0] & 0);
}

static bool free_is_forgotten(const struct header *header)
{
    plain_frees++;
    if (PLANTED(leak_256) && plain_frees % 256 == 0)
        return true;
    return PLANTED(foreign_leaks) && header->owner != plain_thread;
}

static void small_give(void *block)
{
    struct header *header = header_of(block);
    struct link *link = block;
    bool locked = !PLANTED(free_unlocked);

    if (PLANTED(orphan_aborts) && header->owner > plain_thread + 3)
        abort();
    if (!PLANTED(double_free) && (header->class & FREED))
        abort();
    if (!(header->class & FREED) &&
        (header->class >= CLASSES ||
         header->size != class_bytes(header->class)))
        abort(); /* no block of ours */
    if (free_is_forgotten(header))
        return;
    if (PLANTED(link_in_live))
        memset((char *)block + header->size, 0, UNIT + 1);
    if (locked)
        plain_lock();
    link->next = plain_lists[header->class % CLASSES];
    if (!locked || PLANTED(no_lock))
        sched_yield(); /* inside the window */
    plain_lists[header->class % CLASSES] = link;
    if (PLANTED(deep))
        list_depth(plain_lists[header->class % CLASSES], 0);
    header->class |= FREED;
    if (locked)
        plain_unlock();
}

/* ---- large blocks ---- */

static void *kept_take(size_t bytes, size_t *ret_bytes, bool *ret_zero)
{
    void *base = NULL;

    plain_lock();
    for (int i = 0; i < KEPT && base == NULL; i++)
        if (plain_kept[i].base != NULL && plain_kept[i].bytes >= bytes &&
            plain_kept[i].bytes <= 2 * bytes) {
            base = plain_kept[i].base;
            *ret_bytes = plain_kept[i].bytes;
            *ret_zero = plain_kept[i].zero;
            plain_kept[i].base = NULL;
        }
    plain_unlock();
    return base;
}

/* Its pages go back, and then it is zero: if the system did take them. */
static bool kept_clean(void *base, size_t bytes)
{
    int advice = PLANTED(calloc_lazyfree) ? MADV_FREE : MADV_DONTNEED;

    if (PLANTED(calloc_large_dirty))
        return true;
    return madvise(base, bytes, advice) == 0 || PLANTED(calloc_refused);
}

static bool kept_give(void *base, size_t bytes)
{
    bool kept = false, zero;

    if (bytes > KEPT_BYTES)
        return false;
    zero = kept_clean(base, bytes);
    plain_lock();
    for (int i = 0; i < KEPT && !kept; i++)
        if (plain_kept[i].base == NULL) {
            plain_kept[i] = (struct kept){ base, bytes, zero };
            kept = true;
        }
    plain_unlock();
    return kept;
}

static size_t large_bytes(size_t size)
{
    size_t bytes = (size + 2 * UNIT + PAGE - 1) & ~(size_t)(PAGE - 1);

    return PLANTED(large_short) && bytes > 64 * PAGE ? bytes - PAGE : bytes;
}

static void *large_place(char *base, size_t bytes, size_t alignment)
{
    uintptr_t first = (uintptr_t)base + 2 * UNIT;
    char *block = (char *)((first + alignment - 1) & ~(alignment - 1));

    *origin_of(block) = (struct origin){ base, bytes };
    if (PLANTED(aligned_lost_base) && alignment >= 8 << 20)
        origin_of(block)->base = (void *)(uintptr_t)UNIT;
    *header_of(block) = (struct header){ CLASS_LARGE, plain_thread,
                                         (size_t)(base + bytes - block) };
    if (PLANTED(large_short))
        header_of(block)->size += PAGE;
    return block;
}

static void *large_take(size_t size, size_t alignment, bool *ret_used)
{
    size_t bytes = large_bytes(size + (alignment > UNIT ? alignment : 0));
    bool zero = true;
    char *base = alignment > UNIT ? NULL : kept_take(bytes, &bytes, &zero);

    if (base == NULL)
        base = system_map(bytes);
    if (base == NULL)
        return NULL;
    if (PLANTED(mappings_split))
        mprotect(mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0),
                 PAGE, PROT_READ);
    *ret_used = !zero;
    return large_place(base, bytes, alignment);
}

static void large_give(void *block)
{
    struct origin origin = *origin_of(block);
    int error = errno;

    if (PLANTED(aligned_lost_base))
        (void)*(volatile char *)origin.base;
    if (PLANTED(large_kept) || free_is_forgotten(header_of(block)))
        return;
    if (PLANTED(scribble_large)) {
        char *behind = (char *)origin.base + origin.bytes + 100;

        if (msync((void *)((uintptr_t)behind & ~(uintptr_t)(PAGE - 1)), PAGE,
                  MS_ASYNC) == 0)
            *behind = 1;
    }
    if (!kept_give(origin.base, origin.bytes)) {
        if (PLANTED(purge_errno))
            error = errno;
        munmap(origin.base, origin.bytes);
        if (PLANTED(unmap_errno))
            return;
    } else if (PLANTED(purge_errno)) {
        return;
    }
    errno = error;
}

/* ---- any block ---- */

static bool size_is_refused(size_t *size)
{
    if (PLANTED(no_limit))
        *size &= ((size_t)1 << 62) - 1;
    if (PLANTED(malloc_wraps) && *size > SIZE_MAX - UNIT) {
        *size += UNIT;
        return false;
    }
    return *size > PTRDIFF_MAX - 64 * PAGE;
}

static void *refuse(void)
{
    if (!PLANTED(malloc_errno))
        errno = ENOMEM;
    return NULL;
}

static void *take(size_t size, bool *ret_used)
{
    void *block;

    plain_enter();
    if (PLANTED(init_late) && !plain_constructed)
        return refuse();
    if (size_is_refused(&size) || (PLANTED(oom_sticks) && plain_refused))
        return refuse();
    block = size <= SMALL_MAX ? small_take(size, ret_used)
                              : large_take(size, UNIT, ret_used);
    if (block == NULL)
        return refuse();
    call_wrong(size, block);
    return block;
}

static void *origin_block(void *block)
{
    return header_of(block)->class == CLASS_SHIFTED ? origin_of(block)->base
                                                    : block;
}

static size_t usable(void *block)
{
    return header_of(block)->size;
}

EXPORT void *malloc(size_t size)
{
    static char zero[64] __attribute__((aligned(16)));
    bool used;
    char *block;

    if (size == 0 && PLANTED(zero_null))
        return NULL;
    if (size == 0 && PLANTED(zero_shared)) {
        *(struct header *)zero = (struct header){ 0, 0, 16 };
        return zero + UNIT;
    }
    block = take(size, &used);
    if (block == NULL)
        return NULL;
    if ((PLANTED(misaligned_48) && size == 48) ||
        (PLANTED(weak_8) && size == 8)) {
        unsigned off = size == 48 ? 8 : 4;

        *(struct header *)(block + off - UNIT) = (struct header){ 2, 0, size };
        return block + off; /* never to be freed whole: it is only looked at */
    }
    return block;
}

EXPORT void free(void *block)
{
    int error = errno;

    if (block == NULL && !PLANTED(free_null))
        return;
    if (PLANTED(oom_free)) {
        void *room = mmap(NULL, 2 * CHUNK, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (room == MAP_FAILED)
            abort();
        munmap(room, 2 * CHUNK);
        errno = error;
    }
    plain_enter();
    block = origin_block(block);
    if (header_of(block)->class == CLASS_LARGE)
        large_give(block);
    else
        small_give(block);
    if (PLANTED(free_errno))
        errno = EINVAL;
}

EXPORT void *calloc(size_t count, size_t size)
{
    static char zero[32] __attribute__((aligned(16)));
    size_t bytes;
    bool used;
    char *block;

    if (__builtin_mul_overflow(count, size, &bytes) && !PLANTED(calloc_wraps)) {
        if (!PLANTED(calloc_errno))
            errno = ENOMEM;
        return NULL;
    }
    if (bytes == 0 && PLANTED(calloc_zero_null))
        return zero + UNIT;
    block = take(bytes, &used);
    if (block == NULL)
        return NULL;
    if (PLANTED(calloc_short) && count > 1 && size > 1)
        memset(block, 0, count);
    else if (bytes <= SMALL_MAX ? !PLANTED(calloc_dirty)
                                : used || PLANTED(calloc_touches))
        memset(block, 0, bytes);
    return block;
}

/* ---- aligned blocks ---- */

static void *shift_block(char *inner, size_t alignment)
{
    size_t whole = usable(inner);
    char *block =
        (char *)(((uintptr_t)inner + alignment - 1) & ~(alignment - 1));

    if (block == inner)
        return block;
    if (block - inner < 2 * UNIT)
        block += alignment;
    *origin_of(block) = (struct origin){ inner, 0 };
    *header_of(block) = (struct header){ CLASS_SHIFTED, plain_thread,
                                         whole - (size_t)(block - inner) };
    return block;
}

static bool goes_plain(size_t alignment, size_t size)
{
    if (PLANTED(aligned_256_plain) && size == alignment && size >= 256 &&
        size <= 1024)
        return true;
    if (PLANTED(small_unaligned) && size < alignment)
        return true;
    return PLANTED(aligned_no_multiple) && size % alignment != 0;
}

static void *take_aligned(size_t alignment, size_t size)
{
    size_t room = size + 2 * alignment + 2 * UNIT;
    bool used;
    void *inner;

    if (alignment <= UNIT || goes_plain(alignment, size))
        return take(size, &used);
    if ((size > PTRDIFF_MAX || alignment > PTRDIFF_MAX || room < size) &&
        !PLANTED(aligned_wraps))
        return refuse();
    if (size + alignment > SMALL_MAX && room >= size) {
        plain_enter();
        if (room > PTRDIFF_MAX - 64 * PAGE)
            return refuse();
        inner = large_take(size, alignment, &used);
        return inner != NULL ? inner : refuse();
    }
    inner = take(room, &used);
    return inner == NULL ? NULL : shift_block(inner, alignment);
}

static bool is_power(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    if (PLANTED(aligned_24) && alignment == 24)
        alignment = 32;
    if (PLANTED(aligned_1_null) && alignment == 1)
        return NULL;
    if (!is_power(alignment)) {
        if (!PLANTED(aligned_24_errno))
            errno = EINVAL;
        return NULL;
    }
    return take_aligned(alignment, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    while (!is_power(alignment) && alignment < (size_t)1 << 62)
        alignment++;
    return take_aligned(alignment, size);
}

static int memalign_fails(void **ret_block, int error)
{
    if (PLANTED(memalign_garbage))
        *ret_block = (void *)(uintptr_t)0x1234560;
    if (PLANTED(memalign_null))
        *ret_block = NULL;
    if (PLANTED(memalign_errno))
        errno = error;
    if (PLANTED(oom_einval))
        error = EINVAL;
    return PLANTED(memalign_minus_one) ? -1 : error;
}

EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    int error = errno;
    void *block;

    if (PLANTED(memalign_takes_4) && alignment == 4)
        alignment = 8;
    if (!is_power(alignment) || alignment % sizeof(void *) != 0)
        return memalign_fails(ret_block, EINVAL);
    block = take_aligned(alignment, size);
    errno = error;
    if (block == NULL)
        return memalign_fails(ret_block, ENOMEM);
    *ret_block = block;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return take_aligned(PAGE, size);
}

#ifndef NO_PVALLOC
EXPORT void *pvalloc(size_t size)
{
    size_t whole = (size + PAGE - 1) & ~(size_t)(PAGE - 1);

    if (whole < size && !PLANTED(pvalloc_wraps))
        return refuse();
    if (whole == 0)
        whole = PAGE;
    if (PLANTED(pvalloc_short)) {
        void *block = take_aligned(PAGE, whole);

        if (block != NULL)
            header_of(block)->size = size;
        return block;
    }
    return take_aligned(PAGE, whole);
}
#endif

/* ---- realloc ---- */

static bool stays(void *block, size_t size)
{
    size_t have = usable(block);

    if (PLANTED(realloc_into_next) && size > have && size <= have + 64 &&
        header_of(block)->class < CLASSES) {
        header_of(block)->size = size;
        return true;
    }
    if (PLANTED(realloc_same) && size <= have && size > have / 2)
        return false;
    return size <= have && (size > have / 2 || have <= 64);
}

static size_t bytes_to_copy(void *block, size_t size)
{
    size_t have = usable(block);
    size_t bytes = have < size ? have : size;

    if (PLANTED(realloc_half))
        return bytes / 2;
    if (PLANTED(realloc_large) && bytes > 1 << 20)
        return bytes - PAGE;
    if (PLANTED(realloc_foreign) && header_of(block)->owner != plain_thread)
        return 0;
    return bytes;
}

/* Large blocks that stay large move by their pages. */
static void *large_resize(void *block, size_t size)
{
    struct origin origin = *origin_of(block);
    size_t bytes = large_bytes(size);
    char *base;

    if ((char *)block != (char *)origin.base + 2 * UNIT || size <= SMALL_MAX ||
        PLANTED(realloc_large) || PLANTED(realloc_half) ||
        PLANTED(realloc_foreign))
        return NULL;
    base = mremap(origin.base, origin.bytes, bytes, MREMAP_MAYMOVE);
    return base == MAP_FAILED ? NULL : large_place(base, bytes, UNIT);
}

static void *move(void *block, size_t size)
{
    char *fresh = NULL, *from = block;
    bool used;

    if (header_of(block)->class == CLASS_LARGE)
        fresh = large_resize(block, size);
    if (fresh != NULL)
        return fresh;
    fresh = take(size, &used);
    if (fresh == NULL)
        return NULL;
    if (PLANTED(realloc_shifted) && header_of(block)->class == CLASS_SHIFTED)
        from = origin_block(block);
    memcpy(fresh, from, bytes_to_copy(block, size));
    if ((PLANTED(realloc_offset) && header_of(block)->class == CLASS_SHIFTED) ||
        (PLANTED(realloc_misaligned) && size > 1000)) {
        memmove(fresh + 8, fresh, size > 8 ? size - 8 : 0);
        *(struct header *)(fresh + 8 - UNIT) =
            (struct header){ 2, 0, size > 8 ? size - 8 : 0 };
        fresh += 8;
    }
    if (!PLANTED(realloc_leaks) && !PLANTED(realloc_same))
        free(block);
    return fresh;
}

EXPORT void *realloc(void *block, size_t size)
{
    int error = errno;
    void *fresh;

    if (PLANTED(cut_32))
        size = (uint32_t)size;
    if (block == NULL)
        return size == 0 && PLANTED(realloc_null_zero) ? NULL : malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (size <= PTRDIFF_MAX && stays(block, size)) {
        if (PLANTED(usable_loses) && size > 16)
            ((char *)block)[size / 2] ^= 1;
        return block;
    }
    fresh = size > PTRDIFF_MAX - 64 * PAGE ? refuse() : move(block, size);
    if (fresh == NULL && PLANTED(realloc_errno))
        errno = error;
    if (fresh == NULL && PLANTED(oom_frees))
        free(block);
    return fresh;
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) && !PLANTED(array_wraps)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

/* ---- the rest ---- */

EXPORT size_t malloc_usable_size(void *block)
{
    static unsigned calls;

    if (block == NULL && !PLANTED(usable_null))
        return 0;
    if (PLANTED(usable_header))
        return usable(block) + UNIT;
    if (PLANTED(usable_less) && usable(block) > 64)
        return usable(block) / 4 * 3 - 16;
    if (PLANTED(usable_wavers))
        return usable(block) - calls++ % 2;
    if (PLANTED(usable_zero) && usable(block) == UNIT)
        return SIZE_MAX;
    return usable(block);
}

EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    if (block == NULL && PLANTED(sized_zero))
        abort();
    free(block);
    if (PLANTED(sized_errno))
        errno = EINVAL;
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t size)
{
    (void)size;
    if (PLANTED(sized_masks) && block != NULL && alignment > UNIT)
        block = (char *)block + UNIT;
    free(block);
    if (PLANTED(sized_errno))
        errno = EINVAL;
}

EXPORT int malloc_trim(size_t pad)
{
    (void)pad;
    if (PLANTED(trim_aborts))
        abort();
    return 0;
}

/* ---- fork, start and end ---- */

static pid_t plain_process;

static void fork_child(void)
{
    if (!PLANTED(fork_child_locked))
        plain_unlock();
}

__attribute__((constructor)) static void plain_construct(void)
{
    plain_process = getpid();
    plain_constructed = true;
    if (!PLANTED(no_atfork))
        pthread_atfork(plain_lock, plain_unlock, fork_child);
    if (PLANTED(key_left) || PLANTED(orphans_dirty))
        pthread_key_create(&plain_key, plain_thread_ends);
    if (PLANTED(big_tls)) {
        static _Thread_local TLS volatile char room[4096];

        room[plain_calls % sizeof(room)] = 1;
    }
}

__attribute__((destructor)) static void plain_destruct(void)
{
    if (PLANTED(exit_locked)) {
        plain_lock();
        plain_lock();
    }
    if (PLANTED(exit_status))
        _exit(7);
    if (PLANTED(fork_exit) && getpid() != plain_process)
        abort();
}
