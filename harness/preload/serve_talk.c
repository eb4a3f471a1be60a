/* serve_talk.c - talks to a server of lines over a unix socket.
 *
 * No protocol is known here: the request `ready`, whose reply is fixed, is
 * sent behind each request, and its reply ends the other's. */
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 5,          /* between two attempts to connect */
    REPLY_MS_MAX = 10000, /* for one reply of a server that runs */
    REPLY_BYTES_MAX = 1 << 20,
};

static const char line_end[] = "\r\n";

static char problem[256];

void serve_problem_set(const char *format, ...)
{
    va_list arguments;
    if (problem[0] != '\0')
        return; /* the first one is the cause */
    va_start(arguments, format);
    vsnprintf(problem, sizeof(problem), format, arguments);
    va_end(arguments);
}

const char *serve_problem(void)
{
    return problem;
}

uint64_t serve_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int talk_connect(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    struct timeval bound = { .tv_sec = REPLY_MS_MAX / 1000 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof(bound));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int talk_send_bytes(int fd, const char *text, size_t left)
{
    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return -1;
        text += sent;
        left -= (size_t)sent;
    }
    return 0;
}

/* Requests and replies are lines; the line end is added here. */
static int talk_send(int fd, const char *request)
{
    if (talk_send_bytes(fd, request, strlen(request)) < 0)
        return -1;
    return talk_send_bytes(fd, line_end, strlen(line_end));
}

/* How many bytes stand before the line `last` that ends the text, or -1. */
static ssize_t talk_before(const char *text, size_t length, const char *last)
{
    size_t end = strlen(line_end), size = strlen(last) + end;
    if (length < size || memcmp(text + length - end, line_end, end) != 0 ||
        memcmp(text + length - size, last, size - end) != 0)
        return -1;
    return (ssize_t)(length - size);
}

/* Reads until the fixed reply stands at the end. Returns how many bytes came
 * before it, or -1. */
static ssize_t talk_receive(int fd, const char *last, char *text, size_t room)
{
    size_t length = 0;
    while (length < room) {
        ssize_t got = recv(fd, text + length, room - length, 0);
        if (got <= 0)
            return -1;
        length += (size_t)got;
        ssize_t before = talk_before(text, length, last);
        if (before >= 0)
            return before;
    }
    errno = EMSGSIZE;
    return -1;
}

static int talk_ping(const struct serve *serve)
{
    char text[256];
    int fd = talk_connect(serve->socket);
    if (fd < 0)
        return -1;
    int result = talk_send(fd, serve->ready);
    if (result == 0 && talk_receive(fd, serve->reply, text, sizeof(text)) < 0)
        result = -1;
    close(fd);
    return result;
}

int serve_await(const struct serve *serve, int (*is_gone)(void))
{
    uint64_t start_ms = serve_now_ms();
    while (serve_now_ms() - start_ms < serve->start_ms) {
        if (is_gone()) {
            serve_problem_set("the server ended before it answered");
            return -1;
        }
        if (talk_ping(serve) == 0)
            return 0;
        poll(NULL, 0, LOOK_MS);
    }
    serve_problem_set("the server did not answer within %u ms",
                      serve->start_ms);
    return -1;
}

static int talk_keep(const struct serve *serve, const char *text, size_t length)
{
    if (serve->transcript == NULL)
        return 0;
    int fd = open(serve->transcript, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                  0644);
    if (fd < 0 || write(fd, text, length) != (ssize_t)length) {
        serve_problem_set("%s: %s", serve->transcript, strerror(errno));
        length = 0;
    }
    if (fd >= 0)
        close(fd);
    return length > 0 ? 0 : -1;
}

static int talk_request(const struct serve *serve, int fd, const char *request)
{
    static char text[REPLY_BYTES_MAX];
    ssize_t length = -1;
    if (talk_send(fd, request) == 0 && talk_send(fd, serve->ready) == 0)
        length = talk_receive(fd, serve->reply, text, sizeof(text));
    if (length <= 0) {
        serve_problem_set("the server did not reply to '%.60s'", request);
        return -1;
    }
    return talk_keep(serve, text, (size_t)length);
}

int serve_requests(const struct serve *serve, const char *const *requests)
{
    if (*requests == NULL)
        return 0;
    int result = 0, fd = talk_connect(serve->socket);
    if (fd < 0) {
        serve_problem_set("%s: %s", serve->socket, strerror(errno));
        return -1;
    }
    for (; *requests != NULL && result == 0; requests++)
        result = talk_request(serve, fd, *requests);
    close(fd);
    return result;
}

void serve_ask_to_stop(const struct serve *serve)
{
    int fd = talk_connect(serve->socket);
    if (fd < 0)
        return;
    if (talk_send(fd, serve->stop) == 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}
