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
enum { UNWIND_MAX = 512 };

bool trace_can_unwind(void)
{
    return true;
}

/* The tracer's own frames come first: their stack ends where the request
 * lies, or deeper. */
static bool unwind_leave_own(unw_cursor_t *cursor)
{
    unw_word_t deepest = 0;
    do {
        if (unw_get_reg(cursor, UNW_REG_SP, &deepest) != 0)
            return false;
        if (deepest > (uintptr_t)tracer_requests)
            return true;
    } while (unw_step(cursor) > 0);
    return false;
}

size_t trace_unwind(struct traceback_frame *frames, size_t limit,
                    size_t *ret_in_all)
{
    unw_context_t context;
    unw_cursor_t cursor;
    size_t count = 0, in_all = 0;
    bool more = unw_getcontext(&context) == 0 &&
                unw_init_local(&cursor, &context) == 0 &&
                unwind_leave_own(&cursor);
    for (unw_word_t address;
         more && in_all<UNWIND_MAX; more = unw_step(&cursor)> 0) {
        if (unw_get_reg(&cursor, UNW_REG_IP, &address) != 0 || address == 0)
            break;
        if (count < limit)
            frames[count++] =
                (struct traceback_frame){ (const void *)(uintptr_t)address,
                                          TRACE_ADDRESS };
        in_all++;
    }
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
