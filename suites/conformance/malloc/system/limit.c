/* limit.c - this process may map only so much more. */
#include "limit.h"

#include <errno.h>

#include "process_memory.h"

static int limit_set(int resource, const char *field, size_t more_bytes,
                     struct rlimit *ret_before)
{
    uint64_t now_bytes = process_memory_bytes(field);
    struct rlimit limit;

    if (now_bytes == 0)
        return -ENOENT;
    if (getrlimit(resource, ret_before) != 0)
        return -errno;
    limit = *ret_before;
    limit.rlim_cur = now_bytes + more_bytes;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit) == 0 ? 0 : -errno;
}

/* The address space gets more room, so that it is never at its limit together
 * with the data: mprotect() may then turn reserved pages into data without
 * end, for the kernel refuses that only where more space could be had. */
int limit_memory(struct limit *ret_before, size_t more_bytes)
{
    int result =
        limit_set(RLIMIT_AS, "VmSize", 4 * more_bytes, &ret_before->space);

    if (result != 0)
        return result;
    result = limit_set(RLIMIT_DATA, "VmData", more_bytes, &ret_before->data);
    if (result != 0)
        setrlimit(RLIMIT_AS, &ret_before->space);
    return result;
}

void limit_lift(const struct limit *before)
{
    setrlimit(RLIMIT_AS, &before->space);
    setrlimit(RLIMIT_DATA, &before->data);
}
