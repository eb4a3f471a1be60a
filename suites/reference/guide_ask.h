/* guide_ask.h - how the reference is asked for what a guide prints.
 *
 * Each file of questions has its rows at its end, and a `struct guide_part`,
 * which guide.c lists.
 *
 * Threads, Errors: as guide.h.
 * Owner:   what is made is a new reference; the objects that are handed to
 *          say_bytes(), say_basic(), say_item() and constants_are_one() are
 *          theirs to end. */
#ifndef ASSAY_SUITES_GUIDE_ASK_H
#define ASSAY_SUITES_GUIDE_ASK_H

#include "guide.h"

#define ROW(block, expression, text, ask)        \
    {                                            \
        block, expression, text, NULL, NULL, ask \
    }
#define BUT(block, expression, text, instead, why, ask) \
    {                                                   \
        block, expression, text, instead, why, ask      \
    }
#define GUIDE_PART(rows)                       \
    {                                          \
        rows, sizeof(rows) / sizeof((rows)[0]) \
    }

extern const struct guide_part guide_classes, guide_values, guide_containers,
    guide_references, guide_frames, guide_reuse;

void say(struct guide *g, size_t number);
void say_truth(struct guide *g, bool truth);

/* Of an object that is not needed any more: its bytes, those of its type, and
 * those of an item. */
void say_bytes(struct guide *g, struct object *object);
void say_basic(struct guide *g, struct object *object);
void say_item(struct guide *g, struct object *object);

/* a op b is the constant c, in one piece of code that is read at once: what
 * can be computed then is, and equal constants are one. */
bool constants_are_one(struct guide *g, struct object *a, struct object *b);

/* a + b * times */
struct object *joined(struct guide *g, const char *a, const char *b,
                      size_t times);

#endif
