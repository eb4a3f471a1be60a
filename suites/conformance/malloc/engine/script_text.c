/* script_text.c - scripts as words that people can read, edit and send. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/script.h"

/* Each operation's word: `p` is the block's number, `s` size, `o` other. */
static const char *const script_forms[OPERATION_KINDS] = {
    [OPERATION_MALLOC] = "p=malloc(s)",
    [OPERATION_CALLOC] = "p=calloc(o,s)",
    [OPERATION_REALLOC] = "p=realloc(p,s)",
    [OPERATION_ALIGNED_ALLOC] = "p=aligned_alloc(o,s)",
    [OPERATION_POSIX_MEMALIGN] = "p=posix_memalign(o,s)",
    [OPERATION_MEMALIGN] = "p=memalign(o,s)",
    [OPERATION_USABLE] = "usable(p)",
    [OPERATION_FREE] = "free(p)",
    [OPERATION_FREE_LOWEST] = "free(lowest)",
    [OPERATION_FREE_HIGHEST] = "free(highest)",
    [OPERATION_LOOK] = "look()",
};

/* In a form, a letter between two others belongs to a name. */
static bool script_is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || character == '_';
}

static bool script_is_hole(const char *form, const char *at)
{
    return (*at == 'p' || *at == 's' || *at == 'o') &&
           (at == form || !script_is_letter(at[-1])) &&
           !script_is_letter(at[1]);
}

static void script_word(const struct operation *operation, char word[96])
{
    const char *form = script_forms[operation->kind];
    size_t length = 0;

    for (const char *at = form; *at != '\0'; at++)
        if (!script_is_hole(form, at))
            word[length++] = *at;
        else if (*at == 'p')
            length += (size_t)sprintf(word + length, "p%u", operation->slot);
        else
            length += (size_t)sprintf(word + length, "%zu",
                                      *at == 's' ? operation->size
                                                 : operation->other);
    word[length] = '\0';
}

struct printing {
    char *text;
    size_t bytes, length;
};

static void script_put(struct printing *printing, const char *word)
{
    if (printing->length != 0) {
        if (printing->length + 1 < printing->bytes)
            printing->text[printing->length] = ' ';
        printing->length++;
    }
    for (; *word != '\0'; word++, printing->length++)
        if (printing->length + 1 < printing->bytes)
            printing->text[printing->length] = *word;
}

size_t script_print(const struct script *script, char *ret_text, size_t bytes)
{
    struct printing printing = { ret_text, bytes, 0 };
    unsigned thread = 0;
    char word[96];

    for (size_t i = 0; i < script->count; i++) {
        if (script->operations[i].thread != thread) {
            thread = script->operations[i].thread;
            sprintf(word, "@%u", thread);
            script_put(&printing, word);
        }
        script_word(&script->operations[i], word);
        script_put(&printing, word);
    }
    if (bytes > 0)
        ret_text[printing.length < bytes ? printing.length : bytes - 1] = '\0';
    return printing.length;
}

/* Where `text` stops to have this form: past it, or NULL when it has not. */
static const char *script_match(const char *form, const char *text,
                                struct operation *ret_operation)
{
    for (const char *at = form; *at != '\0'; at++) {
        unsigned long long number;
        char *end;

        if (!script_is_hole(form, at)) {
            if (*text++ != *at)
                return NULL;
            continue;
        }
        if (*at == 'p' && *text++ != 'p')
            return NULL;
        if (*text < '0' || *text > '9')
            return NULL;
        number = strtoull(text, &end, 10);
        text = end;
        if (*at == 'p' && number >= SCRIPT_SLOTS_MAX)
            return NULL;
        if (*at == 'p')
            ret_operation->slot = (uint32_t)number;
        else if (*at == 's')
            ret_operation->size = (size_t)number;
        else
            ret_operation->other = (size_t)number;
    }
    return text;
}

static const char *script_read(const char *text, struct operation *operation)
{
    for (unsigned kind = 0; kind < OPERATION_KINDS; kind++) {
        const char *end = script_match(script_forms[kind], text, operation);

        if (end != NULL && (*end == '\0' || strchr(" \n\t", *end) != NULL)) {
            operation->kind = (uint8_t)kind;
            return end;
        }
    }
    return NULL;
}

int script_parse(struct script *ret_script, const char *text)
{
    unsigned long thread = 0;

    /* No operation has fewer than seven characters with its blank. */
    if (script_create(ret_script, strlen(text) / 6 + 1) != 0)
        return -1;
    for (text += strspn(text, " \n\t"); *text != '\0';
         text += strspn(text, " \n\t")) {
        struct operation operation = { .thread = (uint8_t)thread };
        const char *end;
        char *after;

        if (*text == '@') {
            thread = strtoul(text + 1, &after, 10);
            if (after == text + 1 || thread >= SCRIPT_THREADS_MAX)
                return -1;
            text = after;
            continue;
        }
        end = script_read(text, &operation);
        if (end == NULL || ret_script->count == ret_script->capacity)
            return -1;
        ret_script->operations[ret_script->count++] = operation;
        text = end;
    }
    return 0;
}
