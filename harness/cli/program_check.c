/* program_check.c - holds a program's definition against the known keys.
 *
 * jansson keeps no positions, so the line of a key is found by looking for it
 * in the text: exact for keys, and for a missing key the line of its object. */
#include "program_parts.h"

#include <ctype.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum field_kind {
    FIELD_TEXT,
    FIELD_FLAG,
    FIELD_WORDS,    /* an array of at least one string */
    FIELD_SETTINGS, /* an object of strings */
    FIELD_OBJECT,   /* an object with fields of its own */
    FIELD_OBJECTS,  /* an array of such */
};

static const char *const kind_words[] = {
    [FIELD_TEXT] = "a string that is not empty",
    [FIELD_FLAG] = "true or false",
    [FIELD_WORDS] = "an array of strings that is not empty",
    [FIELD_SETTINGS] = "an object of strings",
    [FIELD_OBJECT] = "an object",
    [FIELD_OBJECTS] = "an array of objects",
};

struct field {
    const char *name; /* NULL ends the list */
    enum field_kind kind;
    bool required;
    const struct field *inner;
};

static const struct field input_fields[] = {
    { "file", FIELD_TEXT, true, NULL },
    { "made_by", FIELD_WORDS, true, NULL },
    { "package", FIELD_TEXT, true, NULL },
    { 0 },
};

static const struct field server_fields[] = {
    { "socket", FIELD_TEXT, true, NULL },
    { "ready", FIELD_TEXT, true, NULL },
    { "reply", FIELD_TEXT, true, NULL },
    { "stop", FIELD_TEXT, true, NULL },
    { "client", FIELD_WORDS, true, NULL },
    { "client_package", FIELD_TEXT, true, NULL },
    { "fill", FIELD_WORDS, false, NULL },
    { "ask", FIELD_WORDS, true, NULL },
    { 0 },
};

static const struct field program_fields[] = {
    { "name", FIELD_TEXT, true, NULL },
    { "question", FIELD_TEXT, true, NULL },
    { "why", FIELD_TEXT, true, NULL },
    { "package", FIELD_TEXT, true, NULL },
    { "quick", FIELD_FLAG, false, NULL },
    { "command", FIELD_WORDS, true, NULL },
    { "environment", FIELD_SETTINGS, false, NULL },
    { "stdin", FIELD_TEXT, false, NULL },
    { "inputs", FIELD_OBJECTS, false, input_fields },
    { "server", FIELD_OBJECT, false, server_fields },
    { "output", FIELD_WORDS, true, NULL },
    { 0 },
};

/* Where the check stands: the file, its text, and the object looked at. */
struct position {
    const char *path;
    const char *text;
    const char *object;
    struct failure *error;
};

static unsigned position_line(const struct position *at, const char *place)
{
    unsigned line = 1;
    for (const char *c = at->text; c < place; c++)
        line += *c == '\n';
    return line;
}

/* Where `"key" :` stands, from the object on; the object itself if nowhere. */
static const char *position_key(const struct position *at, const char *key)
{
    char *quoted = text_format("\"%s\"", key);
    const char *found = at->object;
    while ((found = strstr(found, quoted)) != NULL) {
        const char *after = found + strlen(quoted);
        while (isspace((unsigned char)*after))
            after++;
        if (*after == ':')
            break;
        found = after;
    }
    free(quoted);
    return found != NULL ? found : at->object;
}

static int position_fail(const struct position *at, const char *key,
                         const char *what)
{
    return failure_set(at->error, "%s:%u: key '%s' %s", at->path,
                       position_line(at, position_key(at, key)), key, what);
}

static bool is_text(const json_t *value)
{
    return json_string_length(value) > 0;
}

static bool is_words(const json_t *value)
{
    size_t i;
    json_t *word;
    json_array_foreach(value, i, word)
    {
        if (!json_is_string(word))
            return false;
    }
    return json_array_size(value) > 0;
}

static bool is_settings(json_t *value)
{
    const char *key;
    json_t *setting;
    json_object_foreach(value, key, setting)
    {
        if (!json_is_string(setting))
            return false;
    }
    return json_is_object(value);
}

