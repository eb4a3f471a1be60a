/* elf_file.h - what an ELF file says of itself, without being loaded.
 *
 * Errors: -1 and a reason in words, which the caller frees. */
#ifndef ASSAY_ELF_FILE_H
#define ASSAY_ELF_FILE_H

#include <stdbool.h>

#include "kind.h"

struct elf_facts {
    bool exports[KINDS]; /* the symbol of that kind, in the dynamic table */
    char build_id[64];   /* GNU build id in hexadecimal, or "" */
};

/* Facts of a shared library for this machine. */
int elf_file_read(const char *path, struct elf_facts *ret_facts,
                  char **ret_why);

/* Whether its dynamic symbols define a function of that name. */
bool elf_file_exports(const char *path, const char *name);

/* Whether the file is an ELF program of any kind; not for scripts. */
bool elf_file_is_program(const char *path);

#endif
