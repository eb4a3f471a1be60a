/* set.c - sets: open addressing, a few places in line before each jump.
 *
 * A place without a key and with hash 0 was never used. One with the hash -1,
 * which no key has, is a dummy: it was. Eight places are in the object.
 *
 * Source: Objects/setobject.c of 3.11. */
#include "scalar.h"
#include "set_inside.h"

#include <string.h>

#define LINEAR        9 /* LINEAR_PROBES */
#define PERTURB_SHIFT 5
#define HASH_DUMMY    ((intptr_t)-1)
#define GROW_LESS     50000 /* from so many keys on twice, and not four times */
#define PLACES_MAX    ((size_t)1 << 56)

/* ---- places ---- */

static bool was_never_used(const struct place *place)
{
    return !place->key && place->hash == 0;
}

/* So many more places are tried behind `i` before the next jump. */
static size_t linear_from(size_t i, size_t mask)
{
    return i + LINEAR <= mask ? LINEAR : 0;
}

static size_t jump(size_t i, size_t *perturb, size_t mask)
{
    *perturb >>= PERTURB_SHIFT;
    return (i * 5 + 1 + *perturb) & mask;
}

enum found {
    FOUND_NOT,
    FOUND,
    FOUND_CHANGED, /* the comparison changed the set */
};

static enum found compare(const struct set *set, const struct place *place,
                          struct object *key)
{
    struct object *here = place->key;
    const struct place *table = set->table;
    if (here == key)
        return FOUND;
    if (here->type->flags & key->type->flags & OBJECT_VALUE)
        return value_equals(here, key) ? FOUND : FOUND_NOT;
    object_incref(here);
    bool equal = object_equal(here, key);
    bool same = set->table == table && place->key == here;
    object_decref(here);
    if (!same)
        return FOUND_CHANGED;
    return equal ? FOUND : FOUND_NOT;
}

/* Tries the places of a run. FOUND with the key's place or one that was never
 * used; a dummy on the way is noted in `ret_dummy`. */
static enum found try_run(const struct set *set, struct object *key,
                          intptr_t hash, struct place **place, size_t more,
                          struct place **ret_dummy)
{
    for (;; (*place)++) {
        if (was_never_used(*place))
            return FOUND;
        enum found found =
            (*place)->hash == hash ? compare(set, *place, key) : FOUND_NOT;
        if (found != FOUND_NOT)
            return found;
        if ((*place)->hash == HASH_DUMMY)
            *ret_dummy = *place;
        if (more-- == 0)
            return FOUND_NOT;
    }
}

/* The place of the key, or the one never used where its search ends. */
static struct place *look_up(const struct set *set, struct object *key,
                             intptr_t hash, struct place **ret_dummy)
{
    size_t perturb = (size_t)hash, i = (size_t)hash & set->mask;
    *ret_dummy = NULL;
    for (;;) {
        struct place *place = &set->table[i];
        enum found found = try_run(set, key, hash, &place,
                                   linear_from(i, set->mask), ret_dummy);
        if (found == FOUND)
            return place;
        if (found == FOUND_CHANGED)
            return look_up(set, key, hash, ret_dummy);
        i = jump(i, &perturb, set->mask);
    }
}

static struct place *find(const struct set *set, struct object *key)
{
    struct place *dummy;
    intptr_t hash;
    if (!value_hash_of(key, &hash))
        return NULL;
    struct place *place = look_up(set, key, hash, &dummy);
    return place->key ? place : NULL;
}

/* ---- the table ---- */

/* Puts a key that is not there into a table without dummies. */
static void insert_clean(struct place *table, size_t mask, struct place key)
{
    size_t perturb = (size_t)key.hash, i = (size_t)key.hash & mask;
    for (;; i = jump(i, &perturb, mask)) {
        struct place *place = &table[i];
        for (size_t more = linear_from(i, mask); place->key && more > 0; more--)
            place++;
        if (place->key)
            continue;
        *place = key;
        return;
    }
}

