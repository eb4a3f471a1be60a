/* patience.c - the machine's load, as a factor of limits of time. */
#include "patience.h"

#include <sched.h>
#include <stdio.h>

static int patience_processors(void)
{
    cpu_set_t usable;

    return sched_getaffinity(0, sizeof(usable), &usable) == 0
               ? CPU_COUNT(&usable)
               : 1;
}

/* Threads that want to run: "0.82 0.88 1.76 3/170 20618" has the average of a
 * minute first, and the present number behind the three averages. */
static double patience_wanting(void)
{
    FILE *file = fopen("/proc/loadavg", "re");
    double average = 0;
    unsigned now = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lf %*f %*f %u", &average, &now) != 2)
        average = 0;
    fclose(file);
    return now > average ? now : average;
}

unsigned patience_percent(void)
{
    double percent = patience_wanting() * PATIENCE_OWN / patience_processors();

    if (percent < PATIENCE_OWN)
        return PATIENCE_OWN;
    return percent > PATIENCE_MAX ? PATIENCE_MAX : (unsigned)percent;
}
