/* object.c - what can be asked of any object, and of any type. */
#include "assay/object.h"

#include "head.h"

/* Addresses are multiples of 16: the low bits, always 0, become the high
 * ones (_Py_HashPointer). */
static intptr_t hash_address(const void *address)
{
    uintptr_t word = (uintptr_t)address;
    intptr_t hash = (intptr_t)(word >> 4 | word << (8 * sizeof word - 4));
    return hash == -1 ? -2 : hash;
}

bool object_hash(struct object *object, intptr_t *ret_hash)
{
    if (object->type->hash)
        return object->type->hash(object, ret_hash);
    *ret_hash = hash_address(object);
    return true;
}

/* The left one is asked first, then the right one, then their addresses. */
bool object_equal(struct object *a, struct object *b)
{
    if (a->type->equal)
        return a->type->equal(a, b);
    if (b->type->equal)
        return b->type->equal(b, a);
    return a == b;
}

static size_t bytes_of_items(const struct object *object)
{
    const struct object_type *type = object->type;
    if (type->each == 0)
        return type->bytes;
    const struct object_sized *sized = (const struct object_sized *)object;
    return type->bytes + (size_t)sized->items * type->each;
}

size_t object_bytes(const struct object *object)
{
    const struct object_type *type = object->type;
    size_t bytes =
        type->size_bytes ? type->size_bytes(object) : bytes_of_items(object);
    if (type->flags & OBJECT_COLLECTED)
        bytes += sizeof(struct head) + type->before;
    return bytes;
}

const char *object_type_fault(const struct object_type *type)
{
    bool collected = type->flags & OBJECT_COLLECTED;

    if (!type->name)
        return "a type has no name";
    if (!type->dealloc)
        return "a type has no dealloc slot";
    if (type->bytes < sizeof(struct object))
        return "objects are smaller than their head";
    if (type->each > 0 && type->bytes < sizeof(struct object_sized))
        return "objects with items have no place for their number";
    if (type->weak_at % (int32_t)sizeof(void *) != 0)
        return "the list of weak references is not aligned";
    if (type->before > 0 && (!collected || type->before % 16 != 0))
        return "words in front want a GC head, and 16 bytes at a time";
    if (type->weak_at > 0 && type->weak_at + sizeof(void *) > type->bytes)
        return "the list of weak references lies outside the object";
    if ((size_t)type->slots_at + type->slot_count * sizeof(void *) >
        type->bytes)
        return "slots lie outside the object";
    if (type->slots_at % sizeof(void *) != 0)
        return "slots are not aligned";
    if (collected && !type->traverse)
        return "a collected type cannot be traversed";
    if (!collected && (type->clear || type->untrack || type->del))
        return "a type that is not collected has slots of the collector";
    return NULL;
}
