/* debug_script_cpython.c - the script against libpython. */
#include <Python.h>

#include "debug_script.h"

void script_open(void)
{
    PyMem_SetupDebugHooks();
}

void *script_malloc(char domain, size_t bytes)
{
    return domain == 'r'   ? PyMem_RawMalloc(bytes)
           : domain == 'm' ? PyMem_Malloc(bytes)
                           : PyObject_Malloc(bytes);
}

void *script_calloc(char domain, size_t count, size_t bytes)
{
    return domain == 'r'   ? PyMem_RawCalloc(count, bytes)
           : domain == 'm' ? PyMem_Calloc(count, bytes)
                           : PyObject_Calloc(count, bytes);
}

void *script_realloc(char domain, void *block, size_t bytes)
{
    return domain == 'r'   ? PyMem_RawRealloc(block, bytes)
           : domain == 'm' ? PyMem_Realloc(block, bytes)
                           : PyObject_Realloc(block, bytes);
}

void script_free(char domain, void *block)
{
    if (domain == 'r')
        PyMem_RawFree(block);
    else if (domain == 'm')
        PyMem_Free(block);
    else
        PyObject_Free(block);
}

/* Before the interpreter is there, nobody is asked for the lock. */
void script_drop_lock(void)
{
    Py_InitializeEx(0);
    PyEval_SaveThread();
}
