/* subject.c - finds subjects and reads what can be known without loading. */
#include "subject.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sha2.h>
#include <unistd.h>

#include "elf_file.h"
#include "places.h"
#include "subject_functions.h"
#include "subject_plugin.h"
#include "text.h"

static json_t *subject_list(void)
{
    char *path = place_of_data("subjects.json");
    json_error_t error;
    json_t *list = path == NULL ? NULL : json_load_file(path, 0, &error);

    if (list == NULL) {
        fprintf(stderr,
                "assay: cannot read the list of subjects (subjects.json): "
                "%s\nBuild or install Assay again.\n",
                path == NULL ? "not found" : error.text);
        exit(3);
    }
    free(path);
    return list;
}

/* The first existing file that a pattern of the list names. */
static char *subject_glob(const char *pattern)
{
    static const char ours[] = "{assay}/";
    char *found = NULL;
    glob_t matches;

    if (strncmp(pattern, ours, sizeof(ours) - 1) == 0)
        return place_of_program(pattern + sizeof(ours) - 1);
    if (glob(pattern, 0, NULL, &matches) == 0)
        found = realpath(matches.gl_pathv[0], NULL);
    globfree(&matches);
    return found;
}

static char *subject_glob_any(const json_t *patterns)
{
    const json_t *pattern;
    char *found = NULL;
    size_t i;

    json_array_foreach((json_t *)patterns, i, pattern)
    {
        if (found == NULL)
            found = subject_glob(json_string_value(pattern));
    }
    return found;
}

static bool entry_has_library(const json_t *entry)
{
    return json_object_get(entry, "libraries") != NULL;
}

/* Of an entry without a library it is the plug-in. */
static char *subject_library(const json_t *entry)
{
    return subject_glob_any(json_object_get(entry, entry_has_library(entry)
                                                       ? "libraries"
                                                       : "plugin"));
}

static const char *entry_text(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));

    return text == NULL ? "" : text;
}

/* {package: version} of what is installed of these packages, words for the
 * shell. One question for all: each costs as much as the whole. */
static json_t *subject_versions(const char *packages)
{
    char *command = text_format("dpkg-query -W -f '${Package} ${Version}\\n' "
                                "%s 2>/dev/null",
                                packages);
    json_t *versions = json_object();
    FILE *pipe = popen(command, "r");
    char line[256], package[128], version[128];

    free(command);
    if (pipe == NULL)
        return versions;
    while (fgets(line, sizeof(line), pipe) != NULL)
        if (sscanf(line, "%127s %127s", package, version) == 2 &&
            json_object_get(versions, package) == NULL)
            json_object_set_new(versions, package, json_string(version));
    pclose(pipe);
    return versions;
}

/* The installed version of a Debian package, or "". */
static char *subject_version(const char *package)
{
    char *word = text_format("'%s'", package);
    json_t *versions = *package == '\0' ? NULL : subject_versions(word);
    const char *version = json_string_value(json_object_get(versions, package));
    char *copy = text_copy(version == NULL ? "" : version);

    free(word);
    json_decref(versions);
    return copy;
}

static char **subject_settings(const json_t *entry)
{
    json_t *settings = json_object_get(entry, "environment"), *value;
    char **list = text_split("");
    const char *key;

    json_object_foreach(settings, key, value)
    {
        list = text_list_add(list, text_format("%s=%s", key,
                                               json_string_value(value)));
    }
    return list;
}

/* What the file itself says. Fails when it is no loadable ELF library. */
static int subject_inspect(struct subject *subject, struct failure *ret_error)
{
    struct elf_facts facts;
    char *why = NULL;

    if (elf_file_read(subject->path, &facts, &why) != 0) {
        failure_set(ret_error,
                    "%s: %s\nA subject is a shared library for this machine.",
                    subject->path, why);
        free(why);
        return -1;
    }
    memcpy(subject->exports, facts.exports, sizeof(facts.exports));
    memcpy(subject->build_id, facts.build_id, sizeof(facts.build_id));
    if (SHA256File(subject->path, subject->sha256) == NULL) {
        failure_set(ret_error, "%s: %s", subject->path, strerror(errno));
        return -1;
    }
    return subject_functions_check(subject, ret_error);
}

static char **subject_names(const json_t *list)
{
    char **names = text_split("");
    json_t *entry;
    size_t i;

    json_array_foreach(list, i, entry)
    {
        names = text_list_add(names, text_copy(entry_text(entry, "name")));
    }
    return names;
}

static void subject_unknown(const char *given, const json_t *list,
                            struct failure *ret_error)
{
    char **names = subject_names(list);
    char *nearest = text_nearest(given, names);
    char *all = text_join(names);

    failure_set(ret_error,
                "unknown subject '%s'%s%s\nKnown: %s. A "
                "library of yours is given as a path with "
                "a slash: ./%s",
                given, *nearest != '\0' ? "; " : "", nearest, all, given);
    free(all);
    free(nearest);
    text_list_free(names);
}

