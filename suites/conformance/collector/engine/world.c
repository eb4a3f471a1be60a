/* world.c - operations on a heap and its shadow. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/stress.h"

/* On the one backend. */
static int worlds_open;

void world_complain(struct world *world, const char *format, ...)
{
    va_list arguments;

    if (world_is_wrong(world))
        return;
    va_start(arguments, format);
    vsnprintf(world->complaint, sizeof(world->complaint), format, arguments);
    va_end(arguments);
}

void world_trouble(struct world *world, const char *what)
{
    world->troubled = world->troubled || !world_is_wrong(world);
    world_complain(world, "%s", what);
}

bool world_is_wrong(const struct world *world)
{
    return world->complaint[0] != '\0';
}

enum verdict world_verdict(struct check_run *run, const struct world *world)
{
    return world_is_wrong(world) ? world_blame(run, world, "%s", "")
                                 : pass(run);
}

enum verdict world_blame(struct check_run *run, const struct world *world,
                         const char *where, ...)
{
    char words[120];
    va_list arguments;

    va_start(arguments, where);
    vsnprintf(words, sizeof(words), where, arguments);
    va_end(arguments);
    return (world->troubled ? error : fail)(run, "%s%s%s", words,
                                            *words != '\0' ? ": " : "",
                                            world->complaint);
}

/* ---- objects that are looked at for longer ---- */

bool world_protect(struct world *world, struct assay_object *object, int number)
{
    if (world->temporaries == WORLD_TEMPORARIES)
        return false;
    /* It is a root before anything can be collected. */
    world->temporary[world->temporaries++] = number;
    world_changed(world);
    world->uncounted++;
    bool pushed = subject->push(world->heap, object);
    world->uncounted--;
    if (!pushed) {
        world->temporaries--;
        world_changed(world);
    }
    return pushed;
}

void world_unprotect(struct world *world)
{
    world->temporaries--;
    world_changed(world);
    subject->pop(world->heap, 1);
}

/* ---- slots and roots ---- */

struct assay_object *world_slot(struct world *world,
                                struct assay_object *object, int number,
                                unsigned slot)
{
    struct assay_object **places;

    if (world->node[number].kind != WORLD_PAYLOAD)
        return subject->load(world->heap, object, slot);
    places = subject->payload(world->heap, object);
    return places[1 + slot];
}

void world_set_slot(struct world *world, struct assay_object *object,
                    int number, unsigned slot, struct assay_object *value,
                    int value_number)
{
    struct assay_object **places;

    world->node[number].slot[slot] = value_number;
    world_changed(world);
    if (world->node[number].kind != WORLD_PAYLOAD) {
        subject->store(world->heap, object, slot, value);
        return;
    }
    places = subject->payload(world->heap, object);
    subject->store_at(world->heap, object, &places[1 + slot], value);
}

void world_set_root(struct world *world, int place, struct assay_object *object,
                    int number)
{
    int busy = world->busy_place;

    world->root[place] = number;
    world_changed(world);
    world->busy_place = place;
    subject->set_root(world->heap, place, object);
    world->busy_place = busy;
}

/* ---- operations ---- */

static bool world_may(const struct world *world, int place)
{
    return !world_is_wrong(world) && place >= 0 && place < world->places;
}

bool world_has(const struct world *world, int place)
{
    return world_may(world, place) && world->root[place] != WORLD_NONE;
}

static struct node *world_at(const struct world *world, int place)
{
    if (!world_has(world, place))
        return NULL;
    return &world->node[world->root[place]];
}

static struct node *node_add(struct world *world, enum world_shape shape,
                             unsigned slots)
{
    struct node *node = &world->node[world->count++];

    *node = (struct node){ .shape = (uint8_t)shape,
                           .slots = slots,
                           .slot = world->slots + world->slots_used,
                           .referent = WORLD_NONE,
                           .value = WORLD_NONE };
    for (unsigned i = 0; i < slots; i++)
        node->slot[i] = WORLD_NONE;
    world->slots_used += slots;
    return node;
}

