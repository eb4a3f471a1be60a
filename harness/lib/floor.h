/* floor.h - what the cell program says to the floor library.
 *
 * The floor costs nothing: until a thread arms it, it passes every call on to
 * glibc; between arm and disarm that thread's malloc returns one private page
 * range for ever and its free does nothing. The cell finds these functions
 * with dlsym, so that no other subject ever sees them.
 *
 * Threads: each thread arms for itself alone. */
#ifndef ASSAY_FLOOR_H
#define ASSAY_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#define FLOOR_ARM    "assay_floor_arm"
#define FLOOR_DISARM "assay_floor_disarm"
#define FLOOR_MISSED "assay_floor_missed"

/* Largest block the thread will ask for while armed. 0, or -1 where no memory
 * could be mapped. Blocks that the floor handed out may be freed at any time
 * by any thread, without effect. */
typedef int floor_arm_function(size_t bytes_max);
typedef void floor_disarm_function(void);

/* How many requests armed threads made, in all, that the floor could not
 * serve: larger than bytes_max, or aligned to more than a page. glibc served
 * them, so a figure of the floor holds only where this is 0. */
typedef uint64_t floor_missed_function(void);

#endif
