/* share.h - pages that a check and its children both see. */
#ifndef ASSAY_SHARE_H
#define ASSAY_SHARE_H

#include <stddef.h>
#include <sys/mman.h>

/* Zeroed pages that stay shared over fork, never unmapped; NULL when there
 * are none. Children leave their figures and words here. */
static inline void *check_share(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

#endif
