/* hang.c - looks at a process that hangs, from outside. */
#include "hang.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

enum { FRAMES_MAX = 12 };

/* Both print "#N  0xADDRESS [in] NAME ..." for each frame. The first thread
 * either of them prints need not be the main one: see hang_read(). */
static const char *const tools[] = {
    "timeout 5 eu-stack -1 -p %d 2>/dev/null",
    "timeout 8 gdb -nx -batch -p %d -iex 'set debuginfod enabled off' "
    "-iex 'set auto-load no' -ex 'thread 1' -ex bt 2>/dev/null",
};

static void hang_add(char *text, const char *frame, size_t size)
{
    size_t used = strlen(text);

    snprintf(text + used, HANG_ROOM - used, "%s%.*s", used > 0 ? " < " : "",
             (int)size, frame);
}

/* The name in a line of a stack, or NULL. */
static const char *hang_frame(const char *line, size_t *ret_size)
{
    const char *at = line;

    if (*at++ != '#' || !isdigit((unsigned char)*at))
        return NULL;
    at += strspn(at, "0123456789");
    at += strspn(at, " ");
    if (strncmp(at, "0x", 2) == 0) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
        if (strncmp(at, "in ", 3) == 0)
            at += 3;
    }
    *ret_size = strcspn(at, " \n");
    return *ret_size > 0 ? at : NULL;
}

/* The innermost frames of the last stack that the tool printed; gdb prints
 * one more of its own before it is asked. */
static void hang_read(FILE *pipe, char *text)
{
    char *line = NULL;
    size_t room = 0, size;
    unsigned frames = 0;

    while (getline(&line, &room, pipe) > 0) {
        const char *frame = hang_frame(line, &size);

        if (strncmp(line, "#0 ", 3) == 0)
            frames = 0;
        if (frame == NULL || frames >= FRAMES_MAX)
            continue;
        if (frames++ == 0)
            text[0] = '\0';
        hang_add(text, frame, size);
    }
    free(line);
}

static void hang_file(pid_t process, const char *name, char *text, size_t room)
{
    char path[64];
    int fd;
    ssize_t got = -1;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)process, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        got = read(fd, text, room - 1);
        close(fd);
    }
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
}

/* Without a tool: the state, and what the kernel says it waits in. */
static void hang_from_proc(pid_t process, char *text)
{
    char stat[512], wait[128], call[128];
    const char *state;

    hang_file(process, "stat", stat, sizeof(stat));
    hang_file(process, "wchan", wait, sizeof(wait));
    hang_file(process, "syscall", call, sizeof(call));
    state = strrchr(stat, ')');
    if (state == NULL || strlen(state) < 3)
        return;
    snprintf(text, HANG_ROOM, "state %c, kernel function %s, system call %.*s",
             state[2], *wait != '\0' && strcmp(wait, "0") != 0 ? wait : "none",
             (int)strcspn(call, " "), *call != '\0' ? call : "unknown");
}

void hang_describe(pid_t process, void *context)
{
    char *text = context;

    for (size_t i = 0; i < TEXT_COUNT(tools) && text[0] == '\0'; i++) {
        char command[256];
        FILE *pipe;

        snprintf(command, sizeof(command), tools[i], (int)process);
        pipe = popen(command, "re");
        if (pipe == NULL)
            continue;
        hang_read(pipe, text);
        pclose(pipe);
    }
    if (text[0] == '\0')
        hang_from_proc(process, text);
}
