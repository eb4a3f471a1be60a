/* report_plot.c - gnuplot as a child process: one for all plots of a report,
 * which says of each that it is drawn. */
#include "report_plot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "text.h"

extern char **environ;

#define DRAWN "drawn"

/* Okabe and Ito's colours, which readers of all kinds of colour vision can
 * tell apart ("Color universal design", 2008); yellow is left out on white. */
static const char *const colours[] = { "#0072B2", "#D55E00", "#009E73",
                                       "#CC79A7", "#E69F00", "#56B4E9",
                                       "#000000", "#7f7f7f" };
static const int points[] = { 7, 5, 9, 11, 13, 4, 6, 8 };

void plot_begin(struct plot *plot, const char *path, int width, int height)
{
    plot->path = text_copy(path);
    plot->script = open_memstream(&plot->text, &plot->size);
    fprintf(plot->script,
            "reset session\nset print '-'\n"
            "set terminal svg size %d,%d fixed noenhanced font "
            "'sans-serif,13' background '#ffffff'\nset output ",
            width, height);
    plot_text(plot, path);
    fputs("\nset datafile separator tab\nset datafile missing 'NaN'\n"
          "set encoding utf8\nset grid lc '#dddddd'\n",
          plot->script);
}

void plot_text(struct plot *plot, const char *text)
{
    fputc('\'', plot->script);
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("''", plot->script);
        else
            fputc((unsigned char)*text < ' ' || *text == '`' ? ' ' : *text,
                  plot->script);
    fputc('\'', plot->script);
}

void plot_grid(struct plot *plot, int rows, int columns)
{
    fprintf(plot->script, "set multiplot layout %d,%d\n", rows, columns);
}

void plot_line_look(struct plot *plot, size_t subject)
{
    fprintf(plot->script, "lw 2 dt %zu lc rgb '%s'", subject % 5 + 1,
            colours[subject % TEXT_COUNT(colours)]);
}

void plot_point_look(struct plot *plot, size_t subject)
{
    fprintf(plot->script, "lw 1.5 pt %d ps 0.8 lc rgb '%s'",
            points[subject % TEXT_COUNT(points)],
            colours[subject % TEXT_COUNT(colours)]);
}

void plot_number(struct plot *plot, double value)
{
    if (isfinite(value))
        fprintf(plot->script, "%.9g", value);
    else
        fputs("NaN", plot->script);
}

void plot_legend(struct plot *plot, const char *const *names, const bool *shown,
                 size_t count, bool lines, const char *area)
{
    const char *comma = "";

    fputs("unset arrow\nunset label\nunset title\nunset xlabel\n"
          "unset ylabel\nunset tics\nunset border\nunset logscale\n"
          "set key center center Left reverse samplen 3 spacing 1.2\n"
          "set xrange [0:1]\nset yrange [0:1]\nplot ",
          plot->script);
    if (area != NULL) {
        fputs("NaN with filledcurves lc rgb '#cccccc' title ", plot->script);
        plot_text(plot, area);
        comma = ", ";
    }
    for (size_t i = 0; i < count; i++) {
        if (!shown[i])
            continue;
        fprintf(plot->script, "%sNaN with %s ", comma,
                lines ? "lines" : "points");
        if (lines)
            plot_line_look(plot, i);
        else
            plot_point_look(plot, i);
        fputs(" title ", plot->script);
        plot_text(plot, names[i]);
        comma = ", ";
    }
    fputc('\n', plot->script);
}

/* ---- the child ---- */

void plotter_begin(struct plotter *plotter)
{
    *plotter = (struct plotter){ .child = -1, .script = -1 };
}

/* The ends that are ours: what is written is its script, and what it prints
 * can be read. */
static int start(struct plotter *plotter)
{
    char *words[] = { "gnuplot", "-", NULL };
    posix_spawn_file_actions_t actions;
    int script[2], said[2], result;

    if (pipe2(script, O_CLOEXEC) != 0)
        return errno;
    if (pipe2(said, O_CLOEXEC) != 0) {
        result = errno;
        close(script[0]);
        close(script[1]);
        return result;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, script[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, said[1], STDOUT_FILENO);
    /* It warns of each curve without a point, which the plot itself tells. */
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    result =
        posix_spawnp(&plotter->child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(script[0]);
    close(said[1]);
    plotter->script = script[1];
    plotter->said = fdopen(said[0], "re");
    if (result != 0)
        plotter->child = -1;
    return result == 0 && plotter->said == NULL ? errno : result;
}

int plotter_end(struct plotter *plotter)
{
    int status = 0;

    if (plotter->script < 0)
        return 0;
    close(plotter->script);
    if (plotter->said != NULL)
        fclose(plotter->said);
    while (plotter->child > 0 && waitpid(plotter->child, &status, 0) < 0)
        if (errno != EINTR)
            status = -1;
    plotter_begin(plotter);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool feed(int to, const char *at, size_t left)
{
    while (left > 0) {
        ssize_t written = write(to, at, left);

        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            at += written;
            left -= (size_t)written;
        }
    }
    return true;
}

/* At its first mistake gnuplot ends, and says nothing. */
static bool is_drawn(const struct plotter *plotter, const struct plot *plot)
{
    char line[sizeof(DRAWN) + 1];
    struct stat found;

    return feed(plotter->script, plot->text, plot->size) &&
           fgets(line, sizeof(line), plotter->said) != NULL &&
           strcmp(line, DRAWN "\n") == 0 && stat(plot->path, &found) == 0 &&
           found.st_size > 0;
}

static int draw(struct plotter *plotter, const struct plot *plot,
                struct failure *ret_error)
{
    int result = plotter->script < 0 ? start(plotter) : 0;

    if (result != 0) {
        plotter_end(plotter);
        return failure_set(ret_error,
                           "cannot run gnuplot: %s\nThe plots are left out; "
                           "install gnuplot (Debian: gnuplot-nox) and repeat.",
                           strerror(result));
    }
    if (is_drawn(plotter, plot))
        return 0;
    result = plotter_end(plotter);
    return failure_set(ret_error,
                       "gnuplot did not draw %s (exit status %d)\nIs the "
                       "folder writable, and gnuplot at least version 5.2?",
                       plot->path, result);
}

int plot_end(struct plot *plot, struct plotter *plotter,
             struct failure *ret_error)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    int result;

    fputs("unset multiplot\nset output\nprint '" DRAWN "'\n", plot->script);
    fclose(plot->script);
    unlink(plot->path);
    result = draw(plotter, plot, ret_error);
    signal(SIGPIPE, before);
    free(plot->text);
    free(plot->path);
    return result;
}
