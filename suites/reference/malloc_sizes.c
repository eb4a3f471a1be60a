/* malloc_sizes.c - size classes: every request, every boundary. */
#include <criterion/criterion.h>

#include "sizes.h"

Test(malloc_sizes, every_request_fits_its_class_and_not_the_one_below)
{
    for (size_t n = 1; n <= CLASS_MAX_BYTES; n++) {
        unsigned class = class_of(n);
        cr_assert(class < CLASS_COUNT, "%zu bytes: class %u", n, class);
        cr_assert(class_bytes(class) >= n, "%zu bytes: class %u of %zu", n,
                  class, class_bytes(class));
        if (class > 1)
            cr_assert(class_bytes(class - 1) < n, "%zu bytes: class %u", n,
                      class);
    }
}

Test(malloc_sizes, zero_bytes_have_a_class_of_sixteen)
{
    cr_assert(class_of(0) == 0);
    cr_assert(class_bytes(0) == 16);
}

Test(malloc_sizes, the_size_of_a_class_is_in_that_class)
{
    for (unsigned class = 1; class < CLASS_COUNT; class ++)
        cr_assert(class_of(class_bytes(class)) == class, "class %u", class);
    cr_assert(class_bytes(CLASS_COUNT - 1) == CLASS_MAX_BYTES);
}

Test(malloc_sizes, all_classes_are_multiples_of_sixteen)
{
    for (unsigned class = 0; class < CLASS_COUNT; class ++)
        cr_assert(class_bytes(class) % 16 == 0, "class %u", class);
}

Test(malloc_sizes, above_512_bytes_an_eighth_at_most_is_wasted)
{
    for (size_t n = CLASS_SMALL_BYTES + 1; n <= CLASS_MAX_BYTES; n++) {
        size_t waste = class_bytes(class_of(n)) - n;
        cr_assert(waste * 8 <= n, "%zu bytes waste %zu", n, waste);
    }
}

Test(malloc_sizes, a_multiple_of_a_power_of_two_gets_a_class_that_is_one)
{
    for (size_t align = 16; align <= CLASS_MAX_BYTES; align *= 2)
        for (size_t n = align; n <= CLASS_MAX_BYTES; n += align)
            cr_assert(class_bytes(class_of(n)) % align == 0,
                      "%zu bytes at %zu: class of %zu", n, align,
                      class_bytes(class_of(n)));
}
