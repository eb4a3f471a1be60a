/* program_actor.c - a program that does, on request, what programs do wrong.
 *
 * It is run under subjects by the tests of launcher, witness and programs. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1024 * 1024 };

static int act_nothing(const char *value)
{
    (void)value;
    return 0;
}

static int act_exit(const char *value)
{
    fputs("a last word\n", stderr);
    return atoi(value);
}

static int act_signal(const char *value)
{
    raise(atoi(value));
    return 0;
}

static int act_hang(const char *value)
{
    sigset_t none;
    (void)value;
    sigemptyset(&none);
    return sigsuspend(&none); /* no handler is set, so it never returns */
}

static int act_print(const char *value)
{
    puts(value);
    fputs("to stderr\n", stderr);
    return 0;
}

/* An answer that depends on the allocator: what a correct program never has. */
static int act_usable(const char *value)
{
    void *block = malloc((size_t)atoi(value));
    printf("the same first line\n%zu\n", malloc_usable_size(block));
    free(block);
    return 0;
}

/* Touches that many MiB. */
static int act_resident(const char *value)
{
    size_t bytes = (size_t)atoi(value) * MIB;
    char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return 1;
    memset(pages, 1, bytes);
    usleep(150 * 1000); /* long enough to be looked at */
    return 0;
}

static int act_environment(const char *value)
{
    const char *setting = getenv(value);
    puts(setting != NULL ? setting : "(unset)");
    return 0;
}

/* Runs itself without the preload, as env -i would. */
static int act_drop_preload(const char *value)
{
    char *argv[] = { "actor", "nothing", "-", NULL };
    pid_t pid = fork();
    if (pid == 0) {
        unsetenv("LD_PRELOAD");
        execv("/proc/self/exe", argv);
        _exit(1);
    }
    (void)value;
    waitpid(pid, NULL, 0);
    return 0;
}

/* A child that keeps the witness but loses the subject. */
static int act_swap_preload(const char *value)
{
    char *argv[] = { "actor", "nothing", "-", NULL };
    pid_t pid = fork();
    if (pid == 0) {
        const char *witness = strchr(getenv("LD_PRELOAD"), ':');
        setenv("LD_PRELOAD", witness != NULL ? witness + 1 : "", 1);
        execv("/proc/self/exe", argv);
        _exit(1);
    }
    (void)value;
    waitpid(pid, NULL, 0);
    return 0;
}

/* A daemon as daemons are made: forked twice, in a session of its own. It
 * uses `value` milliseconds of processor time. */
static int act_daemon(const char *value)
{
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            while (clock() < atoi(value) * (CLOCKS_PER_SEC / 1000))
                ;
            _exit(0);
        }
        _exit(0);
    }
    wait(NULL);
    return 0;
}

/* Closes every descriptor, then starts a child: the child's witness must
 * still speak. */
static int act_close_all(const char *value)
{
    char *argv[] = { "actor", "nothing", "-", NULL };
    (void)value;
    for (int fd = 0; fd < 64; fd++)
        close(fd);
    execv("/proc/self/exe", argv);
    return 1;
}

static int act_on_term(const char *value)
{
    sigset_t set;
    int got;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    puts("waiting");
    fflush(stdout);
    sigwait(&set, &got);
    printf("got %s\n", got == SIGTERM ? "SIGTERM" : "SIGINT");
    return atoi(value);
}

static const struct {
    const char *name;
    int (*act)(const char *value);
} acts[] = {
    { "nothing", act_nothing },
    { "exit", act_exit },
    { "signal", act_signal },
    { "hang", act_hang },
    { "print", act_print },
    { "usable", act_usable },
    { "resident", act_resident },
    { "environment", act_environment },
    { "drop-preload", act_drop_preload },
    { "swap-preload", act_swap_preload },
    { "daemon", act_daemon },
    { "close-all", act_close_all },
    { "on-term", act_on_term },
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof(acts) / sizeof(acts[0]); i++)
        if (strcmp(argv[1], acts[i].name) == 0)
            return acts[i].act(argv[2]);
    return 99;
}
