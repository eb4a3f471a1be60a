/* lock.c - the slow side of the lock: waiting, waking, and holding all. */
#include "lock.h"

#include <errno.h>

#include "os.h"

/* How often to look again before sleeping: a holder is gone in well under a
 * microsecond unless it was descheduled, and then spinning is a waste. */
#define LOCK_SPINS 100

uintptr_t lock_holder_of_all;

/* Every thread has an errno of its own, at an address that costs no thread
 * local storage of ours. */
static uintptr_t lock_self(void)
{
    return (uintptr_t)&errno;
}

bool lock_held_by_fork(void)
{
    return __atomic_load_n(&lock_holder_of_all, __ATOMIC_RELAXED) ==
           lock_self();
}

void lock_hold_all(void)
{
    __atomic_store_n(&lock_holder_of_all, lock_self(), __ATOMIC_RELAXED);
}

void lock_hold_none(void)
{
    __atomic_store_n(&lock_holder_of_all, 0, __ATOMIC_RELAXED);
}

static bool lock_spin(struct lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        if (__atomic_load_n(&lock->word, __ATOMIC_RELAXED) == 0 &&
            lock_try(lock))
            return true;
        __builtin_ia32_pause();
    }
    return false;
}

void lock_take_slowly(struct lock *lock)
{
    if (lock_spin(lock))
        return;
    while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
        os_wait(&lock->word, 2);
}

void lock_wake(struct lock *lock)
{
    os_wake(&lock->word);
}
