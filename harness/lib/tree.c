/* tree.c - the descendants of a process.
 *
 * /proc/PID/task/TID/children exists only where the kernel was built with it;
 * the parent's id in /proc/PID/stat exists everywhere, so that is read. */
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TREE_PROCESSES = 4096 };

struct tree_process {
    pid_t pid;
    pid_t parent;
};

/* The parent's id stands behind the name, which may itself hold ')'. */
static pid_t tree_parent(const char *pid_text)
{
    char path[64], text[512];
    const char *after;
    ssize_t got;
    int fd;

    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid_text);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    got = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (got <= 0)
        return -1;
    text[got] = '\0';
    after = strrchr(text, ')');
    return after == NULL || strlen(after) < 5 ? -1 : (pid_t)atoi(after + 4);
}

static size_t tree_scan(struct tree_process *processes)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    size_t count = 0;

    if (proc == NULL)
        return 0;
    while (count < TREE_PROCESSES && (entry = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        pid_t parent = pid > 0 ? tree_parent(entry->d_name) : -1;

        if (parent > 0)
            processes[count++] = (struct tree_process){ pid, parent };
    }
    closedir(proc);
    return count;
}

size_t tree_descendants(pid_t root, pid_t *pids, size_t room)
{
    struct tree_process *all = malloc(TREE_PROCESSES * sizeof(*all));
    size_t total = all == NULL ? 0 : tree_scan(all);
    size_t found = 0;
    pid_t parent = root;

    /* Breadth first: pids[] is its own queue. */
    for (size_t next = 0;; parent = pids[next++]) {
        for (size_t i = 0; i < total && found < room; i++)
            if (all[i].parent == parent)
                pids[found++] = all[i].pid;
        if (next >= found)
            break;
    }
    free(all);
    return found;
}
