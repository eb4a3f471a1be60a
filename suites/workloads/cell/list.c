/* list.c - writes the list of workloads and rows as JSON.
 *
 * By printf: the cell is linked with nothing that might bring an allocator.
 * All strings are the workloads' own: sentences without control characters. */
#include "list.h"

#include <stdio.h>
#include <string.h>

#include "workload.h"

static void list_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void list_member(const char *name, const char *value)
{
    printf("\"%s\": ", name);
    list_string(value);
    printf(", ");
}

static void list_needs(const char *name, const char *needs)
{
    const char *separator = "";

    printf("\"%s\": [", name);
    while (*needs != '\0') {
        int length = (int)strcspn(needs, " ");

        printf("%s\"%.*s\"", separator, length, needs);
        separator = ", ";
        needs += length + (needs[length] == ' ');
    }
    printf("], ");
}

static void list_row(const struct workload *workload, const struct row *row)
{
    const char *separator = "";

    printf("{");
    list_member("name", row->name);
    printf("\"quick\": %s, \"repetitions\": %llu, "
           "\"quick_repetitions\": %llu, \"parameters\": {",
           row->quick ? "true" : "false", (unsigned long long)row->repetitions,
           (unsigned long long)(row->repetitions / row->quick_divisor));
    for (int i = 0; i < ROW_PARAMETERS && workload->parameters[i]; i++) {
        printf("%s\"%s\": %llu", separator, workload->parameters[i],
               (unsigned long long)row->parameter[i]);
        separator = ", ";
    }
    printf("}}");
}

static void list_workload(const struct workload *workload)
{
    static const char *const touch[] = { "none", "first", "ends", "page",
                                         "full" };
    const char *separator = "";

    printf("{");
    list_member("name", workload->name);
    list_member("question", workload->question);
    list_member("kind",
                workload->flags & WORKLOAD_COLLECTOR ? "collector" : "malloc");
    list_member("contract", workload->contract);
    list_member("operation", workload->operation);
    list_needs("needs", workload->needs);
    if (workload->heap != NULL)
        list_needs("heap_needs", workload->heap_needs);
    printf("\"threads\": %s, \"reads_back\": %s, ",
           workload->flags & WORKLOAD_THREADS ? "true" : "false",
           workload->flags & WORKLOAD_READS_BACK ? "true" : "false");
    list_member("touch", touch[workload->touch]);
    list_member("oracle", workload->oracle);
    printf("\"version\": %u, \"rows\": [", workload->version);
    for (const struct row *row = workload->rows; row->name != NULL; row++) {
        printf("%s\n    ", separator);
        list_row(workload, row);
        separator = ",";
    }
    printf("]}");
}

void cell_list_print(void)
{
    const char *separator = "";

    printf("{\"workloads\": [");
    for (size_t i = 0; workloads[i] != NULL; i++) {
        printf("%s\n  ", separator);
        list_workload(workloads[i]);
        separator = ",";
    }
    printf("\n]}\n");
}
