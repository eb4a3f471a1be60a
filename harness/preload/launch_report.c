/* launch_report.c - the report, written whole once everything has ended. */
#include "launch.h"

#include <errno.h>
#include <stdio.h>

static const char *const words[] = {
    [LAUNCH_EXITED] = "exited",
    [LAUNCH_SIGNALLED] = "signalled",
    [LAUNCH_NOT_STARTED] = "not-started",
};

static unsigned long long time_ns(const struct timeval *time)
{
    return (unsigned long long)time->tv_sec * 1000000000ULL +
           (unsigned long long)time->tv_usec * 1000ULL;
}

static void report_print(FILE *file, const struct launch_end *end)
{
    const struct rusage *usage = &end->usage;
    fprintf(file, "kind=%s\ncode=%d\npid=%d\n", words[end->kind], end->code,
            (int)end->pid);
    fprintf(file, "wall_ns=%llu\n", (unsigned long long)end->wall_ns);
    fprintf(file, "user_ns=%llu\n", time_ns(&usage->ru_utime));
    fprintf(file, "sys_ns=%llu\n", time_ns(&usage->ru_stime));
    fprintf(file, "maxrss_bytes=%llu\n",
            (unsigned long long)usage->ru_maxrss * 1024); /* Linux: KiB */
    fprintf(file, "minor_faults=%ld\n", usage->ru_minflt);
    fprintf(file, "major_faults=%ld\n", usage->ru_majflt);
    fprintf(file, "voluntary_switches=%ld\n", usage->ru_nvcsw);
    fprintf(file, "involuntary_switches=%ld\n", usage->ru_nivcsw);
    fprintf(file, "adopted=%u\n", end->adopted);
}

int launch_report(const char *path, const struct launch_end *end)
{
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return -errno;
    report_print(file, end);
    return fclose(file) != 0 ? -errno : 0;
}
