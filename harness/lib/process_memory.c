/* process_memory.c - reads one line of /proc/self/status. */
#include "process_memory.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_TEXT_BYTES = 8192, KIB = 1024 };

static size_t process_memory_read(char *text, size_t room)
{
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t got = 1;

    if (fd < 0)
        return 0;
    while (got > 0 && used < room - 1) {
        got = read(fd, text + used, room - 1 - used);
        if (got > 0)
            used += (size_t)got;
    }
    close(fd);
    return used;
}

static uint64_t process_memory_number(const char *text)
{
    uint64_t number = 0;

    while (*text == ' ' || *text == '\t')
        text++;
    while (*text >= '0' && *text <= '9')
        number = number * 10 + (uint64_t)(*text++ - '0');
    return number;
}

uint64_t process_memory_bytes(const char *field)
{
    char text[STATUS_TEXT_BYTES];
    size_t length = strlen(field);
    const char *line = text;

    text[process_memory_read(text, sizeof(text))] = '\0';
    while (line != NULL) {
        if (*line == '\n')
            line++;
        if (strncmp(line, field, length) == 0 && line[length] == ':')
            return process_memory_number(line + length + 1) * KIB;
        line = strchr(line, '\n');
    }
    return 0;
}
