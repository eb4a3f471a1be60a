/* oracle_collector_ours_types.c - the kinds of the reference's side, whose
 * hooks report to the machine. */
#include "oracle_collector_ours.h"

#include "assay/types.h"
#include "assay/weak.h"

static struct ours_types {
    struct machine *machine;
    struct object_type *nodes[NODE_KINDS];
    struct object_type *callback;
    struct object_type *subref;
    struct object *word[WORDS];
    enum node_kind_word kinds[NODE_KINDS]; /* contexts of hooks */
} ours_types;

/* ---- hooks ---- */

static void ours_finalize(void *kind, struct object *object)
{
    machine_finalize(ours_types.machine, *(enum node_kind_word *)kind, object);
}

static void ours_del(void *kind, struct object *object)
{
    machine_del(ours_types.machine, *(enum node_kind_word *)kind, object);
}

static void ours_dealloc(void *kind, struct object *object)
{
    (void)kind;
    machine_dealloc(ours_types.machine, object);
}

static bool ours_call(void *context, struct object *callback,
                      struct object *weak)
{
    (void)context;
    return machine_call(ours_types.machine, plain_id(callback), weak);
}

static bool ours_hash(void *context, struct object *node, intptr_t *ret_hash)
{
    (void)context;
    *ret_hash = machine_hash(node_id(node));
    return true;
}

static bool ours_hash_word(void *context, struct object *word,
                           intptr_t *ret_hash)
{
    (void)context;
    *ret_hash = real_word_hash(plain_id(word));
    return true;
}

static bool ours_call_node(void *context, struct object *node,
                           struct object *weak)
{
    (void)context;
    machine_call_node(ours_types.machine, node, weak);
    return true;
}

/* ---- objects ---- */

void *ours_node(enum node_kind_word kind, int id)
{
    return node_new(ours_types.nodes[kind], id);
}

int ours_node_id(void *object)
{
    return node_is(object) ? node_id(object) : -1;
}

bool ours_is_callable(void *node)
{
    return ((struct object *)node)->type->call != NULL;
}

void *ours_callback(int id)
{
    return plain_new(ours_types.callback, id);
}

void *ours_subref(void *referent, void *callback)
{
    return weak_ref_of(ours_types.subref, referent, callback);
}

void *ours_word(int word)
{
    return ours_types.word[word];
}

/* ---- opening ---- */

static bool has_del(enum node_kind_word kind)
{
    return kind == NODE_LEGACY || kind == NODE_RETURNS || kind == NODE_BOTH ||
           kind == NODE_WEAK_LAST;
}

static bool has_finalizer(enum node_kind_word kind)
{
    return kind != NODE_PLAIN && kind != NODE_CALLED && kind != NODE_QUIET &&
           (kind == NODE_BOTH || !has_del(kind));
}

static void make_node_type(struct gc *gc, enum node_kind_word kind)
{
    ours_types.kinds[kind] = kind;
    ours_types.nodes[kind] = node_type_new(
        gc,
        &(struct node_kind){
            .name = "node",
            .hooks = { .context = &ours_types.kinds[kind],
                       .hash = ours_hash,
                       .finalize = has_finalizer(kind) ? ours_finalize : NULL,
                       .call = kind == NODE_CALLED ? ours_call_node : NULL,
                       .del = has_del(kind) ? ours_del : NULL,
                       .dealloc = kind == NODE_QUIET ? NULL : ours_dealloc } });
    if (ours_types.nodes[kind] == NULL)
        oracle_give_up("the reference makes no type");
}

void ours_types_open(struct gc *gc, struct machine *machine)
{
    const struct object_hooks call = { .call = ours_call };
    const struct object_hooks hash = { .hash = ours_hash_word };
    struct object_type *word = plain_text_type_new(gc, "str", &hash);

    ours_types.machine = machine;
    for (int kind = 0; kind < NODE_KINDS; kind++)
        make_node_type(gc, (enum node_kind_word)kind);
    ours_types.callback = plain_type_new(gc, "callback", &call);
    ours_types.subref = weak_type_new(gc, "subref");
    if (word == NULL || ours_types.callback == NULL ||
        ours_types.subref == NULL)
        oracle_give_up("the reference makes no type");
    for (int i = 0; i < WORDS; i++)
        ours_types.word[i] = plain_new(word, i);
}
