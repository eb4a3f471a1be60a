/* tree.h - the processes below this one, as /proc shows them. */
#ifndef ASSAY_TREE_H
#define ASSAY_TREE_H

#include <stddef.h>
#include <sys/types.h>

/* Fills `pids` with the descendants of `root` (itself left out), parents
 * before children. Returns how many there are, at most `room`. */
size_t tree_descendants(pid_t root, pid_t *pids, size_t room);

#endif
