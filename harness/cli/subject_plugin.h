/* subject_plugin.h - what a subject needs when it is looked at as a plug-in.
 *
 * Errors: -1 with a message for people. */
#ifndef ASSAY_SUBJECT_PLUGIN_H
#define ASSAY_SUBJECT_PLUGIN_H

#include <stdbool.h>

#include "failure.h"
#include "subject.h"

/* Whether `given` is plugin:SUBJECT: a malloc behind the plug-in that takes
 * any of them. */
bool subject_plugin_is_around(const char *given);

/* That subject: SUBJECT is a name of the list, or a path with or without
 * @PREFIX, as subject_find() has it. */
int subject_plugin_around(const char *given, struct subject *ret_subject,
                          struct failure *ret_error);

/* Adds the setting by which a plug-in finds the library that it loads. */
void subject_plugin_loads(struct subject *subject, const char *library);

/* Adds what every plug-in gets: room for libraries with static thread-local
 * storage, which could not be loaded otherwise. */
void subject_plugin_settings(struct subject *subject);

#endif
