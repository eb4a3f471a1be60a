/* progress.c - one line on a terminal, plain lines elsewhere. */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define ERASE_LINE "\r\033[K"

void progress_start(struct progress *progress, size_t total)
{
    *progress = (struct progress){
        .total = total,
        .things = "cells",
        .start_ns = clock_wall_ns(),
        .terminal = isatty(STDERR_FILENO) != 0,
    };
}

/* "2 min 10 s left", by the mean of the cells run so far; "" at first. */
static void progress_left(const struct progress *progress, char *text,
                          size_t room)
{
    size_t ran = progress->done - progress->resumed;
    size_t left =
        progress->total > progress->done ? progress->total - progress->done : 0;
    double seconds;

    text[0] = '\0';
    if (ran < 5)
        return;
    seconds = (double)(clock_wall_ns() - progress->start_ns) / 1e9 /
              (double)ran * (double)left;
    if (seconds >= 90)
        snprintf(text, room, ", %d min %02d s left", (int)seconds / 60,
                 (int)seconds % 60);
    else
        snprintf(text, room, ", %d s left", (int)seconds);
}

void progress_stage(struct progress *progress, const char *format, ...)
{
    char left[64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(progress->stage, sizeof(progress->stage), format, arguments);
    va_end(arguments);
    if (progress->terminal)
        return;
    progress_left(progress, left, sizeof(left));
    fprintf(stderr, "%s (%zu of %zu %s done%s)\n", progress->stage,
            progress->done, progress->total, progress->things, left);
}

void progress_show(const struct progress *progress, const char *row,
                   const char *subject)
{
    char left[64];

    if (!progress->terminal)
        return;
    progress_left(progress, left, sizeof(left));
    fprintf(stderr, ERASE_LINE "[%zu/%zu] %s: %s under %s%s",
            progress->done + 1, progress->total, progress->stage, row, subject,
            left);
    fflush(stderr);
}

void progress_note(const struct progress *progress, const char *format, ...)
{
    va_list arguments;

    if (progress->terminal)
        fputs(ERASE_LINE, stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void progress_end(const struct progress *progress)
{
    if (progress->terminal)
        fputs(ERASE_LINE, stderr);
}
