/* places.h - where assay's own programs, libraries and lists lie.
 *
 * In the build tree they lie in their rooms; installed, in libexec and share.
 * ASSAY_PLACES overrides both with one folder that holds everything.
 *
 * Owner: the caller frees. NULL when the file is nowhere. */
#ifndef ASSAY_PLACES_H
#define ASSAY_PLACES_H

/* The absolute path of a program or library of ours: "assay-cell",
 * "assay-launch", "libassay-malloc.so", "libassay-floor.so",
 * "libassay-witness.so". */
char *place_of_program(const char *name);

/* The absolute path of a data file or folder of ours: "subjects.json",
 * "programs". */
char *place_of_data(const char *name);

#endif
