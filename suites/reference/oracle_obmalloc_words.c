/* oracle_obmalloc_words.c - operations and places as text. */
#include "oracle_obmalloc.h"

#include <stdio.h>

const char *place_text(struct place place, char *text, size_t bytes)
{
    switch (place.kind) {
    case PLACE_NULL:
        snprintf(text, bytes, "NULL");
        break;
    case PLACE_RAW:
        snprintf(text, bytes, "raw");
        break;
    case PLACE_ARENA:
        snprintf(text, bytes, "arena %u + %u", place.ordinal, place.offset);
        break;
    case PLACE_LOST:
        snprintf(text, bytes, "an address in no arena");
        break;
    }
    return text;
}

static void operation_call(const struct operation *operation, char *text,
                           size_t bytes)
{
    uint32_t block = operation->block;

    switch (operation->kind) {
    case OPERATION_MALLOC:
        snprintf(text, bytes, "b%u = malloc(%zu)", block, operation->bytes);
        break;
    case OPERATION_CALLOC:
        snprintf(text, bytes, "b%u = calloc(%zu, %zu)", block, operation->count,
                 operation->bytes);
        break;
    case OPERATION_REALLOC:
        snprintf(text, bytes, "b%u = realloc(b%u, %zu)", block, block,
                 operation->bytes);
        break;
    case OPERATION_FREE:
        snprintf(text, bytes, "free(b%u)", block);
        break;
    case OPERATION_REFUSE:
        snprintf(text, bytes, "refuse %zu arenas after %zu", operation->count,
                 operation->bytes);
        break;
    }
}

void operation_print(const struct remembered *remembered, char *text,
                     size_t bytes)
{
    const struct operation *operation = &remembered->operation;
    bool placed = operation->kind != OPERATION_REFUSE && remembered->done;
    const char *arrow = operation->kind == OPERATION_FREE ? " at " : " -> ";
    char call[128], place[64];

    operation_call(operation, call, sizeof call);
    place_text(remembered->place, place, sizeof place);
    snprintf(text, bytes, "%s%s%s%s", call,
             operation->refuse_raw ? ", raw refuses" : "", placed ? arrow : "",
             placed ? place : "");
}
