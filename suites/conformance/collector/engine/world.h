/* world.h - a heap of the subject beside its shadow.
 *
 * The shadow is a plain graph of nodes by number: who refers to whom, what is
 * a root, what each payload holds. Every operation is done to both, the
 * shadow first, so that what the subject calls on the way finds a shadow that
 * is right. Nothing of the subject's is kept between operations but counted
 * references: objects are taken from the root stack each time.
 *
 * What is held against the shadow, at all times:
 *   - an object that a root or a counted reference can reach has its handle,
 *     its payload, its slots; it is neither finalized, cleared nor ended;
 *   - finalizers are called once, for what was unreachable, and see all that
 *     the object reaches as the shadow has it;
 *   - an object ends once, with its payload, and after its finalizer;
 *   - a collection of all there is ends what was unreachable when it began,
 *     but for what a finalizer still to be called can reach;
 *   - a weak reference gives its referent or NULL; it calls back once, when
 *     its referent is dead.
 *
 * The first thing that is wrong is kept in `complaint`; from then on every
 * operation does nothing. Where that is the check's own trouble, as a shadow
 * that is full, the verdict is an error and not the subject's failure.
 *
 * Threads: one.
 * Memory:  of the shadow, from check_map(), never given back. */
#ifndef ASSAY_COLLECTOR_WORLD_H
#define ASSAY_COLLECTOR_WORLD_H

#include "../check.h"

enum { WORLD_NONE = -1, WORLD_TEMPORARIES = 64, WORLD_HELD = 16 };

/* What an object's finalizer does, and where its references are. */
enum world_kind {
    WORLD_PLAIN,
    WORLD_PAYLOAD,    /* no slots: its references are in the payload */
    WORLD_LOOKS,      /* looks at all that it reaches; so do the others */
    WORLD_RESURRECTS, /* becomes a root */
    WORLD_SAVES,      /* makes a neighbour a root */
    WORLD_LINKS,      /* is stored in an object that a root refers to */
    WORLD_UNLINKS,    /* empties its own slots */
    WORLD_MAKES,      /* makes a ring and a root */
    WORLD_DROPS,      /* empties a root */
    WORLD_COLLECTS,   /* collects, each generation */
    WORLD_WATCHES,    /* makes a weak reference to itself, a root */
    WORLD_KINDS,
};

extern const char *const world_kind_words[WORLD_KINDS];

enum world_shape { WORLD_OBJECT, WORLD_WEAK, WORLD_EPHEMERON };

struct node {
    uint8_t shape; /* enum world_shape */
    uint8_t kind;  /* enum world_kind */
    bool ended;
    bool reached; /* by roots and counted references, now */
    bool doomed;  /* was unreachable at some moment of this operation */
    bool called;  /* the weak reference's callback */
    bool calls;   /* has a callback */
    bool risen;   /* was resurrected: weak references may have forgotten it */
    bool lapsed;  /* was unreachable at some moment of its life */
    bool due;     /* the collection that runs has to end it */
    uint8_t finalized;
    uint32_t slots;
    int *slot; /* numbers, or WORLD_NONE */
    uint32_t bytes;
    uint32_t references; /* of roots, the caller and what is reached, now */
    uint32_t held;       /* by the caller, counted */
    uint32_t extra;      /* counted by the heap itself when it was made */
    int referent;        /* of a weak reference; an ephemeron's key */
    int value;           /* an ephemeron's */
    uint32_t mark;       /* of the last look that met it */
    struct assay_object *handle;
};

