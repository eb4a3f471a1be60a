/* exception.c - exceptions, and the tracebacks that they gather.
 *
 * Source: BaseException of CPython's Objects/exceptions.c; tb_create_raw() and
 * PyTraceBack_Here() of Python/traceback.c; _PyErr_SetObject() of
 * Python/errors.c, for contexts. */
#include "frame_parts.h"

#include <string.h>

#include "assay/trace.h"

struct exception {
    struct object head;
    const struct exception_kind *kind;
    char *message;
    struct object *traceback;
    struct object *context;
};

struct traceback {
    struct object head;
    struct object *next;
    struct object *frame;
    unsigned line;
};

const struct exception_kind exception_any = { "Exception", NULL, NULL };
const struct exception_kind exception_runtime = { "RuntimeError",
                                                  &exception_any, NULL };
const struct exception_kind exception_recursion = { "RecursionError",
                                                    &exception_runtime, NULL };
const struct exception_kind exception_memory = { "MemoryError", &exception_any,
                                                 NULL };
const struct exception_kind exception_arithmetic = { "ArithmeticError",
                                                     &exception_any, NULL };
const struct exception_kind exception_zero_division = { "ZeroDivisionError",
                                                        &exception_arithmetic,
                                                        NULL };
const struct exception_kind exception_value = { "ValueError", &exception_any,
                                                NULL };

/* ---- exceptions ---- */

static void exception_dealloc(struct object *object);

static struct exception *exception_of(const struct object *object)
{
    assert(object->type->dealloc == exception_dealloc);
    return (struct exception *)(uintptr_t)object;
}

static void exception_clear(struct object *object)
{
    struct exception *e = exception_of(object);
    object_replace(&e->traceback, NULL);
    object_replace(&e->context, NULL);
}

static void exception_dealloc(struct object *object)
{
    struct exception *e = exception_of(object);
    struct gc *gc = object->type->gc;
    struct memory_allocator memory = gc_memory(gc);
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    exception_clear(object);
    memory.free(memory.context, e->message);
    gc_delete(object);
    gc_trash_leave(gc);
}

static int exception_traverse(struct object *object, object_visit *visit,
                              void *context)
{
    const struct exception *e = exception_of(object);
    int end = e->traceback ? visit(e->traceback, context) : 0;
    return end || !e->context ? end : visit(e->context, context);
}

struct object_type *exception_type_new(struct gc *gc)
{
    static const struct object_type model = {
        .name = "exception",
        .flags = OBJECT_COLLECTED,
        .bytes = sizeof(struct exception),
        .dealloc = exception_dealloc,
        .traverse = exception_traverse,
        .clear = exception_clear,
    };
    return gc_type_add(gc, &model, sizeof model);
}

struct object *exception_new(struct frame_stack *stack,
                             const struct exception_kind *kind,
                             const char *message)
{
    struct memory_allocator memory = gc_memory(stack->gc);
    size_t bytes = strlen(message) + 1;
    char *copy = memory.malloc(memory.context, bytes);
    struct object *object = copy ? gc_new(stack->exception_type, 0) : NULL;
    if (!object) {
        memory.free(memory.context, copy);
        return NULL;
    }
    struct exception *e = exception_of(object);
    e->kind = kind;
    e->message = memcpy(copy, message, bytes);
    e->traceback = NULL;
    e->context = NULL;
    gc_track(object);
    return object;
}

/* Where it is in the context's own chain already, that is cut, so that the
 * chain always has an end. */
void exception_set_context(struct object *exception, struct object *context)
{
    if (context == exception)
        return;
    for (struct object *at = context; at; at = exception_of(at)->context)
        if (exception_of(at)->context == exception)
            object_replace(&exception_of(at)->context, NULL);
    object_replace(&exception_of(exception)->context,
                   object_incref_any(context));
}

bool exception_is_of(const struct object *exception,
                     const struct exception_kind *kind)
{
    const struct exception_kind *at = exception_of(exception)->kind;
    while (at && at != kind)
        at = at->base;
    return at != NULL;
}

