/* suite.c - the requirements of a kind as Criterion tests of one subject.
 *
 * The runner is never preloaded and runs no check itself: before the tests it
 * lets `assay check` decide them all, each in a process of its own, with the
 * jobs, the waiting and the watchdogs that they ask for; every test then reads
 * its verdict. $ASSAY is the program, $SUBJECT what is checked; $LEFT_OUT are
 * requirements, parted by blanks, that are not asked for and skipped in sight.
 * The build says the kind (-DSUITE=malloc); "requirements.h", made by
 * `generate`, lists what it has. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Tests run in processes of their own; these two tell them. */
#define VERDICTS "ASSAY_SUITE_VERDICTS"
#define STATUS   "ASSAY_SUITE_STATUS"

enum {
    EXIT_GOOD = 0,
    EXIT_FINDING = 1,
    EXIT_TEST_FAILED = 1,
    FILTER_BYTES = 16384,
};

static bool suite_leaves_out(const char *id)
{
    const char *all = getenv("LEFT_OUT"), *at = all;
    size_t length = strlen(id);

    for (; at != NULL && (at = strstr(at, id)) != NULL; at += length)
        if ((at == all || at[-1] == ' ') &&
            (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

/* ---- in a test ---- */

static json_t *suite_verdict(const char *id)
{
    FILE *file = fopen(getenv(VERDICTS), "re");
    json_t *line = NULL;

    cr_assert_not_null(file, "there are no verdicts");
    while ((line = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL)) != NULL) {
        const char *requirement =
            json_string_value(json_object_get(line, "requirement"));

        if (requirement != NULL && strcmp(requirement, id) == 0)
            break;
        json_decref(line);
    }
    fclose(file);
    return line;
}

static const char *suite_field(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

/* A known deviation is no pass, and neither is what does not count here or is
 * not claimed: all are skipped in sight. */
static void suite_decide(const char *id)
{
    const char *verdict, *finding, *message;
    json_t *line;

    if (suite_leaves_out(id))
        cr_skip_test("%s takes long, and is left to the whole suite", id);
    line = suite_verdict(id);
    cr_assert_not_null(line, "%s was not decided", id);
    verdict = suite_field(line, "verdict");
    finding = suite_field(line, "finding");
    message = suite_field(line, "message");
    if (strcmp(finding, "known deviation") == 0)
        cr_skip_test("%s %s, a known deviation: %s", id, verdict,
                     suite_field(line, "deviation"));
    if (strcmp(finding, "not claimed") == 0)
        cr_skip_test("%s: %s", id, message);
    if (strcmp(finding, "") != 0)
        cr_assert_fail("%s %s, %s: %s", id, verdict, finding, message);
    if (strcmp(verdict, "pass") != 0)
        cr_skip_test("%s %s, does not count in profile %s: %s", id, verdict,
                     suite_field(line, "profile"), message);
    json_decref(line);
}

#define REQUIREMENT(name, id) \
    Test(SUITE, name)         \
    {                         \
        suite_decide(id);     \
    }
#include "requirements.h"

/* Nothing printed, too, and every verdict written. */
Test(run, the_profile_is_met)
{
    cr_assert_str_eq(getenv(STATUS), "0", "assay check ended with status %s",
                     getenv(STATUS));
}

/* ---- in the runner ---- */

#undef REQUIREMENT
#define REQUIREMENT(name, id) id,
static const char *const suite_ids[] = {
#include "requirements.h"
};

/* The option that asks for all but what is left out; empty: for all. */
static void suite_filter(char text[FILTER_BYTES])
{
    int length = snprintf(text, FILTER_BYTES, "--filter ");

    for (size_t i = 0; i < sizeof(suite_ids) / sizeof(*suite_ids); i++)
        if (!suite_leaves_out(suite_ids[i]) && length < FILTER_BYTES)
            length += snprintf(text + length, FILTER_BYTES - (size_t)length,
                               "%s,", suite_ids[i]);
    if (getenv("LEFT_OUT") == NULL)
        text[0] = '\0';
    else if (length < FILTER_BYTES)
        text[length - 1] = '\0'; /* the last comma */
    else
        abort();
}

/* The first line of the file, without its end. */
static void suite_first_line(const char *path, char *text, int room)
{
    FILE *file = fopen(path, "re");

    if (file == NULL || fgets(text, room, file) == NULL)
        text[0] = '\0';
    if (file != NULL)
        fclose(file);
    text[strcspn(text, "\n")] = '\0';
}

/* Lets the subject be checked; its exit status. */
static int suite_check(const char *folder)
{
    char filter[FILTER_BYTES], command[FILTER_BYTES + 1024];
    int status;

    suite_filter(filter);
    snprintf(command, sizeof(command),
             "\"$ASSAY\" check \"$SUBJECT\" --seed \"${SEED:-1}\" --json "
             "%s/verdicts %s >%s/out 2>%s/err",
             folder, filter, folder, folder);
    status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What is not installed is skipped in sight; what is refused otherwise, or
 * broke, fails. */
static int suite_without_verdicts(const char *folder)
{
    char path[128], why[256];

    snprintf(path, sizeof(path), "%s/err", folder);
    suite_first_line(path, why, sizeof(why));
    if (strstr(why, "is not installed") == NULL) {
        printf("Bail out! %s\n", why);
        return EXIT_TEST_FAILED;
    }
    printf("1..0 # SKIP %s\n", why);
    return EXIT_GOOD;
}

static int suite_run(struct criterion_test_set *tests, const char *folder)
{
    char path[128], text[16];
    int status = suite_check(folder);

    if (status != EXIT_GOOD && status != EXIT_FINDING)
        return suite_without_verdicts(folder);
    snprintf(path, sizeof(path), "%s/verdicts", folder);
    snprintf(text, sizeof(text), "%d", status);
    setenv(VERDICTS, path, 1);
    setenv(STATUS, text, 1);
    return criterion_run_all_tests(tests) ? EXIT_GOOD : EXIT_TEST_FAILED;
}

int main(int count, char **words)
{
    char folder[] = "/tmp/assay-suite-XXXXXX", command[64];
    struct criterion_test_set *tests = criterion_initialize();
    int status = EXIT_GOOD;

    if (criterion_handle_args(count, words, true)) {
        if (mkdtemp(folder) == NULL)
            abort();
        status = suite_run(tests, folder);
        snprintf(command, sizeof(command), "rm -rf %s", folder);
        if (system(command) != 0)
            status = EXIT_TEST_FAILED;
    }
    criterion_finalize(tests);
    return status;
}
