/* script.h - a run of operations on a heap as data: drawn, printed, parsed.
 *
 * A script names places of the root stack (r0, r1, ...), never objects.
 * Whatever is left out of it, the rest still has a meaning: an operation on a
 * place that holds nothing is passed over. So it can be cut down at will.
 *
 * As text, operations are words between blanks:
 *
 *   r0=new(2,40)        an object with 2 slots and 40 bytes; `payload`,
 *                       `resurrects` ... for `new`: see engine/world.h
 *   r1.0=r2  r1=r2.0  r1=r2  r1=none
 *   r3=weak(r1)  r3=called(r1)  r4=ephemeron(r1,r2)  r5=get(r3)
 *   hold(r1)  release(0)        counted references of the caller
 *   collect(0)                  a generation and all younger ones
 *   everything()                all there is, until nothing is left
 *   automatic(5)                with this threshold; 0: off
 *   freeze()  unfreeze()  look()
 *   refuse(3,1)                 the backend refuses 1 take after 3 others
 *
 * Memory: from check_map(), never given back. */
#ifndef ASSAY_COLLECTOR_SCRIPT_H
#define ASSAY_COLLECTOR_SCRIPT_H

#include "engine/world.h"

enum script_word {
    SCRIPT_NEW, /* and one for each kind of a world */
    SCRIPT_STORE = SCRIPT_NEW + WORLD_KINDS,
    SCRIPT_LOAD,
    SCRIPT_COPY,
    SCRIPT_EMPTY,
    SCRIPT_WEAK,
    SCRIPT_CALLED,
    SCRIPT_EPHEMERON,
    SCRIPT_GET,
    SCRIPT_HOLD,
    SCRIPT_RELEASE,
    SCRIPT_COLLECT,
    SCRIPT_EVERYTHING,
    SCRIPT_AUTOMATIC,
    SCRIPT_FREEZE,
    SCRIPT_UNFREEZE,
    SCRIPT_LOOK,
    SCRIPT_REFUSE,
    SCRIPT_WORDS,
};

enum { SCRIPT_PLACES = 16 };

struct operation {
    unsigned word; /* enum script_word */
    unsigned a, b, c;
};

struct script {
    struct operation *operations;
    size_t count, capacity;
};

struct script_plan {
    uint64_t seed;
    size_t operations;
    unsigned kinds;     /* set of 1 << enum world_kind */
    bool weak;          /* weak references and ephemerons too */
    unsigned automatic; /* the first threshold; 0: off */
    bool refuses;       /* the backend does, now and then */
    bool freezes;
};

int script_create(struct script *ret_script, size_t capacity);

/* The same plan gives the same script. A third of the draws pick an object
 * that a collection has just moved on, that came out of a finalizer's place,
 * or that has one reference left. -1 without memory. */
int script_draw(struct script *ret_script, const struct script_plan *plan);

/* As text, ended by a zero byte; the length of the whole text. */
size_t script_print(const struct script *script, char *ret_text, size_t bytes);

/* From text; -1 without memory, or at the first word that is no operation. */
int script_parse(struct script *ret_script, const char *text);

/* Does it to the world, and looks at what roots reach after each operation.
 * `ret_done`, if any, is how many were played. */
void script_play(const struct script *script, struct world *world,
                 size_t *ret_done);

#endif
