/* snapshot_file.h - the words of a file of traces, and what keeps it whole.
 *
 *     assay-trace 1
 *     limit 25
 *     name a.py                      the names, numbered from 0
 *     name main
 *     traceback 3 0:1:5 0:-:9        frames in all; file:function:line of each
 *     trace 0 1024 0                 domain, bytes, number of the traceback
 *     end 2 1 1 9c1e...              how many of each, and the sum
 *
 * In a name a backslash, and whatever would end the line, is \xx in two
 * hexadecimal digits. The sum is FNV-1a, 64 bits, over all bytes before the
 * last line.
 *
 * Threads, Errors, Owner: as trace.h. */
#ifndef ASSAY_TRACE_SNAPSHOT_FILE_H
#define ASSAY_TRACE_SNAPSHOT_FILE_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_FILE_FIRST "assay-trace 1\n"
#define TRACE_SUM_START  UINT64_C(14695981039346656037)

static inline uint64_t trace_file_sum(uint64_t sum, const char *text,
                                      size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        sum = (sum ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return sum;
}

#endif
