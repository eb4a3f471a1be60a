/* command_list.c - `assay list`: what can be compared, and on what. */
#include "command.h"

#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "micro_list.h"
#include "profile.h"
#include "requirement.h"
#include "subject.h"

enum { KEY_JSON = 256, KEY_KIND };

enum { NAME_WIDTH = 20, NOTE_INDENT = NAME_WIDTH + 5 };

static const struct argp_option options[] = {
    { "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
    { "kind", KEY_KIND, "KIND", 0,
      "Of the subjects only those that are here and that 'assay check' looks "
      "at as a malloc, an allocator or a collector",
      0 },
    { 0 },
};

struct list_settings {
    bool json;
    int kind; /* or -1: all subjects, those that are not here too */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct list_settings *settings = state->input;

    switch (key) {
    case KEY_JSON:
        settings->json = true;
        return 0;
    case KEY_KIND:
        settings->kind = argument_kind(state, argument);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is no option", argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    options,
    parse,
    NULL,
    "Lists subjects, with what is installed of them, workloads with their "
    "rows, and the profiles of checks.\v"
    "  assay list\n"
    "  assay list --json --kind collector\n\n"
    "Exit status: 0 good; 2 wrong usage; 3 assay itself failed.",
    NULL,
    NULL,
    NULL
};

/* Behind which names it lies, and who may call them. */
static void print_functions(const json_t *subject)
{
    const json_t *names = json_object_get(subject, "functions"), *name;
    const char *separator = "", *word;

    if (names == NULL)
        return;
    printf("%*s", NOTE_INDENT, "");
    json_object_foreach((json_t *)names, word, name)
    {
        printf("%s%s", separator, json_string_value(name));
        separator = ", ";
    }
    printf("; contract: %s\n", line_text(subject, "contract"));
}

static void print_subject(const json_t *subject)
{
    const char *path = line_text(subject, "path");
    const char *package = line_text(subject, "package");
    const char *lacks = line_text(subject, "lacks");
    const char *note = line_text(subject, "note");
    const char *plugin = line_text(subject, "plugin");

    printf("  %-*s ", NAME_WIDTH, line_text(subject, "name"));
    if (*path != '\0')
        printf("%-18s %s\n", line_text(subject, "version"), path);
    else if (*package != '\0')
        printf("not installed: apt-get install %s\n", package);
    else
        puts("not built");
    print_functions(subject);
    if (*plugin != '\0' && strcmp(plugin, path) != 0)
        printf("%*sas a plug-in: %s\n", NOTE_INDENT, "", plugin);
    if (*lacks != '\0')
        printf("%*sthis library has no %s\n", NOTE_INDENT, "", lacks);
    if (*note != '\0')
        printf("%*s%s\n", NOTE_INDENT, "", note);
}

static void print_subjects(const json_t *subjects)
{
    const json_t *subject;
    size_t i;

    puts("Subjects (a path of a shared library is one, too):");
    json_array_foreach((json_t *)subjects, i, subject)
    {
        print_subject(subject);
    }
}

static const char *row_kinds(const struct catalogue_row *row)
{
    return row->kind == KIND_COLLECTOR ? "collectors"
           : row->one_heap             ? "mallocs and object allocators"
                                       : "mallocs";
}

static void print_rows(const struct catalogue *catalogue)
{
    const char *workload = "";

    puts("\nWorkloads and their rows (* quick):");
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct catalogue_row *row = &catalogue->rows[i];

        if (row->program != NULL || row->kind == KIND_ALLOCATOR)
            continue;
        if (strcmp(row->workload, workload) != 0)
            printf("  %s: %s (of %s; %s; an operation: %s)\n", row->workload,
                   row->question, row_kinds(row), row->contract,
                   row->operation);
        workload = row->workload;
        printf("    %s%s\n", row->name, row->quick ? " *" : "");
    }
    puts("\nReal programs (* quick):");
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct catalogue_row *row = &catalogue->rows[i];
        struct failure error;

        if (row->program == NULL)
            continue;
        printf("  %s%s: %s\n", row->name, row->quick ? " *" : "",
               row->question);
        if (!program_is_installed(row->program, &error))
            printf("    %s\n", error.text);
    }
}

