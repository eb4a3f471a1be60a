/* script.c - what a script holds, and its drawing from a seed. */
#include "engine/script.h"

const char *const script_order_words[ORDERS] = {
    [ORDER_MIXED] = "mixed",
    [ORDER_LIFO] = "last in, first out",
    [ORDER_FIFO] = "first in, first out",
    [ORDER_RANDOM] = "random",
    [ORDER_SIZE] = "largest first",
    [ORDER_ADDRESS] = "lowest address first",
    [ORDER_EVERY_OTHER] = "every other one first",
};

int script_create(struct script *ret_script, size_t capacity)
{
    size_t bytes = (capacity + 1) * sizeof(struct operation);

    *ret_script = (struct script){ check_map(bytes), 0, capacity };
    return ret_script->operations == NULL ? -1 : 0;
}

static size_t script_around(struct random *random, size_t size)
{
    return size - 1 + random_below(random, 3);
}

/* Classes are multiples of 8 or 16, or eighths between powers of two. */
static size_t script_class_edge(struct random *random)
{
    if (random_chance(random, 500))
        return script_around(random, 8 * (1 + random_below(random, 128)));
    return script_around(random, (size_t)(8 + random_below(random, 8))
                                     << random_below(random, 12));
}

static size_t script_large(struct random *random)
{
    static const size_t edges[] = { 64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB,
                                    MIB,      2 * MIB,   4 * MIB,   32 * MIB };
    uint32_t draw = random_below(random, 1000);

    /* The larger, the rarer: they cost as much as they are large. */
    return script_around(random, edges[draw < 600   ? draw % 3
                                       : draw < 960 ? 3 + draw % 2
                                       : draw < 999 ? 5 + draw % 2
                                                    : 7]);
}

size_t script_size(struct random *random, size_t size_max)
{
    uint32_t draw = random_below(random, 1000);
    size_t size;

    if (draw < 500) {
        size = (size_t)1 << random_below(random, 15);
        size += random_below(random, (uint32_t)size);
    } else if (draw < 900) {
        size = script_class_edge(random);
    } else if (draw < 990) {
        size = script_around(random, 4096 * (1 + random_below(random, 8)));
    } else if (draw < 995) {
        size = script_large(random);
    } else {
        size = random_below(random, 2);
    }
    return size < size_max ? size : 1 + size % size_max;
}

/* What a drawing knows: how large each block is, and who is at work. */
struct drawing {
    const struct script_plan *plan;
    struct script *script;
    struct random random;
    size_t *sizes; /* of each slot, plus one; 0: no block */
    uint32_t *sorted;
    uint8_t thread;
};

static void script_add(struct drawing *drawing, struct operation operation)
{
    struct script *script = drawing->script;

    if (drawing->plan->threads > 1 && random_chance(&drawing->random, 150))
        drawing->thread =
            (uint8_t)random_below(&drawing->random, drawing->plan->threads);
    operation.thread = drawing->thread;
    if (script->count < script->capacity)
        script->operations[script->count++] = operation;
}

static void script_add_aligned(struct drawing *drawing, uint32_t slot,
                               size_t size, unsigned kind)
{
    uint32_t most = random_chance(&drawing->random, 50) ? 10 : 6;
    size_t alignment = (size_t)8 << random_below(&drawing->random, most);

    /* C17 wants a multiple here, and not everybody takes another. */
    if (kind == OPERATION_ALIGNED_ALLOC)
        size = (size + alignment) / alignment * alignment;
    drawing->sizes[slot] = size + 1;
    script_add(drawing,
               (struct operation){ (uint8_t)kind, 0, slot, size, alignment });
}

static void script_add_calloc(struct drawing *drawing, uint32_t slot,
                              size_t size)
{
    size_t count = 1 + random_below(&drawing->random, 9);

    size = size / count + 1;
    drawing->sizes[slot] = size * count + 1;
    script_add(drawing,
               (struct operation){ OPERATION_CALLOC, 0, slot, size, count });
}

static void script_allocate(struct drawing *drawing, uint32_t slot)
{
    size_t size = script_size(&drawing->random, drawing->plan->size_max);
    uint32_t draw = random_below(&drawing->random, 100);

    if (draw >= 91) {
        script_add_aligned(drawing, slot, size,
                           OPERATION_ALIGNED_ALLOC + draw % 3);
    } else if (draw >= 76) {
        script_add_calloc(drawing, slot, size);
    } else {
        drawing->sizes[slot] = size + 1;
        script_add(drawing,
                   (struct operation){ OPERATION_MALLOC, 0, slot, size, 0 });
    }
}

