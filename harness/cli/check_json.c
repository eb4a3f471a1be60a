/* check_json.c - verdicts as JSON lines: one requirement a line. */
#include "check_report.h"

#include <stdlib.h>

#include "deviation.h"
#include "subject.h"

static json_t *figures_json(const struct verdict *verdict)
{
    json_t *figures = json_object();

    for (uint32_t i = 0; i < verdict->figure_count; i++)
        json_object_set_new(figures, verdict->figures[i].name,
                            json_real(verdict->figures[i].value));
    return figures;
}

static json_t *subject_line(const struct check_report *report,
                            const struct verdict *verdict)
{
    const struct subject *subject = report->subject;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", subject->name,
                     "version", subject->version, "path", subject->path,
                     "sha256", subject->sha256, "build_id", subject->build_id,
                     "provider", verdict->provider);
}

static json_t *checked_json(const struct check_report *report,
                            const struct checked *checked)
{
    const struct requirement *requirement = checked->requirement;
    const struct verdict *worst = checked->worst;
    const struct deviation *deviation;
    enum finding_kind kind = finding_of(&report->rules, checked, &deviation);

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, "
        "s:I, s:i, s:i, s:I, s:i, s:i, s:s, s:o}",
        "requirement", requirement->id, "family", requirement->family,
        "severity", severity_word(requirement->severity), "profile",
        report->rules.profile, "counts",
        finding_counts(&report->rules, requirement), "verdict",
        verdict_word(worst->kind), "finding", check_finding_word(kind),
        "message", worst->message, "outcome", worst->outcome, "stack",
        worst->stack, "deviation", deviation != NULL ? deviation->reason : "",
        "link", deviation != NULL ? deviation->link : "", "figures",
        figures_json(worst), "seed", (json_int_t)worst->seed, "runs",
        (int)checked->runs, "passed", (int)checked->passed, "wall_ns",
        (json_int_t)checked->wall_ns, "strays", (int)worst->strays,
        "output_bytes", (int)worst->output_bytes, "output", worst->output,
        "subject", subject_line(report, worst));
}

void check_json_print(const struct check_report *report,
                      const struct checked *checked, FILE *out)
{
    json_t *line = checked_json(report, checked);

    json_dumpf(line, out, JSON_COMPACT | JSON_REAL_PRECISION(12));
    fputc('\n', out);
    fflush(out);
    json_decref(line);
}
