/* snapshot_load.c - a snapshot from text, which may be anything.
 *
 * Lines are read as they come. Each is checked by itself and against those
 * before it; the last one says that they are all there and as they were. */
#include "snapshot.h"
#include "snapshot_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they come. */
enum stage {
    STAGE_FIRST,
    STAGE_LIMIT,
    STAGE_NAMES,
    STAGE_TRACEBACKS,
    STAGE_TRACES,
    STAGE_ENDED,
};

struct reader {
    struct trace_snapshot *made;
    enum stage stage;
    uint64_t sum;                 /* of the lines before this one */
    struct snapshot_frame *frame; /* room to gather in */
    size_t frame_room;
};

/* ---- words ---- */

/* A number in digits without a sign or a zero in front, up to `max`; takes it
 * off the text. */
static bool take_number(const char **text, uint64_t max, uint64_t *ret)
{
    const char *at = *text;
    uint64_t number = 0;
    if (*at == '0' && at[1] >= '0' && at[1] <= '9')
        return false;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (digit > max || number > (max - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    if (at == *text)
        return false;
    *text = at;
    *ret = number;
    return true;
}

static bool take_word(const char **text, const char *word)
{
    size_t bytes = strlen(word);
    if (strncmp(*text, word, bytes) != 0)
        return false;
    *text += bytes;
    return true;
}

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool is_escaped(int byte)
{
    return (byte > 0 && byte < 0x20) || byte == '\\' || byte == 0x7F;
}

/* In place. What need not be written as digits must not be, and what must be
 * is: so that a name has one way to be written. */
static bool unescape(char *text)
{
    char *put = text;
    for (; *text; text++, put++) {
        *put = *text;
        if (*text == '\\') {
            int high = digit_value(text[1]);
            int low = high < 0 ? -1 : digit_value(text[2]);
            if (low < 0 || !is_escaped(high * 16 + low))
                return false;
            *put = (char)(high * 16 + low);
            text += 2;
        } else if (is_escaped((unsigned char)*text)) {
            return false;
        }
    }
    *put = '\0';
    return true;
}

/* ---- lines: 0, or a negative errno ---- */

static int read_limit(struct reader *reader, const char *text)
{
    uint64_t limit = 0;
    if (!take_word(&text, "limit ") ||
        !take_number(&text, UINT32_MAX, &limit) || *text)
        return -EBADMSG;
    reader->made->frame_limit = (unsigned)limit;
    return 0;
}

static int read_name(struct reader *reader, char *text)
{
    uint32_t number = 0;
    size_t expected = reader->made->name_count;
    if (!unescape(text))
        return -EBADMSG;
    int error = snapshot_name(reader->made, text, &number);
    if (error)
        return error;
    return number == expected ? 0 : -EBADMSG; /* no name is there twice */
}

static bool take_frame(const struct reader *reader, const char **text,
                       struct snapshot_frame *ret)
{
    uint64_t names = reader->made->name_count;
    uint64_t file = 0, function = TRACE_NONE, line = 0;
    if (names == 0 || !take_word(text, " ") ||
        !take_number(text, names - 1, &file) || !take_word(text, ":"))
        return false;
    if (!take_word(text, "-") && !take_number(text, names - 1, &function))
        return false;
    if (!take_word(text, ":") || !take_number(text, UINT32_MAX, &line))
        return false;
    *ret = (struct snapshot_frame){ (uint32_t)file, (uint32_t)function,
                                    (uint32_t)line };
    return true;
}

static int take_frames(struct reader *reader, const char *text,
                       uint32_t *ret_count)
{
    uint32_t count = 0;
    for (; *text; count++) {
        struct snapshot_frame *frame =
            trace_array_grow(reader->frame, count, &reader->frame_room,
                             sizeof frame[0]);
        if (!frame)
            return -ENOMEM;
        reader->frame = frame;
        if (count == TRACE_FRAMES_MAX ||
            !take_frame(reader, &text, &frame[count]))
            return -EBADMSG;
    }
    *ret_count = count;
    return count > 0 ? 0 : -EBADMSG;
}

static int read_traceback(struct reader *reader, const char *text)
{
    uint64_t in_all = 0;
    uint32_t count = 0, number = 0;
    size_t expected = reader->made->traceback_count;
    if (!take_number(&text, UINT32_MAX, &in_all))
        return -EBADMSG;
    int error = take_frames(reader, text, &count);
    if (!error && in_all < count)
        error = -EBADMSG;
    if (!error)
        error = snapshot_traceback(reader->made, reader->frame, count,
                                   (uint32_t)in_all, &number);
    if (!error && number != expected)
        error = -EBADMSG;
    return error;
}

static int read_trace(struct reader *reader, const char *text)
{
    uint64_t domain = 0, bytes = 0, traceback = 0;
    uint64_t tracebacks = reader->made->traceback_count;
    if (tracebacks == 0 || !take_number(&text, UINT32_MAX, &domain) ||
        !take_word(&text, " ") || !take_number(&text, UINT64_MAX, &bytes) ||
        !take_word(&text, " ") ||
        !take_number(&text, tracebacks - 1, &traceback) || *text)
        return -EBADMSG;
    return snapshot_trace(reader->made,
                          (struct snapshot_trace){ bytes, (uint32_t)domain,
                                                   (uint32_t)traceback });
}

/* What the last line says must be so, to the letter. */
static int read_end(const struct reader *reader, const char *text)
{
    char expected[128];
    snprintf(expected, sizeof expected, "%zu %zu %zu %016llx",
             reader->made->name_count, reader->made->traceback_count,
             reader->made->trace_count, (unsigned long long)reader->sum);
    return strcmp(text, expected) == 0 ? 0 : -EBADMSG;
}

/* ---- files ---- */

/* Kinds of lines come one after the other and never again. */
static bool enter_stage(struct reader *reader, enum stage stage)
{
    if (reader->stage < STAGE_NAMES || reader->stage > stage)
        return false;
    reader->stage = stage;
    return true;
}

static int read_line(struct reader *reader, char *text)
{
    const char *rest = text;
    if (reader->stage == STAGE_LIMIT) {
        reader->stage = STAGE_NAMES;
        return read_limit(reader, text);
    }
    if (take_word(&rest, "name ") && enter_stage(reader, STAGE_NAMES))
        return read_name(reader, text + (rest - text));
    if (take_word(&rest, "traceback ") && enter_stage(reader, STAGE_TRACEBACKS))
        return read_traceback(reader, rest);
    if (take_word(&rest, "trace ") && enter_stage(reader, STAGE_TRACES))
        return read_trace(reader, rest);
    if (take_word(&rest, "end ") && enter_stage(reader, STAGE_ENDED))
        return read_end(reader, rest);
    return -EBADMSG;
}

/* `bytes` with the end of the line, which must be there. */
static int read_bytes(struct reader *reader, char *text, size_t bytes)
{
    if (reader->stage == STAGE_ENDED || strlen(text) != bytes ||
        text[bytes - 1] != '\n')
        return -EBADMSG;
    uint64_t sum = trace_file_sum(reader->sum, text, bytes);
    int error = 0;
    if (reader->stage == STAGE_FIRST) {
        reader->stage = STAGE_LIMIT;
        error = strcmp(text, TRACE_FILE_FIRST) == 0 ? 0 : -EBADMSG;
    } else {
        text[bytes - 1] = '\0';
        error = read_line(reader, text);
    }
    reader->sum = sum;
    return error;
}

static int read_all(struct reader *reader, FILE *file)
{
    char *text = NULL;
    size_t room = 0;
    int error = 0;
    ssize_t bytes = 0;
    errno = 0;
    while (!error && (bytes = getline(&text, &room, file)) > 0)
        error = read_bytes(reader, text, (size_t)bytes);
    if (!error && !feof(file)) /* no more for another reason than the end */
        error = errno ? -errno : -EIO;
    if (!error && reader->stage != STAGE_ENDED)
        error = -EBADMSG;
    free(text);
    return error;
}

int trace_snapshot_read(FILE *file, struct trace_snapshot **ret)
{
    struct reader reader = { .sum = TRACE_SUM_START };
    reader.made = trace_snapshot_create(0);
    if (!reader.made)
        return -ENOMEM;
    int error = read_all(&reader, file);
    memory_system.free(NULL, reader.frame);
    if (error) {
        trace_snapshot_destroy(reader.made);
        return error;
    }
    *ret = reader.made;
    return 0;
}

int trace_snapshot_load(const char *path, struct trace_snapshot **ret)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    int error = trace_snapshot_read(file, ret);
    fclose(file);
    return error;
}
