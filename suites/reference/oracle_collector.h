/* oracle_collector.h - the words of the oracle: one trace, two collectors.
 *
 *   operation   one line of a trace; naming what is not held does nothing,
 *               so a trace stays legal whatever is dropped from it
 *   trace       the operations that a seed stands for
 *   side        a collector under the trace: the real one, or the reference
 *   held        what the trace has a reference to, by id
 *   machine     one side, what is held of it, and what it did
 *   observed    all that can be seen of a machine after an operation, as text
 *   run         one trace, in a process of its own
 *
 * Threads: one.
 * Errors:  what a side does wrong is a difference, kept in the outcome; what
 *          fails in the oracle itself ends the process with EXIT_TOOL. */
#ifndef ASSAY_ORACLE_COLLECTOR_H
#define ASSAY_ORACLE_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "oracle_common.h"

/* Prints what the oracle could not do, and ends the process. */
_Noreturn void oracle_give_up(const char *what);

/* ---- operations (oracle_collector_words.c) ---- */

enum operation_kind {
    OPERATION_NEW,       /* KIND i */
    OPERATION_LIST,      /* i */
    OPERATION_TUPLE,     /* i and 1 to 4 items; an atom where not held */
    OPERATION_DICT,      /* i */
    OPERATION_SET,       /* i */
    OPERATION_LINK,      /* a f b: a.f = b, a.append(b), a["f"] = b, a.add(b);
                          * or, if b has no hash, a.add("f") */
    OPERATION_CUT,       /* a f: the other way; of a list or a set a.pop() */
    OPERATION_PUT,       /* a k b: a[k] = b, or a.add(k); where they are not
                          * held, k is a string and b an atom */
    OPERATION_REMOVE,    /* a k */
    OPERATION_EMPTY,     /* a.clear() */
    OPERATION_FILL,      /* a n: puts in n new nodes, which it alone holds */
    OPERATION_DROP,      /* i */
    OPERATION_WEAK,      /* ACTION w a x: x is the action's */
    OPERATION_PROXY,     /* likewise */
    OPERATION_COLLECT,   /* g */
    OPERATION_SAVEALL,   /* 0 or 1 */
    OPERATION_GARBCLEAR, /* gc.garbage.clear() */
    OPERATION_TAKE,      /* i n: holds the n-th of the garbage, if a node */
    OPERATION_THRESHOLD, /* t0 t1 t2 */
    OPERATION_ENABLE,    /* collections that start by themselves */
    OPERATION_DISABLE,   /* none of them */
    OPERATION_FREEZE,    /* all to the permanent list */
    OPERATION_UNFREEZE,  /* and back */
    OPERATION_BURST,     /* i n: a chain of n nodes, cycles beside it */
    OPERATION_NEST,      /* i n s: n deep, of shape s (enum nest_shape) */
    OPERATION_REFERENTS, /* a */
    OPERATION_REFERRERS, /* a */
    OPERATION_OBJECTS,   /* g: gc.get_objects() */
    OPERATION_WEAKS,     /* a: the weak references to it, in order */
    OPERATION_SUBREF,    /* as weak, of a subclass */
    OPERATION_FAIL,      /* n: the n-th object made from now on is not */
    OPERATION_HOOK,      /* i: gc.callbacks has listener i once more */
    OPERATION_UNHOOK,    /* i: once less */
    OPERATION_DEBUG,     /* gc.set_debug(); SAVEALL has its own */
    OPERATIONS,
};

/* What objects of a kind do when they die. */
enum node_kind_word {
    NODE_PLAIN,      /* n: nothing */
    NODE_LOGS,       /* d: its finalizer logs */
    NODE_RESURRECTS, /* r: its finalizer holds it again */
    NODE_SUICIDAL,   /* s: its finalizer empties its slots 0 and 1 */
    NODE_COLLECTS,   /* c: its finalizer collects */
    NODE_LEGACY,     /* x: its tp_del logs */
    NODE_RETURNS,    /* y: its tp_del holds it again */
    NODE_BOTH,       /* b: finalizer and tp_del, which log */
    NODE_WEAKENS,    /* w: its finalizer makes a weak reference to it */
    NODE_WEAK_LAST,  /* v: its tp_del makes one */
    NODE_CALLED,     /* k: can be a callback (machine_call_node) */
    NODE_QUIET,      /* q: nothing, and its end is no event either */
    NODE_KINDS,
};

