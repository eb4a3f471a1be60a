/* lock.h - a lock of four bytes that an allocator may use under itself.
 *
 * Threads: all calls. A thread that has called lock_hold_all() owns every
 *          lock of the process: until lock_hold_none() its takes and gives do
 *          nothing. fork handlers need this, because a handler that somebody
 *          else registered may allocate while we hold everything.
 * Errors:  none; lock_try() says whether it took it. */
#ifndef ASSAY_ALLOC_LOCK_H
#define ASSAY_ALLOC_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* 0 free, 1 held, 2 held and perhaps waited for: the three states of the
 * mutex in Drepper, "Futexes are tricky" (2011). */
struct lock {
    uint32_t word;
};

/* The thread that holds everything, or 0. */
extern uintptr_t lock_holder_of_all;

bool lock_held_by_fork(void);
void lock_take_slowly(struct lock *lock);
void lock_wake(struct lock *lock);

/* The caller has taken every lock there is. */
void lock_hold_all(void);
void lock_hold_none(void);

static inline bool lock_is_moot(void)
{
    return __builtin_expect(__atomic_load_n(&lock_holder_of_all,
                                            __ATOMIC_RELAXED) != 0 &&
                                lock_held_by_fork(),
                            0);
}

static inline bool lock_try(struct lock *lock)
{
    uint32_t free_word = 0;
    return lock_is_moot() ||
           __atomic_compare_exchange_n(&lock->word, &free_word, 1, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void lock_take(struct lock *lock)
{
    if (!lock_try(lock))
        lock_take_slowly(lock);
}

static inline void lock_give(struct lock *lock)
{
    if (lock_is_moot())
        return;
    if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
        lock_wake(lock);
}

/* In the child of a fork: whoever held it is gone. */
static inline void lock_reset(struct lock *lock)
{
    __atomic_store_n(&lock->word, 0, __ATOMIC_RELEASE);
}

#endif
