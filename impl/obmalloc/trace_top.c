/* trace_top.c - the chain of frames of each thread. It lies below both who
 * writes it (programs, and the unwinding of exceptions) and who reads it. */
#include <assay/trace.h>

_Thread_local const struct trace_link *trace_top;
