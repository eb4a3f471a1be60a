/* pieces.c - the small parts of the command line, each by itself. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "functions.h"
#include "machine.h"
#include "subject.h"
#include "text.h"

Test(text, the_distance_of_two_words_is_levenshteins)
{
    /* The examples of the usual definition. */
    cr_assert_eq(text_distance("kitten", "sitting"), 3);
    cr_assert_eq(text_distance("flaw", "lawn"), 2);
    cr_assert_eq(text_distance("", "abc"), 3);
    cr_assert_eq(text_distance("same", "same"), 0);
}

Test(text, nothing_is_offered_for_a_word_like_none)
{
    char *const words[] = { "jemalloc", "mimalloc", NULL };
    char *near = text_nearest("jemaloc", words);
    char *far = text_nearest("zzzzzz", words);

    cr_assert_not_null(strstr(near, "jemalloc"));
    cr_assert_str_empty(far);
    free(near);
    free(far);
}

Test(text, a_list_is_split_at_commas_and_empty_parts_are_left_out)
{
    char **list = text_split("a,,bc,");

    cr_assert_eq(text_list_count(list), 2);
    cr_assert_str_eq(list[1], "bc");
    text_list_free(list);
}

Test(functions, names_are_read_in_any_order_and_may_be_left_out)
{
    struct functions functions;

    cr_assert_null(functions_parse("free=b,malloc=a", &functions));
    cr_assert_str_eq(functions.name[FUNCTION_MALLOC], "a");
    cr_assert_str_eq(functions.name[FUNCTION_FREE], "b");
    cr_assert_str_empty(functions.name[FUNCTION_CALLOC]);
    cr_assert(functions_are_own(&functions));
}

Test(functions, what_is_wrong_is_said_and_nothing_is_changed)
{
    struct functions functions = { .name[FUNCTION_MALLOC] = "kept" };
    char text[300];

    cr_assert_not_null(functions_parse("", &functions));
    cr_assert_not_null(functions_parse("malloc=a", &functions));
    cr_assert_not_null(functions_parse("calloc=a,free=b", &functions));
    cr_assert_not_null(functions_parse("malloc=a,free=", &functions));
    cr_assert_not_null(functions_parse("malloc=a b,free=c", &functions));
    cr_assert_not_null(functions_parse("malloc=a,free=c,new=d", &functions));
    for (int size = 95; size <= 250; size++) {
        const char *wrong;

        snprintf(text, sizeof(text), "free=b,malloc=%0*d", size, 1);
        wrong = functions_parse(text, &functions);
        cr_assert_eq(wrong == NULL, size == 95, "%d: %s", size, wrong);
        functions = (struct functions){ .name[FUNCTION_MALLOC] = "kept" };
    }
    cr_assert_str_eq(functions.name[FUNCTION_MALLOC], "kept");
}

Test(functions, two_sets_are_equal_when_every_name_is)
{
    struct functions one = { 0 }, other = { 0 };

    cr_assert(functions_are_equal(&one, &other));
    cr_assert_not(functions_are_own(&one));
    functions_set(&one, "malloc", "a");
    functions_set(&other, "malloc", "a");
    functions_set(&one, "aligned_alloc", "b");
    cr_assert_not(functions_are_equal(&one, &other));
    functions_set(&other, "aligned_alloc", "b");
    cr_assert(functions_are_equal(&one, &other));
}

Test(environment, the_pad_is_below_4096_and_differs_from_cell_to_cell)
{
    size_t least = SIZE_MAX, most = 0;

    for (uint64_t seed = 0; seed < 1000; seed++) {
        size_t pad = environment_pad_bytes(seed);

        cr_assert_lt(pad, 4096);
        least = pad < least ? pad : least;
        most = pad > most ? pad : most;
    }
    cr_assert_lt(least, 64);
    cr_assert_gt(most, 4032);
}

static const char *find(char *const *list, const char *start)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (strncmp(list[i], start, strlen(start)) == 0)
            return list[i];
    return NULL;
}

Test(environment, options_of_allocators_reach_the_cell_and_nothing_else_does)
{
    struct subject subject = { .path = "/lib/libx.so",
                               .environment = text_split("") };
    char **list;

    setenv("MALLOC_CONF", "narenas:1", 1);
    setenv("SECRET", "of the user", 1);
    list = environment_for(&subject, 3);
    cr_assert_str_eq(find(list, "MALLOC_CONF="), "MALLOC_CONF=narenas:1");
    cr_assert_str_eq(find(list, "LD_PRELOAD="), "LD_PRELOAD=/lib/libx.so");
    cr_assert_null(find(list, "SECRET="));
    text_list_free(list);
    text_list_free(subject.environment);
}

Test(machine, a_busy_machine_is_told_and_a_quiet_one_is_not)
{
    struct machine_load quiet = { .load_average = 0.0, .runnable = 1 };
    struct machine_load loaded = { .load_average = 99.0, .runnable = 1 };
    struct machine_load crowded = { .load_average = 0.0, .runnable = 99 };
    char *why = machine_busy(loaded);

    cr_assert_null(machine_busy(quiet));
    cr_assert_not_null(strstr(why, "99.00"));
    free(why);
    why = machine_busy(crowded);
    cr_assert_not_null(strstr(why, "98 threads"));
    free(why);
}

Test(machine, stolen_time_is_a_share_of_all_time)
{
    struct machine_load before = { .steal_ticks = 10, .total_ticks = 1000 };
    struct machine_load after = { .steal_ticks = 35, .total_ticks = 1100 };

    cr_assert_float_eq(machine_steal_share(before, after), 0.25, 1e-12);
    cr_assert_float_eq(machine_steal_share(before, before), 0, 1e-12);
}

Test(machine, the_fingerprint_names_kernel_processor_and_memory)
{
    json_t *print = machine_fingerprint();
    json_t *memory = json_object_get(print, "memory");

    cr_assert_not_null(json_string_value(json_object_get(print, "kernel")));
    cr_assert_gt(json_integer_value(json_object_get(memory, "total_bytes")),
                 1 << 20);
    json_decref(print);
}
