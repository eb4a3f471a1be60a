/* oracle_collector_script.c - the trace of a seed.
 *
 * The generator knows which ids it made and did not drop; what finalizers
 * hold again it does not know. Each seed draws first how often it asks for
 * what, so that seeds differ in more than their order. */
#include "oracle_collector.h"

#include <stdlib.h>

#include "random.h"

enum { HELD_MOST = 48, RECENT = 80, TABLES = 6, MOTIF_EVERY = 150 };
enum { UNHELD = IDS_MAX - 1000 }; /* no trace comes so far */

struct script {
    struct random random;
    int held[HELD_MOST + 1];
    uint32_t held_count;
    int next_id;
    uint32_t weight[OPERATIONS];
    uint32_t weight_sum;
    uint64_t without;
    uint32_t many; /* the most objects that a burst or a nest makes */

    /* The last dicts and sets, held or not, so that what is put somewhere is
     * put into one of a few, which grow. */
    int table[TABLES];
    uint32_t tables;

    /* Who got a new object, which is dropped next: objects with one owner are
     * what shows the order in which an owner lets them go. */
    int owned;
    enum { OWNED_NOT, OWNED_LINK, OWNED_DROP } owned_next;
    uint32_t owned_share; /* of new objects, in 1000 */

    uint32_t motif, motif_step; /* that is played; UINT32_MAX: none */
    int motif_id;
    int watched; /* what the last weak reference is to */
};

static uint32_t draw(struct script *script, uint32_t below)
{
    return random_below(&script->random, below);
}

/* Any id of late: what was dropped may be held again. */
static int draw_recent(struct script *script)
{
    int span = script->next_id < RECENT ? script->next_id : RECENT;

    return script->next_id - 1 - (int)draw(script, (uint32_t)span);
}

static int draw_held(struct script *script)
{
    if (script->held_count == 0)
        return 0;
    if (draw(script, 10) == 0)
        return draw_recent(script);
    return script->held[draw(script, script->held_count)];
}

static int draw_table(struct script *script)
{
    uint32_t count = script->tables < TABLES ? script->tables : TABLES;

    return count == 0 ? draw_held(script) : script->table[draw(script, count)];
}

static int draw_new(struct script *script)
{
    int id = script->next_id++;

    if (script->held_count < HELD_MOST)
        script->held[script->held_count++] = id;
    return id;
}

static int draw_dropped(struct script *script)
{
    uint32_t at = draw(script, script->held_count);
    int id = script->held[at];

    if (draw(script, 4) == 0)
        return draw_recent(script);
    script->held[at] = script->held[--script->held_count];
    return id;
}

/* One of a list's words, each as often as its share says. */
static uint8_t draw_word(struct script *script, const uint8_t *shares,
                         unsigned count)
{
    uint32_t sum = 0, left;
    uint8_t word = 0;

    for (unsigned i = 0; i < count; i++)
        sum += shares[i];
    left = draw(script, sum);
    while (left >= shares[word])
        left -= shares[word++];
    return word;
}

/* ---- arguments ---- */

static void ask_weak(struct script *script, struct operation *operation)
{
    static const uint8_t shares[ACTIONS] = {
        [ACTION_NONE] = 6,    [ACTION_LOG] = 8,   [ACTION_KEEP] = 3,
        [ACTION_DROP] = 8,    [ACTION_LINK] = 3,  [ACTION_NEW] = 3,
        [ACTION_COLLECT] = 2, [ACTION_RAISE] = 2, [ACTION_NODE] = 8,
    };

    operation->word = draw_word(script, shares, ACTIONS);
    if (draw(script, 3) > 0)
        script->watched = draw_held(script);
    operation->argument[1] = script->watched;
    operation->argument[2] = draw_held(script);
    operation->argument[0] = draw_new(script);
    if (operation->word == ACTION_COLLECT)
        operation->argument[2] = (int)draw(script, GENERATIONS);
    else if (operation->word == ACTION_DROP && draw(script, 3) > 0)
        operation->argument[2] = operation->argument[0]; /* itself */
}

static void ask_new(struct script *script, struct operation *operation)
{
    static const uint8_t shares[NODE_KINDS] = {
        [NODE_PLAIN] = 40,   [NODE_LOGS] = 16,    [NODE_RESURRECTS] = 16,
        [NODE_SUICIDAL] = 8, [NODE_COLLECTS] = 4, [NODE_LEGACY] = 4,
        [NODE_RETURNS] = 2,  [NODE_WEAKENS] = 4,  [NODE_WEAK_LAST] = 2,
        [NODE_BOTH] = 3,     [NODE_CALLED] = 14,  [NODE_QUIET] = 14,
    };

    operation->word = draw_word(script, shares, NODE_KINDS);
    operation->argument[0] = draw_new(script);
}

