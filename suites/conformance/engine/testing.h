/* testing.h - what the tests of both engines do with scripts and probes.
 *
 * "engine/script.h" is that of the kind whose test includes this.
 * Memory: from check_map(), or static; each call of probe_answer() overwrites
 * the last one's. */
#ifndef ASSAY_CONFORMANCE_TESTING_H
#define ASSAY_CONFORMANCE_TESTING_H

#include <criterion/criterion.h>
#include <stdio.h>

#include "engine/script.h"

static inline char *text_of(const struct script *script)
{
    size_t length = script_print(script, NULL, 0);
    char *text = check_map(length + 1);

    script_print(script, text, length + 1);
    return text;
}

static inline struct script parsed(const char *text)
{
    struct script script;

    cr_assert_eq(script_parse(&script, text), 0, "%s", text);
    return script;
}

static inline void expect_refused(const char *const *words, size_t count)
{
    struct script script;

    for (size_t i = 0; i < count; i++)
        cr_expect_eq(script_parse(&script, words[i]), -1, "%s", words[i]);
}

/* What a shell's command prints. */
static inline const char *probe_answer(const char *command)
{
    static char text[4096];
    FILE *probe = popen(command, "r");
    size_t length;

    cr_assert_not_null(probe);
    length = fread(text, 1, sizeof(text) - 1, probe);
    text[length] = '\0';
    pclose(probe);
    return text;
}

#endif
