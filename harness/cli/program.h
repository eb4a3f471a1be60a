/* program.h - real programs: what is run, and one cell of it.
 *
 * A program is a JSON file in suites/programs. It is run by the launcher,
 * which preloads subject and witness into the program alone; hyperfine keeps
 * the clock. Its output is compared with its output under the baseline.
 *
 * Errors: functions return 0, or -1 with a message for people.
 * Owner:  program_free() ends a program. */
#ifndef ASSAY_PROGRAM_H
#define ASSAY_PROGRAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "cell.h"

struct program {
    char *name; /* "python-json": also its row's name */
    char *question;
    bool quick;
    json_t *definition; /* the file's content; see suites/programs/README.md */
};

/* All programs of the folder, by name order. *ret_missing of a program whose
 * executable is not installed is reported by program_is_installed(). */
int programs_load(struct program **ret_programs, size_t *ret_count,
                  struct failure *ret_error);
void programs_free(struct program *programs, size_t count);

/* A program of the user's: resolved along PATH to an absolute ELF file; a
 * script is refused, with the interpreter it names. */
int program_from_command(char *const *argv, struct program *ret_program,
                         struct failure *ret_error);
void program_free(struct program *program);

/* Whether its executables are there; else says which package has them. */
bool program_is_installed(const struct program *program,
                          struct failure *ret_error);

struct program_cell {
    const struct program *program;
    const struct subject *subject;
    enum cell_kind kind;     /* CELL_TIME or CELL_MEMORY */
    const char *work_folder; /* of this campaign: inputs, outputs, captures */
    uint64_t seed;           /* also decides the environment pad */
    uint32_t timeout_ms;
    const char *expected; /* hex SHA-256 of the output; NULL: first run */
    struct memory_timeline *timeline; /* CELL_MEMORY only */
};

/* Makes the inputs of a program in the work folder, once, under no subject. */
int program_prepare(const struct program *program, const char *work_folder,
                    struct failure *ret_error);

/* Runs one cell. Figures: wall_ns (hyperfine's), user_ns, sys_ns, cpu_ns,
 * maxrss_bytes (the largest process of the tree, launcher excluded),
 * minor_faults, major_faults, voluntary_switches, involuntary_switches,
 * processes (with a witness). ret_output receives the hex SHA-256 of the
 * program's output (65 bytes; "" where it came to none) and may lie inside
 * *ret_result, which is untouched on failure. The floor is unsupported, and so
 * is what replaces no malloc. */
int program_run(const struct program_cell *cell, struct cell_result *ret_result,
                char *ret_output, struct failure *ret_error);

#endif
