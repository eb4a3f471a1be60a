/* witness.c - says, from within a process, which library serves its malloc.
 *
 * Preloaded after the subject, into every process of a program's tree: one
 * line each, `pid ppid provider executable`, separated by tabs, in the file
 * that ASSAY_WITNESS names. The subject is under test and must not be
 * disturbed: nothing is allocated here, errno and descriptors stay. */
#include "bound.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FUNCTIONS = 4, LINE_BYTES = (FUNCTIONS + 2) * PATH_MAX };

static const char *const functions[FUNCTIONS] = { "malloc", "calloc", "realloc",
                                                  "free" };

/* Text that grows in a fixed buffer; what does not fit is left out. */
struct line {
    size_t length;
    char text[LINE_BYTES];
};

static void witness_add(struct line *line, const char *text)
{
    size_t length = strnlen(text, LINE_BYTES - line->length);
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

static void witness_add_number(struct line *line, long number)
{
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = '\0';
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    witness_add(line, digits + at);
}

/* A path must not break the line it stands in. */
static void witness_add_path(struct line *line, const char *path)
{
    size_t start = line->length;
    witness_add(line, path);
    for (size_t i = start; i < line->length; i++)
        if ((unsigned char)line->text[i] < ' ')
            line->text[i] = '?';
}

/* One path where all four agree; else each by name, so that a subject that
 * replaces only a part is seen for what it is. */
static void witness_add_provider(struct line *line, const char *executable)
{
    const char *object[FUNCTIONS];
    int differ = 0;
    for (int i = 0; i < FUNCTIONS; i++) {
        object[i] = bound_object(bound_address(functions[i]));
        if (object[i][0] == '\0')
            object[i] = executable;
        differ |= strcmp(object[i], object[0]) != 0;
    }
    if (!differ) {
        witness_add_path(line, object[0]);
        return;
    }
    for (int i = 0; i < FUNCTIONS; i++) {
        witness_add(line, i > 0 ? "," : "");
        witness_add(line, functions[i]);
        witness_add(line, "=");
        witness_add_path(line, object[i]);
    }
}

/* One write, so that lines of processes that start together do not mix. */
static void witness_append(const char *path, const struct line *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    ssize_t written = write(fd, line->text, line->length);
    (void)written; /* a missing line shows: the program is not-active */
    close(fd);
}

__attribute__((constructor)) static void witness_speak(void)
{
    int errno_kept = errno;
    /* In the executable's memory, not on a stack of unknown size. */
    static struct line line;
    static char executable[PATH_MAX];
    const char *path = getenv("ASSAY_WITNESS");
    if (path == NULL)
        return;
    ssize_t length =
        readlink("/proc/self/exe", executable, sizeof(executable) - 1);
    executable[length > 0 ? length : 0] = '\0';
    witness_add_number(&line, getpid());
    witness_add(&line, "\t");
    witness_add_number(&line, getppid());
    witness_add(&line, "\t");
    witness_add_provider(&line, executable);
    witness_add(&line, "\t");
    witness_add_path(&line, executable);
    witness_add(&line, "\n");
    witness_append(path, &line);
    errno = errno_kept;
}
