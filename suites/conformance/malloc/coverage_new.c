/* coverage_new.c - C++ new and delete reach the subject in one piece. (COV)
 *
 * No C++ is compiled for this: the operators are resolved by their names in
 * the 64-bit ABI, after the C++ library was opened into the global scope. The
 * subject was preloaded, so its own operators come first, as they would for a
 * program. */
#include <dlfcn.h>
#include <string.h>

#include "tools/blocks.h"

static struct {
    void *(*new_one)(size_t size);
    void *(*new_array)(size_t size);
    void *(*new_quiet)(size_t size, const void *nothrow);
    void *(*new_aligned)(size_t size, size_t alignment);
    void (*delete_one)(void *block);
    void (*delete_array)(void *block);
    void (*delete_sized)(void *block, size_t size);
    void (*delete_array_sized)(void *block, size_t size);
    void (*delete_aligned)(void *block, size_t alignment);
    void (*delete_aligned_sized)(void *block, size_t size, size_t alignment);
} operators;

static const struct {
    const char *symbol;
    void *at;
} operator_names[] = {
    { "_Znwm", &operators.new_one },
    { "_Znam", &operators.new_array },
    { "_ZnwmRKSt9nothrow_t", &operators.new_quiet },
    { "_ZnwmSt11align_val_t", &operators.new_aligned },
    { "_ZdlPv", &operators.delete_one },
    { "_ZdaPv", &operators.delete_array },
    { "_ZdlPvm", &operators.delete_sized },
    { "_ZdaPvm", &operators.delete_array_sized },
    { "_ZdlPvSt11align_val_t", &operators.delete_aligned },
    { "_ZdlPvmSt11align_val_t", &operators.delete_aligned_sized },
};

enum { OPERATORS = sizeof(operator_names) / sizeof(*operator_names) };

/* The name of the first that is missing, or NULL. */
static const char *operator_resolve(unsigned *ret_replaced)
{
    for (size_t i = 0; i < OPERATORS; i++) {
        void *address = dlsym(RTLD_DEFAULT, operator_names[i].symbol);

        if (address == NULL)
            return operator_names[i].symbol;
        memcpy(operator_names[i].at, &address, sizeof(address));
        *ret_replaced += subject_has(operator_names[i].symbol);
    }
    return NULL;
}

static void *operator_new(unsigned way, size_t size)
{
    static const char nothrow;

    switch (way) {
    case 0:
    case 1:
        return operators.new_one(size);
    case 2:
    case 3:
        return operators.new_array(size);
    case 4:
        return operators.new_quiet(size, &nothrow);
    default:
        return operators.new_aligned(size, 256);
    }
}

static void operator_delete(unsigned way, void *block, size_t size)
{
    switch (way) {
    case 0:
    case 4:
        operators.delete_one(block);
        break;
    case 1:
        operators.delete_sized(block, size);
        break;
    case 2:
        operators.delete_array(block);
        break;
    case 3:
        operators.delete_array_sized(block, size);
        break;
    case 5:
        operators.delete_aligned(block, 256);
        break;
    default:
        operators.delete_aligned_sized(block, size, 256);
    }
}

enum { OPERATOR_WAYS = 7, OPERATOR_LIVE = 8 };

static const char *const operator_words[OPERATOR_WAYS] = {
    "new, delete",
    "new, sized delete",
    "new[], delete[]",
    "new[], sized delete[]",
    "nothrow new, delete",
    "aligned new, aligned delete",
    "aligned new, sized aligned delete",
};

static enum verdict operator_round(struct check_run *run, unsigned way,
                                   size_t size)
{
    size_t wanted = way >= 5 ? 256 : weak_alignment(size);
    unsigned char *blocks[OPERATOR_LIVE];

    for (size_t i = 0; i < OPERATOR_LIVE; i++) {
        blocks[i] = operator_new(way, size);
        if (blocks[i] == NULL || off_by(blocks[i], wanted) != 0)
            return fail(run, "%s of %zu bytes gave %p, alignment %zu wanted",
                        operator_words[way], size, (void *)blocks[i], wanted);
        if (subject->malloc_usable_size(blocks[i]) < size)
            return fail(run,
                        "%s of %zu bytes: the subject's malloc_usable_size "
                        "says %zu: the block is not the subject's",
                        operator_words[way], size,
                        subject->malloc_usable_size(blocks[i]));
        memset(blocks[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < OPERATOR_LIVE; i++) {
        if (size > 0 && (blocks[i][0] != i + 1 || blocks[i][size - 1] != i + 1))
            return fail(run, "%s: block %zu of %zu bytes was overwritten",
                        operator_words[way], i, size);
        operator_delete(way, blocks[i], size);
    }
    return pass(run);
}

CHECK(COV_6, SHOULD,
      "C++ new and delete, sized, aligned, nothrow and array, cohere",
      "C++17 [new.delete]; [support.dynamic]", .profiles = "dropin",
      .why = "new that is replaced and a sized or aligned delete that is not, "
             "or the reverse, mix two heaps. Left to the C++ library all of "
             "them end in malloc and free, which is right as well.")
{
    unsigned replaced = 0;
    const char *missing;

    if (dlopen("libstdc++.so.6", RTLD_NOW | RTLD_GLOBAL) == NULL)
        return skip(run, "no C++ library is installed");
    missing = operator_resolve(&replaced);
    if (missing != NULL)
        return skip(run, "the C++ library has no %s", missing);
    figure(run, "replaced_operators", replaced);
    for (unsigned way = 0; way < OPERATOR_WAYS; way++)
        for (size_t size = 0; size <= 100000; size += 1 + size / 3)
            if (operator_round(run, way, size) == VERDICT_FAIL)
                return VERDICT_FAIL;
    return pass(run);
}