static void ask_tuple(struct script *script, struct operation *operation)
{
    operation->count = (uint8_t)(2 + draw(script, ARGUMENTS_MAX - 1));
    for (unsigned i = 1; i < operation->count; i++)
        operation->argument[i] =
            draw(script, 3) == 0 ? NUMBER_MAX : draw_held(script);
    operation->argument[0] = draw_new(script);
}

static void ask_threshold(struct script *script, struct operation *operation)
{
    static const int first[] = { 0, 1, 3, 10, 40, 200, 700 };
    static const int later[] = { 0, 1, 2, 4, 10 };

    operation->argument[0] = first[draw(script, 7)];
    operation->argument[1] = later[draw(script, 5)];
    operation->argument[2] = later[draw(script, 5)];
}

static void ask_collect(struct script *script, struct operation *operation)
{
    static const uint8_t shares[GENERATIONS] = { 11, 5, 4 };

    operation->argument[0] = draw_word(script, shares, GENERATIONS);
}

static void ask_many(struct script *script, struct operation *operation)
{
    operation->argument[0] = draw_new(script);
    operation->argument[1] = (int)(1 + draw(script, script->many));
    operation->argument[2] = (int)draw(script, NESTS);
}

static void ask_link(struct script *script, struct operation *operation)
{
    operation->argument[0] = draw_held(script);
    operation->argument[1] = (int)draw(script, draw(script, 2) ? SLOTS : WORDS);
    operation->argument[2] = draw_held(script);
    if (draw(script, 8) == 0) /* the smallest cycle */
        operation->argument[2] = operation->argument[0];
}

/* Keys and values are held, or are not, as of late. */
static void ask_put(struct script *script, struct operation *operation)
{
    operation->argument[0] = draw_table(script);
    operation->argument[1] = draw(script, 3) == 0
                                 ? UNHELD + (int)draw(script, WORDS)
                                 : draw_held(script);
    operation->argument[2] =
        draw(script, 3) == 0 ? NUMBER_MAX : draw_held(script);
}

static void ask(struct script *script, struct operation *operation)
{
    switch ((enum operation_kind)operation->kind) {
    case OPERATION_NEW:
        ask_new(script, operation);
        break;
    case OPERATION_LIST:
        operation->argument[0] = draw_new(script);
        break;
    case OPERATION_DICT:
    case OPERATION_SET:
        operation->argument[0] = draw_new(script);
        script->table[script->tables++ % TABLES] = operation->argument[0];
        break;
    case OPERATION_FILL:
        operation->argument[0] = draw_table(script);
        operation->argument[1] =
            (int)(1 + draw(script, draw(script, 4) == 0 ? script->many : 8));
        break;
    case OPERATION_PUT:
    case OPERATION_REMOVE:
    case OPERATION_EMPTY:
        ask_put(script, operation);
        break;
    case OPERATION_TUPLE:
        ask_tuple(script, operation);
        break;
    case OPERATION_DROP:
        operation->argument[0] = draw_dropped(script);
        break;
    case OPERATION_WEAK:
    case OPERATION_PROXY:
    case OPERATION_SUBREF:
        ask_weak(script, operation);
        break;
    case OPERATION_COLLECT:
        ask_collect(script, operation);
        break;
    case OPERATION_SAVEALL:
        operation->argument[0] = draw(script, 3) == 0;
        break;
    case OPERATION_FAIL:
        operation->argument[0] = (int)(1 + draw(script, 6));
        break;
    case OPERATION_OBJECTS:
    case OPERATION_HOOK:
    case OPERATION_UNHOOK:
        operation->argument[0] = (int)draw(script, GENERATIONS);
        break;
    case OPERATION_DEBUG:
        operation->argument[0] = draw(script, 2) ? 0 : (int)draw(script, 8);
        break;
    case OPERATION_THRESHOLD:
        ask_threshold(script, operation);
        break;
    case OPERATION_TAKE:
        operation->argument[0] = draw_new(script);
        operation->argument[1] = (int)draw(script, RECENT);
        break;
    case OPERATION_BURST:
    case OPERATION_NEST:
        ask_many(script, operation);
        break;
    default:
        ask_link(script, operation);
        break;
    }
}

/* ---- which operation ---- */

