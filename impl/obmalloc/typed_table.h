/* typed_table.h - which kinds have a free list, and how large their objects
 * are, by edition.
 *
 * Threads: constants.
 * Errors:  typed_edition_find() returns NULL when there is none.
 * Owner:   nobody. */
#ifndef ASSAY_OBMALLOC_TYPED_TABLE_H
#define ASSAY_OBMALLOC_TYPED_TABLE_H

#include "assay/typed.h"

enum typed_scheme {
    TYPED_ABSENT = 0, /* the edition has no such kind */
    TYPED_PLAIN,      /* no list: straight to the layer */
    TYPED_LISTED,     /* a list, or one for each length, of bounded length */
    TYPED_BLOCKED,    /* an unbounded list through immortal blocks (2.x) */
};

/* What is known of one kind in one edition. Sizes in bytes. */
struct typed_rule {
    enum typed_scheme scheme;
    uint16_t limit;        /* objects that one list holds */
    uint16_t basic_bytes;  /* tp_basicsize */
    uint8_t item_bytes;    /* tp_itemsize */
    uint8_t gc;            /* 1: collected, with a GC head */
    uint8_t part_offset;   /* of the pointer to its part; 0: has none */
    uint8_t inline_offset; /* of a small table that is part of the object */
    const char *name;      /* as in sys._debugmallocstats() */
};

/* Keys of a dict: a header, a table of indices, and the entries. */
struct typed_keys_rule {
    uint8_t header_bytes;
    uint8_t string_entry_bytes;
    uint8_t general_entry_bytes;
};

struct typed_edition {
    const char *name;
    struct typed_rule rule[TYPED_KINDS];
    struct typed_keys_rule keys;
    uint8_t gc_head_bytes;
    uint8_t tuple_push_max;     /* longest tuple put in a list */
    uint8_t tuple_pop_max;      /* longest one taken from a list */
    uint8_t empty_tuple_static; /* () is not allocated */
    uint8_t int_digits_min;     /* 0 has one digit from 3.11 on */
    uint8_t mem_is_raw;         /* PyMem_Malloc is malloc */
    uint8_t zombie_frames;
    uint8_t keys_of_one_kind; /* general keys share the list of the others */
    uint8_t set_fill_fifths;  /* a table is full at 3/5, else at 2/3 */

    /* What a full collection clears, in its order; TYPED_KINDS ends it. */
    uint8_t sweep[TYPED_KINDS + 1];
};

const struct typed_edition *typed_edition_find(const char *name);

#endif
