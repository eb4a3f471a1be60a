/* duktape_gc.h - a Duktape heap as a heap of the contract, and the memory it
 * lives in.
 *
 * An object is a bare array: element 0 is its own affair, the others are its
 * slots. A handle is its heap pointer, which Duktape's API leads to and back
 * from. Payloads lie beside the arrays, in pieces of the backend. */
#ifndef ASSAY_PEERS_DUKTAPE_GC_H
#define ASSAY_PEERS_DUKTAPE_GC_H

#include <duktape.h>
#include <setjmp.h>

#include "assay/collector.h"

enum { DUKTAPE_ALIGN = 16 };

/* What an object has beside its array. */
struct duktape_data {
    const struct assay_type *type;
    size_t bytes; /* of the payload */
    size_t slots;
    size_t limbo; /* its place there, counted from 1; 0: none */
    bool is_queued;
    _Alignas(DUKTAPE_ALIGN) unsigned char payload[];
};

/* In front of all that Duktape is given. A handle is what such a piece
 * begins with, which duktape_memory_holds() tries before a heap is used. */
struct duktape_piece {
    size_t bytes; /* with this */
    union {
        struct duktape_data *data; /* of an object; else NULL */
        size_t early;              /* while the heap is made: its place */
    };
};

struct assay_type {
    struct assay_type *next;
    struct assay_kind kind;
    void *prototype; /* which has the finalizer; NULL without one */
};

struct assay_heap {
    const struct assay_backend *backend;
    duk_context *duktape; /* where allocations, and so finalizers, run */
    duk_context *roots;   /* a coroutine whose stack is that of the roots */
    struct assay_type *types;
    duk_uarridx_t type_count;

    /* What lost a reference, and is kept until the next call that may collect:
     * see limbo_add(). */
    struct assay_object **limbo;
    size_t limbo_count, limbo_room;

    /* An array with one element, from which those that Duktape found dead
     * hang one behind the other, each by its own element SELF: what they have
     * of finalizers is yet to be called. */
    struct assay_object *queue;
    size_t queued;

    size_t live_objects, live_bytes;
    size_t ended; /* objects, ever */
    size_t collections, collected;
    unsigned depth; /* of finalizers */
    bool is_ending;

    /* While duk_create_heap() runs, which has no way to fail. */
    struct duktape_piece **early;
    size_t early_count, early_room;
    bool is_early;
    jmp_buf no_heap;
    const void *newest; /* of all pieces */
};

static inline struct duktape_piece *duktape_piece_of(const void *start)
{
    return (struct duktape_piece *)start - 1;
}

static inline struct duktape_data *duktape_data_of(
    const struct assay_object *object)
{
    return duktape_piece_of(object)->data;
}

static inline void *duktape_payload_of(struct duktape_data *data)
{
    return data->bytes > 0 ? data->payload : NULL;
}

/* As stats() has it. */
static inline size_t duktape_accounted_bytes(const struct duktape_data *data)
{
    return data->bytes + data->slots * sizeof(struct assay_object *);
}

/* NULL where there is no memory, and nothing of it is left. */
duk_context *duktape_memory_open(struct assay_heap *heap);

/* Whether heap pointers are what is believed of them; allocates. */
bool duktape_memory_holds(struct assay_heap *heap);

#endif
