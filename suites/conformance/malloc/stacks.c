/* stacks.c - little stack is enough for malloc. (STK) */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "system/churn.h"

enum {
    STACK_COROUTINE = 16 << 10,
    STACK_PAGE = 4096,
    STACK_PAINTED = 256 << 10,
    STACK_SMALL = 64 << 10,
    STACK_PAINT = 0xc5,
};

/* Every function at sizes of all kinds; no frame of our own of any size. */
static void stack_use_all(void)
{
    static const size_t sizes[] = { 1,     16,    100,    1000,   5000,
                                    40000, 99999, 300000, 2000000 };

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        void *aligned = NULL;
        char *block = subject->malloc(sizes[i]);

        subject->free(subject->calloc(1, sizes[i]));
        if (subject->posix_memalign(&aligned, 256, sizes[i]) == 0)
            subject->free(aligned);
        block = subject->realloc(block, sizes[i] * 3);
        if (block != NULL)
            block[0] = block[sizes[i] * 3 - 1] = 1;
        subject->free(block);
    }
}

/* ---- STK-1 ---- */

static void *stack_thread(void *given)
{
    (void)given;
    stack_use_all();
    return NULL;
}

/* A stack between two pages that nobody may touch. */
static char *stack_map(size_t bytes)
{
    char *pages = mmap(NULL, bytes + 2 * STACK_PAGE, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED ||
        mprotect(pages + STACK_PAGE, bytes, PROT_READ | PROT_WRITE) != 0)
        return NULL;
    return pages + STACK_PAGE;
}

static ucontext_t stack_caller, stack_callee;

static void (*stack_function)(void);

static void stack_enter(void)
{
    stack_function();
}

/* Runs it on that stack and comes back. */
static int stack_call_on(char *stack, size_t bytes, void (*function)(void))
{
    stack_function = function;
    if (getcontext(&stack_callee) != 0)
        return -1;
    stack_callee.uc_stack.ss_sp = stack;
    stack_callee.uc_stack.ss_size = bytes;
    stack_callee.uc_link = &stack_caller;
    makecontext(&stack_callee, stack_enter, 0);
    return swapcontext(&stack_caller, &stack_callee);
}