/* A new table, empty: the small one when that is enough. */
static struct place *table_new(struct set *set, size_t places)
{
    struct gc *gc = set->head.type->gc;
    struct place *table = set->small;
    if (places > PLACES_MAX)
        return NULL;
    if (places > SET_SMALL)
        table = gc->memory.malloc(gc->memory.context, places * sizeof *table);
    if (table)
        memset(table, 0, places * sizeof *table);
    return table;
}

static void table_free(struct set *set, struct place *table)
{
    struct gc *gc = set->head.type->gc;
    if (table != set->small)
        gc->memory.free(gc->memory.context, table);
}

static size_t places_above(size_t keys)
{
    size_t places = SET_SMALL;
    while (places <= keys)
        places <<= 1;
    return places;
}

/* Makes the table anew, without dummies, with more than `keys` places. */
static bool set_resize(struct set *set, size_t keys)
{
    struct place copy[SET_SMALL], *old = set->table;
    size_t places = places_above(keys), old_mask = set->mask;
    bool in_place = places == SET_SMALL && old == set->small;
    if (in_place && set->fill == set->used)
        return true;
    memcpy(copy, set->small, sizeof copy);
    struct place *new = table_new(set, places);
    if (!new)
        return false;
    const struct place *from = in_place ? copy : old;
    set->table = new;
    set->mask = places - 1;
    set->fill = set->used;
    for (size_t i = 0; i <= old_mask; i++)
        if (from[i].key)
            insert_clean(new, set->mask, from[i]);
    table_free(set, in_place ? set->small : old);
    return true;
}

static bool is_too_full(size_t fill, size_t mask)
{
    return fill * 5 >= mask * 3;
}

/* ---- keys ---- */

static bool set_insert(struct set *set, struct object *key, intptr_t hash)
{
    struct place *dummy, *place = look_up(set, key, hash, &dummy);
    if (place->key)
        return true;
    *(dummy ? dummy : place) = (struct place){ object_incref(key), hash };
    set->used++;
    if (dummy)
        return true;
    set->fill++;
    return !is_too_full(set->fill, set->mask) ||
           set_resize(set,
                      set->used > GROW_LESS ? set->used * 2 : set->used * 4);
}

bool set_add(struct object *set, struct object *key)
{
    intptr_t hash;
    if (!value_hash_of(key, &hash))
        return false;
    object_incref(key);
    bool good = set_insert((struct set *)set, key, hash);
    object_decref(key);
    return good;
}

static struct object *take_out(struct set *set, struct place *place)
{
    struct object *key = place->key;
    *place = (struct place){ NULL, HASH_DUMMY };
    set->used--;
    return key;
}

bool set_discard(struct object *object, struct object *key)
{
    struct set *set = (struct set *)object;
    struct place *place = find(set, key);
    if (!place)
        return false;
    object_decref(take_out(set, place));
    return true;
}

struct object *set_pop(struct object *object)
{
    struct set *set = (struct set *)object;
    if (set->used == 0)
        return NULL;
    size_t i = set->finger & set->mask;
    while (!set->table[i].key)
        i = (i + 1) & set->mask;
    set->finger = i + 1;
    return take_out(set, &set->table[i]);
}

/* Into an empty table of the same size keys go where they were; into another
 * empty one without looking for equals. */
static void copy_into_empty(struct set *to, const struct set *from)
{
    bool same = to->mask == from->mask && from->fill == from->used;
    for (size_t i = 0; i <= from->mask; i++) {
        if (!from->table[i].key)
            continue;
        object_incref(from->table[i].key);
        if (same)
            to->table[i] = from->table[i];
        else
            insert_clean(to->table, to->mask, from->table[i]);
    }
    to->fill = to->used = from->used;
}

