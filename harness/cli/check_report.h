/* check_report.h - what a run of checks is shown as: a table for people, and
 * JSON lines, JUnit and TAP for programs.
 *
 * All four say the same of each requirement: see finding.h. */
#ifndef ASSAY_CHECK_REPORT_H
#define ASSAY_CHECK_REPORT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "checking.h"
#include "finding.h"

struct subject;

struct check_report {
    const struct subject *subject;
    const struct checking *checking;
    struct finding_rules rules;
    uint64_t seed;
    unsigned repeat;
    bool colour; /* of the table */
};

void check_table_print(const struct check_report *report, FILE *out);

/* The closing line: counts for each verdict and severity, and whether the
 * profile is met. */
void check_summary_print(const struct check_report *report, FILE *out);

/* One line for a requirement that was asked, and flushed: whoever stops a run
 * has what was decided. results/verdicts.schema.json. */
void check_json_print(const struct check_report *report,
                      const struct checked *checked, FILE *out);

void check_junit_print(const struct check_report *report, FILE *out);
void check_tap_print(const struct check_report *report, FILE *out);

/* "not met", "known deviation", ..., "" for FINDING_NONE. Static storage. */
const char *check_finding_word(enum finding_kind kind);

/* A sentence on what was seen in all its runs: message, outcome, "3 of 5
 * passed". The caller frees. */
char *check_seen(const struct checked *checked);

#endif
