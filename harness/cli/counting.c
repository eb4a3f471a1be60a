/* counting.c - callgrind's command line, and the totals of its output. */
#include "counting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define VALGRIND "/usr/bin/valgrind"
#define SETARCH  "/usr/bin/setarch"

/* 32 KiB, 8 ways, and 8 MiB, 16 ways: no machine's in particular. */
#define CACHE_FIRST "32768,8,64"
#define CACHE_LAST  "8388608,16,64"

/* In the order of callgrind's events line. */
static const char *const counting_names[] = {
    "instructions",       "data_reads",        "data_writes",
    "fetch_first_misses", "read_first_misses", "write_first_misses",
    "fetch_last_misses",  "read_last_misses",  "write_last_misses",
};

#define EVENTS "events: Ir Dr Dw I1mr D1mr D1mw ILmr DLmr DLmw"

int counting_is_possible(struct failure *ret_error)
{
    if (access(VALGRIND, X_OK) != 0)
        return failure_set(ret_error, "instructions are counted by " VALGRIND
                                      ", which is not there\nInstall valgrind, "
                                      "or leave --counts out.");
    if (access(SETARCH, X_OK) != 0)
        return failure_set(ret_error, "counts need " SETARCH
                                      ", which is not there\nInstall "
                                      "util-linux.");
    return 0;
}

char **counting_arguments(char **arguments, const char *path)
{
    static const char *const front[] = {
        SETARCH,
        "--addr-no-randomize",
        VALGRIND,
        "--log-file=/dev/null",
        "--tool=callgrind",
        "--collect-atstart=no",
        "--cache-sim=yes",
        "--I1=" CACHE_FIRST,
        "--D1=" CACHE_FIRST,
        "--LL=" CACHE_LAST,
    };
    char **list = text_split("");

    for (size_t i = 0; i < TEXT_COUNT(front); i++)
        list = text_list_add(list, text_copy(front[i]));
    list = text_list_add(list, text_format("--callgrind-out-file=%s", path));
    for (size_t i = 0; arguments[i] != NULL; i++)
        list = text_list_add(list, text_copy(arguments[i]));
    text_list_free(arguments);
    return list;
}

/* "totals: 12 3 4 ...": trailing zeros may be left out. */
static void counting_parse(struct cell_result *result, const char *totals)
{
    const char *at = totals;

    for (size_t i = 0; i < TEXT_COUNT(counting_names); i++) {
        char *end;
        double value = strtod(at, &end);

        cell_set_figure(result, counting_names[i], end == at ? 0 : value);
        at = end;
    }
}

static int counting_read(struct cell_result *result, FILE *file)
{
    char *line = NULL;
    size_t room = 0;
    int events = 0, counted = 0;

    while (getline(&line, &room, file) > 0) {
        events |= strncmp(line, EVENTS, strlen(EVENTS)) == 0;
        if (strncmp(line, "totals: ", 8) == 0 && events) {
            counting_parse(result, line + 8);
            counted = 1;
        }
    }
    free(line);
    return counted && cell_figure(result, counting_names[0], 0) > 0 ? 0 : -1;
}

void counting_take(struct cell_result *result, const char *path)
{
    FILE *file = fopen(path, "re");
    int counted = file != NULL ? counting_read(result, file) : -1;

    if (file != NULL)
        fclose(file);
    unlink(path);
    if (counted == 0 || result->status != STATUS_OK)
        return;
    result->status = STATUS_FAILED;
    snprintf(result->message, sizeof(result->message),
             "valgrind left no counts of it");
}
