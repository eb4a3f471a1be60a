/* faults.h - every fault that can be planted in the plain collector, and the
 * requirement it is aimed at.
 *
 * Adding a fault is one line here, and the place in one of the files beside
 * it that asks PLANTED(). G... are rows of the catalogue of
 * mutants; the rest are ours. */
#ifndef ASSAY_PLAIN_GC_FAULTS_H
#define ASSAY_PLAIN_GC_FAULTS_H

/* FAULT(name, requirement, what it does) */
/* clang-format off */
#define FAULTS(FAULT)                                                         \
    /* of the catalogue */                                                    \
    FAULT(last_slot_unmarked, "GC-1", "G1: the last slot is not marked")      \
    FAULT(payload_unmarked, "GC-1", "G1: payloads are not traversed")         \
    FAULT(one_level, "GC-5", "G2: what the live reach is not brought back")   \
    FAULT(self_loop_kept, "GC-4",                                             \
          "G4: an object that refers to itself is kept")                      \
    FAULT(long_cycles_kept, "GC-4",                                           \
          "G6: cycles of three and more are missed")                          \
    FAULT(held_unmarked, "GC-7",                                              \
          "G8: references of the caller are no roots")                        \
    FAULT(top_root_unmarked, "GC-1", "G9: the newest root is not looked at")  \
    FAULT(suspects_kept, "GC-47",                                             \
          "G10: who lost a reference and lived is never garbage")             \
    FAULT(suspect_stays, "GC-47",                                             \
          "G11: an object that ended stays a suspect")                        \
    FAULT(threshold_doubles, "GC-26",                                         \
          "G14: the threshold doubles where there are finalizers")            \
    FAULT(finalizer_twice, "GC-9",                                            \
          "G16: finalized again after a resurrection")                        \
    FAULT(resurrected_ends, "GC-11",                                          \
          "G17: a resurrected object ends all the same")                      \
    FAULT(one_saves_all, "GC-12",                                             \
          "G18: one that comes back saves its batch for ever")                \
    FAULT(finalizer_late, "GC-10",                                            \
          "G20: finalized after its slots were cleared")                      \
    FAULT(finalizer_not_plain, "GC-9",                                        \
          "G22: not finalized by its last reference")                         \
    FAULT(end_unfinalized, "GC-39", "G23: destroy() finalizes nobody")        \
    FAULT(end_finalizes_again, "GC-39", "G23: destroy() finalizes again")     \
    FAULT(weak_dangles, "GC-15b", "G25: weak references are not cleared")     \
    FAULT(weak_late, "GC-17",                                                 \
          "G26: weak references are cleared one by one, between callbacks")   \
    FAULT(weak_in_finalizer, "GC-15c",                                        \
          "G29: a weak reference made by a finalizer is not cleared")         \
    FAULT(pending_unkept, "GC-17b",                                           \
          "G31: who waits to be called back is not kept")                     \
    FAULT(weak_of_live, "GC-15",                                              \
          "G30: a collection clears weak references of the living")           \
    FAULT(nested, "GC-14",                                                    \
          "G32: collections nest, and the outer one goes on with its list")   \
    FAULT(no_barrier, "GC-19", "G34: store() has no barrier")                 \
    FAULT(no_barrier_payload, "GC-19", "G35: store_at() has none")            \
    FAULT(no_barrier_replacing, "GC-19",                                      \
          "G35: none where something is replaced")                            \
    FAULT(no_barrier_far, "GC-19", "G35: none beyond slot 100")               \
    FAULT(remembered_stays, "GC-20",                                          \
          "G37: what was remembered once is not again")                       \
    FAULT(children_stay_young, "GC-19",                                       \
          "G39: a promoted object's children stay young")                     \
    FAULT(old_is_young, "GC-21",                                              \
          "G40: a collection of the young looks at all")                      \
    FAULT(finalizable_unremembered, "GC-24",                                  \
          "G42: objects with finalizers are not remembered")                  \
    FAULT(never_promotes, "GC-21", "G43: nobody grows old")                   \
    FAULT(old_never, "GC-26",                                                 \
          "G44: the old are never collected by themselves")                   \
    FAULT(recursive_end, "GC-29", "G46: the end of an object recurses")       \
    FAULT(recursive_mark, "GC-29", "G47: marking recurses")                   \
    FAULT(recursive_for_long, "GC-29",                                        \
          "G48: ends recurse as far as a large stack has room")               \
    FAULT(worklist_unchecked, "GC-30", "G49: a refused worklist is used")     \
    FAULT(counted_before_made, "GC-31",                                       \
          "G51: an object that could not be made counts")                     \
    FAULT(clear_ends_twice, "GC-46",                                          \
          "G54: clearing ends what the collection will")                      \
    FAULT(ephemeron_strong, "GC-18",                                          \
          "G55: an ephemeron's value is a plain reference")                   \
    FAULT(ephemerons_once, "GC-18",                                           \
          "G56: chains of ephemerons are followed once")                      \
    FAULT(count_16_bits, "GC-1b", "G58: counts wrap at 16 bits")              \
    FAULT(large_untracked, "GC-43c", "G60: large objects are not tracked")    \
    FAULT(sizes_wrap, "GC-43b", "G61: the size of an object wraps")           \
    /* ours */                                                                \
    FAULT(push_lies, "GC-31c", "a push() without memory says true")           \
    FAULT(type_unchecked, "GC-31c", "a type without memory is written to")    \
    FAULT(callback_of_dead, "GC-16",                                          \
          "a weak reference that died too calls back")                        \
    FAULT(callback_makes_nothing, "GC-17",                                    \
          "within callbacks no object can be made")                           \
    FAULT(callback_missing, "GC-16", "no callback is called")                 \
    FAULT(callback_twice, "GC-16", "callbacks are called twice")              \
    FAULT(ephemeron_value_stays, "GC-18",                                     \
          "an ephemeron without its key keeps the value")                     \
    FAULT(ephemeron_value_counted, "GC-18c",                                  \
          "the value of an ephemeron without its key is still counted")       \
    FAULT(ephemerons_bounded, "GC-18d",                                       \
          "a chain of ephemerons is followed 500 times")                      \
    FAULT(every_second, "GC-2b",                                              \
          "every second collection of all ends nobody")                       \
    FAULT(asked_within, "GC-2b",                                              \
          "a collection that a finalizer asks for spares the outer one's")    \
    FAULT(finalized_lingers, "GC-2",                                          \
          "what was finalized lingers for five collections")                  \
    FAULT(memory_kept, "GC-26b",                                              \
          "of what ends one in sixteen is not given back")                    \
    FAULT(ended_untold, "GC-3", "nobody is told of an end")                   \
    FAULT(ended_spoilt, "GC-2",                                               \
          "the payload is spoilt when its end is told")                       \
    FAULT(ended_twice, "GC-46", "an end is told twice")                       \
    FAULT(live_bytes_grow, "GC-41", "bytes of the dead still count")          \
    FAULT(minor_is_full, "GC-22b", "a collection of the young collects all")  \
    FAULT(minor_does_nothing, "GC-22",                                        \
          "a collection of the young does nothing")                           \
    FAULT(end_unheard, "GC-41b", "the listener does not hear the end")        \
    FAULT(listens_on, "GC-41b", "a listener that was taken away is called")   \
    FAULT(collections_uncounted, "GC-41", "collections are not counted")      \
    FAULT(generations_mixed, "GC-41", "objects of a generation count twice")  \
    FAULT(always_automatic, "GC-27",                                          \
          "it collects by itself when that is off")                           \
    FAULT(limit_unheeded, "GC-31d", "the limit is not heeded")                \
    FAULT(limit_at_once, "GC-31d", "at the limit nothing is collected")       \
    FAULT(slots_dirty, "GC-43",                                               \
          "the last slot of a new object is not empty")                       \
    FAULT(payload_dirty, "GC-34", "a payload of references is not zeroed")    \
    FAULT(payload_short, "GC-43", "payloads above 64 bytes are 32 short")     \
    FAULT(release_first, "GC-3",                                              \
          "the old value is released before the new is kept")                 \
    FAULT(store_leaks, "GC-3", "what a store replaces is not released")       \
    FAULT(duplicates_once, "GC-8",                                            \
          "a second reference from the same object is not counted")           \
    FAULT(pop_leaks, "GC-3", "pop() does not release")                        \
    FAULT(count_wrong_when_old, "GC-6",                                       \
          "the count of what is old is one too high")                         \
    FAULT(pin_once, "GC-45", "the second pin() does not count")               \
    FAULT(weak_is_strong, "GC-15b", "a weak reference keeps its referent")    \
    FAULT(weak_dead_when_old, "GC-15", "an old weak reference gives NULL")    \
    FAULT(end_tells, "GC-39", "destroy() tells the ends")                     \
    FAULT(end_leaks, "GC-39", "destroy() leaves the root stack")              \
    FAULT(frozen_collected, "GC-27b", "what is frozen is collected")          \
    FAULT(frozen_for_good, "GC-27b", "unfreeze() does nothing")               \
    FAULT(threshold_cut, "GC-27c", "thresholds are cut to 8 bits")            \
    FAULT(fork_stops, "GC-38", "the child of a fork() collects nothing")      \
    /* of the one that moves */                                               \
    FAULT(moving_root_stale, "GC-25",                                         \
          "the newest root still leads to where it was")                      \
    FAULT(moving_slot_stale, "GC-25",                                         \
          "so does an object's last slot, if another referred to it before")  \
    FAULT(moving_weak_stale, "GC-25", "so does a weak reference")             \
    FAULT(moving_tail_lost, "GC-25", "the end of a payload is not copied")    \
    /* of the one with threads; R: a race */                                  \
    FAULT(threads_count_unlocked, "GC-36",                                    \
          "G52, R: counting is not one atomic operation")                     \
    FAULT(threads_others_unmarked, "GC-37",                                   \
          "roots of other threads are not looked at")                         \
    FAULT(threads_roots_stay, "GC-37",                                        \
          "detach() leaves the roots of its thread")
/* clang-format on */

#endif
