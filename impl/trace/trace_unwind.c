/* trace_unwind.c - the C stack as a source of frames.
 *
 * An address is kept as it is; dladdr() tells later where it lies. Without
 * line tables that is the object file, the nearest exported function, and an
 * offset, which addr2line turns into a line. */
#include "tracer.h"

#include <dlfcn.h>

#ifdef HAVE_LIBUNWIND
#define UNW_LOCAL_ONLY
#include <libunwind.h>

/* Deeper ones are cut off: the walk runs for each allocation. */
enum { UNWIND_MAX = 512, UNWIND_OWN_MAX = 8 };

bool trace_can_unwind(void)
{
    return true;
}

/* The tracer's own frames come first, from this object file. Those of the
 * allocator are left out by their hooks' return address, which is the first
 * one that does not lie in the tracer. */
size_t trace_unwind(struct traceback_frame *frames, size_t limit,
                    size_t *ret_in_all)
{
    void *address[UNWIND_MAX];
    int found = unw_backtrace(address, UNWIND_MAX);
    size_t in_all = found > 0 ? (size_t)found : 0;
    size_t count = in_all < limit ? in_all : limit;
    for (size_t i = 0; i < count; i++)
        frames[i] = (struct traceback_frame){ address[i], TRACE_ADDRESS };
    *ret_in_all = in_all;
    return count;
}
#else
bool trace_can_unwind(void)
{
    return false;
}

size_t trace_unwind(struct traceback_frame *frames, size_t limit,
                    size_t *ret_in_all)
{
    (void)frames;
    (void)limit;
    *ret_in_all = 0;
    return 0;
}
#endif

static struct trace_frame trace_address_read(const void *address)
{
    struct trace_frame frame = { trace_unknown_code.file, NULL, 0 };
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname)
        return frame;
    frame.file = info.dli_fname;
    frame.function = info.dli_sname;
    frame.line =
        (unsigned)((const char *)address - (const char *)info.dli_fbase);
    return frame;
}

struct trace_frame trace_frame_read(struct traceback_frame frame)
{
    if (frame.line == TRACE_ADDRESS)
        return trace_address_read(frame.code);
    const struct trace_code *code = frame.code;
    return (struct trace_frame){ code->file, code->function, frame.line };
}
