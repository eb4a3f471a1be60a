/* calls.h - fills `subject`, before a body runs. */
#ifndef ASSAY_MALLOC_CALLS_H
#define ASSAY_MALLOC_CALLS_H

/* As the dynamic linker resolves each for a program. */
void calls_resolve(const char *subject_path);

#endif
