/* command_report.c - `assay report`: a page of one or several campaigns. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "report.h"
#include "text.h"

enum { KEY_OUT = 512, KEY_TITLE };

static const struct argp_option options[] = {
    { "out", KEY_OUT, "DIR", 0,
      "Where report.md, index.html and the plots go (DIR/report of the first "
      "DIR given)",
      0 },
    { "title", KEY_TITLE, "TEXT", 0, "The headline of the page", 0 },
    { 0 },
};

struct report_settings {
    char **folders;
    const char *out;
    const char *title;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_settings *settings = state->input;

    switch (key) {
    case KEY_OUT:
        settings->out = argument;
        break;
    case KEY_TITLE:
        settings->title = argument;
        break;
    case ARGP_KEY_ARG:
        settings->folders =
            text_list_add(settings->folders, text_copy(argument));
        break;
    case ARGP_KEY_END:
        if (settings->folders[0] == NULL)
            argp_error(state, "a results folder is needed, or a folder of "
                              "such folders");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char help[] =
    "Writes report.md with plots, table.md, and index.html, one file that "
    "needs no network, of the campaigns in each DIR.\v"
    "A DIR is a campaign, or a folder of campaigns; those of one machine are "
    "joined to a trend. A folder that 'ci/conformance' made adds the matrix "
    "of requirements by subjects. table.md is the table to paste. Everything "
    "is computed from the raw lines.\n\n"
    "  assay report results/quick-2026-11\n"
    "  assay report results --out page\n\n"
    "Exit status: 0 written; 2 wrong usage, or nothing to report; 3 the plots "
    "could not be drawn (the pages are written without them and say so), or a "
    "file could not be written.";

static const struct argp argp = { options, parse, "DIR...", help,
                                  NULL,    NULL,  NULL };

/* The names and versions that a reader must see first. */
static char *headline(const struct report *report)
{
    const json_t *subjects =
        json_object_get(json_object_get(report->list[0].results.header,
                                        "identity"),
                        "subjects");
    char **names = text_split(""), *list, *title;
    const json_t *subject;
    size_t i;

    json_array_foreach((json_t *)subjects, i, subject)
    {
        const char *version =
            json_string_value(json_object_get(subject, "version"));

        if (!json_is_true(json_object_get(subject, "twin")) &&
            !json_is_true(json_object_get(subject, "floor")))
            names = text_list_add(
                names,
                text_format("%s%s%s",
                            json_string_value(json_object_get(subject, "name")),
                            version != NULL && *version != '\0' ? " " : "",
                            version != NULL ? version : ""));
    }
    list = text_join(names);
    title = text_format("Memory allocators compared: %s", list);
    free(list);
    text_list_free(names);
    return title;
}

static int make_folder(const char *folder)
{
    if (mkdir(folder, 0777) == 0 || errno == EEXIST)
        return EXIT_GOOD;
    fprintf(stderr, "assay: cannot make %s: %s\n", folder, strerror(errno));
    return EXIT_USAGE;
}

static int write_report(struct report *report, const char *folder)
{
    struct failure error;
    int status = EXIT_GOOD;

    if (report_draw(report, folder, &error) != 0) {
        status = command_refuse(EXIT_BROKEN, error.text);
        report->notes = text_list_add(report->notes, text_copy(error.text));
    }
    if (report_write_markdown(report, folder, &error) != 0 ||
        report_write_table(report, folder, &error) != 0 ||
        report_write_html(report, folder, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    for (size_t i = 0; report->left_out[i] != NULL; i++)
        fprintf(stderr, "assay: left out: %s\n", report->left_out[i]);
    printf("%s/report.md\n%s/index.html\n", folder, folder);
    return status;
}

static int report_with(const struct report_settings *settings)
{
    char *folder = settings->out != NULL
                       ? text_copy(settings->out)
                       : text_format("%s/report", settings->folders[0]);
    struct report report;
    struct failure error;
    char *title;
    int status;

    if (report_read(settings->folders, &report, &error) != 0) {
        free(folder);
        return command_refuse(EXIT_USAGE, error.text);
    }
    title = settings->title != NULL ? text_copy(settings->title)
                                    : headline(&report);
    report.title = title;
    status = make_folder(folder);
    if (status == EXIT_GOOD)
        status = write_report(&report, folder);
    report_free(&report);
    free(title);
    free(folder);
    return status;
}

int command_report(int count, char **words)
{
    struct report_settings settings = { .folders = text_split("") };
    int status;

    argp_parse(&argp, count, words, 0, NULL, &settings);
    status = report_with(&settings);
    text_list_free(settings.folders);
    return status;
}