static bool field_has_kind(const struct field *field, json_t *value)
{
    switch (field->kind) {
    case FIELD_TEXT:
        return is_text(value);
    case FIELD_FLAG:
        return json_is_boolean(value);
    case FIELD_WORDS:
        return is_words(value);
    case FIELD_SETTINGS:
        return is_settings(value);
    case FIELD_OBJECT:
        return json_is_object(value);
    case FIELD_OBJECTS:
        return json_is_array(value);
    }
    return false;
}

static int check_object(const struct position *at, const struct field *fields,
                        json_t *object);

static int check_inner(const struct position *at, const struct field *field,
                       json_t *value)
{
    struct position inner = *at;
    inner.object = position_key(at, field->name);
    if (field->kind == FIELD_OBJECT)
        return check_object(&inner, field->inner, value);
    size_t i;
    json_t *one;
    json_array_foreach(value, i, one)
    {
        if (check_object(&inner, field->inner, one) < 0)
            return -1;
    }
    return 0;
}

static int check_field(const struct position *at, const struct field *field,
                       json_t *value)
{
    if (value == NULL)
        return field->required ? position_fail(at, field->name, "is missing")
                               : 0;
    if (!field_has_kind(field, value)) {
        char *what = text_format("must be %s", kind_words[field->kind]);
        position_fail(at, field->name, what);
        free(what);
        return -1;
    }
    return field->inner != NULL ? check_inner(at, field, value) : 0;
}

static int check_is_known(const struct position *at, const struct field *fields,
                          const char *key)
{
    char **names = text_split("");
    bool known = false;
    for (; fields->name != NULL; fields++) {
        known |= strcmp(fields->name, key) == 0;
        names = text_list_add(names, text_copy(fields->name));
    }
    if (!known) {
        char *near = text_nearest(key, names);
        char *what =
            text_format("is unknown; %s",
                        *near != '\0' ? near
                                      : "suites/programs/README.md has all");
        position_fail(at, key, what);
        free(what);
        free(near);
    }
    text_list_free(names);
    return known ? 0 : -1;
}

static int check_object(const struct position *at, const struct field *fields,
                        json_t *object)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return failure_set(at->error, "%s:%u: must be an object", at->path,
                           position_line(at, at->object));
    json_object_foreach(object, key, value)
    {
        if (check_is_known(at, fields, key) < 0)
            return -1;
    }
    for (; fields->name != NULL; fields++)
        if (check_field(at, fields, json_object_get(object, fields->name)) < 0)
            return -1;
    return 0;
}

static bool is_absolute(const json_t *words)
{
    return json_string_value(json_array_get(words, 0))[0] == '/';
}

/* The name is the row's, so it must be found again in the folder. */
static bool is_stem_of(const char *name, const char *path)
{
    char *copy = text_copy(path);
    char *base = basename(copy);
    size_t length = strlen(name);
    bool same =
        strncmp(base, name, length) == 0 && strcmp(base + length, ".json") == 0;
    free(copy);
    return same;
}

static bool asks_for_replies(const json_t *outputs)
{
    size_t i;
    json_t *output;
    json_array_foreach(outputs, i, output)
    {
        if (strcmp(json_string_value(output), "replies") == 0)
            return true;
    }
    return false;
}

/* What the kinds alone cannot say. */
static int check_meaning(const struct position *at, json_t *definition)
{
    const json_t *server = json_object_get(definition, "server");
    if (!is_stem_of(program_text(definition, "name"), at->path))
        return position_fail(at, "name", "must be the file's name, less .json");
    if (!is_absolute(json_object_get(definition, "command")))
        return position_fail(at, "command", "must begin with an absolute path");
    if (server != NULL && !is_absolute(json_object_get(server, "client")))
        return position_fail(at, "client", "must begin with an absolute path");
    if (server == NULL &&
        asks_for_replies(json_object_get(definition, "output")))
        return position_fail(at, "output", "names replies, but no 'server'");
    return 0;
}

int program_check(const char *path, const char *text, json_t *definition,
                  struct failure *ret_error)
{
    struct position at = { path, text, text, ret_error };
    if (check_object(&at, program_fields, definition) < 0)
        return -1;
    return check_meaning(&at, definition);
}
