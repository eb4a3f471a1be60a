/* subject_bench.c - subjects as a campaign has them: those that are compared,
 * the baseline's twin, and the floor. */
#include <stdlib.h>

#include "places.h"
#include "subject.h"
#include "subject_plugin.h"
#include "text.h"

/* What replaces no malloc, and has no names of its own, is what it exports. */
static void subject_take_kind(struct subject *subject)
{
    if (subject->exports[KIND_MALLOC] || functions_are_own(&subject->functions))
        return;
    if (subject->exports[KIND_COLLECTOR]) {
        subject->kind = KIND_COLLECTOR;
    } else if (subject->exports[KIND_ALLOCATOR]) {
        subject->kind = KIND_ALLOCATOR;
        subject_plugin_settings(subject);
    }
}

int subject_find_benched(const char *given, int like,
                         struct subject *ret_subject, struct failure *ret_error)
{
    int result;

    if (like == KIND_ALLOCATOR || subject_plugin_is_around(given))
        return subject_find_as(given, -1, ret_subject, ret_error);
    result = subject_find(given, ret_subject, ret_error);
    if (result == 0)
        subject_take_kind(ret_subject);
    return result;
}

static const char *const floors[KINDS] = {
    [KIND_MALLOC] = "libassay-floor.so",
    [KIND_ALLOCATOR] = "assay-null-allocator.so",
    [KIND_COLLECTOR] = "assay-null-gc.so",
};

static void floor_take(struct subject *subject, enum kind kind)
{
    free(subject->name);
    subject->name = text_copy("floor");
    free(subject->version);
    subject->version = text_copy(ASSAY_VERSION);
    subject->is_floor = true;
    subject->kind = kind;
    if (kind == KIND_ALLOCATOR)
        subject_plugin_settings(subject); /* as all of its kind */
}

int subject_floor(enum kind kind, struct subject *ret_subject,
                  struct failure *ret_error)
{
    char *path = place_of_program(floors[kind]);
    int result;

    if (path == NULL)
        return failure_set(ret_error,
                           "the floor library (%s) is not there: build or "
                           "install Assay again",
                           floors[kind]);
    result = subject_find(path, ret_subject, ret_error);
    free(path);
    if (result == 0)
        floor_take(ret_subject, kind);
    return result;
}

int subject_twin(const struct subject *baseline, struct subject *ret_subject)
{
    *ret_subject = *baseline;
    ret_subject->name = text_format("%s.twin", baseline->name);
    ret_subject->path = text_copy(baseline->path);
    ret_subject->version = text_copy(baseline->version);
    ret_subject->package = text_copy(baseline->package);
    ret_subject->environment = text_list_copy(baseline->environment);
    if (baseline->contract != NULL)
        ret_subject->contract = text_copy(baseline->contract);
    ret_subject->is_twin = true;
    return 0;
}
