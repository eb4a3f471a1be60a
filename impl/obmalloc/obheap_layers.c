/* obheap_layers.c - the four functions of a heap, once for each edition and
 * once more with front lists: no request looks at a setting. */
#include "obheap_hot.h"

#define LAYER_FUNCTIONS(stem, front, ...)                               \
    static const struct edition stem##_edition = __VA_ARGS__;           \
    static void *stem##_malloc(void *heap, size_t bytes)                \
    {                                                                   \
        return hot_malloc(heap, &stem##_edition, front, bytes);         \
    }                                                                   \
    static void *stem##_calloc(void *heap, size_t count, size_t bytes)  \
    {                                                                   \
        return hot_calloc(heap, &stem##_edition, front, count, bytes);  \
    }                                                                   \
    static void *stem##_realloc(void *heap, void *block, size_t bytes)  \
    {                                                                   \
        return hot_realloc(heap, &stem##_edition, front, block, bytes); \
    }                                                                   \
    static void stem##_free(void *heap, void *block)                    \
    {                                                                   \
        hot_free(heap, &stem##_edition, front, block);                  \
    }

#define LAYER(stem)                                                     \
    {                                                                   \
        NULL, stem##_malloc, stem##_calloc, stem##_realloc, stem##_free \
    }

#define LAYER_EDITION(stem, ...)                      \
    LAYER_FUNCTIONS(stem##_exact, false, __VA_ARGS__) \
    LAYER_FUNCTIONS(stem##_front, true, __VA_ARGS__)

LAYER_EDITION(classic_256, EDITION_CLASSIC_256)
LAYER_EDITION(classic_512, EDITION_CLASSIC_512)
LAYER_EDITION(py38, EDITION_PY38)
LAYER_EDITION(py311, EDITION_PY311)
LAYER_EDITION(py313, EDITION_PY313)

/* In the order of editions[]. */
static const struct memory_allocator layers[][2] = {
    { LAYER(classic_256_exact), LAYER(classic_256_front) },
    { LAYER(classic_512_exact), LAYER(classic_512_front) },
    { LAYER(py38_exact), LAYER(py38_front) },
    { LAYER(py311_exact), LAYER(py311_front) },
    { LAYER(py313_exact), LAYER(py313_front) },
};

struct memory_allocator obheap_layer(const struct edition *edition, bool front)
{
    return layers[edition - editions][front];
}
