/* failure.h - why something cannot be done, in words for the user: what was
 * wrong, where, and what to do next. Lines are parted by '\n'. */
#ifndef ASSAY_FAILURE_H
#define ASSAY_FAILURE_H

struct failure {
    char text[1024];
};

/* Sets the text, printf-like, cut to the room there is; returns -1, so that
 * a function can end with it. */
int failure_set(struct failure *failure, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
