/* info.c - glibc's calls that report: mallinfo, malloc_info, malloc_stats.
 *
 * The figures are those of alloc_stats under glibc's names, as near as they
 * come: `arena` is what lies in arenas, `hblkhd` what has its own mapping. */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "block.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT struct mallinfo2 mallinfo2(void)
{
    struct alloc_stats stats;
    block_stats(&stats);
    struct mallinfo2 info = { 0 };
    info.arena = stats.arena_bytes;
    info.ordblks = stats.pool_count + stats.run_count;
    info.hblks = stats.mapping_count;
    info.hblkhd = stats.mapping_bytes;
    info.uordblks = stats.pool_bytes - stats.pool_free_bytes + stats.run_bytes;
    info.fordblks = info.arena - info.uordblks;
    info.keepcost = stats.dirty_bytes + stats.cached_bytes;
    return info;
}

static int info_clamp(size_t n)
{
    return n > INT_MAX ? INT_MAX : (int)n;
}

/* Its ints cannot hold what a machine of today has: the largest one is
 * better than a wrapped one. */
EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 wide = mallinfo2();
    struct mallinfo info = { 0 };
    info.arena = info_clamp(wide.arena);
    info.ordblks = info_clamp(wide.ordblks);
    info.hblks = info_clamp(wide.hblks);
    info.hblkhd = info_clamp(wide.hblkhd);
    info.uordblks = info_clamp(wide.uordblks);
    info.fordblks = info_clamp(wide.fordblks);
    info.keepcost = info_clamp(wide.keepcost);
    return info;
}

/* Nothing here can be tuned; glibc says 1 to what it takes note of. */
EXPORT int mallopt(int parameter, int value)
{
    (void)parameter;
    (void)value;
    return 1;
}

/* Text is put together by hand: formatted output looks at the locale, and
 * may allocate. */
struct info_text {
    char text[1024];
    size_t length;
};

static void info_add(struct info_text *text, const char *word)
{
    while (*word && text->length < sizeof text->text)
        text->text[text->length++] = *word++;
}

static void info_add_number(struct info_text *text, size_t n)
{
    char digits[21];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    info_add(text, at);
}

static void info_add_figure(struct info_text *text, const char *before,
                            size_t n, const char *after)
{
    info_add(text, before);
    info_add_number(text, n);
    info_add(text, after);
}

/* XML of the outline that glibc's has: the totals, and no heap by heap. */
EXPORT int malloc_info(int options, FILE *stream)
{
    if (options != 0)
        return EINVAL;
    struct mallinfo2 info = mallinfo2();
    struct info_text text = { .length = 0 };
    info_add(&text, "<malloc version=\"1\">\n");
    info_add_figure(&text, "<total type=\"mmap\" count=\"", info.hblks, "\" ");
    info_add_figure(&text, "size=\"", info.hblkhd, "\"/>\n");
    info_add_figure(&text, "<system type=\"current\" size=\"",
                    info.arena + info.hblkhd, "\"/>\n");
    info_add_figure(&text, "<total type=\"used\" size=\"",
                    info.uordblks + info.hblkhd, "\"/>\n");
    info_add(&text, "</malloc>\n");
    return fwrite(text.text, 1, text.length, stream) == text.length ? 0 : -1;
}

/* Speaks only when asked, and to standard error, as glibc's does. */
EXPORT void malloc_stats(void)
{
    struct mallinfo2 info = mallinfo2();
    struct info_text text = { .length = 0 };
    info_add_figure(&text, "system bytes = ", info.arena + info.hblkhd, "\n");
    info_add_figure(&text, "in use bytes = ", info.uordblks + info.hblkhd,
                    "\n");
    info_add_figure(&text, "mapped bytes = ", info.hblkhd, "\n");
    if (write(STDERR_FILENO, text.text, text.length) < 0)
        return;
}
