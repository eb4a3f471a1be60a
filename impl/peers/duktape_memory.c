/* duktape_memory.c - Duktape's memory is the backend's; where the array of an
 * object is freed, an object has ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duktape_gc.h"

enum { EARLY_ROOM = 4096 };

/* ---- pieces of a heap that is being made ---- */

/* Duktape gives up in its fatal handler when memory ends before its heap is
 * whole, and gives nothing back: what it was given is remembered here. */
static bool early_add(struct assay_heap *heap, struct duktape_piece *piece)
{
    if (heap->early_count == heap->early_room)
        return false;
    heap->early[heap->early_count] = piece;
    piece->early = heap->early_count++;
    return true;
}

static bool early_begin(struct assay_heap *heap)
{
    const struct assay_backend *backend = heap->backend;

    heap->early_room = EARLY_ROOM;
    heap->early_count = 0;
    heap->early =
        backend->take(backend->context, EARLY_ROOM * sizeof(*heap->early),
                      DUKTAPE_ALIGN);
    heap->is_early = true;
    return heap->early != NULL;
}

/* The pieces are kept, or they are given back. */
static void early_end(struct assay_heap *heap, bool kept)
{
    const struct assay_backend *backend = heap->backend;

    heap->is_early = false;
    for (size_t i = 0; i < heap->early_count; i++) {
        struct duktape_piece *piece = heap->early[i];

        if (piece != NULL && kept)
            piece->data = NULL;
        else if (piece != NULL)
            backend->give(backend->context, piece, piece->bytes);
    }
    backend->give(backend->context, heap->early,
                  heap->early_room * sizeof(*heap->early));
}

/* ---- pieces ---- */

static void *piece_take(void *given, duk_size_t bytes)
{
    struct assay_heap *heap = given;
    const struct assay_backend *backend = heap->backend;
    struct duktape_piece *piece;

    if (bytes == 0)
        return NULL;
    piece =
        backend->take(backend->context, sizeof(*piece) + bytes, DUKTAPE_ALIGN);
    if (piece == NULL)
        return NULL;
    *piece = (struct duktape_piece){ .bytes = sizeof(*piece) + bytes };
    if (heap->is_early && !early_add(heap, piece)) {
        backend->give(backend->context, piece, piece->bytes);
        return NULL;
    }
    heap->newest = piece + 1;
    return piece + 1;
}

static void note_end(struct assay_heap *heap, struct duktape_data *data)
{
    const struct assay_backend *backend = heap->backend;
    const struct assay_kind *kind = &data->type->kind;

    if (data->limbo > 0)
        heap->limbo[data->limbo - 1] = NULL;
    heap->live_objects--;
    heap->live_bytes -= duktape_accounted_bytes(data);
    heap->ended++;
    if (kind->ended != NULL && !heap->is_ending)
        kind->ended(kind->context, duktape_payload_of(data));
    backend->give(backend->context, data, sizeof(*data) + data->bytes);
}

static void piece_give(void *given, void *start)
{
    struct assay_heap *heap = given;
    const struct assay_backend *backend = heap->backend;
    struct duktape_piece *piece;

    if (start == NULL)
        return;
    piece = duktape_piece_of(start);
    if (heap->is_early)
        heap->early[piece->early] = NULL;
    else if (piece->data != NULL)
        note_end(heap, piece->data);
    backend->give(backend->context, piece, piece->bytes);
}

/* Objects themselves are never resized. Shrinking cannot fail. */
static void *piece_resize(void *given, void *start, duk_size_t bytes)
{
    struct duktape_piece *piece;
    size_t kept;
    void *moved;

    if (start == NULL || bytes == 0) {
        piece_give(given, start);
        return piece_take(given, bytes);
    }
    piece = duktape_piece_of(start);
    kept = piece->bytes - sizeof(*piece);
    moved = piece_take(given, bytes);
    if (moved == NULL)
        return bytes <= kept ? start : NULL;
    memcpy(moved, start, kept < bytes ? kept : bytes);
    piece_give(given, start);
    return moved;
}

/* ---- the heap ---- */

static void heap_fatal(void *given, const char *message)
{
    struct assay_heap *heap = given;

    if (heap->is_early)
        longjmp(heap->no_heap, 1);
    fprintf(stderr, "duktape-gc: %s\n", message ? message : "fatal error");
    abort();
}

duk_context *duktape_memory_open(struct assay_heap *heap)
{
    duk_context *duktape = NULL;

    if (!early_begin(heap))
        return NULL;
    if (setjmp(heap->no_heap) == 0)
        heap->duktape = duk_create_heap(piece_take, piece_resize, piece_give,
                                        heap, heap_fatal);
    else
        heap->duktape = NULL;
    duktape = heap->duktape;
    early_end(heap, duktape != NULL);
    return duktape;
}

bool duktape_memory_holds(struct assay_heap *heap)
{
    duk_context *duktape = heap->duktape;
    bool holds;

    duk_push_bare_array(duktape);
    holds = duk_get_heapptr(duktape, -1) == heap->newest &&
            duktape_piece_of(heap->newest)->data == NULL;
    duk_pop(duktape);
    return holds;
}
