/* report_markdown.h - pieces of the Markdown page. */
#ifndef ASSAY_REPORT_MARKDOWN_H
#define ASSAY_REPORT_MARKDOWN_H

#include <jansson.h>
#include <stdio.h>

#include "report.h"

/* Text as text: what Markdown or HTML would take as its own is escaped. */
void markdown_put(const char *text, FILE *out);

/* The sections of a campaign from "How far to trust it" on. */
void markdown_put_trust(const struct report *report,
                        const struct report_campaign *campaign, FILE *out);

/* Sentences: known subjects and rows that the campaign does not have, and
 * what it could not see. New reference. */
json_t *report_not_compared(const struct report *report,
                            const struct report_campaign *campaign);

#endif
