/* script_text.c - scripts as words that people can read, edit and send. */
#include <stdio.h>
#include <string.h>

#include "engine/script.h"

/* Each is both the form that is printed and the one that is read. */
static const char *const script_forms[SCRIPT_WORDS] = {
    [SCRIPT_NEW + WORLD_PLAIN] = "r%u=new(%u,%u)",
    [SCRIPT_NEW + WORLD_PAYLOAD] = "r%u=payload(%u,%u)",
    [SCRIPT_NEW + WORLD_LOOKS] = "r%u=looks(%u,%u)",
    [SCRIPT_NEW + WORLD_RESURRECTS] = "r%u=resurrects(%u,%u)",
    [SCRIPT_NEW + WORLD_SAVES] = "r%u=saves(%u,%u)",
    [SCRIPT_NEW + WORLD_LINKS] = "r%u=links(%u,%u)",
    [SCRIPT_NEW + WORLD_UNLINKS] = "r%u=unlinks(%u,%u)",
    [SCRIPT_NEW + WORLD_MAKES] = "r%u=makes(%u,%u)",
    [SCRIPT_NEW + WORLD_DROPS] = "r%u=drops(%u,%u)",
    [SCRIPT_NEW + WORLD_COLLECTS] = "r%u=collects(%u,%u)",
    [SCRIPT_NEW + WORLD_WATCHES] = "r%u=watches(%u,%u)",
    [SCRIPT_STORE] = "r%u.%u=r%u",
    [SCRIPT_LOAD] = "r%u=r%u.%u",
    [SCRIPT_COPY] = "r%u=r%u",
    [SCRIPT_EMPTY] = "r%u=none",
    [SCRIPT_WEAK] = "r%u=weak(r%u)",
    [SCRIPT_CALLED] = "r%u=called(r%u)",
    [SCRIPT_EPHEMERON] = "r%u=ephemeron(r%u,r%u)",
    [SCRIPT_GET] = "r%u=get(r%u)",
    [SCRIPT_HOLD] = "hold(r%u)",
    [SCRIPT_RELEASE] = "release(%u)",
    [SCRIPT_COLLECT] = "collect(%u)",
    [SCRIPT_EVERYTHING] = "everything()",
    [SCRIPT_AUTOMATIC] = "automatic(%u)",
    [SCRIPT_FREEZE] = "freeze()",
    [SCRIPT_UNFREEZE] = "unfreeze()",
    [SCRIPT_LOOK] = "look()",
    [SCRIPT_REFUSE] = "refuse(%u,%u)",
};

static void script_write(const struct operation *operation, char word[64])
{
    const unsigned value[3] = { operation->a, operation->b, operation->c };
    size_t length = 0;
    unsigned next = 0;

    for (const char *at = script_forms[operation->word]; *at != '\0'; at++)
        if (*at == '%') {
            length += (size_t)sprintf(word + length, "%u", value[next++]);
            at++;
        } else {
            word[length++] = *at;
        }
    word[length] = '\0';
}

size_t script_print(const struct script *script, char *ret_text, size_t bytes)
{
    size_t length = 0;
    char word[64];

    if (bytes > 0)
        ret_text[0] = '\0';
    for (size_t i = 0; i < script->count; i++) {
        size_t room = length < bytes ? bytes - length : 0;

        script_write(&script->operations[i], word);
        length += (size_t)snprintf(room > 0 ? ret_text + length : NULL, room,
                                   "%s%s", i > 0 ? " " : "", word);
    }
    return length;
}

static bool script_digits(const char **text, unsigned *ret_number)
{
    const char *at = *text;
    unsigned long number = 0;

    while (*at >= '0' && *at <= '9' && number < 100000000)
        number = number * 10 + (unsigned long)(*at++ - '0');
    if (at == *text)
        return false;
    *text = at;
    *ret_number = (unsigned)number;
    return true;
}

/* Past what has this form, or NULL. */
static const char *script_match(const char *form, const char *text,
                                struct operation *ret_operation)
{
    unsigned value[3] = { 0 }, next = 0;

    for (; *form != '\0'; form++) {
        if (*form != '%') {
            if (*text++ != *form)
                return NULL;
            continue;
        }
        if (!script_digits(&text, &value[next++]))
            return NULL;
        form++;
    }
    ret_operation->a = value[0];
    ret_operation->b = value[1];
    ret_operation->c = value[2];
    return *text == '\0' || strchr(" \n\t", *text) != NULL ? text : NULL;
}

int script_parse(struct script *ret_script, const char *text)
{
    /* No operation has fewer than five characters with its blank. */
    if (script_create(ret_script, strlen(text) / 5 + 1) != 0)
        return -1;
    for (text += strspn(text, " \n\t"); *text != '\0';
         text += strspn(text, " \n\t")) {
        struct operation operation = { 0 };
        const char *end = NULL;

        for (unsigned word = 0; word < SCRIPT_WORDS && end == NULL; word++) {
            operation.word = word;
            end = script_match(script_forms[word], text, &operation);
        }
        if (end == NULL || ret_script->count == ret_script->capacity)
            return -1;
        ret_script->operations[ret_script->count++] = operation;
        text = end;
    }
    return 0;
}
