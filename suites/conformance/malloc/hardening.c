/* hardening.c - freeing what is not to be freed. (HRD)
 *
 * Undefined in every standard: nothing here can fail. The outcome says what a
 * program with that mistake would meet. */
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tools/blocks.h"
#include "hardening.h"
#include "pattern.h"

static const char *hardening_word(const struct child_end *end, const char *text)
{
    if (end->timed_out)
        return "HANG";
    if (end->signal == SIGSEGV || end->signal == SIGBUS)
        return *text != '\0' ? "DETECTED-abort" : "CRASH";
    if (end->signal != 0 ||
        (end->status != 0 && end->status != HARDENING_REUSE))
        return "DETECTED-abort";
    if (*text != '\0')
        return "DETECTED-msg";
    return end->status == HARDENING_REUSE ? "SILENT-reuse" : "NEUTRAL";
}

enum verdict hardening_try(struct check_run *run, int (*deed)(void *argument),
                           void *argument)
{
    struct child_end end;
    const char *word;
    char text[200];

    if (check_child_capture(deed, argument, 5000, &end, text, sizeof(text)))
        return error(run, "no child process");
    text[strcspn(text, "\n")] = '\0';
    word = check_end_word(&end);
    return outcome(run, hardening_word(&end, text), "%s%s%s",
                   word != NULL ? word : "no signal",
                   *text != '\0' ? ", it says: " : "", text);
}

/* Addresses are compared before anything is written: a block that is both
 * given out and in a list would else be seen as a crash alone. */
int hardening_aftermath(size_t size)
{
    enum { LATER = 200 };
    unsigned char *blocks[LATER];

    for (size_t i = 0; i < LATER; i++) {
        blocks[i] = subject->malloc(size);
        for (size_t j = 0; j < i; j++)
            if (blocks[i] != NULL && blocks[i] == blocks[j])
                return HARDENING_REUSE;
    }
    for (size_t i = 0; i < LATER; i++)
        if (blocks[i] != NULL)
            pattern_fill(blocks[i], i, 0, size);
    for (size_t i = 0; i < LATER; i++)
        if (blocks[i] != NULL && pattern_mismatch(blocks[i], i, 0, size) < size)
            return HARDENING_REUSE;
    for (size_t i = 0; i < LATER; i++)
        subject->free(blocks[i]);
    return 0;
}

/* Frees a block of *size bytes twice, with *between other frees before the
 * second. */
struct hardening_twice {
    size_t size;
    unsigned between;
};

static int hardening_free_twice(void *argument)
{
    const struct hardening_twice *twice = argument;
    void *others[1000];
    void *block = subject->malloc(twice->size);

    for (unsigned i = 0; i < twice->between; i++)
        others[i] = subject->malloc(twice->size);
    subject->free(block);
    for (unsigned i = 0; i < twice->between; i++)
        subject->free(others[i]);
    subject->free(block);
    return hardening_aftermath(twice->size);
}

#define TWICE(bytes, others) \
    (&(struct hardening_twice){ .size = (bytes), .between = (others) })

CHECK(HRD_1, QUALITY, "a small block freed twice at once",
      "undefined; glibc's tst-tcfree1, jemalloc's double_free test",
      .why = "The mistake seen most. jemalloc 5.3.0 and gperftools 2.10 hand "
             "the block out twice.")
{
    return hardening_try(run, hardening_free_twice, TWICE(48, 0));
}

CHECK(HRD_2, QUALITY, "a large block freed twice at once",
      "undefined; hardened_malloc's double_free_large",
      .why = "The second free meets a mapping that is gone, or a cached one.")
{
    return hardening_try(run, hardening_free_twice, TWICE(MIB, 0));
}

CHECK(HRD_3, QUALITY, "a block freed twice with one other free between",
      "undefined; glibc's tst-tcfree2",
      .why = "Looking at the head of the free list alone misses this one.")
{
    return hardening_try(run, hardening_free_twice, TWICE(48, 1));
}

CHECK(HRD_4, QUALITY, "a block freed twice with 1000 frees between",
      "undefined; hardened_malloc's quarantine",
      .why = "By then the block has left every cache of the thread.")
{
    return hardening_try(run, hardening_free_twice, TWICE(48, 1000));
}

static void *hardening_free_thread(void *block)
{
    subject->free(block);
    return NULL;
}

static int hardening_free_twice_threads(void *unused)
{
    void *block = subject->malloc(48);
    pthread_t thread;

    (void)unused;
    subject->free(block);
    if (pthread_create(&thread, NULL, hardening_free_thread, block) == 0)
        pthread_join(thread, NULL);
    return hardening_aftermath(48);
}

CHECK(HRD_5, QUALITY, "a block freed twice, by two threads",
      "undefined; hardened_malloc's tests",
      .why = "The second free takes the path of foreign blocks.")
{
    return hardening_try(run, hardening_free_twice_threads, NULL);
}