bool set_update(struct object *object, const struct object *other)
{
    struct set *to = (struct set *)object;
    const struct set *from = (const struct set *)other;
    if (to == from || from->used == 0)
        return true;
    if (is_too_full(to->fill + from->used, to->mask) &&
        !set_resize(to, (to->used + from->used) * 2))
        return false;
    if (to->fill == 0) {
        copy_into_empty(to, from);
        return true;
    }
    for (size_t i = 0; i <= from->mask; i++)
        if (from->table[i].key &&
            !set_insert(to, from->table[i].key, from->table[i].hash))
            return false;
    return true;
}

/* ---- ends ---- */

static void keys_end(const struct place *table, size_t used)
{
    for (; used > 0; table++) {
        if (!table->key)
            continue;
        used--;
        object_decref(table->key);
    }
}

static void set_empty(struct set *set)
{
    memset(set->small, 0, sizeof set->small);
    set->fill = set->used = 0;
    set->mask = SET_SMALL - 1;
    set->table = set->small;
    set->hash = -1;
}

/* Empty before the first key dies: its end may look at the set. */
void set_clear(struct object *object)
{
    struct set *set = (struct set *)object;
    struct place copy[SET_SMALL], *table = set->table;
    size_t used = set->used;
    memcpy(copy, set->small, sizeof copy);
    set_empty(set);
    keys_end(table == set->small ? copy : table, used);
    table_free(set, table);
}

static void set_dealloc(struct object *object)
{
    struct set *set = (struct set *)object;
    struct gc *gc = object->type->gc;
    gc_untrack(object);
    if (!gc_trash_enter(object))
        return;
    if (set->weak)
        weak_clear_all(object);
    keys_end(set->table, set->used);
    table_free(set, set->table);
    gc_delete(object);
    gc_trash_leave(gc);
}

static int set_traverse(struct object *object, object_visit *visit,
                        void *context)
{
    const struct set *set = (struct set *)object;
    for (size_t i = 0; i <= set->mask; i++) {
        int end = set->table[i].key ? visit(set->table[i].key, context) : 0;
        if (end)
            return end;
    }
    return 0;
}

static bool set_hash(struct object *object, intptr_t *ret_hash)
{
    (void)object, (void)ret_hash;
    return false;
}

static size_t set_size_bytes(const struct object *object)
{
    return set_bytes(object) - sizeof(struct head);
}

static const struct object_type set_model = {
    .name = "set",
    .flags = OBJECT_COLLECTED,
    .bytes = sizeof(struct set),
    .weak_at = offsetof(struct set, weak),
    .dealloc = set_dealloc,
    .traverse = set_traverse,
    .clear = set_clear,
    .hash = set_hash,
    .size_bytes = set_size_bytes,
};

/* ---- what callers use ---- */

struct object *set_new(struct gc *gc)
{
    struct object_type *type =
        gc_type_builtin(gc, GC_BUILTIN_SET, &set_model, sizeof set_model);
    struct set *set = type ? (struct set *)gc_new(type, 0) : NULL;
    if (!set)
        return NULL;
    set_empty(set);
    set->finger = 0;
    set->weak = NULL;
    gc_track(&set->head);
    return &set->head;
}

bool set_is(const struct object *object)
{
    return object->type->dealloc == set_dealloc;
}

size_t set_size(const struct object *set)
{
    return ((const struct set *)set)->used;
}

size_t set_bytes(const struct object *object)
{
    const struct set *set = (const struct set *)object;
    size_t bytes = sizeof(struct head) + sizeof *set;
    if (set->table != set->small)
        bytes += (set->mask + 1) * sizeof *set->table;
    return bytes;
}

bool set_contains(const struct object *set, struct object *key)
{
    return find((const struct set *)set, key);
}

bool set_next(const struct object *object, size_t *place,
              struct object **ret_key)
{
    const struct set *set = (const struct set *)object;
    while (*place <= set->mask) {
        *ret_key = set->table[(*place)++].key;
        if (*ret_key)
            return true;
    }
    return false;
}