/* What the plug-in loads: "loads", or else the library of the entry. */
static char *entry_loads(const json_t *entry)
{
    const json_t *loads = json_object_get(entry, "loads");

    return subject_glob_any(
        loads != NULL ? loads : json_object_get(entry, "libraries"));
}

static bool entry_can_load(const json_t *entry)
{
    char *library = entry_loads(entry);
    bool wants =
        json_object_get(entry, "loads") != NULL || entry_has_library(entry);
    bool has = library != NULL;

    free(library);
    return has || !wants;
}

static void entry_load(struct subject *subject, const json_t *entry)
{
    char *library = entry_loads(entry);

    if (library != NULL)
        subject_plugin_loads(subject, library);
    free(library);
}

/* Where the library is there, it is the plug-in around it that is not. */
static int subject_absent(const json_t *entry, struct failure *ret_error)
{
    const char *name = entry_text(entry, "name");
    const char *package = entry_text(entry, "package");

    char *version = subject_version(package);
    bool unbuilt = *package == '\0' || *version != '\0';

    free(version);
    if (unbuilt)
        return failure_set(ret_error,
                           "subject %s is not built: run 'meson compile -C "
                           "build'",
                           name);
    return failure_set(ret_error,
                       "subject %s is not installed\nInstall it with: apt-get "
                       "install %s",
                       name, package);
}

static int subject_from_entry(const json_t *entry, bool as_plugin,
                              struct subject *subject,
                              struct failure *ret_error)
{
    const char *name = entry_text(entry, "name");
    const char *package = entry_text(entry, "package");
    const json_t *plugins = json_object_get(entry, "plugin");

    as_plugin = plugins != NULL && (as_plugin || !entry_has_library(entry));
    subject->path =
        as_plugin ? subject_glob_any(plugins) : subject_library(entry);
    if (subject->path == NULL || (as_plugin && !entry_can_load(entry)))
        return subject_absent(entry, ret_error);
    subject->name = text_copy(name);
    subject->package = text_copy(package);
    subject->version =
        *package == '\0' ? text_copy(ASSAY_VERSION) : subject_version(package);
    subject->environment = subject_settings(entry);
    if (as_plugin)
        entry_load(subject, entry);
    else if (subject_functions_of_entry(subject, entry, ret_error) != 0)
        return -1;
    return subject_inspect(subject, ret_error);
}

/* "/opt/lib/libmine.so.2" is called "libmine". */
static char *subject_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *stem = text_copy(slash == NULL ? path : slash + 1);
    char *suffix = strstr(stem, ".so");

    if (suffix != NULL && suffix != stem)
        *suffix = '\0';
    return stem;
}

/* What stands behind the path's last @, or NULL; a file whose own name has
 * one is that file. */
static const char *subject_prefix(const char *given)
{
    const char *at = strrchr(given, '@');

    return at == NULL || access(given, F_OK) == 0 ? NULL : at + 1;
}

static int subject_from_path(const char *given, struct subject *subject,
                             struct failure *ret_error)
{
    const char *prefix = subject_prefix(given);
    char *file = text_copy(given);

    if (prefix != NULL)
        file[prefix - 1 - given] = '\0';
    subject->path = realpath(file, NULL);
    subject->name = subject_stem(file);
    free(file);
    if (subject->path == NULL) {
        failure_set(ret_error,
                    "subject %s: %s\nGive the path of a shared library, or one "
                    "of the names that 'assay list' shows.",
                    given, strerror(errno));
        return -1;
    }
    if (strpbrk(subject->path, " :") != NULL)
        return failure_set(ret_error,
                           "%s: LD_PRELOAD parts its list at spaces and "
                           "colons\nCopy the library to a path without them.",
                           subject->path);
    subject->package = text_copy("");
    subject->version = text_copy("");
    subject->environment = text_split("");
    if (prefix != NULL &&
        subject_functions_of_prefix(subject, prefix, ret_error) != 0)
        return -1;
    return subject_inspect(subject, ret_error);
}

static int subject_look(const char *given, bool as_plugin,
                        struct subject *ret_subject, struct failure *ret_error)
{
    struct subject found = { 0 };
    json_t *list, *entry;
    int result = 1;
    size_t i;

    if (strchr(given, '/') != NULL) {
        result = subject_from_path(given, &found, ret_error);
    } else {
        list = subject_list();
        json_array_foreach(list, i, entry)
        {
            if (strcmp(entry_text(entry, "name"), given) == 0)
                result =
                    subject_from_entry(entry, as_plugin, &found, ret_error);
        }
        if (result == 1)
            subject_unknown(given, list, ret_error);
        json_decref(list);
    }
    if (result != 0)
        subject_free(&found);
    else
        *ret_subject = found;
    return result == 0 ? 0 : -1;
}

int subject_find(const char *given, struct subject *ret_subject,
                 struct failure *ret_error)
{
    return subject_look(given, false, ret_subject, ret_error);
}

