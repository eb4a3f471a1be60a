/* gc_ask.c - what can be asked of the lists: objects, referrers, referents.
 * Nothing is allocated, so asking changes nothing. */
#include "collector.h"

/* Stores what there is room for, and counts all. */
struct answer {
    struct object **objects;
    size_t room;
    size_t count;
};

static void answer_add(struct answer *answer, struct object *object)
{
    if (answer->count < answer->room)
        answer->objects[answer->count] = object;
    answer->count++;
}

static void answer_list(struct answer *answer, const struct head *list)
{
    for (struct head *h = head_next(list); h != list; h = head_next(h))
        answer_add(answer, head_object(h));
}

size_t gc_objects(const struct gc *gc, int generation,
                  struct object **ret_objects, size_t room)
{
    struct answer answer = { ret_objects, room, 0 };
    for (int i = 0; i < GC_GENERATIONS; i++)
        if (generation == GC_ALL_GENERATIONS || generation == i)
            answer_list(&answer, &gc->generation[i].list);
    return answer.count;
}

size_t gc_permanent(const struct gc *gc, struct object **ret_objects,
                    size_t room)
{
    struct answer answer = { ret_objects, room, 0 };
    answer_list(&answer, &gc->permanent);
    return answer.count;
}

struct sought {
    struct object *const *objects;
    size_t count;
};

static bool is_sought(const struct object *object, const struct sought *sought)
{
    for (size_t i = 0; i < sought->count; i++)
        if (sought->objects[i] == object)
            return true;
    return false;
}

static int visit_sought(struct object *referent, void *sought)
{
    return is_sought(referent, sought);
}

size_t gc_referrers(const struct gc *gc, struct object *const *objects,
                    size_t count, struct object **ret_objects, size_t room)
{
    struct answer answer = { ret_objects, room, 0 };
    struct sought sought = { objects, count };
    for (int i = 0; i < GC_GENERATIONS; i++) {
        const struct head *list = &gc->generation[i].list;
        for (struct head *h = head_next(list); h != list; h = head_next(h)) {
            struct object *object = head_object(h);
            if (object->type->traverse(object, visit_sought, &sought))
                answer_add(&answer, object);
        }
    }
    return answer.count;
}

static int visit_answer(struct object *referent, void *answer)
{
    answer_add(answer, referent);
    return 0;
}

size_t gc_referents(struct object *object, struct object **ret_objects,
                    size_t room)
{
    struct answer answer = { ret_objects, room, 0 };
    if (object_is_collected(object))
        object->type->traverse(object, visit_answer, &answer);
    return answer.count;
}
