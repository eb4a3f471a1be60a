/* report_html.c - index.html: the page, its style, its program, its data and
 * its plots in one file.
 *
 * The template's places are lines of their own, "@TITLE@", "@STYLE@",
 * "@DATA@", "@PLOTS@" and "@PROGRAM@". Plots are embedded as data: URIs, since
 * gnuplot's drawings repeat ids and could not share a document. All names
 * reach the page as JSON and are set as text: none is ever markup. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "places.h"
#include "report.h"
#include "text.h"

/* The whole of a file, freed by the caller; NULL when it cannot be read. */
static char *file_text(const char *path, size_t *ret_size)
{
    FILE *file = path == NULL ? NULL : fopen(path, "re");
    char *text = NULL, part[4096];
    FILE *whole;
    size_t size;

    if (file == NULL)
        return NULL;
    whole = open_memstream(&text, ret_size);
    while ((size = fread(part, 1, sizeof(part), file)) > 0)
        fwrite(part, 1, size, whole);
    fclose(whole);
    fclose(file);
    return text;
}

static char *page_part(const char *name)
{
    char *relative = text_format("report/%s", name);
    char *path = place_of_data(relative);
    size_t size;
    char *text = file_text(path, &size);

    free(path);
    free(relative);
    return text;
}

/* RFC 4648, 4. */
static void put_base64(const unsigned char *bytes, size_t size, FILE *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                 "qrstuvwxyz0123456789+/";

    for (size_t i = 0; i < size; i += 3) {
        unsigned left = (unsigned)(size - i);
        unsigned word = (unsigned)bytes[i] << 16 |
                        (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? bytes[i + 2] : 0);

        fputc(digits[word >> 18], out);
        fputc(digits[word >> 12 & 63], out);
        fputc(left > 1 ? digits[word >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[word & 63] : '=', out);
    }
}

static void put_plots(const struct report *report, const char *folder,
                      FILE *out)
{
    const json_t *plot;
    size_t i;

    fputs("{", out);
    json_array_foreach(report->plots, i, plot)
    {
        char *path = text_format("%s/%s", folder, line_text(plot, "file"));
        size_t size = 0;
        char *text = file_text(path, &size);

        fprintf(out, "%s\n\"%s\": \"data:image/svg+xml;base64,",
                i > 0 ? "," : "", line_text(plot, "file"));
        if (text != NULL)
            put_base64((const unsigned char *)text, size, out);
        fputc('"', out);
        free(text);
        free(path);
    }
    fputs("}\n", out);
}

/* JSON within a script element: a "<" would begin markup. */
static void put_data(const struct report *report, FILE *out)
{
    json_t *data = report_data(report);
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(9));

    for (const char *at = text; *at != '\0'; at++)
        if (*at == '<')
            fputs("\\u003c", out);
        else
            fputc(*at, out);
    free(text);
    json_decref(data);
}

static void put_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc(*text, out);
        }
}

static void put_part(const char *name, FILE *out)
{
    char *text = page_part(name);

    if (text != NULL)
        fputs(text, out);
    free(text);
}

static void put_line(const struct report *report, const char *folder,
                     const char *line, FILE *out)
{
    if (strcmp(line, "@TITLE@") == 0)
        put_escaped(report->title, out);
    else if (strcmp(line, "@STYLE@") == 0)
        put_part("page.css", out);
    else if (strcmp(line, "@DATA@") == 0)
        put_data(report, out);
    else if (strcmp(line, "@PLOTS@") == 0)
        put_plots(report, folder, out);
    else if (strcmp(line, "@PROGRAM@") == 0)
        put_part("page.js", out);
    else
        fputs(line, out);
    fputc('\n', out);
}

int report_write_html(const struct report *report, const char *folder,
                      struct failure *ret_error)
{
    char *path = text_format("%s/index.html", folder);
    char *template = page_part("page.html"), *rest = template, *line;
    FILE *out = template == NULL ? NULL : fopen(path, "we");
    int result = 0;

    while (out != NULL && (line = strsep(&rest, "\n")) != NULL)
        put_line(report, folder, line, out);
    if (template == NULL)
        result = failure_set(ret_error, "the page's template is not there: "
                                        "build or install Assay again");
    else if (out == NULL || (ferror(out) | fclose(out)) != 0)
        result = failure_set(ret_error, "cannot write %s: %s", path,
                             strerror(errno));
    free(template);
    free(path);
    return result;
}