const struct exception_kind *exception_kind_of(const struct object *exception)
{
    return exception_of(exception)->kind;
}

const char *exception_message(const struct object *exception)
{
    return exception_of(exception)->message;
}

struct object *exception_traceback(const struct object *exception)
{
    return exception_of(exception)->traceback;
}

struct object *exception_context(const struct object *exception)
{
    return exception_of(exception)->context;
}

void exception_drop_traceback(struct object *exception)
{
    object_replace(&exception_of(exception)->traceback, NULL);
}

/* ---- tracebacks ---- */

static void traceback_dealloc(struct object *object);

static struct traceback *traceback_of(const struct object *object)
{
    assert(object->type->dealloc == traceback_dealloc);
    return (struct traceback *)(uintptr_t)object;
}

static void traceback_dealloc(struct object *object)
{
    struct traceback *t = traceback_of(object);
    struct gc *gc = object->type->gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    object_decref_any(t->next);
    object_decref_any(t->frame);
    gc_delete(object);
    gc_trash_leave(gc);
}

static int traceback_traverse(struct object *object, object_visit *visit,
                              void *context)
{
    const struct traceback *t = traceback_of(object);
    int end = t->next ? visit(t->next, context) : 0;
    return end || !t->frame ? end : visit(t->frame, context);
}

static void traceback_clear(struct object *object)
{
    struct traceback *t = traceback_of(object);
    object_replace(&t->next, NULL);
    object_replace(&t->frame, NULL);
}

struct object_type *traceback_type_new(struct gc *gc)
{
    static const struct object_type model = {
        .name = "traceback",
        .flags = OBJECT_COLLECTED,
        .bytes = sizeof(struct traceback),
        .dealloc = traceback_dealloc,
        .traverse = traceback_traverse,
        .clear = traceback_clear,
    };
    return gc_type_add(gc, &model, sizeof model);
}

void exception_add_entry(struct frame_stack *stack, struct object *exception,
                         struct frame *frame)
{
    struct exception *e = exception_of(exception);
    struct object *shown = frame_object(stack, frame);
    struct object *object = shown ? gc_new(stack->traceback_type, 0) : NULL;
    if (!object) {
        object_decref_any(shown);
        return;
    }
    struct traceback *t = traceback_of(object);
    t->next = e->traceback;
    t->frame = shown;
    t->line = frame->link.line;
    e->traceback = object;
    gc_track(object);
}

struct object *traceback_next(const struct object *traceback)
{
    return traceback_of(traceback)->next;
}

struct object *traceback_frame(const struct object *traceback)
{
    return traceback_of(traceback)->frame;
}

unsigned traceback_line(const struct object *traceback)
{
    return traceback_of(traceback)->line;
}

/* ---- text ---- */

static void traceback_print(const struct object *traceback, FILE *file)
{
    fprintf(file, "Traceback (most recent call last):\n");
    for (; traceback; traceback = traceback_next(traceback)) {
        const struct frame_code *code =
            frame_object_code(traceback_frame(traceback));
        fprintf(file, "  File \"%s\", line %u, in %s\n", code->where.file,
                traceback_line(traceback), code->where.function);
    }
}

static void exception_print_one(const struct exception *e, FILE *file)
{
    if (e->traceback)
        traceback_print(e->traceback, file);
    fprintf(file, "%s%s%s\n", e->kind->name, *e->message ? ": " : "",
            e->message);
}

static size_t context_count(const struct object *exception)
{
    size_t count = 0;
    while ((exception = exception_context(exception)))
        count++;
    return count;
}

/* The oldest first; not by recursion, since a chain may be long. */
void exception_print(const struct object *exception, FILE *file)
{
    for (size_t left = context_count(exception) + 1; left-- > 0;) {
        const struct object *at = exception;
        for (size_t i = 0; i < left; i++)
            at = exception_context(at);
        exception_print_one(exception_of(at), file);
        if (left > 0)
            fprintf(file, "\nDuring handling of the above exception, another "
                          "exception occurred:\n\n");
    }
}
