/* kind.h - the kinds of subjects, and what differs between them.
 *
 * Owner: what is returned has static storage. */
#ifndef ASSAY_KIND_H
#define ASSAY_KIND_H

#include <stdbool.h>

enum kind {
    KIND_MALLOC,    /* a library that replaces malloc by being preloaded */
    KIND_ALLOCATOR, /* a plug-in with the table of assay/allocator.h */
    KIND_COLLECTOR, /* a plug-in with the table of assay/collector.h */
    KINDS
};

/* "malloc", "allocator", "collector": on the command line, and the folder of
 * its checks. */
const char *kind_word(enum kind kind);

/* "a" or "an", as the word has it. */
const char *kind_article(enum kind kind);

/* The kind whose word this is, or -1. */
int kind_from_word(const char *word);

/* The program that decides its requirements: "assay-probe". */
const char *kind_probe(enum kind kind);

/* What a library of that kind exports: "malloc", "assay_allocator". */
const char *kind_symbol(enum kind kind);

/* The profile that it is held to unless told. */
const char *kind_profile(enum kind kind);

/* Loaded by the probe in its own process, and never preloaded. */
bool kind_is_plugin(enum kind kind);

#endif
