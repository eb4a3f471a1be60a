/* results.c - JSON lines on disk. */
#include "results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

static char *results_path(const char *folder)
{
    return text_format("%s/%s", folder, RESULTS_FILE);
}

/* ---- reading ---- */

static int results_check_header(const json_t *header, const char *path,
                                struct failure *ret_error)
{
    const char *format = json_string_value(json_object_get(header, "format"));
    json_int_t version = json_integer_value(json_object_get(header, "version"));

    if (format == NULL || strcmp(format, RESULTS_FORMAT) != 0)
        return failure_set(ret_error, "%s:1: is no results file of Assay",
                           path);
    if (version != RESULTS_VERSION)
        return failure_set(
            ret_error,
            "%s:1: results of version %lld; this Assay reads version "
            "%d\nUse the Assay that made them, or measure again.",
            path, (long long)version, RESULTS_VERSION);
    return 0;
}

/* One complete line. The first is the header. */
static int results_take_line(struct results *results, const char *line,
                             size_t size, size_t number, const char *path,
                             struct failure *ret_error)
{
    json_error_t error;
    json_t *value = json_loadb(line, size, 0, &error);

    if (!json_is_object(value)) {
        json_decref(value);
        return failure_set(
            ret_error,
            "%s:%zu: damaged line (%s)\nOnly the last line may be "
            "cut short. Restore the file, or measure again.",
            path, number, value != NULL ? "no JSON object" : error.text);
    }
    if (number == 1) {
        results->header = value;
        return results_check_header(value, path, ret_error);
    }
    json_array_append_new(results->lines, value);
    return 0;
}

static int results_parse(struct results *results, FILE *file, const char *path,
                         struct failure *ret_error)
{
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t size;
    int result = 0;

    while (result == 0 && (size = getline(&line, &room, file)) > 0) {
        if (line[size - 1] != '\n') {
            results->torn = true;
            break;
        }
        result = results_take_line(results, line, (size_t)size, ++number, path,
                                   ret_error);
        results->intact_bytes += size;
    }
    free(line);
    if (result == 0 && results->header == NULL)
        return failure_set(ret_error, "%s: holds no complete header line",
                           path);
    return result;
}

int results_load(const char *folder, struct results *ret_results,
                 struct failure *ret_error)
{
    struct results results = { .lines = json_array() };
    char *path = results_path(folder);
    FILE *file = fopen(path, "re");
    int result;

    if (file == NULL) {
        result = failure_set(ret_error,
                             "%s: %s\nGive a folder that 'assay bench "
                             "--out' has filled.",
                             path, strerror(errno));
    } else {
        result = results_parse(&results, file, path, ret_error);
        fclose(file);
    }
    free(path);
    if (result != 0)
        results_free(&results);
    else
        *ret_results = results;
    return result;
}

void results_free(struct results *results)
{
    json_decref(results->header);
    json_decref(results->lines);
    *results = (struct results){ 0 };
}

/* ---- writing ---- */

int results_append(struct results_writer *writer, const json_t *line,
                   struct failure *ret_error)
{
    char *text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(12));
    char *whole = text_format("%s\n", text);
    size_t size = strlen(whole);
    off_t before = lseek(writer->fd, 0, SEEK_END);
    ssize_t written = write(writer->fd, whole, size);
    int error = written < 0 ? errno : ENOSPC;

    free(whole);
    free(text);
    if (written == (ssize_t)size)
        return 0;
    if (written > 0 && before >= 0)
        (void)!ftruncate(writer->fd, before);
    return failure_set(
        ret_error,
        "%s: %s\nThe cells written so far are whole. Make room, then "
        "go on with --resume.",
        writer->path, strerror(error));
}

/* mkdir -p */
static int results_make_folder(const char *folder)
{
    char *path = text_copy(folder);
    int result = 0;

    for (char *at = path + 1; result == 0 && *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            if (mkdir(path, 0777) != 0 && errno != EEXIST)
                result = -1;
            *at = '/';
        }
    if (result == 0 && mkdir(path, 0777) != 0 && errno != EEXIST)
        result = -1;
    free(path);
    return result;
}

static int results_refuse(const char *folder, const char *path,
                          struct failure *ret_error)
{
    if (errno == EEXIST)
        return failure_set(
            ret_error,
            "%s holds results already; they are never overwritten\n"
            "Go on with them by --resume, or give another --out.",
            folder);
    return failure_set(ret_error,
                       "cannot write %s: %s\nGive another folder with "
                       "--out.",
                       path, strerror(errno));
}

int results_create(const char *folder, const json_t *header,
                   struct results_writer *ret_writer, struct failure *ret_error)
{
    struct results_writer writer = { .path = results_path(folder) };
    int result;

    if (results_make_folder(folder) != 0) {
        result = results_refuse(folder, folder, ret_error);
        free(writer.path);
        return result;
    }
    writer.fd = open(writer.path,
                     O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (writer.fd < 0) {
        result = results_refuse(folder, writer.path, ret_error);
        free(writer.path);
        return result;
    }
    if (results_append(&writer, header, ret_error) != 0) {
        unlink(writer.path);
        results_close(&writer);
        return -1;
    }
    *ret_writer = writer;
    return 0;
}

/* The name of the first field in which two identities differ, or NULL. */
static const char *results_difference(const json_t *was, const json_t *is)
{
    const json_t *value;
    const char *key;

    json_object_foreach((json_t *)is, key, value)
    {
        if (!json_equal(json_object_get(was, key), value))
            return key;
    }
    return NULL;
}

static int results_compare(const char *folder, const json_t *was,
                           const json_t *is, struct failure *ret_error)
{
    const json_t *old = json_object_get(was, "identity");
    const json_t *fresh = json_object_get(is, "identity");
    const char *key = results_difference(old, fresh);
    char *before, *after;

    if (key == NULL)
        return 0;
    before = json_dumps(json_object_get(old, key), JSON_ENCODE_ANY);
    after = json_dumps(json_object_get(fresh, key), JSON_ENCODE_ANY);
    failure_set(
        ret_error,
        "%s was measured with another '%s':\n  there: %.150s\n  now:   "
        "%.150s\nRepeat the command it was started with, or give another "
        "--out.",
        folder, key, before != NULL ? before : "nothing", after);
    free(before);
    free(after);
    return -1;
}

static int results_reopen(const struct results *results,
                          struct results_writer *writer,
                          struct failure *ret_error)
{
    writer->fd = open(writer->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (writer->fd < 0 ||
        (results->torn && ftruncate(writer->fd, results->intact_bytes) != 0))
        return failure_set(ret_error, "cannot write %s: %s", writer->path,
                           strerror(errno));
    return 0;
}

int results_resume(const char *folder, const json_t *header,
                   struct results_writer *ret_writer,
                   struct results *ret_results, struct failure *ret_error)
{
    struct results_writer writer = { .path = results_path(folder), .fd = -1 };
    struct results results;

    if (results_load(folder, &results, ret_error) != 0) {
        free(writer.path);
        return -1;
    }
    if (results_compare(folder, results.header, header, ret_error) != 0 ||
        results_reopen(&results, &writer, ret_error) != 0) {
        results_free(&results);
        results_close(&writer);
        return -1;
    }
    *ret_results = results;
    *ret_writer = writer;
    return 0;
}

void results_close(struct results_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    free(writer->path);
    *writer = (struct results_writer){ .fd = -1 };
}
