/* serve.h - a server and the client that drives it, as one command.
 *
 * Threads: one.
 * Errors:  functions return -1 with `serve_problem()` saying why. */
#ifndef ASSAY_PRELOAD_SERVE_H
#define ASSAY_PRELOAD_SERVE_H

#include <stddef.h>
#include <stdint.h>

struct serve {
    char *const *server;    /* the launcher's command line */
    char *const *client;    /* hyperfine's */
    const char *socket;     /* path of the unix socket, relative as a rule */
    const char *ready;      /* request whose reply shows that it answers */
    const char *reply;      /* that reply; also ends every other reply */
    const char *stop;       /* request that ends the server */
    const char *transcript; /* file that receives all replies, or NULL */
    const char **fill;      /* requests before the client, ended by NULL */
    const char **ask;       /* requests after the client, ended by NULL */
    uint32_t start_ms;      /* bound of the wait for the first reply */
    uint32_t stop_ms;       /* bound of the wait for the end */
};

/* ---- conversation: serve_talk.c ---- */

/* Waits until the server answers. Gives up after `start_ms`, or as soon as
 * `is_gone` says that the server has ended. */
int serve_await(const struct serve *serve, int (*is_gone)(void));

/* Sends each request and appends its reply to the transcript. */
int serve_requests(const struct serve *serve, const char *const *requests);

/* Asks the server to end; whether it does is not this function's concern. */
void serve_ask_to_stop(const struct serve *serve);

/* ---- what went wrong, for people ---- */

void serve_problem_set(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
const char *serve_problem(void);

/* Milliseconds of a clock that never jumps. */
uint64_t serve_now_ms(void);

#endif