CHECK(STK_1, SHOULD, "malloc works on the smallest stacks there are",
      "POSIX.1-2024 <limits.h> PTHREAD_STACK_MIN; makecontext(3)",
      .why = "Servers with a hundred thousand threads or coroutines give each "
             "the least stack. A library with much static TLS makes threads "
             "of PTHREAD_STACK_MIN impossible, for the C library takes it from "
             "the stack; large frames overflow a coroutine's 16 KiB.",
      .flags = CHECK_THREADS)
{
    char *stack = stack_map(STACK_COROUTINE);
    pthread_attr_t attributes;
    pthread_t threads[4];
    int result;

    if (stack == NULL)
        return error(run, "no memory for a stack");
    pthread_attr_init(&attributes);
    result = pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
    if (result != 0)
        return error(run, "PTHREAD_STACK_MIN is refused: %s", strerror(result));
    for (unsigned i = 0; i < 4; i++) {
        result = pthread_create(&threads[i], &attributes, stack_thread, NULL);
        if (result != 0)
            return fail(run,
                        "a thread with a stack of PTHREAD_STACK_MIN "
                        "(%zu) cannot be created: %s",
                        (size_t)PTHREAD_STACK_MIN, strerror(result));
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    if (stack_call_on(stack, STACK_COROUTINE, stack_use_all) != 0)
        return error(run, "no coroutine could be entered");
    return pass(run);
}

/* ---- STK-2 ---- */

static size_t stack_depth(char *stack, void (*function)(void))
{
    size_t untouched = 0;

    memset(stack, STACK_PAINT, STACK_PAINTED);
    if (stack_call_on(stack, STACK_PAINTED, function) != 0)
        return 0;
    while (untouched < STACK_PAINTED &&
           (unsigned char)stack[untouched] == STACK_PAINT)
        untouched++;
    return STACK_PAINTED - untouched;
}

static void stack_nothing(void)
{
}

/* With other threads' frees to collect, and enough work for the rare paths. */
static void stack_churn(void)
{
    static struct churn *churn;

    if (churn == NULL)
        churn = check_map(sizeof(*churn));
    if (churn == NULL)
        return;
    churn_start(churn, 2, 2);
    churn_steps(churn, 30000);
    churn_finish(churn);
}

CHECK(STK_2, QUALITY, "malloc and its kin use at most 8 KiB of stack",
      "no clause: what fits a coroutine of 16 KiB twice",
      .why = "Painted stacks tell how deep the calls went: the first call of "
             "each function, which may bind names and build a heap, and then "
             "30 000 random ones.")
{
    char *stack = stack_map(STACK_PAINTED);
    size_t none, first, later;

    if (stack == NULL)
        return error(run, "no memory for a stack");
    none = stack_depth(stack, stack_nothing);
    first = stack_depth(stack, stack_use_all);
    later = stack_depth(stack, stack_churn);
    if (none == 0 || first == 0 || later == 0)
        return error(run, "no coroutine could be entered");
    first -= none;
    later -= none;
    figure(run, "first_calls_bytes", (double)first);
    figure(run, "churn_bytes", (double)later);
    if (first > 8 * KIB || later > 8 * KIB)
        return fail(run, "%zu bytes of stack in first calls, %zu in later ones",
                    first, later);
    return pass(run);
}

/* ---- STK-3 ---- */

enum { STACK_MANY = 1000000, STACK_LARGE = 1500 };

enum stack_order {
    STACK_FORWARD,
    STACK_BACKWARD,
    STACK_ODD_EVEN,
    STACK_ORDERS
};

static size_t stack_pick(enum stack_order order, size_t i, size_t count)
{
    switch (order) {
    case STACK_BACKWARD:
        return count - 1 - i;
    case STACK_ODD_EVEN:
        return i < count / 2 ? 2 * i + 1 : 2 * (i - count / 2);
    default:
        return i;
    }
}

static bool stack_fill_and_free(void **blocks, size_t count, size_t size,
                                enum stack_order order)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i] = subject->malloc(size);
        if (blocks[i] == NULL)
            return false;
    }
    for (size_t i = 0; i < count; i++)
        subject->free(blocks[stack_pick(order, i, count)]);
    subject->free(subject->malloc(8 * MIB)); /* merges what lies about */
    return true;
}

static void *stack_merge(void *given)
{
    void **blocks = given;
    bool right = true;

    for (unsigned order = 0; order < STACK_ORDERS && right; order++)
        right = stack_fill_and_free(blocks, STACK_MANY, 24, order) &&
                stack_fill_and_free(blocks, STACK_MANY / 20, 1040, order) &&
                stack_fill_and_free(blocks, STACK_LARGE, 70000, order);
    return right ? blocks : NULL;
}

CHECK(STK_3, MUST, "merging a million neighbours does not recurse",
      "C23 7.24.3.3: free has no limit on what was allocated before",
      .why = "Code that merges free neighbours, or walks a list of free "
             "blocks, by calling itself runs out of stack once a program is "
             "large. A thread with 64 KiB of stack frees a million small "
             "blocks, fifty thousand of 1 KiB and 1500 large ones, forwards, "
             "backwards, and every second one first.",
      .timeout_s = 30)
{
    void **blocks = check_map(STACK_MANY * sizeof(*blocks));
    char *stack = stack_map(STACK_SMALL);
    pthread_attr_t attributes;
    pthread_t thread;
    void *result;

    if (blocks == NULL || stack == NULL)
        return error(run, "no memory for the blocks' addresses");
    pthread_attr_init(&attributes);
    pthread_attr_setstack(&attributes, stack, STACK_SMALL);
    if (pthread_create(&thread, &attributes, stack_merge, blocks) != 0)
        return skip(run, "no thread with 64 KiB of stack can be created");
    pthread_join(thread, &result);
    return result != NULL ? pass(run)
                          : skip(run, "no memory for a million blocks");
}
