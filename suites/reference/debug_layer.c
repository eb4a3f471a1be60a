/* debug_layer.c - what the debug layer writes and finds, its reports, and what
 * the failing and the recording layers do. (A11) */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <assay/debug_layer.h>
#include <assay/failing_layer.h>
#include <assay/recording_layer.h>

static struct debug_layer debug;
static struct failing_layer failing;
static struct recording_layer recording;
static struct memory_allocator layer;
static size_t serial;
static char *report;
static size_t report_bytes;
static char said[200];
static unsigned complaints;

static void note(void *context, const char *what)
{
    (void)context;
    complaints++;
    snprintf(said, sizeof said, "%s", what);
}

/* debug on failing on recording on the C library */
static void build(bool with_serial)
{
    struct debug_config config = { .file =
                                       open_memstream(&report, &report_bytes),
                                   .serial = with_serial ? &serial : NULL,
                                   .fatal = note };
    struct memory_allocator below;
    recording_layer_init(&recording, &memory_system);
    below = recording_layer_allocator(&recording);
    failing_layer_init(&failing, &below, SIZE_MAX, 0);
    below = failing_layer_allocator(&failing);
    debug_layer_init(&debug, 'm', &below, &config);
    layer = debug_layer_allocator(&debug);
}

static void build_plain(void)
{
    build(false);
}

static void build_serial(void)
{
    build(true);
}

static void close_report(void)
{
    fclose(debug.config.file);
    free(report);
}

TestSuite(debug_layer, .init = build_plain, .fini = close_report);
TestSuite(debug_serial, .init = build_serial, .fini = close_report);

static void refuse_next(void)
{
    failing.range.start = failing.range.asked;
    failing.range.stop = failing.range.asked + 1;
}

static void assert_said(const char *phrase)
{
    cr_assert(complaints == 1 && strstr(said, phrase), "%u: '%s', not '%s'",
              complaints, said, phrase);
    complaints = 0;
}

static void assert_byte(const uint8_t *from, size_t count, uint8_t byte)
{
    for (size_t i = 0; i < count; i++)
        cr_assert(from[i] == byte, "byte %zu is %02x, not %02x", i, from[i],
                  byte);
}

/* ---- dress ---- */

Test(debug_layer, a_block_is_size_id_pad_data_pad)
{
    static const uint8_t expected[] = {
        0,    0,    0,    0,    0,    0,    0,    3,    'm',
        0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xcd, 0xcd,
        0xcd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd,
    };
    uint8_t *data = layer.malloc(layer.context, 3);
    cr_assert_arr_eq(data - DEBUG_HEAD_BYTES, expected, sizeof expected);
    cr_assert_eq(recording.last.malloc_bytes, sizeof expected);
    layer.free(layer.context, data);
}

Test(debug_serial, a_serial_follows_and_goes_up_with_each_malloc_and_realloc)
{
    static const uint8_t one[] = { 0, 0, 0, 0, 0, 0, 0, 1 };
    uint8_t *first = layer.malloc(layer.context, 3);
    cr_assert_arr_eq(first + 3 + DEBUG_TAIL_BYTES, one, 8);
    cr_assert_eq(recording.last.malloc_bytes, 3 + 32);
    uint8_t *second = layer.calloc(layer.context, 2, 2);
    cr_assert_eq(second[4 + 15], 2);
    second = layer.realloc(layer.context, second, 500);
    cr_assert_eq(second[500 + 15], 3);
    refuse_next();
    cr_assert_null(layer.realloc(layer.context, second, 5000));
    cr_assert_eq(second[500 + 15], 3, "a refused one gets none");
    cr_assert_eq(serial, 3);
    layer.free(layer.context, first);
    layer.free(layer.context, second);
    cr_assert_eq(complaints, 0);
}

Test(debug_serial, a_report_tells_the_serial)
{
    uint8_t *data = layer.malloc(layer.context, 3);
    data[3] = 0;
    layer.free(layer.context, data);
    cr_assert(strstr(report, "#1\n"), "%s", report);
    data[3] = DEBUG_FORBIDDEN;
    layer.free(layer.context, data);
}

Test(debug_layer, calloc_gives_zeros_from_a_calloc_below)
{
    uint8_t *data = layer.calloc(layer.context, 10, 20);
    assert_byte(data, 200, 0);
    cr_assert(recording.calls.calloc == 1 && recording.calls.malloc == 0);
    layer.free(layer.context, data);
}

/* As the C library does with the head of a free block, or nothing at all. */
static void keep_and_link(void *context, void *block)
{
    memset(block, 0x7a, context ? DEBUG_HEAD_BYTES : 0);
}

Test(debug_layer, a_freed_block_is_dead_from_head_to_end)
{
    struct memory_allocator below = debug.below;
    uint8_t *data = layer.malloc(layer.context, 8);
    debug.below.free = keep_and_link;
    debug.below.context = NULL;
    layer.free(layer.context, data);
    assert_byte(data - DEBUG_HEAD_BYTES, 32, DEBUG_DEAD);
    below.free(below.context, data - DEBUG_HEAD_BYTES);
}

