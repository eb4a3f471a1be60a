/* layout.h - how an object lies in memory: its fields, where, how large.
 *
 * Fields have the names that CPython's headers give them in the edition.
 * Offsets count from the object; below 0 lie the GC head and what is in front
 * of it. An array or a table that belongs to the object alone is a part of
 * its own, with offsets from its own start.
 *
 * The fields of all parts fill object_bytes() without gap or overlap.
 *
 * Threads: as the object's collector.
 * Errors:  none.
 * Owner:   names live as long as what they are copied to. */
#ifndef ASSAY_LAYOUT_H
#define ASSAY_LAYOUT_H

#include <stdio.h>

#include "assay/object.h"

#define LAYOUT_NAME_BYTES 32

struct layout_field {
    const char *part;  /* "object", or that of the array or table */
    const char *group; /* "PyGC_Head" or the like; NULL: the kind's own */
    char name[LAYOUT_NAME_BYTES];
    intptr_t offset;
    size_t bytes;
};

/* Stores at most `room`; returns how many there are. Runs of equal items are
 * one field from the third item on. */
size_t layout_of(const struct object *object, struct layout_field *ret_fields,
                 size_t room);

/* Draws it, a box a field. */
void layout_print(const struct object *object, FILE *file);

/* What __basicsize__ and __itemsize__ say of the type. */
size_t layout_basic_bytes(const struct object_type *type);
size_t layout_item_bytes(const struct object_type *type);

#endif
