/* status.c - the words of the statuses. */
#include "status.h"

#include <string.h>

static const char *const words[] = {
    [STATUS_OK] = "ok",
    [STATUS_CRASHED] = "crashed",
    [STATUS_FAILED] = "failed",
    [STATUS_TIMEOUT] = "timeout",
    [STATUS_WRONG_OUTPUT] = "wrong-output",
    [STATUS_UNSUPPORTED] = "unsupported",
    [STATUS_NOT_ACTIVE] = "not-active",
    [STATUS_CANCELLED] = "cancelled",
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

const char *status_word(enum status status)
{
    return (unsigned)status < WORDS ? words[status] : "unknown";
}

int status_from_word(const char *word)
{
    for (int i = 0; i < WORDS; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}