/* What the callback of a weak reference does, beside logging. */
enum action {
    ACTION_NONE, /* there is no callback */
    ACTION_LOG,
    ACTION_KEEP,    /* holds the dead reference */
    ACTION_DROP,    /* drops x */
    ACTION_LINK,    /* x refers to the dead reference */
    ACTION_NEW,     /* x refers to a new object */
    ACTION_COLLECT, /* generation x */
    ACTION_RAISE,
    ACTION_NODE, /* the callback is x itself, of kind k */
    ACTIONS,
};

enum nest_shape {
    NEST_LISTS,
    NEST_TUPLES,
    NEST_NODES,
    NEST_DICTS,
    NEST_SETS,  /* with a node in each: sets cannot be in sets */
    NEST_QUIET, /* nodes whose end is no event, with leaves whose end is */
    NEST_MIXED,
    NESTS,
};

enum { ARGUMENTS_MAX = 5, NUMBER_MAX = (1 << 17) - 1, IDS_MAX = 1 << 17 };

struct operation {
    uint8_t kind;  /* enum operation_kind */
    uint8_t word;  /* enum node_kind_word, or enum action */
    uint8_t count; /* of arguments */
    int32_t argument[ARGUMENTS_MAX];
};

struct trace {
    struct operation *operation;
    uint32_t count;
};

/* How many arguments an operation has, at least. */
unsigned operation_arguments(enum operation_kind kind);

/* Which one has this name; -1: none. */
int operation_find(const char *name);
const char *operation_name(enum operation_kind kind);

/* A line that operation_parse() takes back. */
void operation_print(const struct operation *operation, char *text,
                     size_t bytes);
bool operation_parse(const char *line, struct operation *ret_operation);

/* A trace from a file of lines; those that are empty or start with '#' are
 * passed over. What is wrong is said with the line's number, and ends the
 * process with EXIT_USAGE. */
struct trace trace_read(const char *path);

bool trace_has(const struct trace *trace, enum operation_kind kind);

/* ---- traces (oracle_collector_script.c) ---- */

enum { OPERATIONS_MAX = 100000 };

/* Operations that the generator must not draw: a set of 1ull << kind. */
struct trace trace_generate(uint64_t seed, uint32_t operations,
                            uint64_t without);

/* ---- motifs (oracle_collector_motifs.c) ---- */

enum { MOTIF_IDS = 8 }; /* that a motif uses, from `first_id` on */

uint32_t motif_count(void);

/* The operation at a step of a motif; false: it is over. */
bool motif_operation(uint32_t motif, uint32_t step, int first_id,
                     struct operation *ret_operation);

/* ---- text (oracle_collector_text.c) ---- */

/* Most texts are only compared, and it is enough that their digests are. */
struct text {
    char *bytes; /* ends with 0 */
    size_t used, room;
    bool digested; /* there are no bytes; `used` is how many numbers */
    uint64_t digest;
};

void text_clear(struct text *text);
void text_add(struct text *text, const char *word);
void text_add_char(struct text *text, char character);
void text_add_number(struct text *text, intptr_t number);

/* ---- sides (oracle_collector_real.c, oracle_collector_ours.c) ---- */

enum { REAL, OURS, SIDES };
enum { GENERATIONS = 3, PERMANENT = GENERATIONS };
enum { SLOTS = 3, WORDS = 24 };

struct machine;

struct collector_state {
    int count[GENERATIONS];
    int threshold[GENERATIONS];
    intptr_t collections[GENERATIONS];
    intptr_t collected[GENERATIONS];
    intptr_t uncollectable[GENERATIONS];
    intptr_t pending, total; /* long-lived */
    bool enabled;
};

enum weak_word { WEAK_REF, WEAK_PROXY, WEAK_SUBREF };
enum { LISTENERS = 3 };

/* Objects are pointers of the side's own. Functions that make one return a
 * new reference, or NULL where the operation says so; what is handed in is
 * referred to anew. */
struct side {
    const char *name;
    void *atom;   /* that no collector follows */
    int nameless; /* the id of what no operation made: another on each side,
                   * so that it is a difference */

    void *(*node)(enum node_kind_word kind, int id);
    void *(*list)(void);
    void *(*tuple)(void *const *items, unsigned count);
    void *(*dict)(void);
    void *(*set)(void);
    void *(*word)(int word); /* borrowed: one of WORDS strings */
    void *(*callback)(int id);
    void *(*weak)(enum weak_word word, void *referent, void *callback);

