/* check_junit.c - verdicts as JUnit and as TAP, for continuous integration. */
#include "check_report.h"

#include <stdlib.h>
#include <string.h>

#include "subject.h"
#include "text.h"

/* ---- JUnit ---- */

static void print_escaped(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
}

static void print_attribute(const char *name, const char *text, FILE *out)
{
    fprintf(out, " %s=\"", name);
    print_escaped(text, out);
    fputc('"', out);
}

/* What fails the run is a failure; what did not pass and need not is skipped,
 * with its message: it is no pass. */
static void print_result(const struct check_report *report,
                         const struct checked *checked, FILE *out)
{
    enum finding_kind kind = finding_of(&report->rules, checked, NULL);
    bool fails = kind == FINDING_NOT_MET || kind == FINDING_GONE ||
                 kind == FINDING_NOT_RUN;
    char *seen, *text;

    if (checked->runs > 0 && checked->worst->kind == VERDICT_PASS && !fails)
        return;
    seen = checked->runs > 0 ? check_seen(checked) : text_copy("");
    text = text_format("%s: %s%s%s",
                       checked->runs > 0 ? verdict_word(checked->worst->kind)
                                         : "not asked",
                       seen, *check_finding_word(kind) ? "; " : "",
                       check_finding_word(kind));
    fputs(fails ? "<failure" : "<skipped", out);
    print_attribute("message", text, out);
    fputs("/>", out);
    free(text);
    free(seen);
}

void check_junit_print(const struct check_report *report, FILE *out)
{
    const struct checking *checking = report->checking;

    fputs("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites>\n"
          "<testsuite",
          out);
    print_attribute("name", report->subject->name, out);
    fprintf(out, " tests=\"%zu\">\n", checking->count);
    for (size_t i = 0; i < checking->count; i++) {
        const struct checked *checked = &checking->all[i];
        char *class_name = text_format("%s.%s", report->subject->name,
                                       checked->requirement->family);

        fputs("<testcase", out);
        print_attribute("classname", class_name, out);
        print_attribute("name", checked->requirement->id, out);
        fprintf(out, " time=\"%.3f\">", (double)checked->wall_ns / 1e9);
        print_result(report, checked, out);
        fputs("</testcase>\n", out);
        free(class_name);
    }
    fputs("</testsuite>\n</testsuites>\n", out);
}

/* ---- TAP ---- */

/* A '#' would begin a directive. */
static void print_described(const char *text, FILE *out)
{
    for (; *text != '\0'; text++)
        fputc(*text == '#' ? ' ' : *text, out);
}

static void tap_print(const struct check_report *report, size_t number,
                      const struct checked *checked, FILE *out)
{
    const struct requirement *requirement = checked->requirement;
    enum finding_kind kind = finding_of(&report->rules, checked, NULL);
    bool passed = checked->runs > 0 && checked->worst->kind == VERDICT_PASS &&
                  kind != FINDING_GONE;
    bool skipped = checked->runs > 0 && checked->worst->kind == VERDICT_SKIP &&
                   kind != FINDING_NOT_MET;
    char *seen =
        checked->runs > 0 ? check_seen(checked) : text_copy("not asked");

    fprintf(out, "%sok %zu - %s ", passed || skipped ? "" : "not ", number,
            requirement->id);
    print_described(requirement->statement, out);
    if (skipped)
        fputs(" # SKIP ", out);
    else if (kind == FINDING_KNOWN)
        fputs(" # TODO known deviation: ", out);
    else if (!passed && kind == FINDING_NONE)
        fputs(" # TODO does not count here: ", out);
    else if (!passed)
        fprintf(out, "\n# %s: ",
                checked->runs > 0 ? verdict_word(checked->worst->kind)
                                  : "nothing");
    if (!passed)
        print_described(seen, out);
    fputc('\n', out);
    free(seen);
}

void check_tap_print(const struct check_report *report, FILE *out)
{
    const struct checking *checking = report->checking;

    fprintf(out, "1..%zu\n", checking->count);
    for (size_t i = 0; i < checking->count; i++)
        tap_print(report, i + 1, &checking->all[i], out);
}
