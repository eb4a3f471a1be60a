/* nothing.c - a library that loads well and replaces nothing. */
int assay_replaces_nothing(void);

int assay_replaces_nothing(void)
{
    return 0;
}