bool world_has_room(struct world *world, unsigned slots)
{
    if (world->count < world->capacity &&
        world->slots_used + slots <= world->slots_room)
        return true;
    world_trouble(world, "the check's shadow is full");
    return false;
}

/* What new_object() gave becomes a node and a root. */
static int world_adopt(struct world *world, int place, struct node *node,
                       struct assay_object *object)
{
    int number = world->count - 1;

    node->handle = object;
    if (CAN(COUNTS))
        node->extra = (uint32_t)(subject->count(world->heap, object) - 1);
    world_set_root(world, place, object, number);
    if (CAN(COUNTS))
        subject->decref(world->heap, object);
    return number;
}

static size_t payload_bytes(enum world_kind kind, unsigned slots,
                            unsigned bytes)
{
    return sizeof(void *) * (kind == WORLD_PAYLOAD ? 1 + slots : 1) + bytes;
}

int world_new(struct world *world, int place, enum world_kind kind,
              unsigned slots, unsigned bytes)
{
    struct assay_object *object;
    struct node *node;
    size_t whole;

    if (!world_may(world, place) || !world_has_room(world, slots))
        return WORLD_NONE;
    if (world->type[kind] == NULL) /* it cannot do that */
        kind = WORLD_PLAIN;
    whole = payload_bytes(kind, slots, bytes);
    world_changed(world);
    object = subject->new_object(world->heap, world->type[kind],
                                 kind == WORLD_PAYLOAD ? 0 : slots, whole);
    if (object == NULL) {
        world->refusals++;
        return WORLD_NONE;
    }
    /* Finalizers on the way may have taken the room. */
    if (!world_has_room(world, slots)) {
        if (CAN(COUNTS))
            subject->decref(world->heap, object);
        return WORLD_NONE;
    }
    node = node_add(world, WORLD_OBJECT, slots);
    node->kind = (uint8_t)kind;
    node->bytes = (uint32_t)whole;
    world->live++;
    world_fill(subject->payload(world->heap, object), world->count - 1,
               kind == WORLD_PAYLOAD ? slots : 0, whole);
    return world_adopt(world, place, node, object);
}

/* Nothing was taken from the roots yet. */
void world_stress(struct world *world)
{
    if (world_is_wrong(world) || !stress_is_on())
        return;
    world_changed(world);
    stress_point(world->heap);
}

void world_store(struct world *world, int from, unsigned slot, int to)
{
    const struct node *node;
    struct assay_object *value;

    world_stress(world);
    node = world_at(world, from);
    if (node == NULL || node->slots == 0 || !world_may(world, to))
        return;
    value = subject->root(world->heap, to);
    world_set_slot(world, subject->root(world->heap, from), world->root[from],
                   slot % node->slots, value, world->root[to]);
}

void world_load(struct world *world, int to, int from, unsigned slot)
{
    const struct node *node = world_at(world, from);
    struct assay_object *object;

    if (node == NULL || node->slots == 0 || !world_may(world, to))
        return;
    slot %= node->slots;
    object = world_slot(world, subject->root(world->heap, from),
                        world->root[from], slot);
    world_set_root(world, to, object, node->slot[slot]);
}

void world_copy(struct world *world, int to, int from)
{
    if (world_may(world, to) && world_may(world, from))
        world_set_root(world, to, subject->root(world->heap, from),
                       world->root[from]);
}

void world_empty(struct world *world, int place)
{
    if (world_may(world, place))
        world_set_root(world, place, NULL, WORLD_NONE);
}

void world_hold(struct world *world, int from)
{
    struct node *node = world_at(world, from);

    if (node == NULL || !CAN(COUNTS) || world->held_count == WORLD_HELD)
        return;
    node->held++;
    node->handle = subject->root(world->heap, (size_t)from);
    world->held[world->held_count++] = world->root[from];
    world_changed(world);
    subject->incref(world->heap, node->handle);
}

