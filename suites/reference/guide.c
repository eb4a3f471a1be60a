/* guide.c - the rows of the guide one after the other, and their answers
 * (guide.h). */
#include "guide_ask.h"

#include <stdlib.h>
#include <string.h>

static const struct guide_part *const parts[] = {
    &guide_classes,    &guide_values, &guide_containers,
    &guide_references, &guide_frames, &guide_reuse,
};

const struct guide_row *guide_row(size_t number)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (number < parts[i]->count)
            return &parts[i]->rows[number];
        number -= parts[i]->count;
    }
    return NULL;
}

char *guide_answer(const struct guide_row *row, const char *edition)
{
    char *text = NULL;
    size_t bytes = 0;
    struct gc_config config = { .edition = edition };
    struct guide g = { .gc = gc_create(&config),
                       .answer = open_memstream(&text, &bytes) };
    if (!g.gc || !g.answer)
        return strdup("no memory");
    row->ask(&g);
    fclose(g.answer);
    gc_destroy(g.gc);
    return text;
}

/* ---- answers that several parts give ---- */

void say(struct guide *g, size_t number)
{
    fprintf(g->answer, "%zu", number);
}

void say_truth(struct guide *g, bool truth)
{
    fputs(truth ? "True" : "False", g->answer);
}

void say_bytes(struct guide *g, struct object *object)
{
    say(g, object_bytes(object));
    object_decref(object);
}

void say_basic(struct guide *g, struct object *object)
{
    say(g, layout_basic_bytes(object->type));
    object_decref(object);
}

void say_item(struct guide *g, struct object *object)
{
    say(g, layout_item_bytes(object->type));
    object_decref(object);
}

bool constants_are_one(struct guide *g, struct object *a, struct object *b)
{
    struct object *unit = dict_new(g->gc);
    struct object *first = constant_new(unit, a);
    struct object *second = constant_new(unit, b);
    bool same = first == second;
    object_decref(second);
    object_decref(first);
    object_decref(unit);
    object_decref(b);
    object_decref(a);
    return same;
}

struct object *joined(struct guide *g, const char *a, const char *b,
                      size_t times)
{
    struct object *left = text_of(g->gc, a), *right = text_of(g->gc, b);
    struct object *more = text_repeat(right, times);
    struct object *both = text_join(left, more);
    object_decref(more);
    object_decref(right);
    object_decref(left);
    return both;
}
