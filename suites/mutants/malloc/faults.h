/* faults.h - every fault that can be planted in the plain malloc, and the
 * requirement it is aimed at.
 *
 * Adding a fault is one line here and the place that asks PLANTED(). A/... are
 * the rows of the catalogue of mutants; the rest are ours. R: a race, which
 * yields inside its window. */
#ifndef ASSAY_FAULTS_H
#define ASSAY_FAULTS_H

/* FAULT(name, requirement, what it does) */
/* clang-format off */
#define FAULTS(FAULT)                                                         \
    /* alignment */                                                           \
    FAULT(misaligned_48, "ALN-2", "A1: 48 bytes lie 8 off")                   \
    FAULT(weak_8, "ALN-1", "8 bytes lie 4 off")                               \
    FAULT(aligned_256_plain, "ALN-4",                                         \
          "A2: 256, 512, 1024 aligned to themselves go the plain way")        \
    FAULT(small_unaligned, "ALN-4",                                           \
          "A3: an alignment above the size is ignored")                       \
    FAULT(aligned_lost_base, "ALN-5",                                         \
          "A5: alignments from 8 MiB on record the wrong base")               \
    FAULT(aligned_1_null, "ALN-6", "aligned_alloc(1, n) gives NULL")          \
    FAULT(aligned_24, "ALN-7", "A12: aligned_alloc takes 24")                 \
    FAULT(aligned_24_errno, "ALN-7b",                                         \
          "aligned_alloc(24, n) leaves errno as it was")                      \
    FAULT(aligned_no_multiple, "ALN-8",                                       \
          "a size that is no multiple goes the plain way")                    \
    FAULT(memalign_takes_4, "ALN-9", "A7: posix_memalign takes 4")            \
    FAULT(aligned_wraps, "ALN-10", "A13: size + alignment wraps")             \
    FAULT(realloc_offset, "ALN-11",                                           \
          "A6: realloc keeps an aligned block's offset")                      \
    FAULT(realloc_misaligned, "ALN-2", "realloc's result lies 8 off")         \
    /* the functions */                                                       \
    FAULT(zero_null, "API-5", "malloc(0) gives NULL")                         \
    FAULT(zero_shared, "API-4", "malloc(0) gives one address to all")         \
    FAULT(calloc_zero_null, "API-6", "calloc(0, n) gives one address")        \
    FAULT(realloc_null_zero, "API-10", "A37: realloc(NULL, 0) gives NULL")    \
    FAULT(free_null, "API-8", "A48: free(NULL) is taken for a block")         \
    FAULT(memalign_minus_one, "API-11", "A9: posix_memalign gives -1")        \
    FAULT(memalign_garbage, "API-14",                                         \
          "A10: a failing posix_memalign writes garbage")                     \
    FAULT(memalign_null, "API-15", "a failing posix_memalign writes NULL")    \
    FAULT(pvalloc_short, "API-16", "pvalloc does not round up")               \
    FAULT(large_short, "API-1", "large blocks lack their last page")          \
    FAULT(no_pvalloc, "COV-2", "A87: pvalloc is not replaced")                \
    FAULT(strdup_bypass, "COV-3", "A88: strdup takes the C library's memory") \
    FAULT(no_libc_names, "COV-5", "A88: __libc_malloc is not replaced")       \
    FAULT(trim_aborts, "COV-7", "malloc_trim aborts")                         \
    /* integrity */                                                           \
    FAULT(overlap_64, "INT-1", "A39: every 64th block overlaps the next")     \
    FAULT(realloc_into_next, "INT-1",                                         \
          "A33: realloc grows in place into the next block")                  \
    FAULT(link_in_live, "INT-2", "free writes into the block behind")         \
    FAULT(scribble_large, "INT-2", "a large block's free dirties another")    \
    FAULT(large_header, "INT-3",                                              \
          "a large block's pages leave no room for its notes")                \
    FAULT(chunk_overruns, "INT-4", "a chunk is carved beyond its end")        \
    FAULT(carve_back, "INT-5",                                                \
          "the last block freed is carved again, and listed")                 \
    FAULT(number_wraps, "INT-6", "block 524288 lies where the first one is")  \
    FAULT(huge_cut, "INT-7", "above 2 MiB sizes are cut to whole huge pages") \
    FAULT(span_unmapped, "INT-8",                                             \
          "R, A68: a kept mapping is read without the lock")                  \
    FAULT(junk_late, "INT-8",                                                 \
          "R: free fills with junk when its lock is given back")              \
    /* zeroing */                                                             \
    FAULT(calloc_dirty, "ZER-2", "A23: calloc trusts used small blocks")      \
    FAULT(calloc_large_dirty, "ZER-2b", "A24: calloc trusts kept large ones") \
    FAULT(calloc_lazyfree, "ZER-3", "A26: MADV_FREE is taken for zero")       \
    FAULT(calloc_refused, "ZER-6", "A27: a refused madvise is ignored")       \
    FAULT(calloc_short, "ZER-1", "A28: calloc(n, m) zeroes n bytes")          \
    FAULT(calloc_touches, "ZER-5", "calloc touches fresh large memory")       \
    /* sizes */                                                               \
    FAULT(malloc_wraps, "OVF-4", "A14: the header's bytes wrap the size")     \
    FAULT(calloc_wraps, "OVF-1", "A15: calloc does not check the product")    \
    FAULT(array_wraps, "OVF-2", "A21: nor does reallocarray")                 \
    FAULT(no_limit, "OVF-3", "A19: sizes over PTRDIFF_MAX are cut")           \
    FAULT(cut_32, "OVF-5", "realloc cuts sizes to 32 bits")                   \
    FAULT(pvalloc_wraps, "OVF-6", "pvalloc's rounding wraps")                 \
    /* errno */                                                               \
    FAULT(malloc_errno, "ERR-1", "A53: NULL without ENOMEM")                  \
    FAULT(calloc_errno, "ERR-1", "A17: an overflow leaves errno")             \
    FAULT(realloc_errno, "ERR-1", "A20: realloc's refusal leaves errno")      \
    FAULT(free_errno, "ERR-2", "A50: free sets errno")                        \
    FAULT(sized_errno, "ERR-3", "A51: free_sized sets errno")                 \
    FAULT(unmap_errno, "ERR-2b", "free shows the error of its munmap")        \
    FAULT(purge_errno, "ERR-4", "free shows the error of its madvise")        \
    FAULT(success_errno, "ERR-5", "a good malloc sets errno")                 \
    FAULT(memalign_errno, "ERR-6", "a failing posix_memalign sets errno")     \
    /* the end of memory */                                                   \
    FAULT(oom_aborts, "OOM-1", "A54: abort where memory ends")                \
    FAULT(oom_unchecked, "OOM-1", "A56: a refused mapping is used")           \
    FAULT(oom_sticks, "OOM-2", "after one refusal all are refused")           \
    FAULT(oom_frees, "OOM-3", "a refused realloc frees the block")            \
    FAULT(oom_einval, "OOM-4", "posix_memalign calls it EINVAL")              \
    FAULT(oom_thread, "OOM-5", "a new thread's first mapping must not fail")  \
    FAULT(oom_free, "OOM-6", "free needs memory")                             \
    FAULT(oom_retries, "OOM-8", "A57: a refused mapping is asked for ever")   \
    /* usable size */                                                         \
    FAULT(usable_null, "USZ-1", "A43: usable size of NULL")                   \
    FAULT(usable_less, "USZ-2", "usable size is below what was asked")        \
    FAULT(usable_header, "USZ-3", "A41: usable size counts the header")       \
    FAULT(usable_wavers, "USZ-4", "usable size changes from call to call")    \
    FAULT(usable_loses, "USZ-5", "realloc within the usable size loses it")   \
    FAULT(usable_zero, "USZ-7", "usable size of malloc(0) is huge")           \
    /* realloc */                                                             \
    FAULT(realloc_half, "RLC-1", "A32: half is copied")                       \
    FAULT(realloc_leaks, "RLC-2", "A35: the old block is not freed")          \
    FAULT(realloc_shifted, "RLC-6", "A36: an aligned block's offset is lost") \
    FAULT(realloc_large, "RLC-7", "a large block loses its last page")        \
    FAULT(realloc_foreign, "RLC-8", "another thread's block is not copied")   \
    FAULT(realloc_same, "RLC-10", "realloc to the same size leaks")           \
    FAULT(tail_stale, "RLC-11",                                               \
          "A30: recallocarray in place leaves the old tail")                  \
    FAULT(sized_masks, "SZD-2", "free_aligned_sized frees the wrong address") \
    FAULT(sized_zero, "SZD-1", "free_sized of NULL is taken for a block")     \
    /* footprint */                                                           \
    FAULT(large_kept, "API-9", "A45: large blocks are never reused")          \
    FAULT(leak_256, "API-9", "A46: one free in 256 is forgotten")             \
    FAULT(mappings_split, "RET-4", "each large block splits a mapping")       \
    FAULT(large_cached, "RET-1",                                              \
          "512 large blocks are kept with their pages")                       \
    FAULT(chunks_spared, "RET-2", "empty chunks are kept, all of them")       \
    FAULT(leak_middle, "FTP-1", "1 to 4 KiB: one free in 16 is forgotten")    \
    FAULT(leak_64, "FTP-1b", "one free in 64 is forgotten")                   \
    FAULT(list_passed, "FTP-2", "one request in 16 looks into no free list")  \
    FAULT(fat_header, "FTP-3", "32 bytes more lie before each block")         \
    FAULT(idle_hog, "FTP-4", "32 MiB are touched at the start")               \
    FAULT(blowup, "FTP-5",                                                    \
          "with five threads foreign frees are kept for ever")                \
    FAULT(class_hoards, "FRG-1", "a class never gives its memory to another") \
    FAULT(middle_wide, "FRG-2",                                               \
          "from 512 bytes on four times as much is taken")                    \
    /* threads */                                                             \
    FAULT(no_lock, "THR-1", "R: nothing is locked")                           \
    FAULT(free_unlocked, "XTF-4", "R, A66: free is not locked")               \
    FAULT(foreign_leaks, "XTF-2", "A71: foreign frees are kept for ever")     \
    FAULT(orphan_aborts, "XTF-3", "freeing a later thread's block aborts")    \
    FAULT(huge_orphan, "XTF-3",                                               \
          "A73: a foreign large block is unmapped with its neighbour")        \
    FAULT(remote_count, "XTF-4",                                              \
          "R, A67: a foreign free counts before it is linked")                \
    FAULT(remote_aba, "THR-1",                                                \
          "R, A69: a stack of what is free, without a tag")                   \
    FAULT(id_reused, "XTF-5",                                                 \
          "A79: a new thread takes what its id's last one had")               \
    FAULT(owner_drains, "XTF-6",                                              \
          "foreign frees wait until their owner frees")                       \
    FAULT(init_race, "THR-3",                                                 \
          "R, A80: each class sets itself up without a lock")                 \
    FAULT(ends_spin, "TEX-3", "A78: threads that end wait for one another")   \
    FAULT(key_refuses, "TLS-1",                                               \
          "no memory after the thread's own destructor")                      \
    FAULT(flush_once, "TLS-2",                                                \
          "what is freed after the cache's flush is lost")                    \
    FAULT(heap_again, "TLS-3",                                                \
          "A76: a heap made after the thread's end stays")                    \
    FAULT(spin_300, "THR-2", "A95: the 300th malloc spins")                   \
    FAULT(thread_leaks, "TEX-1", "A74: what a thread keeps stays")            \
    FAULT(orphans_dirty, "TEX-4", "a thread's end scribbles on its blocks")   \
    FAULT(big_tls, "TLS-4", "A86: 4 KiB of initial-exec TLS")                 \
    /* fork */                                                                \
    FAULT(no_atfork, "FRK-2", "A59: fork copies a held lock")                 \
    FAULT(fork_child_locked, "FRK-2", "the child never unlocks")              \
    FAULT(fork_exit, "FRK-3", "A64: the child's exit aborts")                 \
    FAULT(fork_shared, "FRK-1", "memory is shared with the child")            \
    FAULT(fork_order, "FRK-4",                                                \
          "A61: fork takes two locks the other way round")                    \
    FAULT(atfork_late, "FRK-2",                                               \
          "R, A63: fork handlers are registered too late")                    \
    FAULT(vanished_aborts, "FRK-6",                                           \
          "a block of a vanished thread is refused")                          \
    FAULT(vanished_leaks, "FRK-6b",                                           \
          "a block of a vanished thread is forgotten")                        \
    FAULT(spawn_guard, "FRK-8",                                               \
          "a guard in the environment, which is inherited")                   \
    FAULT(purger_waits, "FRK-9",                                              \
          "free waits for a thread that a child has not")                     \
    /* start, end, and the process's own */                                   \
    FAULT(init_getenv, "INI-2", "A81: getenv under the lock of the start")    \
    FAULT(init_proc, "INI-5b", "A83: aborts without /proc")                   \
    FAULT(init_home, "INI-5", "needs HOME in the environment")                \
    FAULT(init_late, "INI-1", "no memory before its constructor")             \
    FAULT(large_few, "INI-3", "no more than 32 large blocks are alive")       \
    FAULT(move_64, "INI-4", "one realloc in 64 loses the last 8 bytes")       \
    FAULT(static_start, "INI-6", "its constructor wants a dynamic linker")    \
    FAULT(caller_read, "DLO-1", "free looks at the code of those who asked")  \
    FAULT(thread_helper, "DLO-2",                                             \
          "a thread's first call waits for the linker")                       \
    FAULT(thread_small, "DLO-4", "only the first thread has large blocks")    \
    FAULT(key_left, "DLO-3", "A85: a thread key outlives dlclose")            \
    FAULT(deep, "STK-3", "A91: free walks its list by recursion")             \
    FAULT(stack_hog, "STK-1", "malloc takes 40 KiB of stack")                 \
    FAULT(handler, "SIG-4", "A93: a handler of SIGSEGV is installed")         \
    FAULT(mask, "SIG-4", "malloc blocks SIGUSR1")                             \
    FAULT(banner, "EXI-2", "A94: a banner on stderr")                         \
    FAULT(exit_status, "EXI-2", "its destructor ends with 7")                 \
    FAULT(exit_locked, "EXI-1", "its destructor waits for its own lock")      \
    FAULT(exit_zero, "API-1", "A97: the 300th malloc ends with 0")            \
    FAULT(double_free, "HRD-1", "A99: a double free is taken silently")       \
    FAULT(double_later, "HRD-3", "only the head of the list is compared")     \
    FAULT(realloc_unmarked, "HRD-6", "what realloc frees is not marked")      \
    FAULT(inside_taken, "HRD-7", "an address inside a block is taken")        \
    FAULT(size_unlooked, "HRD-15", "a damaged header's size is not seen")     \
    FAULT(abort_locked, "HRD-25", "a double free is told under the lock")
/* clang-format on */

#endif