static int hardening_free_moved(void *unused)
{
    void *block = subject->malloc(48);

    (void)unused;
    block = subject->realloc(block, 0) == NULL ? block : subject->malloc(48);
    subject->free(block);
    block = subject->malloc(48);
    subject->free(subject->realloc(block, 200000));
    subject->free(block);
    return hardening_aftermath(48);
}

CHECK(HRD_6, QUALITY, "a block freed after realloc has moved it",
      "undefined; glibc's tst-tcfree3",
      .why = "The old pointer, kept by mistake, after realloc to 0 and to "
             "200 000 bytes.")
{
    return hardening_try(run, hardening_free_moved, NULL);
}

/* Frees what lies that far inside a block of that size. */
struct hardening_inside {
    size_t size, offset;
};

static int hardening_free_inside(void *argument)
{
    const struct hardening_inside *inside = argument;
    char *block = subject->malloc(inside->size);

    memset(block, 0, inside->size);
    subject->free(block + inside->offset);
    return hardening_aftermath(inside->size > MIB ? 100 : inside->size);
}

#define INSIDE(bytes, at) \
    (&(struct hardening_inside){ .size = (bytes), .offset = (at) })

CHECK(HRD_7, QUALITY, "free of a pointer 16 bytes into a block",
      "undefined; glibc's tst-malloc-check, gperftools' InteriorPointer",
      .why = "A pointer that was advanced. Measured before for 4096 + 16: "
             "glibc and scudo stop, most others stay silent.")
{
    return hardening_try(run, hardening_free_inside, INSIDE(4096, 16));
}

CHECK(HRD_7b, QUALITY, "free of a pointer into the middle of a large block",
      "undefined; hardened_malloc's invalid_free_large",
      .why = "At the start of one of its pages: look-up by page says no more "
             "than that the page is in use.")
{
    return hardening_try(run, hardening_free_inside, INSIDE(4 * MIB, 65536));
}

CHECK(HRD_8, QUALITY, "free of a pointer one byte off",
      "undefined; hardened_malloc's invalid_free_small",
      .why = "No block begins at an odd address.")
{
    return hardening_try(run, hardening_free_inside, INSIDE(64, 1));
}

static int hardening_free_stack(void *unused)
{
    _Alignas(64) char local[256] = { 0 };
    char *volatile block = local + 64;

    (void)unused;
    subject->free(block);
    return hardening_aftermath(64);
}

CHECK(HRD_9, QUALITY, "free of a variable on the stack",
      "undefined; hardened_malloc's invalid_free_unprotected",
      .why = "Zeroed bytes before it look like an empty header.")
{
    return hardening_try(run, hardening_free_stack, NULL);
}

static int hardening_free_data(void *unused)
{
    static _Alignas(64) char data[4096] = { 1 };
    char *volatile block = data + 1024;

    (void)unused;
    subject->free(block);
    return hardening_aftermath(64);
}

CHECK(HRD_10, QUALITY, "free of a variable in static storage",
      "undefined; glibc's tst-malloc-check",
      .why = "A default value that was never allocated.")
{
    return hardening_try(run, hardening_free_data, NULL);
}

static int hardening_free_nowhere(void *unused)
{
    (void)unused;
    subject->free((void *)8);
    return hardening_aftermath(64);
}

CHECK(HRD_11, QUALITY, "free of an address that was never mapped",
      "undefined; hardened_malloc's invalid_free_unprotected",
      .why = "A member of a structure behind a null pointer: 8. (filed for "
             "realloc: microsoft/mimalloc 269.)")
{
    return hardening_try(run, hardening_free_nowhere, NULL);
}

static int hardening_usable_of_nothing(void *unused)
{
    char *block = subject->malloc(4096);

    (void)unused;
    memset(block, 0, 4096);
    (void)subject->malloc_usable_size(block + 1000);
    subject->free(block);
    (void)subject->malloc_usable_size(block);
    return 0;
}

CHECK(HRD_24, QUALITY, "malloc_usable_size of what is no block",
      "undefined; hardened_malloc's invalid_malloc_usable_size",
      .why = "Inside a block, and of one that was freed.")
{
    return hardening_try(run, hardening_usable_of_nothing, NULL);
}

/* What a crash reporter does. */
static void hardening_report(int signal)
{
    void *frames[16];

    (void)signal;
    (void)!backtrace(frames, 16);
    subject->free(subject->malloc(1000));
    _exit(1);
}

static int hardening_abort_handler(void *unused)
{
    (void)unused;
    signal(SIGABRT, hardening_report);
    return hardening_free_twice(TWICE(48, 0));
}

CHECK(HRD_25, QUALITY, "what stops a double free does not hang in the handler",
      "undefined; glibc's tst-malloc-backtrace",
      .why = "Crash reporters allocate in the handler of SIGABRT: a lock that "
             "was held at abort hangs the process instead. HANG is the "
             "outcome to look for.")
{
    return hardening_try(run, hardening_abort_handler, NULL);
}