static const uint16_t usual_weights[OPERATIONS] = {
    [OPERATION_NEW] = 200,      [OPERATION_LIST] = 80,
    [OPERATION_TUPLE] = 50,     [OPERATION_DICT] = 50,
    [OPERATION_SET] = 40,       [OPERATION_PUT] = 200,
    [OPERATION_REMOVE] = 50,    [OPERATION_EMPTY] = 10,
    [OPERATION_FILL] = 20,      [OPERATION_LINK] = 260,
    [OPERATION_CUT] = 50,       [OPERATION_DROP] = 180,
    [OPERATION_WEAK] = 80,      [OPERATION_PROXY] = 20,
    [OPERATION_COLLECT] = 90,   [OPERATION_SAVEALL] = 6,
    [OPERATION_GARBCLEAR] = 12, [OPERATION_THRESHOLD] = 8,
    [OPERATION_ENABLE] = 6,     [OPERATION_DISABLE] = 2,
    [OPERATION_FREEZE] = 4,     [OPERATION_UNFREEZE] = 8,
    [OPERATION_BURST] = 8,      [OPERATION_NEST] = 24,
    [OPERATION_REFERENTS] = 12, [OPERATION_REFERRERS] = 10,
    [OPERATION_OBJECTS] = 6,    [OPERATION_WEAKS] = 12,
    [OPERATION_SUBREF] = 20,    [OPERATION_FAIL] = 8,
    [OPERATION_HOOK] = 4,       [OPERATION_UNHOOK] = 4,
    [OPERATION_DEBUG] = 6,      [OPERATION_TAKE] = 12,
};

static void script_open(struct script *script, uint64_t seed, uint64_t without)
{
    *script = (struct script){ .random = random_stream(seed, 0),
                               .without = without,
                               .motif = UINT32_MAX };
    for (int i = 0; i < OPERATIONS; i++) {
        uint32_t weight = usual_weights[i] * (1 + draw(script, 4));

        script->weight[i] = without >> i & 1 ? 0 : weight;
        script->weight_sum += script->weight[i];
    }
    script->owned_share = draw(script, 600);
    script->many = draw(script, 4) == 0 ? 400 : 130;
}

static uint8_t draw_kind(struct script *script)
{
    uint32_t left = draw(script, script->weight_sum);
    uint8_t kind = 0;

    while (left >= script->weight[kind])
        left -= script->weight[kind++];
    if (script->held_count == HELD_MOST)
        return OPERATION_DROP;
    if (script->held_count == 0)
        return OPERATION_NEW;
    return kind;
}

/* Whether the new object of an operation is to have an owner. */
static void owned_begin(struct script *script,
                        const struct operation *operation)
{
    if (operation->kind > OPERATION_SET || script->owned_next != OWNED_NOT ||
        !random_chance(&script->random, script->owned_share))
        return;
    script->owned = operation->argument[0];
    script->owned_next = OWNED_LINK;
}

static void owned_forget(struct script *script)
{
    for (uint32_t i = 0; i < script->held_count; i++)
        if (script->held[i] == script->owned)
            script->held[i--] = script->held[--script->held_count];
}

static void owned_ask(struct script *script, struct operation *operation)
{
    if (script->owned_next == OWNED_LINK) {
        operation->kind = OPERATION_LINK;
        owned_forget(script);
        ask_link(script, operation);
        operation->argument[2] = script->owned;
        script->owned_next = OWNED_DROP;
    } else {
        operation->kind = OPERATION_DROP;
        operation->argument[0] = script->owned;
        script->owned_next = OWNED_NOT;
    }
}

static void ask_any(struct script *script, struct operation *operation)
{
    operation->kind = draw_kind(script);
    ask(script, operation);
    owned_begin(script, operation);
}

/* ---- motifs ---- */

static bool is_drawn(const struct script *script, uint8_t kind)
{
    return !(script->without >> kind & 1);
}

/* True if there is a next step; those that must not be drawn are left out. */
static bool motif_ask(struct script *script, struct operation *operation)
{
    while (script->motif < motif_count()) {
        if (!motif_operation(script->motif, script->motif_step++,
                             script->motif_id, operation))
            break;
        if (is_drawn(script, operation->kind))
            return true;
    }
    script->motif = UINT32_MAX;
    return false;
}

static void motif_begin(struct script *script)
{
    script->motif = draw(script, motif_count());
    script->motif_step = 0;
    script->motif_id = script->next_id;
    script->next_id += MOTIF_IDS;
}

static void ask_next(struct script *script, struct operation *operation)
{
    if (script->motif == UINT32_MAX && script->owned_next == OWNED_NOT &&
        draw(script, MOTIF_EVERY) == 0)
        motif_begin(script);
    if (motif_ask(script, operation))
        return;
    if (script->owned_next != OWNED_NOT)
        owned_ask(script, operation);
    else
        ask_any(script, operation);
}

struct trace trace_generate(uint64_t seed, uint32_t operations,
                            uint64_t without)
{
    struct trace trace = { calloc(operations, sizeof *trace.operation),
                           operations };
    struct script script;

    if (trace.operation == NULL)
        oracle_give_up("no memory for a trace");
    script_open(&script, seed, without);
    for (uint32_t i = 0; i < operations; i++) {
        struct operation *operation = &trace.operation[i];

        ask_next(&script, operation);
        if (operation->kind != OPERATION_TUPLE)
            operation->count = (uint8_t)operation_arguments(operation->kind);
        for (unsigned j = operation->count; j < ARGUMENTS_MAX; j++)
            operation->argument[j] = 0;
    }
    return trace;
}