/* ---- realloc ---- */

static uint8_t *filled(size_t bytes)
{
    uint8_t *data = layer.malloc(layer.context, bytes);
    for (size_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(i + i / 256);
    return data;
}

static void assert_filled(const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        cr_assert(data[i] == (uint8_t)(i + i / 256), "byte %zu of %zu", i,
                  bytes);
}

Test(debug_layer, realloc_keeps_the_data_and_cleans_what_is_new, .timeout = 20)
{
    for (size_t from = 0; from < 300; from += 3)
        for (size_t to = 0; to < 300; to++) {
            uint8_t *data = layer.realloc(layer.context, filled(from), to);
            assert_filled(data, from < to ? from : to);
            if (to > from)
                assert_byte(data + from, to - from, DEBUG_CLEAN);
            cr_assert(debug_layer_check(&debug, data));
            layer.free(layer.context, data);
        }
    cr_assert_eq(complaints, 0);
}

static uint8_t seen[DEBUG_HEAD_BYTES + 300 + DEBUG_TAIL_BYTES];

static void *look_and_refuse(void *context, void *block, size_t bytes)
{
    (void)context;
    (void)bytes;
    memcpy(seen, block, sizeof seen);
    return NULL;
}

Test(debug_layer, realloc_erases_64_bytes_of_either_end_before_it_asks)
{
    uint8_t *data = filled(600);
    debug.below.realloc = look_and_refuse;
    cr_assert_null(layer.realloc(layer.context, data, 700));
    assert_byte(seen, DEBUG_HEAD_BYTES + 64, DEBUG_DEAD);
    cr_assert_eq(seen[DEBUG_HEAD_BYTES + 64], 64);
    layer.free(layer.context, data);

    data = filled(300);
    cr_assert_null(layer.realloc(layer.context, data, 700));
    cr_assert_eq(seen[DEBUG_HEAD_BYTES + 300 - 65], 300 - 65);
    assert_byte(seen + DEBUG_HEAD_BYTES + 300 - 64, 64 + 8, DEBUG_DEAD);
    layer.free(layer.context, data);
}

Test(debug_layer, a_refused_realloc_leaves_the_block_as_it_was)
{
    for (size_t bytes = 0; bytes < 400; bytes++) {
        uint8_t *data = filled(bytes);
        refuse_next();
        cr_assert_null(layer.realloc(layer.context, data, 1000));
        assert_filled(data, bytes);
        cr_assert(debug_layer_check(&debug, data));
        layer.free(layer.context, data);
    }
}

Test(debug_layer, what_cannot_be_dressed_is_refused_before_it_is_asked_for)
{
    size_t most = (size_t)PTRDIFF_MAX - 24;
    uint8_t *data = filled(10);
    failing.range.asked = 0;
    cr_assert_null(layer.malloc(layer.context, most + 1));
    cr_assert_null(layer.calloc(layer.context, 1, most + 1));
    cr_assert_null(layer.calloc(layer.context, SIZE_MAX / 2, 4));
    cr_assert_null(layer.realloc(layer.context, data, most + 1));
    cr_assert_null(layer.realloc(layer.context, data, SIZE_MAX));
    cr_assert_eq(failing.range.asked, 0);
    failing.range.start = 0;
    cr_assert_null(layer.malloc(layer.context, most));
    cr_assert_eq(failing.range.asked, 1, "the most is asked for");
    layer.free(layer.context, data);
    cr_assert_eq(complaints, 0);
}

/* ---- misuse ---- */

Test(debug_layer, each_byte_of_either_pad_is_guarded)
{
    uint8_t *data = filled(21);
    for (int at = -7; at < 21 + 8; at += at == -1 ? 22 : 1) {
        data[at] ^= 1;
        cr_assert_not(debug_layer_check(&debug, data));
        assert_said(at < 0 ? "bad leading pad byte" : "bad trailing pad byte");
        layer.free(layer.context, data);
        assert_said("pad byte");
        cr_assert_null(layer.realloc(layer.context, data, 50));
        assert_said("pad byte");
        data[at] ^= 1;
    }
    assert_filled(data, 21);
    cr_assert_eq(recording.calls.free, 0, "nothing was freed meanwhile");
    layer.free(layer.context, data);
}

Test(debug_layer, a_block_of_another_layer_is_told_by_both_ids)
{
    struct debug_layer other;
    debug_layer_init(&other, 'r', &memory_system, &debug.config);
    struct memory_allocator raw = debug_layer_allocator(&other);
    uint8_t *data = filled(5);
    raw.free(raw.context, data);
    assert_said("bad ID: Allocated using API 'm', verified using API 'r'");
    cr_assert_null(strstr(said, "freed"));
    cr_assert(strstr(report, "API 'm', 5 bytes requested"), "%s", report);
    layer.free(layer.context, data);
    cr_assert_eq(complaints, 0);
}

Test(debug_layer, a_block_freed_twice_is_told_to_be_freed)
{
    struct memory_allocator below = debug.below;
    uint8_t *data = filled(40);
    debug.below.free = keep_and_link;
    debug.below.context = NULL;
    layer.free(layer.context, data);
    layer.free(layer.context, data);
    assert_said("freed already");
    cr_assert(strstr(said, "bad ID: ") && strstr(said, "using API 'm'"));
    keep_and_link(&debug, data - DEBUG_HEAD_BYTES);
    layer.free(layer.context, data);
    assert_said("freed already");
    cr_assert_null(layer.realloc(layer.context, data, 4));
    assert_said("freed already");
    below.free(below.context, data - DEBUG_HEAD_BYTES);
}

Test(debug_layer, a_dump_does_not_follow_a_size_that_cannot_be)
{
    uint8_t *data = filled(5);
    data[-16] = 0x80;
    layer.free(layer.context, data);
    assert_said("bad size");
    data[-16] = 0;
    data[-2] = 0;
    data[-12] = 1; /* four gigabytes */
    layer.free(layer.context, data);
    assert_said("bad leading pad byte");
    data[-2] = DEBUG_FORBIDDEN;
    data[-12] = 0;
    layer.free(layer.context, data);
    cr_assert_eq(complaints, 0);
}

Test(debug_layer, a_report_shows_size_pads_and_both_ends_of_the_data)
{
    char address[40];
    uint8_t *data = filled(100);
    data[101] = 0x42;
    layer.free(layer.context, data);
    snprintf(address, sizeof address, "address %p:", (void *)data);
    const char *const parts[] = {
        address,
        "API 'm', 100 bytes requested",
        "fd fd fd fd fd fd fd, as expected",
        "fd 42 fd fd fd fd fd fd, expected all fd",
        "data: 00 01 02 03 04 05 06 07 ... 5c 5d 5e 5f 60 61 62 63\n",
        "Fatal memory error: free: bad trailing pad byte\n",
    };
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_assert(strstr(report, parts[i]), "no '%s' in\n%s", parts[i], report);
    data[101] = DEBUG_FORBIDDEN;
    layer.free(layer.context, data);
}

static bool no_lock(void *context)
{
    (void)context;
    return false;
}

Test(debug_layer, without_the_lock_nothing_is_served)
{
    void *block = layer.malloc(layer.context, 5);
    debug.config.holds_lock = no_lock;
    cr_assert_null(layer.malloc(layer.context, 5));
    assert_said("without holding the GIL");
    cr_assert_null(layer.calloc(layer.context, 5, 1));
    assert_said("without holding the GIL");
    cr_assert_null(layer.realloc(layer.context, block, 50));
    assert_said("without holding the GIL");
    layer.free(layer.context, block);
    assert_said("without holding the GIL");
    cr_assert_eq(recording.calls.free, 0);
    debug.config.holds_lock = NULL;
    layer.free(layer.context, block);
}

Test(debug_layer, without_a_callback_misuse_aborts, .signal = SIGABRT)
{
    debug.config.fatal = NULL;
    uint8_t *data = filled(5);
    data[5] = 0;
    layer.free(layer.context, data);
}

Test(debug_layer, free_of_null_and_realloc_of_null_are_no_misuse)
{
    layer.free(layer.context, NULL);
    uint8_t *data = layer.realloc(layer.context, NULL, 0);
    cr_assert(data && debug_layer_check(&debug, data));
    layer.free(layer.context, data);
    cr_assert_eq(complaints, 0);
}

Test(debug_layer, pointers_read_from_dead_memory_are_known)
{
    static const uint8_t dead[] = { 0, DEBUG_CLEAN, DEBUG_DEAD,
                                    DEBUG_FORBIDDEN };
    void *pointer;
    for (unsigned i = 0; i < sizeof dead; i++) {
        memset(&pointer, dead[i], sizeof pointer);
        cr_assert(debug_pointer_is_freed(pointer), "%02x", dead[i]);
    }
    cr_assert_not(debug_pointer_is_freed(&pointer));
}

/* ---- the other layers ---- */

Test(failing_layer, from_the_start_to_before_the_stop_requests_are_refused)
{
    failing_layer_init(&failing, &memory_system, 2, 5);
    layer = failing_layer_allocator(&failing);
    void *first = layer.malloc(layer.context, 1);
    void *second = layer.calloc(layer.context, 1, 1);
    cr_assert(first && second);
    cr_assert_null(layer.realloc(layer.context, first, 10));
    cr_assert_null(layer.calloc(layer.context, 1, 1));
    layer.free(layer.context, second);
    cr_assert_null(layer.malloc(layer.context, 1));
    first = layer.realloc(layer.context, first, 10);
    cr_assert(first && failing.range.asked == 6 && failing.range.refused == 3);
    layer.free(layer.context, first);
}

Test(failing_layer, stop_zero_is_for_ever)
{
    failing_layer_init(&failing, &memory_system, 0, 0);
    layer = failing_layer_allocator(&failing);
    for (int i = 0; i < 1000; i++)
        cr_assert_null(layer.malloc(layer.context, 1));
    cr_assert_eq(failing.range.refused, 1000);
}
