/* mimalloc 2.0.9: DLO-3: opened and closed as a plug-in, it leaves its thread
 * destructor behind: a thread that ends later jumps to where it was. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_barrier_t barrier;
static void *(*plug_malloc)(size_t size);
static void (*plug_free)(void *block);

static void *use(void *argument)
{
    plug_free(plug_malloc(100));
    pthread_barrier_wait(&barrier); /* it was used; */
    pthread_barrier_wait(&barrier); /* it is closed */
    return argument;
}

int main(void)
{
    void *library =
        dlopen("libmimalloc.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    pthread_t thread;

    if (library == NULL)
        return 0; /* it is not installed */
    *(void **)&plug_malloc = dlsym(library, "malloc");
    *(void **)&plug_free = dlsym(library, "free");
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, use, NULL);
    pthread_barrier_wait(&barrier);
    dlclose(library);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    return 0;
}
