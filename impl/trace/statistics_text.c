/* statistics_text.c - a statistic and a traceback as text.
 *
 * Source: _format_size(), Statistic.__str__(), StatisticDiff.__str__() and
 * Traceback.format() of CPython's Lib/tracemalloc.py. */
#include "assay/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_TEXT = 64 };

/* Three digits below 100 of a unit that is not the byte, and up to five. */
static void size_text(double size, bool sign, char text[SIZE_TEXT])
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    for (unsigned i = 0;; i++, size /= 1024) {
        bool last = i == sizeof units / sizeof units[0] - 1;
        bool short_text = fabs(size) < 100 && i > 0;
        if (!short_text && !(fabs(size) < 10 * 1024) && !last)
            continue;
        snprintf(text, SIZE_TEXT, sign ? "%+.*f %s" : "%.*f %s", short_text,
                 size, units[i]);
        return;
    }
}

/* The place is that of the oldest frame, as CPython has it. */
int trace_statistic_text(const struct trace_statistic *statistic, bool compared,
                         char *text, size_t text_bytes)
{
    const struct trace_frame *frame =
        &statistic->frame[statistic->frame_count - 1];
    char size[SIZE_TEXT], average[SIZE_TEXT], diff[SIZE_TEXT + 8] = "";
    char count_diff[SIZE_TEXT] = "", average_text[SIZE_TEXT + 16] = "";
    size_text((double)statistic->bytes, false, size);
    if (compared) {
        char signed_size[SIZE_TEXT];
        size_text((double)statistic->bytes_diff, true, signed_size);
        snprintf(diff, sizeof diff, " (%s)", signed_size);
        snprintf(count_diff, sizeof count_diff, " (%+lld)",
                 (long long)statistic->count_diff);
    }
    if (statistic->count != 0) {
        size_text((double)((long double)statistic->bytes /
                           (long double)statistic->count),
                  false, average);
        snprintf(average_text, sizeof average_text, ", average=%s", average);
    }
    return snprintf(text, text_bytes, "%s:%u: size=%s%s, count=%lld%s%s",
                    frame->file, frame->line, size, diff,
                    (long long)statistic->count, count_diff, average_text);
}

/* ---- tracebacks ---- */

/* The line of a file, to be freed; NULL: there is none. */
static char *source_line(const char *path, unsigned line)
{
    char *text = NULL;
    size_t room = 0;
    FILE *file = line > 0 ? fopen(path, "re") : NULL;
    bool found = file != NULL;
    for (unsigned i = 0; i < line && found; i++)
        found = getline(&text, &room, file) > 0;
    if (file)
        fclose(file);
    if (found)
        return text;
    free(text);
    return NULL;
}

/* Without the space around it, and not at all when that is all. */
static void print_source(const char *text, FILE *file)
{
    static const char space[] = " \t\r\n\f\v";
    text += strspn(text, space);
    size_t end = strlen(text);
    while (end > 0 && strchr(space, text[end - 1]))
        end--;
    if (end > 0)
        fprintf(file, "    %.*s\n", (int)end, text);
}

static void print_frame(const struct trace_frame *frame, FILE *file)
{
    fprintf(file, "  File \"%s\", line %u\n", frame->file, frame->line);
    char *text = source_line(frame->file, frame->line);
    if (text)
        print_source(text, file);
    free(text);
}

/* Of the frames with the most recent first: a limit takes the first ones, or
 * leaves out the first ones (self[-limit:] and self[:limit]). */
void trace_frames_print(const struct trace_frame *frame, size_t count,
                        long limit, bool most_recent_first, FILE *file)
{
    size_t first = 0, end = count;
    size_t bound = limit < 0 ? -(size_t)limit : (size_t)limit;
    if (limit > 0 && bound < count)
        end = bound;
    if (limit < 0)
        first = bound < count ? bound : count;
    for (size_t i = first; i < end; i++)
        print_frame(&frame[most_recent_first ? i : end - 1 - (i - first)],
                    file);
}