    int (*node_id)(void *object); /* -1: no node */
    bool (*is_callable)(void *node);
    void (*set_slot)(void *node, unsigned slot, void *value);
    void (*append)(void *list, void *value);
    void (*pop)(void *list_or_set); /* of an empty one nothing */
    bool (*put)(void *dict, void *key, void *value); /* false: no memory */
    bool (*add)(void *set, void *key);               /* likewise */
    bool (*has)(void *dict_or_set, void *key);
    void (*remove)(void *dict_or_set, void *key); /* which it has */
    void (*empty)(void *container);
    size_t (*bytes)(void *container); /* sys.getsizeof() */
    void *(*weak_target)(void *weak);
    size_t (*weaks)(void *node, void **ret, size_t room);
    size_t (*referents)(void *object, void **ret, size_t room);
    size_t (*referrers)(void *object, void **ret, size_t room);
    size_t (*listed)(int generation, void **ret, size_t room);

    void (*incref)(void *object);
    void (*decref)(void *object);
    intptr_t (*references)(void *object);
    bool (*is_tracked)(void *object);
    bool (*is_finalized)(void *object);

    intptr_t (*collect)(int generation);
    void (*set_debug)(unsigned flags);
    void (*fail_next)(bool on); /* there is no memory for the next block */
    void (*hook)(int listener);
    void (*unhook)(int listener);
    const char *(*said)(void); /* by the debug flags, since the last time */
    void (*set_thresholds)(const int threshold[GENERATIONS]);
    void (*set_enabled)(bool on);
    void (*freeze)(void);
    void (*unfreeze)(void);
    void (*garbage_clear)(void);

    void (*state)(struct collector_state *ret_state);
    size_t (*objects)(int generation, void **ret, size_t room);
    size_t (*garbage)(void **ret, size_t room);
};

/* Before any run: starts what runs share. Says why when it cannot. */
void real_start(void);

/* The only side of its kind in this process; its objects report to
 * `machine`. NULL when there is no such side in this program. */
const struct side *side_open_real(struct machine *machine);

/* `may_fail`: fail_next() will be called. If not, the collector has its own
 * heap under it, as it has by default, and takes blocks without a call. */
const struct side *side_open_ours(struct machine *machine, bool may_fail);

/* The hash of a string of the real side; ours has none of its own. */
intptr_t real_word_hash(int word);

/* ---- machines (oracle_collector_machine.c) ---- */

enum held_kind {
    HELD_NOT,
    HELD_NODE,
    HELD_LIST,
    HELD_TUPLE,
    HELD_DICT,
    HELD_SET,
    HELD_WEAK,
    HELD_PROXY,
};

struct held {
    void *object;
    enum held_kind kind;
};

/* Which id lies at an address: of all that are made, but nodes. */
struct names {
    uintptr_t *address;
    int *id;
    uint32_t count;
};

struct machine {
    const struct side *side;
    struct held *held;
    uint64_t *is_held; /* bits */
    uint8_t *action;   /* of the callback of a weak reference, by its id */
    int32_t *action_on;
    struct names names;
    int anonymous; /* the next id of an object that the trace does not name */

    int fail_in;    /* objects to be made until one is not; 0: all are */
    unsigned debug; /* flags */

    bool done; /* false: the operation named what is not held */
    intptr_t result;
    struct text events;   /* of this operation */
    struct text answer;   /* of this operation, in words */
    struct text observed; /* a line for each field */
    void **objects;       /* room to look at lists */
};

enum { OBJECTS_MAX = 1 << 18 };

/* The weak reference that a finalizer made last is held under this id. */
enum { LAST_WORDS = IDS_MAX - 2 };

void machine_open(struct machine *machine, const struct side *side);
void machine_do(struct machine *machine, const struct operation *operation);

/* The id of an object. */
int machine_name(struct machine *machine, void *object);

/* A new reference to what a weak reference is to call. */
void *machine_make_callback(struct machine *machine, int id);

/* What nodes say when they are asked for a hash: two have the same, and some
 * differ from others in the upper bits only. */
static inline intptr_t machine_hash(int id)
{
    return (intptr_t)(id / 2) << id % 3 * 4;
}

/* What objects call; false: they raise an error. */
void machine_finalize(struct machine *machine, enum node_kind_word kind,
                      void *object);
void machine_del(struct machine *machine, enum node_kind_word kind,
                 void *object);