void world_release(struct world *world, unsigned which)
{
    struct node *node;

    if (world_is_wrong(world) || world->held_count == 0)
        return;
    which %= (unsigned)world->held_count;
    node = &world->node[world->held[which]];
    node->held--;
    world->held[which] = world->held[--world->held_count];
    world_changed(world);
    subject->decref(world->heap, node->handle);
}

/* ---- collections ---- */

void world_collect(struct world *world, unsigned generation)
{
    if (world_is_wrong(world))
        return;
    world_changed(world);
    world_due_before(world, generation);
    subject->collect(world->heap, generation);
    world_due_after(world);
}

/* What collections can change that the shadow sees. */
static size_t world_progress(const struct world *world)
{
    return world->live * 31 + world->finalizers * 17 + world->callbacks;
}

void world_collect_all(struct world *world)
{
    size_t progress;
    unsigned idle = 0, rounds = 0;

    do {
        progress = world_progress(world);
        world_collect(world, subject->generations - 1);
        idle = world_progress(world) == progress ? idle + 1 : 0;
    } while (!world_is_wrong(world) && idle < 2 && ++rounds < 1000);
    if (rounds == 1000)
        world_complain(world, "a thousand collections did not come to an end");
    world_look(world, true);
}

/* ---- beginning and end ---- */

static bool world_maps(struct world *world, int places, int capacity)
{
    world->places = places;
    world->capacity = capacity;
    world->slots_room = (size_t)capacity * 8 + 65536;
    world->node = check_map((size_t)capacity * sizeof(*world->node));
    world->todo = check_map((size_t)capacity * sizeof(*world->todo));
    world->slots = check_map(world->slots_room * sizeof(*world->slots));
    world->root = check_map((size_t)places * sizeof(*world->root) + 1);
    return world->node != NULL && world->todo != NULL && world->slots != NULL &&
           world->root != NULL;
}

static bool world_push_places(struct world *world)
{
    for (int i = 0; i < world->places; i++) {
        world->root[i] = WORLD_NONE;
        if (!subject->push(world->heap, NULL)) {
            world_complain(world, "push() of place %d gives false", i);
            return false;
        }
    }
    return true;
}

bool world_open(struct world *world, int places, int capacity)
{
    struct assay_collector_config config = { &check_backend.backend };

    stress_apply();
    *world = (struct world){ .busy_place = WORLD_NONE };
    if (!world_maps(world, places, capacity)) {
        world_trouble(world, "the check has no memory for a shadow");
        return false;
    }
    world->heap = subject->create(&config);
    if (world->heap == NULL)
        world_complain(world, "create() gives NULL");
    else
        worlds_open++;
    return world->heap != NULL && world_types(world) &&
           world_push_places(world);
}

static void close_backend(struct world *world)
{
    const char *misuse = counting_backend_misuse(&check_backend);

    worlds_open--;
    if (misuse != NULL)
        world_complain(world, "the backend: %s", misuse);
    if (worlds_open == 0 && CAN(BACKEND) &&
        check_backend.outstanding_pieces != 0)
        world_complain(world,
                       "after destroy() %zu pieces of the backend, %zu bytes, "
                       "were not given back",
                       check_backend.outstanding_pieces,
                       check_backend.outstanding_bytes);
}

void world_close(struct world *world)
{
    size_t finalizers, live = world->live;

    if (world_is_wrong(world))
        return;
    world_look(world, false);
    finalizers = world->finalizers;
    world->destroying = true;
    subject->destroy(world->heap);
    if (!CAN(FINALIZE_AT_END) && world->finalizers != finalizers)
        world_complain(world, "destroy() called %zu finalizers",
                       world->finalizers - finalizers);
    if (world->live != live)
        world_complain(world, "destroy() called `ended` for %zu objects",
                       live - world->live);
    close_backend(world);
}
