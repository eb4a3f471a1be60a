/* resident.c - what is resident now, and after a while. */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "process_memory.h"
#include "tools/resident.h"

/* "Rss:" of smaps_rollup counts the pages; VmRSS is put together from counters
 * of each processor and may be off by half a MiB. */
double resident_bytes(void)
{
    int file = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    char text[512] = "";
    const char *line;
    double kib = 0;

    if (file >= 0) {
        (void)!read(file, text, sizeof(text) - 1);
        close(file);
    }
    line = strstr(text, "Rss:");
    if (line == NULL)
        return (double)process_memory_bytes("VmRSS");
    for (line += strcspn(line, "0123456789"); *line >= '0' && *line <= '9';
         line++)
        kib = 10 * kib + (*line - '0');
    return 1024 * kib;
}

/* Looks ten times a second, with a little work in between: many allocators
 * read the clock only when they are called. */
double resident_after(double below_bytes, double seconds)
{
    const struct timespec rest = { 0, 100000000 };
    double now = resident_bytes();

    for (double waited = 0; waited < seconds && now > below_bytes;
         waited += 0.1) {
        nanosleep(&rest, NULL);
        for (size_t size = 16; size <= 100000; size *= 4)
            subject->free(subject->malloc(size));
        now = resident_bytes();
    }
    return now;
}
