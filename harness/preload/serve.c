/* serve.c - assay-serve: starts a server, drives it by a client, stops it.
 *
 * The server runs under the launcher and the client under hyperfine, which
 * keeps the clock. Whatever happens, the server is stopped: asked first, then
 * by SIGTERM, then by SIGKILL. It is itself run under a supervisor, which
 * ends the whole tree when the watchdog says so. */
#include "serve.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STATUS_DONE = 0,
    STATUS_PROBLEM = 1, /* server or client: the message says which */
    STATUS_USAGE = 125,
    START_MS = 10000,
    STOP_MS = 5000,
    LOOK_MS = 2,
};

/* Between the server's words and the client's. */
static const char client_word[] = "--client";

static pid_t server_pid; /* the launcher's; 0 once it has ended */

static int server_is_gone(void)
{
    if (server_pid > 0 && waitpid(server_pid, NULL, WNOHANG) == server_pid)
        server_pid = 0;
    return server_pid == 0;
}

static pid_t serve_start(char *const *argv)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        execv(argv[0], argv);
    fprintf(stderr, "assay-serve: %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static int server_ends_within(uint32_t bound_ms)
{
    uint64_t start_ms = serve_now_ms();
    while (!server_is_gone()) {
        if (serve_now_ms() - start_ms >= bound_ms)
            return 0;
        poll(NULL, 0, LOOK_MS);
    }
    return 1;
}

/* The launcher passes SIGTERM on; and when it is killed, the server is, by
 * its parent-death signal. */
static void server_stop(const struct serve *serve)
{
    if (server_is_gone())
        return;
    serve_ask_to_stop(serve);
    if (server_ends_within(serve->stop_ms))
        return;
    serve_problem_set("the server did not stop within %u ms", serve->stop_ms);
    kill(server_pid, SIGTERM);
    if (server_ends_within(serve->stop_ms))
        return;
    kill(server_pid, SIGKILL);
    server_ends_within(serve->stop_ms);
}

static int client_run(const struct serve *serve)
{
    int status = 0;
    pid_t client = serve_start(serve->client);
    if (client < 0) {
        serve_problem_set("the client could not be started");
        return -1;
    }
    while (waitpid(client, &status, 0) < 0)
        if (errno != EINTR)
            break;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    serve_problem_set("the client failed");
    return -1;
}

static int serve_run(const struct serve *serve)
{
    server_pid = serve_start(serve->server);
    if (server_pid < 0) {
        server_pid = 0;
        serve_problem_set("the server could not be started");
        return -1;
    }
    int result = serve_await(serve, server_is_gone);
    if (result == 0)
        result = serve_requests(serve, serve->fill);
    if (result == 0)
        result = client_run(serve);
    if (result == 0)
        result = serve_requests(serve, serve->ask);
    if (server_is_gone())
        serve_problem_set("the server ended while it was in use");
    server_stop(serve);
    return serve_problem()[0] == '\0' ? result : -1;
}

/* ---- the command line ---- */

enum serve_option {
    OPTION_SOCKET = 's',
    OPTION_READY = 'p',
    OPTION_REPLY = 'r',
    OPTION_STOP = 'q',
    OPTION_TRANSCRIPT = 't',
    OPTION_FILL = 'f',
    OPTION_ASK = 'a',
    OPTION_START_MS = 'w',
    OPTION_STOP_MS = 'k',
};

static const struct argp_option options[] = {
    { "socket", OPTION_SOCKET, "PATH", 0, "The server's unix socket", 0 },
    { "ready", OPTION_READY, "TEXT", 0, "Request that shows it answers", 0 },
    { "reply", OPTION_REPLY, "TEXT", 0, "The reply to that request", 0 },
    { "stop", OPTION_STOP, "TEXT", 0, "Request that ends it", 0 },
    { "transcript", OPTION_TRANSCRIPT, "FILE", 0,
      "Receives the replies to --fill and --ask", 0 },
    { "fill", OPTION_FILL, "TEXT", 0,
      "Send this before the client runs (repeatable)", 0 },
    { "ask", OPTION_ASK, "TEXT", 0,
      "Send this after the client ran (repeatable)", 0 },
    { "start-ms", OPTION_START_MS, "MS", 0, "Bound of the wait for it", 0 },
    { "stop-ms", OPTION_STOP_MS, "MS", 0, "Bound of the wait for its end", 0 },
    { 0 },
};

static void serve_add(const char **list, const char *text)
{
    while (*list != NULL)
        list++;
    *list = text;
}

static uint32_t serve_parse_ms(const char *text, struct argp_state *state)
{
    char *end;
    unsigned long ms = strtoul(text, &end, 10);
    if (*end != '\0' || end == text || ms == 0 || ms > 600000)
        argp_error(state, "%s: must be milliseconds, from 1 to 600000", text);
    return (uint32_t)ms;
}

/* The rest: the server's command, the word --client, the client's command. */
static void serve_parse_commands(struct serve *serve, struct argp_state *state)
{
    char **words = state->argv + state->next - 1;
    int at = 0;
    while (words[at] != NULL && strcmp(words[at], client_word) != 0)
        at++;
    if (at == 0 || words[at] == NULL || words[at + 1] == NULL)
        argp_error(state, "two commands are needed, with %s between them",
                   client_word);
    words[at] = NULL;
    serve->server = words;
    serve->client = words + at + 1;
    state->next = state->argc;
}

static error_t serve_parse(int key, char *value, struct argp_state *state)
{
    struct serve *serve = state->input;
    switch (key) {
    case OPTION_SOCKET:
        serve->socket = value;
        return 0;
    case OPTION_READY:
        serve->ready = value;
        return 0;
    case OPTION_REPLY:
        serve->reply = value;
        return 0;
    case OPTION_STOP:
        serve->stop = value;
        return 0;
    case OPTION_TRANSCRIPT:
        serve->transcript = value;
        return 0;
    case OPTION_FILL:
        serve_add(serve->fill, value);
        return 0;
    case OPTION_ASK:
        serve_add(serve->ask, value);
        return 0;
    case OPTION_START_MS:
        serve->start_ms = serve_parse_ms(value, state);
        return 0;
    case OPTION_STOP_MS:
        serve->stop_ms = serve_parse_ms(value, state);
        return 0;
    case ARGP_KEY_ARG:
        serve_parse_commands(serve, state);
        return 0;
    case ARGP_KEY_END:
        if (serve->server == NULL || serve->socket == NULL ||
            serve->ready == NULL || serve->reply == NULL || serve->stop == NULL)
            argp_error(state, "--socket, --ready, --reply, --stop and two "
                              "commands are needed");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = serve_parse,
    .args_doc = "SERVER [ARGUMENT...] --client CLIENT [ARGUMENT...]",
    .doc = "Start SERVER, wait until it answers, run CLIENT, stop SERVER.\v"
           "Exits with 0 when all of that went well, and with 1 and a message "
           "otherwise. The server is stopped in either case.",
};

int main(int argc, char **argv)
{
    struct serve serve = { .start_ms = START_MS, .stop_ms = STOP_MS };
    serve.fill = calloc((size_t)argc + 1, sizeof(char *));
    serve.ask = calloc((size_t)argc + 1, sizeof(char *));
    if (serve.fill == NULL || serve.ask == NULL)
        return STATUS_USAGE; /* NOLINT(clang-analyzer-unix.Malloc) */
    argp_err_exit_status = STATUS_USAGE;
    argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &serve);
    if (serve_run(&serve) == 0)
        return STATUS_DONE;
    fprintf(stderr, "assay-serve: %s\n", serve_problem());
    return STATUS_PROBLEM;
}
