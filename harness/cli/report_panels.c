/* report_panels.c - pages of panels in a grid. */
#include "report_panels.h"

#include <stdlib.h>
#include <string.h>

#include "report_draw.h"
#include "text.h"

enum { PANELS = 5, /* and one for the legend */ COLUMNS = 2, HEIGHT = 250 };

static void legend(const struct panels *panels, struct plot *plot)
{
    bool all[panels->subject_count + 1];

    memset(all, 1, sizeof(all));
    plot_legend(plot, panels->subjects,
                panels->shown != NULL ? panels->shown : all,
                panels->subject_count, !panels->points, panels->area);
}

static int page(const struct panels *panels, size_t first,
                struct failure *ret_error)
{
    size_t left = panels->count - first;
    size_t count = left < PANELS ? left : PANELS;
    int lines = (int)(count + COLUMNS) / COLUMNS, result;
    char *file = text_format("%s-%zu.svg", panels->stem, first / PANELS + 1);
    struct plot plot;

    report_plot_begin(&plot, panels->folder, file, lines * HEIGHT);
    plot_grid(&plot, lines, COLUMNS);
    for (size_t i = first; i < first + count; i++)
        panels->draw(panels->context, &plot, i);
    legend(panels, &plot);
    result = plot_end(&plot, panels->report->plotter, ret_error);
    if (result == 0)
        report_note_plot(
            panels->report, file, panels->section, panels->campaign,
            text_format("%s%s%s%s", panels->before, panels->titles[first],
                        count > 1 ? " and the next" : "", panels->behind));
    free(file);
    return result;
}

int panels_draw(const struct panels *panels, struct failure *ret_error)
{
    int result = 0;

    for (size_t at = 0; at < panels->count && result == 0; at += PANELS)
        result = page(panels, at, ret_error);
    return result;
}

void panel_frame(struct plot *plot, const char *title, const char *x,
                 const char *y)
{
    fputs("unset arrow\nunset label\nunset key\nset title ", plot->script);
    plot_text(plot, title);
    fputs("\nset xlabel ", plot->script);
    plot_text(plot, x);
    fputs("\nset ylabel ", plot->script);
    plot_text(plot, y);
    fputc('\n', plot->script);
}

void panel_empty(struct plot *plot, const char *why)
{
    fputs("unset logscale\nset label ", plot->script);
    plot_text(plot, why);
    fputs(" at graph 0.5,0.5 center textcolor '#a00000'\nset xrange [0:1]\n"
          "set yrange [0:1]\nplot NaN notitle\n",
          plot->script);
}