struct world {
    struct assay_heap *heap;
    const struct assay_type *type[WORLD_KINDS];
    struct node *node;
    int count, capacity;
    int *slots; /* of all nodes, one after the other */
    size_t slots_used, slots_room;
    int *todo; /* of the one who computes reach */
    int *root;
    int places;
    int busy_place; /* being overwritten, or WORLD_NONE */
    int temporary[WORLD_TEMPORARIES];
    int temporaries;
    int held[WORLD_HELD];
    int held_count;
    unsigned depth; /* callbacks that are running */
    uint32_t mark;
    struct assay_object **look_object; /* room for one who looks */
    size_t live;       /* objects made that have not ended, as far as known */
    size_t finalizers; /* called */
    size_t callbacks;  /* called */
    size_t refusals;   /* new_object() that gave NULL */
    bool destroying;
    bool frozen;         /* what was there then is not collected */
    unsigned uncounted;  /* counts are not the shadow's: ephemerons, pushes */
    size_t due_refusals; /* of the backend, when that collection began */
    bool deaf;     /* finalizers and callbacks look, and do nothing else */
    bool troubled; /* the complaint is the check's own */
    char complaint[400];
};

/* A heap with so many places for roots, all of them empty, and room for so
 * many nodes. False, with a complaint. */
bool world_open(struct world *world, int places, int capacity);

/* Looks at everything and destroys the heap; nothing may be left. */
void world_close(struct world *world);

/* ---- operations; a place that holds no object is passed over ---- */

/* The number of the object that is then in that place, or WORLD_NONE. */
int world_new(struct world *world, int place, enum world_kind kind,
              unsigned slots, unsigned bytes);
void world_store(struct world *world, int from, unsigned slot, int to);
void world_load(struct world *world, int to, int from, unsigned slot);
void world_copy(struct world *world, int to, int from);
void world_empty(struct world *world, int place);
int world_weak(struct world *world, int to, int from, bool calls);
int world_ephemeron(struct world *world, int to, int key, int value);
/* What the weak reference in that place refers to. */
void world_get(struct world *world, int to, int from);
void world_hold(struct world *world, int from);
void world_release(struct world *world, unsigned which);
void world_collect(struct world *world, unsigned generation);

/* Collects all there is as long as that does anything; then nothing that is
 * unreachable may be left, or a residue where the subject is conservative. */
void world_collect_all(struct world *world);

/* ---- looking ---- */

/* All that roots reach; `all_collected`: and nothing else is there. */
void world_look(struct world *world, bool all_collected);

/* How many objects are there and unreachable, as far as can be known:
 * world_sees_ends() tells whether. */
size_t world_garbage(struct world *world);
bool world_sees_ends(void);

/* pass(), fail() with the complaint, or error() with the check's own. */
enum verdict world_verdict(struct check_run *run, const struct world *world);
/* The same of a world where something is wrong: behind words that say where,
 * printf-like. */
enum verdict world_blame(struct check_run *run, const struct world *world,
                         const char *where, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- for the parts of it ---- */

void world_complain(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Of the check's own trouble. */
void world_trouble(struct world *world, const char *what);
bool world_is_wrong(const struct world *world);
/* For one more node with so many slots; complains where there is none: a check
 * that goes on without it would decide nothing. */
bool world_has_room(struct world *world, unsigned slots);
void world_changed(struct world *world);
/* Around a collection: it has ended all that it had to. */
void world_due_before(struct world *world, unsigned generation);
void world_due_after(struct world *world);
void world_stress(struct world *world);
bool world_types(struct world *world);
/* A weak reference to what was protected last, which has that number. */
void world_watch(struct world *world, int to, int number, bool calls);
bool world_has(const struct world *world, int place);
/* The object's number; complains about a payload that is not as it was. */
int world_number(struct world *world, struct assay_object *object);
void world_fill(void *payload, int number, uint32_t places, size_t bytes);
bool world_is_intact(const void *payload, size_t bytes);
/* Looks at what the object reaches. */
void world_look_from(struct world *world, struct assay_object *object,
                     int number);
void world_look_weak(struct world *world, struct assay_object *weak,
                     int number);
bool world_protect(struct world *world, struct assay_object *object,
                   int number);
void world_unprotect(struct world *world);
/* The slot's object, wherever the kind has its references. */
struct assay_object *world_slot(struct world *world,
                                struct assay_object *object, int number,
                                unsigned slot);
void world_set_slot(struct world *world, struct assay_object *object,
                    int number, unsigned slot, struct assay_object *value,
                    int value_number);
void world_set_root(struct world *world, int place, struct assay_object *object,
                    int number);

#endif
