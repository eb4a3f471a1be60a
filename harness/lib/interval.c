/* interval.c - a treap of address ranges. */
#include "interval.h"

#include <assert.h>
#include <sys/mman.h>

#include "random.h"

enum { NONE = 0 };

static size_t interval_set_bytes(const struct interval_set *set)
{
    return (set->capacity + (size_t)1) * sizeof(struct interval);
}

int interval_set_create(struct interval_set *set, uint32_t capacity)
{
    void *pages;

    *set = (struct interval_set){ .capacity = capacity, .used = 1 };
    pages = mmap(NULL, interval_set_bytes(set), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        return -1;
    set->nodes = pages;
    return 0;
}

void interval_set_destroy(struct interval_set *set)
{
    munmap(set->nodes, interval_set_bytes(set));
    set->nodes = NULL;
}

/* Ranges are disjoint, so only the nearest one below the end can reach in. */
const struct interval *interval_overlapping(const struct interval_set *set,
                                            uintptr_t start, size_t span)
{
    const struct interval *below = NULL;
    uint32_t at = set->root;

    while (at != NONE) {
        const struct interval *node = &set->nodes[at];

        if (node->start - start < span || node->start < start) {
            below = node;
            at = node->right;
        } else {
            at = node->left;
        }
    }
    if (below == NULL)
        return NULL;
    if (below->start >= start || start - below->start < below->span)
        return below;
    return NULL;
}

static uint32_t interval_find(const struct interval_set *set, uintptr_t start)
{
    uint32_t at = set->root;

    while (at != NONE && set->nodes[at].start != start)
        at = start < set->nodes[at].start ? set->nodes[at].left
                                          : set->nodes[at].right;
    return at;
}

const struct interval *interval_at(const struct interval_set *set,
                                   uintptr_t start)
{
    uint32_t at = interval_find(set, start);

    return at == NONE ? NULL : &set->nodes[at];
}

static uint32_t interval_node(struct interval_set *set)
{
    uint32_t node = set->spare;

    if (node != NONE) {
        set->spare = set->nodes[node].left;
        return node;
    }
    return set->used <= set->capacity ? set->used++ : NONE;
}

/* Cuts the tree in two: all that start below `start`, and the others. */
static void interval_split(struct interval_set *set, uint32_t tree,
                           uintptr_t start, uint32_t *ret_below,
                           uint32_t *ret_above)
{
    uint32_t *below = ret_below, *above = ret_above;

    while (tree != NONE) {
        struct interval *node = &set->nodes[tree];

        if (node->start < start) {
            *below = tree;
            below = &node->right;
            tree = node->right;
        } else {
            *above = tree;
            above = &node->left;
            tree = node->left;
        }
    }
    *below = *above = NONE;
}

/* Joins two trees, all of the first below all of the second. */
static uint32_t interval_join(struct interval_set *set, uint32_t low,
                              uint32_t high)
{
    uint32_t root = NONE, *place = &root;

    while (low != NONE && high != NONE) {
        if (set->nodes[low].priority > set->nodes[high].priority) {
            *place = low;
            place = &set->nodes[low].right;
            low = *place;
        } else {
            *place = high;
            place = &set->nodes[high].left;
            high = *place;
        }
    }
    *place = low != NONE ? low : high;
    return root;
}

int interval_insert(struct interval_set *set, const struct interval *range)
{
    uint32_t node = interval_node(set);
    uint32_t *place = &set->root;
    uint32_t priority;

    if (node == NONE)
        return -1;
    set->random += RANDOM_GOLDEN;
    priority = (uint32_t)random_mix(set->random);
    while (*place != NONE && set->nodes[*place].priority >= priority)
        place = range->start < set->nodes[*place].start
                    ? &set->nodes[*place].left
                    : &set->nodes[*place].right;
    set->nodes[node] = *range;
    set->nodes[node].priority = priority;
    interval_split(set, *place, range->start, &set->nodes[node].left,
                   &set->nodes[node].right);
    *place = node;
    set->count++;
    return 0;
}

bool interval_remove(struct interval_set *set, uintptr_t start,
                     struct interval *ret_range)
{
    uint32_t *place = &set->root;
    uint32_t node;

    while (*place != NONE && set->nodes[*place].start != start)
        place = start < set->nodes[*place].start ? &set->nodes[*place].left
                                                 : &set->nodes[*place].right;
    node = *place;
    if (node == NONE)
        return false;
    *ret_range = set->nodes[node];
    *place = interval_join(set, set->nodes[node].left, set->nodes[node].right);
    set->nodes[node].left = set->spare;
    set->spare = node;
    assert(set->count > 0);
    set->count--;
    return true;
}
