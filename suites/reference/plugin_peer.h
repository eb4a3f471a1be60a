/* plugin_peer.h - the collector plug-in under test, and a heap of it: what the
 * files of its tests share.
 *
 * ASSAY_COLLECTOR names the module. What it does not claim is skipped. A
 * conservative collector may keep what it likes: of it only safety is asked,
 * and that most of many objects end. */
#ifndef ASSAY_PLUGIN_PEER_H
#define ASSAY_PLUGIN_PEER_H

#include <criterion/criterion.h>

#include "collector_script.h"

enum { PEER_MANY = 2000 };

extern const struct assay_collector *peer;
extern struct assay_heap *heap;
extern const struct assay_type *type;     /* "noted", without a finalizer */
extern size_t peer_ended, peer_finalized; /* objects of such types */
extern bool peer_resurrects;              /* the finalizer pushes its object */

#define WANTS(bit)                                   \
    do {                                             \
        if (!peer_can(ASSAY_COLLECTOR_##bit))        \
            cr_skip_test("it does not claim " #bit); \
    } while (0)

bool peer_can(uint32_t bits);

/* Before and after each test: a heap, and that all of it was given back. */
void peer_begin(void);
void peer_end(void);

/* A type whose ends, and finalizers, are counted. */
const struct assay_type *peer_add_type(bool with_finalizer);

/* The topmost root is a new object. */
struct assay_object *peer_push_new(const struct assay_type *of);

/* Gives the caller's reference up, where there is such a thing. */
void peer_disown(struct assay_object *object);

/* Each refers to itself, and nothing else to it. */
void peer_make_garbage(const struct assay_type *of, size_t count);

void peer_collect_all(void);

/* All of them; of a conservative collector nearly all. */
bool peer_is_all(size_t count, size_t of);

#endif
