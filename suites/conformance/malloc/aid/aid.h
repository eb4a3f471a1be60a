/* aid.h - the parts of the aid program, for one another.
 *
 * The aid is a plain program in many roles: what checks need to see happen in
 * a fresh process happens here. It says what is wrong on stdout, in a
 * sentence, and exits with AID_WRONG. */
#ifndef ASSAY_AID_H
#define ASSAY_AID_H

#include "check.h"

enum { AID_GOOD = 0, AID_WRONG = 1, AID_USAGE = 2, AID_SKIP = 77 };

/* Says it by write() and returns AID_WRONG. */
int aid_say(const char *what);

/* What ran before main(): AID_GOOD, or AID_WRONG having said what. */
int aid_early_verify(void);

/* Roles: their exit status. */
int aid_early_atfork(char **arguments);
int aid_end_churn(char **arguments);
int aid_end_print(char **arguments);
int aid_end_quick(char **arguments);
int aid_end_at_once(char **arguments);
int aid_end_abort(char **arguments);
int aid_end_thread(char **arguments);
int aid_modules(char **arguments);
int aid_plugin(char **arguments);
int aid_signals(char **arguments);
int aid_work(char **arguments);

#endif
