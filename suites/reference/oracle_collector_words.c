/* oracle_collector_words.c - operations as text, and back. */
#include "oracle_collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NO_WORD, KIND_WORD, ACTION_WORD };

static const struct {
    const char *name;
    uint8_t word;
    uint8_t least, most; /* arguments */
} forms[OPERATIONS] = {
    [OPERATION_NEW] = { "new", KIND_WORD, 1, 1 },
    [OPERATION_LIST] = { "list", NO_WORD, 1, 1 },
    [OPERATION_TUPLE] = { "tuple", NO_WORD, 2, 5 },
    [OPERATION_DICT] = { "dict", NO_WORD, 1, 1 },
    [OPERATION_SET] = { "set", NO_WORD, 1, 1 },
    [OPERATION_LINK] = { "link", NO_WORD, 3, 3 },
    [OPERATION_CUT] = { "cut", NO_WORD, 2, 2 },
    [OPERATION_PUT] = { "put", NO_WORD, 3, 3 },
    [OPERATION_REMOVE] = { "remove", NO_WORD, 2, 2 },
    [OPERATION_EMPTY] = { "empty", NO_WORD, 1, 1 },
    [OPERATION_FILL] = { "fill", NO_WORD, 2, 2 },
    [OPERATION_DROP] = { "drop", NO_WORD, 1, 1 },
    [OPERATION_WEAK] = { "weak", ACTION_WORD, 3, 3 },
    [OPERATION_PROXY] = { "proxy", ACTION_WORD, 3, 3 },
    [OPERATION_COLLECT] = { "collect", NO_WORD, 1, 1 },
    [OPERATION_SAVEALL] = { "saveall", NO_WORD, 1, 1 },
    [OPERATION_GARBCLEAR] = { "garbclear", NO_WORD, 0, 0 },
    [OPERATION_TAKE] = { "take", NO_WORD, 2, 2 },
    [OPERATION_THRESHOLD] = { "threshold", NO_WORD, 3, 3 },
    [OPERATION_ENABLE] = { "enable", NO_WORD, 0, 0 },
    [OPERATION_DISABLE] = { "disable", NO_WORD, 0, 0 },
    [OPERATION_FREEZE] = { "freeze", NO_WORD, 0, 0 },
    [OPERATION_UNFREEZE] = { "unfreeze", NO_WORD, 0, 0 },
    [OPERATION_BURST] = { "burst", NO_WORD, 2, 2 },
    [OPERATION_NEST] = { "nest", NO_WORD, 3, 3 },
    [OPERATION_REFERENTS] = { "referents", NO_WORD, 1, 1 },
    [OPERATION_REFERRERS] = { "referrers", NO_WORD, 1, 1 },
    [OPERATION_OBJECTS] = { "objects", NO_WORD, 1, 1 },
    [OPERATION_WEAKS] = { "weaks", NO_WORD, 1, 1 },
    [OPERATION_SUBREF] = { "subref", ACTION_WORD, 3, 3 },
    [OPERATION_FAIL] = { "fail", NO_WORD, 1, 1 },
    [OPERATION_HOOK] = { "hook", NO_WORD, 1, 1 },
    [OPERATION_UNHOOK] = { "unhook", NO_WORD, 1, 1 },
    [OPERATION_DEBUG] = { "debug", NO_WORD, 1, 1 },
};

static const char *const kinds[NODE_KINDS] = { "n", "d", "r", "s", "c", "x",
                                               "y", "b", "w", "v", "k", "q" };

static const char *const actions[ACTIONS] = { "none",    "log",   "keep",
                                              "drop",    "link",  "new",
                                              "collect", "raise", "node" };

unsigned operation_arguments(enum operation_kind kind)
{
    return forms[kind].least;
}

void operation_print(const struct operation *operation, char *text,
                     size_t bytes)
{
    uint8_t word = forms[operation->kind].word;
    size_t used =
        (size_t)snprintf(text, bytes, "%s", forms[operation->kind].name);

    if (word != NO_WORD && used < bytes)
        used += (size_t)snprintf(text + used, bytes - used, " %s",
                                 word == KIND_WORD ? kinds[operation->word]
                                                   : actions[operation->word]);
    for (unsigned i = 0; i < operation->count && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, " %d",
                                 operation->argument[i]);
}

/* The index of a word in a list, or -1. */
static int word_find(const char *word, const char *const *words, int count)
{
    for (int i = 0; word != NULL && i < count; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

int operation_find(const char *name)
{
    for (int i = 0; name != NULL && i < OPERATIONS; i++)
        if (strcmp(name, forms[i].name) == 0)
            return i;
    return -1;
}

const char *operation_name(enum operation_kind kind)
{
    return forms[kind].name;
}

static bool parse_word(char **rest, struct operation *operation)
{
    uint8_t form = forms[operation->kind].word;
    int word;

    if (form == NO_WORD)
        return true;
    word = form == KIND_WORD
               ? word_find(strtok_r(NULL, " \t", rest), kinds, NODE_KINDS)
               : word_find(strtok_r(NULL, " \t", rest), actions, ACTIONS);
    operation->word = (uint8_t)word;
    return word >= 0;
}

static bool parse_numbers(char **rest, struct operation *operation)
{
    for (char *word; (word = strtok_r(NULL, " \t", rest)) != NULL;) {
        char *end;
        long value = strtol(word, &end, 10);

        if (*end != '\0' || value < 0 || value > NUMBER_MAX ||
            operation->count == forms[operation->kind].most)
            return false;
        operation->argument[operation->count++] = (int32_t)value;
    }
    return operation->count >= forms[operation->kind].least;
}

bool operation_parse(const char *line, struct operation *ret_operation)
{
    struct operation operation = { 0 };
    char copy[256], *rest;
    int kind;

    snprintf(copy, sizeof copy, "%s", line);
    kind = operation_find(strtok_r(copy, " \t", &rest));
    if (kind < 0)
        return false;
    operation.kind = (uint8_t)kind;
    if (!parse_word(&rest, &operation) || !parse_numbers(&rest, &operation))
        return false;
    *ret_operation = operation;
    return true;
}

bool trace_has(const struct trace *trace, enum operation_kind kind)
{
    for (uint32_t i = 0; i < trace->count; i++)
        if (trace->operation[i].kind == kind)
            return true;
    return false;
}

static _Noreturn void read_refuse(struct trace *trace, const char *path,
                                  unsigned number, const char *what)
{
    free(trace->operation);
    fprintf(stderr, "oracle-collector: %s, line %u: %s\n", path, number, what);
    exit(EXIT_USAGE);
}

struct trace trace_read(const char *path)
{
    struct trace trace = { calloc(OPERATIONS_MAX, sizeof *trace.operation), 0 };
    FILE *file = fopen(path, "r");
    char line[256];

    if (file == NULL)
        read_refuse(&trace, path, 0, strerror(errno));
    if (trace.operation == NULL)
        oracle_give_up("no memory for a trace");
    for (unsigned number = 1; fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[strspn(line, " \t")] == '\0' || line[0] == '#')
            continue;
        if (trace.count == OPERATIONS_MAX)
            read_refuse(&trace, path, number,
                        "a trace has 100000 operations at most");
        if (!operation_parse(line, &trace.operation[trace.count++]))
            read_refuse(&trace, path, number, "this is no operation");
    }
    fclose(file);
    return trace;
}
