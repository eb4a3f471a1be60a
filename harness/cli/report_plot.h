/* report_plot.h - SVGs by gnuplot, a child with scripts on its standard input.
 * It takes longer to start than to draw: one draws all plots of a report.
 *
 * A plot is a page of panels. Names come from users: plot_text() makes of one
 * what gnuplot takes as a string and nothing else. */
#ifndef ASSAY_REPORT_PLOT_H
#define ASSAY_REPORT_PLOT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "failure.h"

struct plot {
    FILE *script; /* what gnuplot will read */
    char *text;
    size_t size;
    char *path;
};

/* gnuplot, from the first plot that it is given on. */
struct plotter {
    pid_t child;
    int script; /* to its standard input; -1: it does not run */
    FILE *said; /* from its standard output */
};

void plotter_begin(struct plotter *plotter);

/* Ends the child, if there is one. Its exit status; -1 after a signal. */
int plotter_end(struct plotter *plotter);

/* Starts a plot of so many pixels that will be written to `path`. */
void plot_begin(struct plot *plot, const char *path, int width, int height);

/* A single-quoted string of gnuplot's; control characters and backquotes
 * become blanks. */
void plot_text(struct plot *plot, const char *text);

/* Panels in a grid; the last place is for the legend. */
void plot_grid(struct plot *plot, int rows, int columns);

/* How a subject looks, by its number: colour, point and dash together, so
 * that no reader depends on colour. */
void plot_line_look(struct plot *plot, size_t subject);
void plot_point_look(struct plot *plot, size_t subject);

/* Nothing but the names of the subjects, each as it looks. */
void plot_legend(struct plot *plot, const char *const *names, const bool *shown,
                 size_t count, bool lines, const char *area);

/* Lets gnuplot draw, and ends the plot. -1 when it is not there, or wrote no
 * SVG: the child has ended then. */
int plot_end(struct plot *plot, struct plotter *plotter,
             struct failure *ret_error);

/* A number, or gnuplot's word for none. */
void plot_number(struct plot *plot, double value);

#endif
