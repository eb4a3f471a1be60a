/* profile.h - which requirements may fail a run. */
#ifndef ASSAY_PROFILE_H
#define ASSAY_PROFILE_H

struct profile {
    const char *name;
    const char *meaning; /* one sentence */
};

extern const struct profile profiles[]; /* ended by a NULL name */

/* The profile of that name, or NULL. */
const struct profile *profile_find(const char *name);

/* The names, ended by NULL; text_list_free(). */
char **profile_names(void);

#endif
