/* gc_listeners.c - callbacks of collections: what they are told, and what they
 * may do meanwhile. (1.6.12)
 *
 * Each is called with a letter as its context, which it notes, in lower case
 * at the start of a collection and in upper case at its end. */
#include "gc_fixture.h"

#include <ctype.h>

static struct gc_fixture f;
static char heard[32];
static char letters[] = "abc";

static void begin(void)
{
    gc_fixture_begin(&f, NULL);
    heard[0] = '\0';
}

static void end(void)
{
    gc_unsave(&f);
    gc_fixture_end(&f);
}

TestSuite(gc_listeners, .init = begin, .fini = end, BOUND);

static bool hear(void *letter, const struct gc_info *info)
{
    int said = *(char *)letter;
    size_t used = strlen(heard);
    cr_assert(used + 1 < sizeof heard);
    heard[used] = (char)(info->stop ? toupper(said) : said);
    heard[used + 1] = '\0';
    return true;
}

static void listen(gc_callback *callback, int letter)
{
    cr_assert(gc_callback_add(f.gc, callback, &letters[letter]));
}

static void expect_heard(const char *expected)
{
    cr_assert_str_eq(heard, expected);
    heard[0] = '\0';
}

/* ---- what they are told ---- */

static struct gc_info seen[4];
static size_t seen_count;

static bool see(void *context, const struct gc_info *info)
{
    (void)context;
    if (seen_count < 4)
        seen[seen_count++] = *info;
    return true;
}

Test(gc_listeners, callbacks_are_told_of_start_and_stop_with_what_was_found)
{
    gc_callback_add(f.gc, see, NULL);
    gc_make_ring(&f, f.node, 1, 3);
    gc_collect(f.gc, 1);
    cr_assert(seen_count == 2);
    cr_expect(!seen[0].stop && seen[0].generation == 1 &&
              seen[0].collected == 0);
    cr_expect(seen[1].stop && seen[1].collected == 3 &&
              seen[1].uncollectable == 0);
    gc_callback_remove(f.gc, see, NULL);
    gc_collect(f.gc, 1);
    cr_expect(seen_count == 2);
}

Test(gc_listeners, all_are_told_in_the_order_in_which_they_came)
{
    listen(hear, 1);
    listen(hear, 0);
    listen(hear, 1);
    gc_collect(f.gc, 0);
    expect_heard("babBAB");
    gc_callback_remove(f.gc, hear, &letters[1]);
    gc_collect(f.gc, 0);
    expect_heard("abAB");
}

/* ---- what they may do ---- */

static bool leave(void *letter, const struct gc_info *info)
{
    gc_callback_remove(f.gc, leave, letter);
    return hear(letter, info);
}

/* The list is walked by places, and the next one has come to this place. */
Test(gc_listeners, when_one_takes_itself_off_the_next_is_passed_over)
{
    listen(leave, 0);
    listen(hear, 1);
    listen(hear, 2);
    gc_collect(f.gc, 0);
    expect_heard("acBC");
}

static bool bring_another(void *letter, const struct gc_info *info)
{
    if (!info->stop)
        listen(hear, 2);
    return hear(letter, info);
}

Test(gc_listeners, one_that_is_added_meanwhile_is_told_at_once)
{
    listen(bring_another, 0);
    listen(hear, 1);
    gc_collect(f.gc, 0);
    expect_heard("abcABC");
}

static bool raise_error(void *letter, const struct gc_info *info)
{
    hear(letter, info);
    return false;
}

static void note_error(void *context, struct object *where)
{
    (void)context;
    cr_expect(!where);
    f.errors++;
}

Test(gc_listeners, the_error_of_one_is_told_to_a_hook_and_others_are_told_all)
{
    gc_set_unraisable(f.gc, note_error, NULL);
    listen(raise_error, 0);
    listen(hear, 1);
    gc_make_ring(&f, f.node, 1, 2);
    cr_expect(gc_collect(f.gc, 0) == 2 && f.errors == 2);
    expect_heard("abAB");
}

static bool collect(void *letter, const struct gc_info *info)
{
    cr_expect(gc_collect(f.gc, GC_OLDEST) == 0);
    return hear(letter, info);
}

Test(gc_listeners, a_collection_that_one_of_them_asks_for_does_nothing)
{
    struct gc_stats stats[GC_GENERATIONS];
    listen(collect, 0);
    gc_make_ring(&f, f.node, 1, 2);
    cr_expect(gc_collect(f.gc, 0) == 2);
    expect_heard("aA");
    gc_stats(f.gc, stats);
    cr_expect(stats[0].collections == 1 && stats[2].collections == 0);
}

static bool let_go(void *letter, const struct gc_info *info)
{
    gc_unsave(&f);
    return hear(letter, info);
}

Test(gc_listeners, what_one_lets_go_of_at_the_start_is_found)
{
    struct object *kept = node_new(f.node, 1);
    gc_link(kept, 0, kept);
    gc_save(&f, kept);
    object_decref(kept);
    listen(let_go, 0);
    cr_expect(gc_collect(f.gc, 0) == 1);
    gc_expect_events(&f, "D1 ");
}
