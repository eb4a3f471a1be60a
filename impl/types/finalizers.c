/* finalizers.c - what to call, once, when an object has died.
 *
 * A finalizer has nothing of its own, so it can be in no cycle: what there is
 * to know is in the register, under its name. It is the callback of a weak
 * reference to what it is about. */
#include "assay/weak_maps.h"

#include "collector.h"

#include <stdlib.h>

struct finalizers {
    struct gc *gc;
    struct object_type *finalizer;
    struct object_type *entry;
    struct object *entries; /* a dict: finalizer, entry */
    uint64_t made;
    bool has_exited;
};

struct finalizer_type {
    struct object_type type;
    struct finalizers *owner;
};

struct entry {
    struct object head;
    struct object *ref;
    struct object *function;
    struct object *argument;
    uint64_t number;
    bool is_for_exit;
};

static struct finalizers *owner_of(const struct object *finalizer)
{
    return ((const struct finalizer_type *)finalizer->type)->owner;
}

static struct entry *entry_of(const struct object *finalizer)
{
    struct object *key = (struct object *)(uintptr_t)finalizer;
    return (struct entry *)dict_get(owner_of(finalizer)->entries, key);
}

/* ---- entries ---- */

static int entry_traverse(struct object *object, object_visit *visit,
                          void *context)
{
    const struct entry *entry = (struct entry *)object;
    int end = visit(entry->ref, context);
    if (!end)
        end = visit(entry->function, context);
    if (!end && entry->argument)
        end = visit(entry->argument, context);
    return end;
}

static void entry_dealloc(struct object *object)
{
    struct entry *entry = (struct entry *)object;
    gc_untrack(object);
    object_decref(entry->ref);
    object_decref(entry->function);
    object_decref_any(entry->argument);
    gc_delete(object);
}

static const struct object_type entry_model = {
    .name = "_Info",
    .flags = OBJECT_COLLECTED,
    .bytes = sizeof(struct entry),
    .dealloc = entry_dealloc,
    .traverse = entry_traverse,
};

/* ---- finalizers as objects ---- */

static int finalizer_traverse(struct object *object, object_visit *visit,
                              void *context)
{
    (void)object, (void)visit, (void)context;
    return 0;
}

static void finalizer_dealloc(struct object *object)
{
    gc_untrack(object);
    gc_delete(object);
}

/* Taken out first: what it calls may call it again. */
static bool call(struct object *finalizer, struct object *unused)
{
    struct finalizers *owner = owner_of(finalizer);
    struct entry *entry = (struct entry *)dict_pop(owner->entries, finalizer);
    (void)unused;
    if (!entry)
        return true;
    struct object *function = entry->function;
    bool good =
        owner->has_exited || (function->type->call &&
                              function->type->call(function, entry->argument));
    object_decref(&entry->head);
    return good;
}

static const struct object_type finalizer_model = {
    .name = "finalize",
    .flags = OBJECT_COLLECTED,
    .bytes = sizeof(struct object),
    .dealloc = finalizer_dealloc,
    .traverse = finalizer_traverse,
    .call = call,
};

/* ---- the register ---- */

static bool start(struct finalizers *all, struct gc *gc)
{
    all->gc = gc;
    all->entry = gc_type_add(gc, &entry_model, sizeof entry_model);
    all->finalizer =
        gc_type_add(gc, &finalizer_model, sizeof(struct finalizer_type));
    all->entries = dict_new(gc);
    if (all->finalizer)
        ((struct finalizer_type *)all->finalizer)->owner = all;
    return all->entry && all->finalizer && all->entries;
}

struct finalizers *finalizers_new(struct gc *gc)
{
    struct finalizers *all = calloc(1, sizeof *all);
    if (!all || start(all, gc))
        return all;
    object_decref_any(all->entries);
    free(all);
    return NULL;
}

/* Clearing leaves the dict empty before anything dies: no one is called. */
void finalizers_delete(struct finalizers *all)
{
    if (!all)
        return;
    all->has_exited = true;
    dict_clear(all->entries);
    object_decref(all->entries);
    free(all);
}

size_t finalizers_count(const struct finalizers *all)
{
    return dict_size(all->entries);
}

static struct object *newest_for_exit(const struct finalizers *all)
{
    struct object *key, *value, *newest = NULL;
    uint64_t number = 0;
    for (size_t place = 0; dict_next(all->entries, &place, &key, &value);) {
        const struct entry *entry = (struct entry *)value;
        if (!entry->is_for_exit || (newest && entry->number < number))
            continue;
        newest = key;
        number = entry->number;
    }
    return newest;
}

void finalizers_exit(struct finalizers *all)
{
    bool was_enabled = gc_is_enabled(all->gc);
    struct object *finalizer;
    gc_disable(all->gc);
    while ((finalizer = newest_for_exit(all))) {
        object_incref(finalizer);
        if (!call(finalizer, NULL))
            gc_raise_nowhere(all->gc, finalizer);
        object_decref(finalizer);
    }
    all->has_exited = true;
    if (was_enabled)
        gc_enable(all->gc);
}

/* ---- what callers use ---- */

static struct object *entry_new(struct finalizers *all, struct object *ref,
                                struct object *function,
                                struct object *argument)
{
    struct entry *entry = (struct entry *)gc_new(all->entry, 0);
    if (!entry)
        return NULL;
    entry->ref = object_incref(ref);
    entry->function = object_incref(function);
    entry->argument = object_incref_any(argument);
    entry->number = all->made++;
    entry->is_for_exit = true;
    gc_track(&entry->head);
    return &entry->head;
}

struct object *finalizer_new(struct finalizers *all, struct object *object,
                             struct object *function, struct object *argument)
{
    struct object *finalizer = gc_new(all->finalizer, 0);
    if (!finalizer)
        return NULL;
    gc_track(finalizer);
    struct object *ref = weak_ref(object, finalizer);
    struct object *entry = ref ? entry_new(all, ref, function, argument) : NULL;
    bool good = entry && dict_set(all->entries, finalizer, entry);
    object_decref_any(entry);
    object_decref_any(ref);
    if (good)
        return finalizer;
    object_decref(finalizer);
    return NULL;
}

bool finalizer_is_alive(const struct object *finalizer)
{
    return entry_of(finalizer);
}

bool finalizer_call(struct object *finalizer)
{
    return finalizer_is_alive(finalizer) && call(finalizer, NULL);
}

struct object *finalizer_peek(const struct object *finalizer)
{
    const struct entry *entry = entry_of(finalizer);
    return entry ? weak_target(entry->ref) : NULL;
}

struct object *finalizer_detach(struct object *finalizer)
{
    struct object *object = finalizer_peek(finalizer);
    if (!object)
        return NULL;
    object_incref(object);
    dict_delete(owner_of(finalizer)->entries, finalizer);
    return object;
}

bool finalizer_is_for_exit(const struct object *finalizer)
{
    const struct entry *entry = entry_of(finalizer);
    return entry && entry->is_for_exit;
}

void finalizer_set_for_exit(struct object *finalizer, bool yes)
{
    struct entry *entry = entry_of(finalizer);
    if (entry)
        entry->is_for_exit = yes;
}
