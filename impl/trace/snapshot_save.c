/* snapshot_save.c - a snapshot as text. */
#include "snapshot.h"
#include "snapshot_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* What is written, and the sum of it. Errors are those of the stream. */
struct writer {
    FILE *file;
    uint64_t sum;
};

static void write_bytes(struct writer *writer, const char *text, size_t bytes)
{
    writer->sum = trace_file_sum(writer->sum, text, bytes);
    fwrite(text, 1, bytes, writer->file);
}

/* At most 127 bytes. */
static __attribute__((format(printf, 2, 3))) void write_words(
    struct writer *writer, const char *format, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_bytes(writer, text, (size_t)bytes);
}

static void write_name(struct writer *writer, const char *name)
{
    write_words(writer, "name ");
    for (; *name; name++) {
        unsigned char byte = (unsigned char)*name;
        if (byte < 0x20 || byte == '\\' || byte == 0x7F)
            write_words(writer, "\\%02x", byte);
        else
            write_bytes(writer, name, 1);
    }
    write_words(writer, "\n");
}

static void write_traceback(struct writer *writer,
                            const struct snapshot_traceback *traceback)
{
    write_words(writer, "traceback %" PRIu32, traceback->frames_in_all);
    for (uint32_t i = 0; i < traceback->frame_count; i++) {
        const struct snapshot_frame *frame = &traceback->frame[i];
        write_words(writer, " %" PRIu32 ":", frame->file);
        if (frame->function == TRACE_NONE)
            write_words(writer, "-:%" PRIu32, frame->line);
        else
            write_words(writer, "%" PRIu32 ":%" PRIu32, frame->function,
                        frame->line);
    }
    write_words(writer, "\n");
}

static int writer_result(struct writer *writer)
{
    errno = 0;
    bool failed = fflush(writer->file) != 0 || ferror(writer->file);
    return failed ? (errno ? -errno : -EIO) : 0;
}

int trace_snapshot_write(const struct trace_snapshot *snapshot, FILE *file)
{
    struct writer writer = { file, TRACE_SUM_START };
    write_words(&writer, TRACE_FILE_FIRST);
    write_words(&writer, "limit %u\n", snapshot->frame_limit);
    for (size_t i = 0; i < snapshot->name_count; i++)
        write_name(&writer, snapshot->name[i]);
    for (size_t i = 0; i < snapshot->traceback_count; i++)
        write_traceback(&writer, &snapshot->traceback[i]);
    for (size_t i = 0; i < snapshot->trace_count; i++) {
        const struct snapshot_trace *trace = &snapshot->trace[i];
        write_words(&writer, "trace %" PRIu32 " %" PRIu64 " %" PRIu32 "\n",
                    trace->domain, trace->bytes, trace->traceback);
    }
    uint64_t sum = writer.sum;
    write_words(&writer, "end %zu %zu %zu %016" PRIx64 "\n",
                snapshot->name_count, snapshot->traceback_count,
                snapshot->trace_count, sum);
    return writer_result(&writer);
}

/* ---- a file ---- */

/* Beside it, with a name of its own. -ENAMETOOLONG */
static int open_beside(const char *path, char *name, size_t name_bytes,
                       FILE **ret_file)
{
    int length =
        snprintf(name, name_bytes, "%s.%ld.part", path, (long)getpid());
    if (length < 0 || (size_t)length >= name_bytes)
        return -ENAMETOOLONG;
    FILE *file = fopen(name, "wxe");
    if (!file)
        return -errno;
    *ret_file = file;
    return 0;
}

/* What was there under this name stays until all is written. */
int trace_snapshot_save(const struct trace_snapshot *snapshot, const char *path)
{
    char name[4096];
    FILE *file = NULL;
    int error = open_beside(path, name, sizeof name, &file);
    if (error)
        return error;
    error = trace_snapshot_write(snapshot, file);
    if (fclose(file) != 0 && !error)
        error = -errno;
    if (!error && rename(name, path) != 0)
        error = -errno;
    if (error)
        unlink(name);
    return error;
}