void machine_dealloc(struct machine *machine, void *object);
bool machine_call(struct machine *machine, int callback, void *weak);
void machine_unraisable(struct machine *machine);
void machine_call_node(struct machine *machine, void *node, void *weak);
bool machine_listen(struct machine *machine, int listener, bool is_stop,
                    const intptr_t numbers[3]);

/* The machine's operations that only ask, or set (oracle_collector_asking.c);
 * false: of what is not held. */
bool machine_ask(struct machine *machine, const struct operation *operation);
bool machine_set(struct machine *machine, const struct operation *operation);
void machine_answer_said(struct machine *machine);

/* Objects of the machine's own making; NULL where memory failed
 * (oracle_collector_operations.c). */
void machine_make_begin(struct machine *machine);
void *machine_make_end(struct machine *machine, void *object);
void *machine_make_node(struct machine *machine, enum node_kind_word kind,
                        int id);
void *machine_make_list(struct machine *machine, int id);
void *machine_make_tuple(struct machine *machine, void *const *items,
                         unsigned count, int id);

/* Whether something can be held under an id. */
bool machine_is_free(const struct machine *machine, int id);

/* Takes over the caller's reference, to what may be NULL. */
void machine_hold_made(struct machine *machine, int id, enum held_kind kind,
                       void *object);

/* Operations that make many (oracle_collector_many.c); false: the id is not
 * free. */
bool machine_burst(struct machine *machine, const struct operation *operation);
bool machine_nest(struct machine *machine, const struct operation *operation);

/* The machine's operations on dicts and sets (oracle_collector_tables.c).
 * False: nothing was done. */
bool machine_put(struct machine *machine, const struct operation *operation);
bool machine_remove(struct machine *machine, const struct operation *operation);
bool machine_empty(struct machine *machine, const struct operation *operation);
bool machine_fill(struct machine *machine, const struct operation *operation);
bool machine_table_link(struct machine *machine, struct held table, int word,
                        struct held value);
bool machine_table_cut(struct machine *machine, struct held table, int word);
void *machine_make_table(struct machine *machine, enum held_kind kind, int id);

/* Used by all of the machine's files. */
void names_open(struct names *names);
void names_set(struct names *names, const void *object, int id);
int names_find(const struct names *names, const void *object);
void machine_hold(struct machine *machine, int id, enum held_kind kind,
                  void *object);
void machine_drop(struct machine *machine, int id);
struct held machine_held(const struct machine *machine, int id);
void machine_event(struct machine *machine, char letter, int id);

/* ---- what is seen (oracle_collector_observe.c) ---- */

/* Fills machine->observed; or digests it. */
void machine_observe(struct machine *machine, bool digested);

/* ---- run (oracle_collector_run.c) ---- */

enum { DIFFERENCE_MAX = 16384 };

/* Lies in shared memory: it outlives a run that crashes. */
struct outcome {
    uint64_t operations; /* begun */
    uint64_t values;     /* compared */
    bool ended;
    char difference[DIFFERENCE_MAX];     /* "": none */
    uint64_t digest[OPERATIONS_MAX + 1]; /* of the real side's text */
};

struct plan {
    struct trace trace;
    bool alone;     /* the real side only */
    bool elsewhere; /* its objects lie at other addresses */
    uint32_t limit_s;
};

/* In a child; returns its id. */
int run_start(const struct plan *plan, struct outcome *outcome);

/* Completes the outcome of a child that ended with `status`. */
void run_explain(struct outcome *outcome, int status);

/* Both. */
void run_wait(const struct plan *plan, struct outcome *outcome);

struct outcome *outcome_new(void);

/* ---- shrinking (oracle_collector_shrink.c) ---- */

/* Drops operations for as long as a difference stays. Returns the runs it
 * took; `trace` and `outcome` are then of the short trace. */
uint32_t trace_shrink(struct plan *plan, struct outcome *outcome);

/* ---- jobs (oracle_collector_jobs.c) ---- */

struct request {
    uint64_t seed_first, seed_last;
    uint32_t operations;
    uint32_t history;
    uint32_t jobs;
    uint64_t without; /* operations: a set of 1ull << kind */
    bool whole;       /* traces that differ are not shrunk */
    bool repeat;      /* the real side twice, and not the reference */
    const char *replay;
};

/* Each returns the exit status. */
int jobs_run(const struct request *request);
int jobs_replay(const struct request *request);

#endif
