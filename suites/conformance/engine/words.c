/* words.c - the shortest text that still fails, by leaving words out. */
#include "words.h"

#include <string.h>

#include "../check.h"
#include "clock.h"

static const char words_blanks[] = " \n\t";

size_t words_count(const char *text)
{
    size_t count = 0;

    for (text += strspn(text, words_blanks); *text != '\0';
         text += strspn(text, words_blanks)) {
        count++;
        text += strcspn(text, words_blanks);
    }
    return count;
}

static int words_split(struct words *ret_words, const char *text)
{
    size_t length = strlen(text) + 1;
    char *own = check_map(length);

    ret_words->count = 0;
    ret_words->word = check_map((words_count(text) + 1) * sizeof(char *));
    if (own == NULL || ret_words->word == NULL)
        return -1;
    memcpy(own, text, length);
    for (const char *at = own + strspn(own, words_blanks); *at != '\0';
         at += strspn(at, words_blanks)) {
        ret_words->word[ret_words->count++] = at;
        at += strcspn(at, words_blanks);
    }
    return 0;
}

/* The text of all words but [from, until). */
static void words_join(char *text, const struct words *words, size_t from,
                       size_t until)
{
    for (size_t i = 0; i < words->count; i++) {
        size_t length = strcspn(words->word[i], words_blanks);

        if (i >= from && i < until)
            continue;
        memcpy(text, words->word[i], length);
        text += length;
        *text++ = ' ';
    }
    *text = '\0';
}

static bool words_may_go_on(const struct words_shrinking *shrinking)
{
    return shrinking->attempts < shrinking->attempts_max &&
           (shrinking->until_ns == 0 || clock_wall_ns() < shrinking->until_ns);
}

static void words_drop(struct words *words, size_t from, size_t until)
{
    memmove(words->word + from, words->word + until,
            (words->count - until) * sizeof(*words->word));
    words->count -= until - from;
}

/* One pass with runs of this length, from the end. Whether any was left out. */
static bool words_pass(struct words *words, char *text,
                       struct words_shrinking *shrinking, size_t run)
{
    bool shorter = false;

    for (size_t until = words->count; until > 0;) {
        size_t from = until > run ? until - run : 0;

        if (!words_may_go_on(shrinking))
            return false;
        words_join(text, words, from, until);
        shrinking->attempts++;
        if (words->count > until - from &&
            shrinking->fails(shrinking->argument, text)) {
            words_drop(words, from, until);
            shorter = true;
        }
        until = from;
    }
    return shorter;
}

int words_shrink(char *text, struct words_shrinking *shrinking)
{
    struct words words;

    if (words_split(&words, text) != 0)
        return -1;
    for (size_t run = (words.count + 1) / 2;
         words.count > 1 && words_may_go_on(shrinking);) {
        bool shorter = words_pass(&words, text, shrinking, run);

        if (run == 1 && !shorter)
            break;
        run = run > 1 ? (run + 1) / 2 : 1;
        if (run > words.count)
            run = (words.count + 1) / 2;
    }
    words_join(text, &words, 0, 0);
    shrinking->words = words.count;
    return 0;
}