int subject_find_as(const char *given, int kind, struct subject *ret_subject,
                    struct failure *ret_error)
{
    int result =
        subject_plugin_is_around(given)
            ? subject_plugin_around(given, ret_subject, ret_error)
            : subject_look(given, kind != KIND_MALLOC, ret_subject, ret_error);

    if (result != 0)
        return result;
    if (kind < 0 && ret_subject->exports[KIND_COLLECTOR])
        kind = KIND_COLLECTOR;
    else if (kind < 0 && ret_subject->exports[KIND_ALLOCATOR])
        kind = KIND_ALLOCATOR;
    ret_subject->kind = kind < 0 ? KIND_MALLOC : (enum kind)kind;
    if (kind_is_plugin(ret_subject->kind))
        subject_plugin_settings(ret_subject);
    return 0;
}

/* The plug-in's path in place of where it is looked for; null where it is not
 * built. */
static void subject_entry_plugin(json_t *entry)
{
    const json_t *patterns = json_object_get(entry, "plugin");
    char *path = subject_glob_any(patterns);

    if (patterns != NULL)
        json_object_set_new(entry, "plugin",
                            path != NULL ? json_string(path) : json_null());
    free(path);
}

/* What is known of an entry beside its own words: where its library lies on
 * this machine, in which version, and what it lacks. */
static void subject_entry_fill(json_t *entry, const json_t *versions)
{
    const char *package = entry_text(entry, "package");
    const char *version =
        *package == '\0' ? ASSAY_VERSION : entry_text(versions, package);
    struct subject subject = { .name = text_copy(entry_text(entry, "name")),
                               .path = subject_library(entry) };
    struct failure error;
    char *lacks = NULL;

    subject.version = text_copy(version);
    if (subject.path != NULL && entry_has_library(entry) &&
        subject_functions_of_entry(&subject, entry, &error) == 0)
        lacks = subject_functions_missing(&subject);
    json_object_set_new(entry, "path",
                        subject.path != NULL ? json_string(subject.path)
                                             : json_null());
    json_object_set_new(entry, "version", json_string(subject.version));
    if (lacks != NULL && *lacks != '\0')
        json_object_set_new(entry, "lacks", json_string(lacks));
    subject_entry_plugin(entry);
    json_object_del(entry, "libraries");
    free(lacks);
    subject_free(&subject);
}

/* Each package that an entry names, as a word for the shell. */
static char *subject_packages(const json_t *list)
{
    char *words = text_copy("");
    const json_t *entry;
    size_t i;

    json_array_foreach((json_t *)list, i, entry)
    {
        const char *package = entry_text(entry, "package");
        char *more = *package == '\0' ? text_copy(words)
                                      : text_format("%s '%s'", words, package);

        free(words);
        words = more;
    }
    return words;
}

json_t *subjects_known(void)
{
    json_t *list = subject_list(), *entry, *versions;
    char *packages = subject_packages(list);
    size_t i;

    versions = subject_versions(packages);
    json_array_foreach(list, i, entry)
    {
        subject_entry_fill(entry, versions);
    }
    json_decref(versions);
    free(packages);
    return list;
}

/* What lies behind names of its own is a malloc, and none to be checked. */
static bool subject_is_of_kind(const char *name, enum kind kind)
{
    struct subject found;
    struct failure ignored;
    bool is;

    if (subject_find_as(name, -1, &found, &ignored) != 0)
        return false;
    is = found.kind == kind && found.exports[kind] &&
         (kind_is_plugin(kind) || !functions_are_own(&found.functions));
    subject_free(&found);
    return is;
}

json_t *subjects_of_kind(enum kind kind)
{
    json_t *list = json_array(), *all = subjects_known(), *entry;
    size_t i;

    json_array_foreach(all, i, entry)
    {
        if (subject_is_of_kind(entry_text(entry, "name"), kind))
            json_array_append(list, entry);
    }
    json_decref(all);
    return list;
}

json_t *subject_to_json(const struct subject *subject)
{
    json_t *settings = json_array(), *value;

    for (size_t i = 0; subject->environment[i] != NULL; i++)
        json_array_append_new(settings, json_string(subject->environment[i]));
    value =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:s*}",
                  "name", subject->name, "path", subject->path, "version",
                  subject->version, "package", subject->package, "sha256",
                  subject->sha256, "build_id", subject->build_id, "environment",
                  settings, "exports_malloc", subject->exports[KIND_MALLOC],
                  "floor", subject->is_floor, "twin", subject->is_twin, "kind",
                  kind_is_plugin(subject->kind) ? kind_word(subject->kind)
                                                : NULL);
    subject_functions_to_json(subject, value);
    return value;
}

void subject_free(struct subject *subject)
{
    free(subject->name);
    free(subject->path);
    free(subject->version);
    free(subject->package);
    free(subject->contract);
    text_list_free(subject->environment);
    *subject = (struct subject){ 0 };
}
