/* thread.c - the registry of heaps: threads come, go and fork. */
#include "thread.h"

#include <pthread.h>
#include <stdlib.h>

#include "huge.h"
#include "os.h"

/* Heaps are made from chunks of this size, which are never given back. */
#define REGISTRY_CHUNK_BYTES ((size_t)64 << 10)

struct heap thread_heap_none;
struct heap thread_heap_gone;
__thread struct heap *thread_heap = &thread_heap_none;

static struct lock registry_lock;
static struct heap *registry_all;  /* every heap, the newest first */
static struct heap *registry_idle; /* those without a thread */
static uint32_t registry_count;
static char *registry_chunk;
static size_t registry_chunk_left;

static pthread_key_t thread_key;
static bool thread_key_made;
static bool thread_fork_watched;

/* --- heaps, under the registry's lock ------------------------------------- */

static struct heap *registry_new_heap(void)
{
    size_t bytes = os_round_up(sizeof(struct heap), 64);
    if (registry_chunk_left < bytes) {
        char *chunk = os_map(REGISTRY_CHUNK_BYTES);
        if (!chunk)
            return NULL;
        registry_chunk = chunk;
        registry_chunk_left = REGISTRY_CHUNK_BYTES;
    }
    struct heap *heap = (struct heap *)registry_chunk;
    registry_chunk += bytes;
    registry_chunk_left -= bytes;
    heap_init(heap, registry_count++);
    heap->next_all = registry_all;
    __atomic_store_n(&registry_all, heap, __ATOMIC_RELEASE);
    return heap;
}

static struct heap *registry_get(void)
{
    struct heap *heap = registry_idle;
    if (!heap)
        return registry_new_heap();
    registry_idle = heap->next_idle;
    heap->next_idle = NULL;
    return heap;
}

static struct heap *registry_get_active(void)
{
    lock_take(&registry_lock);
    struct heap *heap = registry_get();
    lock_give(&registry_lock);
    if (heap)
        heap_make_active(heap);
    return heap;
}

static void registry_put(struct heap *heap)
{
    heap_make_idle(heap);
    lock_take(&registry_lock);
    heap->next_idle = registry_idle;
    registry_idle = heap;
    lock_give(&registry_lock);
}

void thread_each_heap(void (*visit)(struct heap *heap, void *context),
                      void *context)
{
    struct heap *heap = __atomic_load_n(&registry_all, __ATOMIC_ACQUIRE);
    for (; heap; heap = heap->next_all)
        visit(heap, context);
}

/* --- fork: every lock is taken in the order in which calls nest ----------- */

static void fork_lock_heap(struct heap *heap, void *self)
{
    if (heap != self)
        lock_take(&heap->lock);
}

static void fork_unlock_heap(struct heap *heap, void *self)
{
    if (heap != self)
        lock_give(&heap->lock);
}

static void fork_prepare(void)
{
    lock_take(&registry_lock);
    thread_each_heap(fork_lock_heap, thread_heap);
    lock_take(&arena_lock);
    lock_take(&huge_lock);
    lock_hold_all();
}

static void fork_parent(void)
{
    lock_hold_none();
    lock_give(&huge_lock);
    lock_give(&arena_lock);
    thread_each_heap(fork_unlock_heap, thread_heap);
    lock_give(&registry_lock);
}

/* The heaps of threads that are not here any more are free for the next. */
static void fork_child_heap(struct heap *heap, void *self)
{
    lock_reset(&heap->lock);
    if (heap == self || heap->state == HEAP_IDLE)
        return;
    heap->vanished = true;
    heap->state = HEAP_IDLE;
}

static void fork_child_list_idle(struct heap *heap, void *self)
{
    if (heap == self)
        return;
    heap->next_idle = registry_idle;
    registry_idle = heap;
}

static void fork_child(void)
{
    lock_hold_none();
    lock_reset(&huge_lock);
    lock_reset(&arena_lock);
    thread_each_heap(fork_child_heap, thread_heap);
    registry_idle = NULL;
    thread_each_heap(fork_child_list_idle, thread_heap);
    lock_reset(&registry_lock);
}

/* --- threads -------------------------------------------------------------- */

static void thread_leave(void *heap)
{
    thread_heap = &thread_heap_gone;
    registry_put(heap);
}

static void thread_make_key(void)
{
    lock_take(&registry_lock);
    if (!thread_key_made)
        thread_key_made = pthread_key_create(&thread_key, thread_leave) == 0;
    lock_give(&registry_lock);
}

/* Not under a lock: the C library may allocate in both calls, and finds the
 * heap of this thread already in place. */
static void thread_watch(struct heap *heap)
{
    if (!__atomic_exchange_n(&thread_fork_watched, true, __ATOMIC_ACQ_REL))
        pthread_atfork(fork_prepare, fork_parent, fork_child);
    if (thread_key_made)
        pthread_setspecific(thread_key, heap);
}

struct heap *thread_join(void)
{
    if (thread_heap != &thread_heap_none)
        return thread_heap == &thread_heap_gone ? NULL : thread_heap;
    thread_make_key();
    struct heap *heap = registry_get_active();
    if (!heap)
        return NULL;
    thread_heap = heap;
    thread_watch(heap);
    return heap;
}

/* Early, so that fork handlers which others register later run before ours
 * when locks are taken, and after ours when they are given. */
__attribute__((constructor(101))) static void thread_start(void)
{
    thread_join();
}

struct heap *thread_borrow(void)
{
    struct heap *heap = registry_get_active();
    if (heap)
        thread_heap = heap;
    return heap;
}

void thread_hand_back(struct heap *heap)
{
    thread_heap = &thread_heap_gone;
    registry_put(heap);
}
