/* list.c - the registered checks, and the JSON document about them. */
#include <stdio.h>
#include <string.h>

#include "probe.h"

extern const struct check *const __start_assay_checks[];
extern const struct check *const __stop_assay_checks[];

const struct check *const *probe_checks(size_t *ret_count)
{
    *ret_count = (size_t)(__stop_assay_checks - __start_assay_checks);
    return __start_assay_checks;
}

const struct check *probe_find(const char *id)
{
    size_t count;
    const struct check *const *checks = probe_checks(&count);

    for (size_t i = 0; i < count; i++) {
        char written[16];

        probe_id(checks[i], written);
        if (strcmp(id, written) == 0 || strcmp(id, checks[i]->id) == 0)
            return checks[i];
    }
    return NULL;
}

void probe_bits(unsigned bits, char *ret_text, size_t room)
{
    size_t used = 0;

    ret_text[0] = '\0';
    for (unsigned i = 0; probe_kind.bits != NULL && probe_kind.bits[i]; i++)
        if ((bits >> i & 1) != 0 && used < room)
            used += (size_t)snprintf(ret_text + used, room - used, "%s%s",
                                     used > 0 ? " " : "", probe_kind.bits[i]);
}

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
    list_string(value != NULL ? value : "");
    printf(", ");
}

static void list_flag(const struct check *check, const char *name,
                      unsigned flag)
{
    printf("\"%s\": %s, ", name, check->flags & flag ? "true" : "false");
}

/* The family is the file's stem: "zeroing". */
static void list_family(const struct check *check)
{
    const char *slash = strrchr(check->file, '/');
    const char *stem = slash != NULL ? slash + 1 : check->file;

    printf("\"family\": \"%.*s\", ", (int)strcspn(stem, "."), stem);
}

static void list_wants(const struct check *check)
{
    char text[256];

    probe_bits(check->wants, text, sizeof(text));
    list_member("wants", text);
}

static void list_check(const struct check *check)
{
    static const char *const severities[] = { "MUST", "SHOULD", "QUALITY" };
    char id[16];

    probe_id(check, id);
    printf("{");
    list_member("id", id);
    list_family(check);
    list_member("severity", severities[check->severity]);
    list_member("profiles", check->profiles);
    list_member("statement", check->statement);
    list_member("source", check->source);
    list_member("why", check->why);
    list_wants(check);
    list_flag(check, "random", CHECK_RANDOM);
    list_flag(check, "threads", CHECK_THREADS);
    list_flag(check, "waits", CHECK_WAITS);
    list_flag(check, "alone", CHECK_ALONE);
    printf("\"timeout_s\": %u}", check->timeout_s != 0 ? check->timeout_s : 10);
}

void probe_list_print(void)
{
    size_t count;
    const struct check *const *checks = probe_checks(&count);

    printf("{\"checks\": [");
    for (size_t i = 0; i < count; i++) {
        printf("%s\n  ", i == 0 ? "" : ",");
        list_check(checks[i]);
    }
    printf("\n]}\n");
}