static void script_free(struct drawing *drawing, uint32_t slot)
{
    drawing->sizes[slot] = 0;
    script_add(drawing, (struct operation){ OPERATION_FREE, 0, slot, 0, 0 });
}

static void script_draw_step(struct drawing *drawing)
{
    uint32_t slot = random_below(&drawing->random, drawing->plan->slots);
    uint32_t draw = random_below(&drawing->random, 100);
    size_t size;

    if (drawing->sizes[slot] == 0) {
        script_allocate(drawing, slot);
    } else if (draw < 70) {
        script_free(drawing, slot);
    } else if (draw < 97) {
        size = script_size(&drawing->random, drawing->plan->size_max);
        size += size == 0; /* realloc(p, 0) is anybody's guess */
        drawing->sizes[slot] = size + 1;
        script_add(drawing,
                   (struct operation){ OPERATION_REALLOC, 0, slot, size, 0 });
    } else {
        script_add(drawing,
                   (struct operation){ OPERATION_USABLE, 0, slot, 0, 0 });
    }
}

/* All numbers, in the order in which they shall be freed. */
static void script_sort(struct drawing *drawing)
{
    uint32_t slots = drawing->plan->slots, *sorted = drawing->sorted;

    for (uint32_t i = 0; i < slots; i++)
        sorted[i] = drawing->plan->order == ORDER_LIFO ? slots - 1 - i : i;
    if (drawing->plan->order == ORDER_EVERY_OTHER)
        for (uint32_t i = 0; i < slots; i++)
            sorted[i] = i < slots / 2 ? 2 * i + 1 : 2 * (i - slots / 2);
    if (drawing->plan->order == ORDER_RANDOM)
        for (uint32_t i = slots; i > 1; i--) {
            uint32_t at = random_below(&drawing->random, i);
            uint32_t kept = sorted[i - 1];

            sorted[i - 1] = sorted[at];
            sorted[at] = kept;
        }
    for (uint32_t i = 1; drawing->plan->order == ORDER_SIZE && i < slots; i++)
        for (uint32_t at = i; at > 0 && drawing->sizes[sorted[at - 1]] <
                                            drawing->sizes[sorted[at]];
             at--) {
            uint32_t kept = sorted[at];

            sorted[at] = sorted[at - 1];
            sorted[at - 1] = kept;
        }
}

/* Allocates whatever is not there, then frees three quarters in order. */
static void script_draw_round(struct drawing *drawing)
{
    uint32_t slots = drawing->plan->slots;

    for (uint32_t i = 0; i < slots; i++)
        if (drawing->sizes[i] == 0)
            script_allocate(drawing, i);
    script_sort(drawing);
    for (uint32_t i = 0; i < slots / 4 * 3; i++)
        if (drawing->plan->order == ORDER_ADDRESS)
            script_add(drawing,
                       (struct operation){ OPERATION_FREE_LOWEST, 0, 0, 0, 0 });
        else
            script_free(drawing, drawing->sorted[i]);
    /* Which are left, only the subject knows: allocation frees them first. */
    if (drawing->plan->order == ORDER_ADDRESS)
        for (uint32_t i = 0; i < slots; i++)
            drawing->sizes[i] = 0;
}

int script_draw(struct script *ret_script, const struct script_plan *plan)
{
    struct drawing drawing = { .plan = plan,
                               .script = ret_script,
                               .random = random_stream(plan->seed, 0) };

    drawing.sizes = check_map(plan->slots * sizeof(*drawing.sizes));
    drawing.sorted = check_map(plan->slots * sizeof(*drawing.sorted));
    if (drawing.sizes == NULL || drawing.sorted == NULL ||
        script_create(ret_script, plan->operations) != 0)
        return -1;
    for (uint32_t rounds = 1; ret_script->count < ret_script->capacity;
         rounds++) {
        if (plan->order != ORDER_MIXED)
            script_draw_round(&drawing);
        else
            script_draw_step(&drawing);
        if (rounds % (plan->order != ORDER_MIXED ? 4 : 50000) == 0)
            script_add(&drawing,
                       (struct operation){ OPERATION_LOOK, 0, 0, 0, 0 });
    }
    return 0;
}
