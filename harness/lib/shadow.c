/* shadow.c - the rules that the shadow model holds a subject to. */
#include "shadow.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interval.h"
#include "pattern.h"
#include "random.h"

enum { FUNDAMENTAL_ALIGNMENT = 16, MESSAGE_BYTES = 384, WINDOW = 4096 };

/* What a request is called in the digest: never renumber. */
enum shadow_request {
    REQUEST_MALLOC = 1,
    REQUEST_CALLOC,
    REQUEST_REALLOC,
    REQUEST_ALIGNED,
    REQUEST_FREE,
};

struct shadow {
    struct calls subject;
    struct shadow_options options;
    int probe_fd;
    pthread_mutex_t lock; /* guards all below */
    struct interval_set live;
    uint64_t live_bytes;
    uint64_t digest;
    uint64_t next_id;
    _Atomic bool blind;
    char requirement[16];
    char message[MESSAGE_BYTES];
};

struct shadow *shadow_create(const struct calls *subject,
                             const struct shadow_options *options)
{
    struct shadow *shadow = mmap(NULL, sizeof(*shadow), PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (shadow == MAP_FAILED)
        return NULL;
    shadow->subject = *subject;
    shadow->options = *options;
    shadow->digest = random_mix(options->one_thread);
    pthread_mutex_init(&shadow->lock, NULL);
    shadow->probe_fd = memfd_create("assay-probe", MFD_CLOEXEC);
    if (shadow->probe_fd < 0 ||
        interval_set_create(&shadow->live, options->blocks_max) != 0) {
        munmap(shadow, sizeof(*shadow));
        return NULL;
    }
    return shadow;
}

void shadow_destroy(struct shadow *shadow)
{
    close(shadow->probe_fd);
    interval_set_destroy(&shadow->live);
    pthread_mutex_destroy(&shadow->lock);
    munmap(shadow, sizeof(*shadow));
}

/* Keeps the first violation. The lock is held. */
static void shadow_violate_locked(struct shadow *shadow,
                                  const char *requirement, const char *format,
                                  va_list arguments)
{
    if (atomic_load(&shadow->blind))
        return;
    snprintf(shadow->requirement, sizeof(shadow->requirement), "%s",
             requirement);
    vsnprintf(shadow->message, sizeof(shadow->message), format, arguments);
    atomic_store(&shadow->blind, true);
    if (shadow->options.violated != NULL)
        shadow->options.violated(shadow);
}

__attribute__((format(printf, 3, 4))) static void shadow_violate(
    struct shadow *shadow, const char *requirement, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    pthread_mutex_lock(&shadow->lock);
    shadow_violate_locked(shadow, requirement, format, arguments);
    pthread_mutex_unlock(&shadow->lock);
    va_end(arguments);
}

static uint64_t shadow_key(const struct shadow *shadow,
                           const struct interval *range)
{
    return random_mix(shadow->options.seed ^ range->id * RANDOM_GOLDEN);
}

/* Adds a request to the digest. Addresses never enter it, and neither do the
 * names of blocks where they depend on the interleaving. The lock is held. */
static void shadow_digest_locked(struct shadow *shadow,
                                 enum shadow_request request, size_t size,
                                 const struct interval *old)
{
    uint64_t word = digest_add(request, size);

    if (old != NULL)
        word = digest_add(word, old->size);
    if (!shadow->options.one_thread) {
        shadow->digest += word;
        return;
    }
    if (old != NULL)
        word = digest_add(word, old->id);
    shadow->digest = digest_add(shadow->digest, word);
}

static void shadow_note(struct shadow *shadow, enum shadow_request request,
                        size_t size, size_t more)
{
    struct interval extra = { .size = more };

    pthread_mutex_lock(&shadow->lock);
    shadow_digest_locked(shadow, request, size, more != 0 ? &extra : NULL);
    pthread_mutex_unlock(&shadow->lock);
}

/* The kernel reads and writes the byte as the caller would, and answers
 * EFAULT where that would be a crash. The byte keeps its value. */
static bool shadow_is_writable(const struct shadow *shadow, void *byte)
{
    return pwrite(shadow->probe_fd, byte, 1, 0) == 1 &&
           pread(shadow->probe_fd, byte, 1, 0) == 1;
}

/* Two threads share one place of the probe file, hence the lock. */
static bool shadow_is_mapped(struct shadow *shadow, unsigned char *block,
                             size_t size)
{
    bool mapped;

    if (size == 0)
        return true;
    pthread_mutex_lock(&shadow->lock);
    mapped = shadow_is_writable(shadow, block) &&
             shadow_is_writable(shadow, block + size - 1);
    pthread_mutex_unlock(&shadow->lock);
    if (!mapped)
        shadow_violate(shadow, "INT-3",
                       "%p of %zu bytes: its %s cannot be written",
                       (void *)block, size,
                       size == 1 ? "byte" : "first or last byte");
    return mapped;
}

/* A malloc's: the largest power of two not larger than the size, and at most
 * that of every larger block. */
static size_t shadow_own_alignment(const struct shadow *shadow, size_t size)
{
    size_t alignment = 1;

    if (shadow->options.alignment != 0)
        return shadow->options.alignment;
    while (alignment < FUNDAMENTAL_ALIGNMENT && alignment * 2 <= size)
        alignment *= 2;
    return alignment;
}

static bool shadow_is_aligned(struct shadow *shadow, const char *request,
                              void *block, size_t size, size_t alignment)
{
    const char *requirement = "ALN-4";
    size_t own = shadow_own_alignment(shadow, size);

    if (alignment <= own) {
        alignment = own;
        requirement =
            size >= FUNDAMENTAL_ALIGNMENT || shadow->options.alignment != 0
                ? "ALN-2"
                : "ALN-1";
    }
    if ((uintptr_t)block % alignment == 0)
        return true;
    shadow_violate(shadow, requirement,
                   "%s gave %p for %zu bytes: not a multiple of %zu", request,
                   block, size, alignment);
    return false;
}

__attribute__((format(printf, 3, 4))) static void shadow_violate_held(
    struct shadow *shadow, const char *requirement, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    shadow_violate_locked(shadow, requirement, format, arguments);
    va_end(arguments);
}

/* Makes the range live, unless it shares bytes with one that is. */
static bool shadow_insert(struct shadow *shadow, const char *request,
                          struct interval *range)
{
    const struct interval *other;

    pthread_mutex_lock(&shadow->lock);
    other = interval_overlapping(&shadow->live, range->start, range->span);
    if (range->id == 0)
        range->id = ++shadow->next_id;
    if (other != NULL)
        shadow_violate_held(
            shadow, "INT-1",
            "%s gave %#zx for %zu bytes, within the live block %#zx of %zu",
            request, (size_t)range->start, range->size, (size_t)other->start,
            other->size);
    else if (interval_insert(&shadow->live, range) != 0)
        shadow_violate_held(shadow, "",
                            "more than %u blocks alive: no room in the model",
                            shadow->live.capacity);
    else
        shadow->live_bytes += range->size;
    pthread_mutex_unlock(&shadow->lock);
    return !atomic_load(&shadow->blind);
}

/* Takes a block out of the model before the subject may hand it out again. */
static bool shadow_remove(struct shadow *shadow, enum shadow_request request,
                          void *block, size_t size, struct interval *ret_range)
{
    bool found;

    pthread_mutex_lock(&shadow->lock);
    found = interval_remove(&shadow->live, (uintptr_t)block, ret_range);
    if (found) {
        shadow->live_bytes -= ret_range->size;
        shadow_digest_locked(shadow, request, size, ret_range);
    } else {
        shadow_violate_held(shadow, "",
                            "%s of %p, which is not alive: the caller's error",
                            request == REQUEST_FREE ? "free" : "realloc",
                            block);
    }
    pthread_mutex_unlock(&shadow->lock);
    return found;
}

/* Whether the caller may have left TOUCH_BYTE there. Where a block was
 * resized, an old end lies in the middle. */
static bool shadow_may_touch(const struct shadow *shadow,
                             const struct interval *range, size_t offset)
{
    switch (shadow->options.touch) {
    case TOUCH_NONE:
        return false;
    case TOUCH_FIRST:
        return offset == 0;
    case TOUCH_ENDS:
        return offset == 0 || offset == range->size - 1 || range->resized;
    case TOUCH_PAGE:
        return offset % TOUCH_PAGE_BYTES == 0;
    case TOUCH_FULL:
        return true;
    }
    return false;
}

/* First offset below `until` whose byte is neither the pattern's nor one that
 * the caller was free to write, or `until`. */
static size_t shadow_mismatch(const struct shadow *shadow,
                              const unsigned char *block,
                              const struct interval *range, size_t until)
{
    uint64_t key = shadow_key(shadow, range);
    size_t at = pattern_mismatch(block, key, 0, until);

    while (at < until && block[at] == TOUCH_BYTE &&
           shadow_may_touch(shadow, range, at))
        at = pattern_mismatch(block, key, at + 1, until);
    return at;
}

static bool shadow_is_intact(struct shadow *shadow, const char *requirement,
                             const char *when, const unsigned char *block,
                             const struct interval *range, size_t until)
{
    size_t at = shadow_mismatch(shadow, block, range, until);

    if (at == until)
        return true;
    shadow_violate(shadow, requirement,
                   "%s: byte %zu of block %llu (%p, %zu bytes) is 0x%02x "
                   "where 0x%02x was",
                   when, at, (unsigned long long)range->id, (const void *)block,
                   range->size, block[at],
                   pattern_byte(shadow_key(shadow, range), at));
    return false;
}

static struct interval shadow_range(void *block, size_t size)
{
    return (struct interval){ .start = (uintptr_t)block,
                              .span = size > 0 ? size : 1,
                              .size = size };
}

/* What holds for every block that comes from the subject, whatever function
 * gave it; then it is live and holds its pattern. */
static void shadow_accept(struct shadow *shadow, const char *request,
                          unsigned char *block, size_t size, size_t alignment)
{
    struct interval range = shadow_range(block, size);

    if (shadow_is_aligned(shadow, request, block, size, alignment) &&
        shadow_insert(shadow, request, &range) &&
        shadow_is_mapped(shadow, block, size))
        pattern_fill(block, shadow_key(shadow, &range), 0, size);
}

void *shadow_malloc(struct shadow *shadow, size_t size)
{
    void *block;

    shadow_note(shadow, REQUEST_MALLOC, size, 0);
    block = shadow->subject.malloc(size);
    if (block != NULL && !atomic_load(&shadow->blind))
        shadow_accept(shadow, "malloc", block, size, 1);
    return block;
}

void *shadow_aligned_alloc(struct shadow *shadow, size_t alignment, size_t size)
{
    void *block;

    shadow_note(shadow, REQUEST_ALIGNED, size, alignment);
    block = shadow->subject.aligned_alloc(alignment, size);
    if (block != NULL && !atomic_load(&shadow->blind))
        shadow_accept(shadow, "aligned_alloc", block, size, alignment);
    return block;
}

static size_t shadow_first_nonzero(const unsigned char *block, size_t size)
{
    static const unsigned char zeros[WINDOW];
    size_t at = 0;

    while (size - at >= WINDOW && memcmp(block + at, zeros, WINDOW) == 0)
        at += WINDOW;
    while (at < size && block[at] == 0)
        at++;
    return at;
}

static bool shadow_is_zero(struct shadow *shadow, const unsigned char *block,
                           size_t size)
{
    size_t dirty = shadow_first_nonzero(block, size);

    if (dirty == size)
        return true;
    shadow_violate(shadow, "ZER-1",
                   "calloc gave %p of %zu bytes: byte %zu is 0x%02x",
                   (const void *)block, size, dirty, block[dirty]);
    return false;
}

void *shadow_calloc(struct shadow *shadow, size_t count, size_t size)
{
    unsigned char *block;
    struct interval range;
    size_t bytes = count * size; /* what overflows gives NULL below */

    shadow_note(shadow, REQUEST_CALLOC, size, count);
    block = shadow->subject.calloc(count, size);
    if (block == NULL || atomic_load(&shadow->blind))
        return block;
    range = shadow_range(block, bytes);
    if (shadow_is_aligned(shadow, "calloc", block, bytes, 1) &&
        shadow_insert(shadow, "calloc", &range) &&
        shadow_is_mapped(shadow, block, bytes) &&
        shadow_is_zero(shadow, block, bytes))
        pattern_fill(block, shadow_key(shadow, &range), 0, bytes);
    return block;
}

/* The block keeps its id, so the tail continues the pattern of its head. */
static void shadow_accept_resized(struct shadow *shadow, unsigned char *block,
                                  size_t size, const struct interval *old)
{
    struct interval range = shadow_range(block, size);
    size_t kept = size < old->size ? size : old->size;

    range.id = old->id;
    range.resized = true;
    if (shadow_is_aligned(shadow, "realloc", block, size, 1) &&
        shadow_insert(shadow, "realloc", &range) &&
        shadow_is_mapped(shadow, block, size) &&
        shadow_is_intact(shadow, "RLC-1", "after realloc", block, &range, kept))
        pattern_fill(block, shadow_key(shadow, &range), kept, size);
}

/* A failed realloc leaves the block as it was. */
static void shadow_restore(struct shadow *shadow, struct interval *old)
{
    pthread_mutex_lock(&shadow->lock);
    interval_insert(&shadow->live, old);
    shadow->live_bytes += old->size;
    pthread_mutex_unlock(&shadow->lock);
}

void *shadow_realloc(struct shadow *shadow, void *block, size_t size)
{
    struct interval old;
    void *moved;

    if (atomic_load(&shadow->blind))
        return shadow->subject.realloc(block, size);
    if (block == NULL) {
        shadow_note(shadow, REQUEST_REALLOC, size, 0);
        moved = shadow->subject.realloc(NULL, size);
        if (moved != NULL)
            shadow_accept(shadow, "realloc", moved, size, 1);
        return moved;
    }
    if (!shadow_remove(shadow, REQUEST_REALLOC, block, size, &old) ||
        !shadow_is_intact(shadow, "INT-2", "before realloc", block, &old,
                          old.size))
        return shadow->subject.realloc(block, size);
    moved = shadow->subject.realloc(block, size);
    if (moved != NULL)
        shadow_accept_resized(shadow, moved, size, &old);
    else if (size > 0)
        shadow_restore(shadow, &old);
    return moved;
}

void shadow_free(struct shadow *shadow, void *block)
{
    struct interval range;

    if (block != NULL && !atomic_load(&shadow->blind) &&
        shadow_remove(shadow, REQUEST_FREE, block, 0, &range))
        shadow_is_intact(shadow, "INT-2", "at free", block, &range, range.size);
    shadow->subject.free(block);
}

/* Spare nodes keep their old ranges, so a node counts only when the tree
 * leads to it. */
bool shadow_verify(struct shadow *shadow)
{
    for (uint32_t i = 1; i < shadow->live.used && !atomic_load(&shadow->blind);
         i++) {
        const struct interval *range = &shadow->live.nodes[i];

        if (interval_at(&shadow->live, range->start) == range)
            shadow_is_intact(shadow, "INT-2", "still alive",
                             (const unsigned char *)range->start, range,
                             range->size);
    }
    return !atomic_load(&shadow->blind);
}

const char *shadow_requirement(const struct shadow *shadow)
{
    return atomic_load(&shadow->blind) ? shadow->requirement : NULL;
}

const char *shadow_message(const struct shadow *shadow)
{
    return shadow->message;
}

uint64_t shadow_digest(const struct shadow *shadow)
{
    return shadow->digest;
}

uint64_t shadow_live_blocks(const struct shadow *shadow)
{
    return shadow->live.count;
}

uint64_t shadow_live_bytes(const struct shadow *shadow)
{
    return shadow->live_bytes;
}
