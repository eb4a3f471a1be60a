/* timeline.c - sums /proc/PID/smaps_rollup over a tree of processes.
 *
 * A look costs 0.6 ms at 64 MiB and 11 ms at 1 GiB and holds the process's
 * map lock meanwhile: no time is published of a process that is looked at. */
#include "timeline.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record.h"
#include "supervisor.h"
#include "tree.h"

enum { TIMELINE_PROCESSES = 256 };

struct memory_timeline *timeline_create(void)
{
    void *pages =
        mmap(NULL, sizeof(struct memory_timeline), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return pages == MAP_FAILED ? NULL : pages;
}

void timeline_destroy(struct memory_timeline *timeline)
{
    if (timeline != NULL)
        munmap(timeline, sizeof(*timeline));
}

/* The value behind a field's name, in bytes; the file counts in KiB. */
static uint64_t timeline_field(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10) * 1024;
}

static void timeline_add(struct memory_sample *sum, pid_t pid)
{
    char path[64], text[2048];
    ssize_t got;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return; /* it ended meanwhile */
    got = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (got <= 0)
        return;
    text[got] = '\0';
    sum->rss_bytes += timeline_field(text, "\nRss:");
    sum->pss_bytes += timeline_field(text, "\nPss:");
    sum->lazyfree_bytes += timeline_field(text, "\nLazyFree:");
}

static bool timeline_is_named(pid_t pid, const char *name)
{
    char path[64], text[32];
    ssize_t got;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    got = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return strcmp(text, name) == 0;
}

/* The first descendant of that name, or 0. */
static pid_t timeline_find(pid_t root, const char *name)
{
    pid_t pids[TIMELINE_PROCESSES];
    size_t count = tree_descendants(root, pids, TIMELINE_PROCESSES);

    for (size_t i = 0; i < count; i++)
        if (timeline_is_named(pids[i], name))
            return pids[i];
    return 0;
}

void timeline_look(struct memory_timeline *timeline, pid_t root,
                   const char *below, const struct record *record,
                   uint32_t time_ms)
{
    struct memory_sample sample = { .time_ms = time_ms };
    pid_t pids[TIMELINE_PROCESSES];
    size_t count;

    if (timeline->count == TIMELINE_SAMPLES) {
        timeline->dropped++;
        return;
    }
    if (record != NULL) {
        sample.phase = atomic_load(&record->phase);
        sample.live_bytes = atomic_load(&record->live_bytes);
    }
    if (below != NULL)
        root = timeline_find(root, below);
    count = root == 0 ? 0 : tree_descendants(root, pids, TIMELINE_PROCESSES);
    for (size_t i = 0; i < count; i++)
        timeline_add(&sample, pids[i]);
    if (sample.rss_bytes != 0)
        timeline->samples[timeline->count++] = sample;
}
