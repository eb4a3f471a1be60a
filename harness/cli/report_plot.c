/* report_plot.c - gnuplot as a child process. */
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

static int feed(pid_t child, int to, const struct plot *plot)
{
    const char *at = plot->text;
    size_t left = plot->size;
    int status;

    while (left > 0) {
        ssize_t written = write(to, at, left);

        if (written < 0 && errno != EINTR)
            break;
        if (written > 0) {
            at += written;
            left -= (size_t)written;
        }
    }
    close(to);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int start(int *ret_to, pid_t *ret_child)
{
    char *words[] = { "gnuplot", "-", NULL };
    posix_spawn_file_actions_t actions;
    int ends[2], result;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    /* It warns of each curve without a point, which the plot itself tells. */
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    result = posix_spawnp(ret_child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    if (result != 0)
        close(ends[1]);
    *ret_to = ends[1];
    return result;
}

static int draw(const struct plot *plot, struct failure *ret_error)
{
    struct stat found;
    pid_t child = -1;
    int to = -1, result = start(&to, &child);

    if (result != 0)
        return failure_set(ret_error,
                           "cannot run gnuplot: %s\nThe plots are left out; "
                           "install gnuplot (Debian: gnuplot-nox) and repeat.",
                           strerror(result));
    result = feed(child, to, plot);
    if (result == 0 && stat(plot->path, &found) == 0 && found.st_size > 0)
        return 0;
    return failure_set(ret_error,
                       "gnuplot did not draw %s (exit status %d)\nIs the "
                       "folder writable, and gnuplot at least version 5.2?",
                       plot->path, result);
}

int plot_end(struct plot *plot, struct failure *ret_error)
{
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    int result;

    fputs("unset multiplot\nset output\n", plot->script);
    fclose(plot->script);
    unlink(plot->path);
    result = draw(plot, ret_error);
    signal(SIGPIPE, before);
    free(plot->text);
    free(plot->path);
    return result;
}
