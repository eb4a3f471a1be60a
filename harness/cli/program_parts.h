/* program_parts.h - what the files behind program.h share.
 *
 * Errors: functions that can fail return -1 and fill `ret_error`.
 * Owner:  the caller frees what is returned. */
#ifndef ASSAY_PROGRAM_PARTS_H
#define ASSAY_PROGRAM_PARTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "failure.h"
#include "program.h"

/* ---- program_check.c ---- */

/* Holds a definition against the keys of suites/programs/README.md. `text` is
 * the file's, for line numbers. */
int program_check(const char *path, const char *text, json_t *definition,
                  struct failure *ret_error);

/* ---- program_place.c: folders and words of a definition ---- */

struct program_place {
    char *programs; /* suites/programs, or where it was installed */
    char *inputs;   /* made once, shared by all cells */
    char *run;      /* of this cell, emptied before it */
    char *kept;     /* outputs that are kept beside each other */
};

/* Makes the folders. */
int program_place_make(const struct program *program, const char *work_folder,
                       struct program_place *ret_place,
                       struct failure *ret_error);
void program_place_free(struct program_place *place);

/* Empties the folder of the run. */
int program_place_empty(const struct program_place *place,
                        struct failure *ret_error);

/* "{programs}/x" and "{inputs}/x" made absolute; other words stay. */
char *program_word(const struct program_place *place, const char *word);

/* Appends the words of a JSON array to a list. */
char **program_words(const struct program_place *place, char **list,
                     const json_t *words);

/* The text of a key, or NULL. */
const char *program_text(const json_t *object, const char *key);

/* A program of our own; says what to do where it is not built. */
char *program_tool(const char *name, struct failure *ret_error);

/* ---- program_argv.c: the command lines of a cell ---- */

/* The files a cell leaves in its folder; all absolute. */
struct program_files {
    char *report;    /* the launcher's */
    char *witness;   /* a line for every process */
    char *output;    /* the program's stdout */
    char *errors;    /* the program's stderr */
    char *replies;   /* of a server */
    char *hyperfine; /* its JSON */
    char *capture;   /* what hyperfine, launcher or assay-serve had to say */
};

struct program_files program_files_of(const struct program_place *place);
void program_files_free(struct program_files *files);

/* The whole command line of the cell, its first word an absolute path. NULL
 * when a tool is missing. */
char **program_argv(const struct program_cell *cell,
                    const struct program_place *place,
                    const struct program_files *files,
                    struct failure *ret_error);

/* ---- program_evidence.c: what the tools wrote ---- */

struct program_report {
    bool is_there;
    char kind[16]; /* "exited", "signalled", "not-started" */
    int code;
    pid_t pid;
    char *text;
};

void program_report_read(const char *path, struct program_report *ret_report);
double program_report_figure(const struct program_report *report,
                             const char *key);
void program_report_free(struct program_report *report);

/* hyperfine's time and the exit status it saw (-1: ended by a signal). */
int program_hyperfine_read(const char *path, double *ret_wall_ns,
                           int *ret_code);

struct program_witness {
    unsigned processes; /* different ones that spoke */
    bool direct_spoke;  /* the program itself is among them */
    char provider[512]; /* of the program itself */
    char stranger[768]; /* the first process served by another, or "" */
};

void program_witness_read(const char *path, pid_t direct, const char *subject,
                          struct program_witness *ret_witness);

/* The last line of a file that is no empty line, or "". */
void program_last_line(const char *path, char *ret_line, size_t room);

/* ---- program_output.c ---- */

/* Gathers all outputs of the definition in one file in the run's folder and
 * digests it. Names the output that is missing. */
int program_output_gather(const struct program_cell *cell,
                          const struct program_place *place,
                          const struct program_files *files, char *ret_digest,
                          struct failure *ret_error);

/* Compares the digest with the expected one, keeps the output for later
 * comparison, and where they differ says where, in `ret_message`. */
bool program_output_agrees(const struct program_cell *cell,
                           const struct program_place *place,
                           const char *digest, char *ret_message, size_t room);

/* ---- program_outcome.c ---- */

struct supervised_end;

/* Turns the evidence into a result. -1 where a tool of ours failed, which is
 * no statement about the subject. */
int program_outcome(const struct program_cell *cell,
                    const struct program_place *place,
                    const struct program_files *files,
                    const struct supervised_end *end,
                    struct cell_result *ret_result, char *ret_digest,
                    struct failure *ret_error);

#endif