/* Families, each with the sizes it is taken at. */
static void print_micro(void)
{
    struct micro_list list;
    struct failure error;

    puts("\nMicro-benchmarks ('assay bench --micro'):");
    if (micro_list_load(NULL, &list, &error) != 0) {
        printf("  %s\n", error.text);
        return;
    }
    for (size_t i = 0, end; i < list.count; i = end) {
        const char *name = list.entries[i].name;

        for (end = i; end < list.count; end++)
            if (strcmp(list.entries[end].name, name) != 0)
                break;
        printf("  %-*s %zu sizes, %lld to %lld bytes; an operation: %s\n",
               NAME_WIDTH, name, end - i, list.entries[i].size_bytes,
               list.entries[end - 1].size_bytes, list.entries[i].operation);
    }
    micro_list_free(&list);
}

static json_t *micro_json(void)
{
    struct micro_list list;
    struct failure error;
    json_t *benchmarks;

    if (micro_list_load(NULL, &list, &error) != 0)
        return json_null();
    benchmarks = json_incref(json_object_get(list.json, "benchmarks"));
    micro_list_free(&list);
    return benchmarks;
}

static void print_checks(const struct requirements *checks)
{
    size_t count[KINDS] = { 0 };

    for (size_t i = 0; i < checks->count; i++)
        count[checks->all[i].kind]++;
    printf(
        "\nRequirements ('assay explain --list'): %zu of a malloc, %zu of an "
        "object allocator, %zu of a collector\nProfiles of 'assay check':\n",
        count[KIND_MALLOC], count[KIND_ALLOCATOR], count[KIND_COLLECTOR]);
    for (const struct profile *profile = profiles; profile->name != NULL;
         profile++)
        printf("  %-*s %s\n", NAME_WIDTH, profile->name, profile->meaning);
}

static json_t *profiles_json(void)
{
    json_t *list = json_array();

    for (const struct profile *profile = profiles; profile->name != NULL;
         profile++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "name", profile->name,
                                        "meaning", profile->meaning));
    return list;
}

static json_t *programs_json(const struct catalogue *catalogue)
{
    json_t *list = json_array();

    for (size_t i = 0; i < catalogue->count; i++) {
        const struct catalogue_row *row = &catalogue->rows[i];
        struct failure error;

        if (row->program != NULL)
            json_array_append_new(
                list,
                json_pack("{s:s, s:s, s:b, s:b}", "name", row->name, "question",
                          row->question, "quick", row->quick, "installed",
                          program_is_installed(row->program, &error)));
    }
    return list;
}

static void print_json(json_t *subjects, const struct catalogue *catalogue,
                       const struct requirements *checks)
{
    json_t *all =
        json_pack("{s:O, s:O, s:o, s:o, s:O, s:o}", "subjects", subjects,
                  "workloads",
                  json_object_get(catalogue->workloads, "workloads"),
                  "programs", programs_json(catalogue), "micro", micro_json(),
                  "checks", json_object_get(checks->document, "checks"),
                  "profiles", profiles_json());

    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

int command_list(int count, char **words)
{
    struct catalogue catalogue;
    struct requirements checks;
    struct failure error;
    json_t *subjects;
    struct list_settings settings = { .kind = -1 };

    argp_parse(&argp, count, words, 0, NULL, &settings);
    if (catalogue_load(&catalogue, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    if (requirements_load(-1, &checks, &error) != 0)
        return command_refuse(EXIT_BROKEN, error.text);
    subjects = settings.kind < 0 ? subjects_known()
                                 : subjects_of_kind((enum kind)settings.kind);
    if (settings.json) {
        print_json(subjects, &catalogue, &checks);
    } else {
        print_subjects(subjects);
        print_rows(&catalogue);
        print_micro();
        print_checks(&checks);
    }
    json_decref(subjects);
    requirements_free(&checks);
    catalogue_free(&catalogue);
    return EXIT_GOOD;
}
