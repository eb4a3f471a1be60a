/* guide_frames.c - an exception that unwinds two functions. (11.6) */
#include "guide_ask.h"

#include "assay/frame.h"

/* Where the functions print; they know their stack alone. */
static FILE *answer;

static void third_function(struct frame_stack *stack)
{
    static const struct frame_code code = { { "module.py", __func__ }, 1 };
    volatile int divisor = 0;
    frame_enter(stack, &code);
    fputs("Inside third_function - dividing by zero; ", answer);
    if (divisor == 0)
        frame_raise(stack, &exception_zero_division, "division by zero");
    fputs("This line will not be reached.; ", answer);
    frame_leave(stack);
}

static void second_function(struct frame_stack *stack)
{
    static const struct frame_code code = { { "module.py", __func__ }, 0 };
    frame_enter(stack, &code);
    fputs("Inside second_function; ", answer);
    third_function(stack);
    fputs("This line in second_function will not be reached.; ", answer);
    frame_leave(stack);
}

static void first_function(struct frame_stack *stack, void *unused)
{
    static const struct frame_code code = { { "module.py", __func__ }, 1 };
    (void)unused;
    frame_enter(stack, &code);
    fputs("Inside first_function; ", answer);
    FRAME_TRY(stack)
    {
        second_function(stack);
    }
    FRAME_EXCEPT(stack, &exception_zero_division)
    {
        fprintf(answer, "Caught an error in first_function: %s; ",
                exception_message(frame_caught(stack)));
    }
    FRAME_END(stack);
    fputs("first_function finished.", answer);
    frame_leave(stack);
}

static void unwound(struct guide *g)
{
    struct frame_stack *stack = frame_stack_create(g->gc, NULL);
    answer = g->answer;
    if (!stack || !frame_call(stack, first_function, NULL, NULL))
        fputs("no memory", answer);
    frame_stack_destroy(stack);
}

/* ---- the rows ---- */

static const struct guide_row rows[] = {
    ROW("11.6 exceptions", "first_function()",
        "Inside first_function; Inside second_function; "
        "Inside third_function - dividing by zero; "
        "Caught an error in first_function: division by zero; "
        "first_function finished.",
        unwound),
};
const struct guide_part guide_frames = GUIDE_PART(rows);
