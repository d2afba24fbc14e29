/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operator that passes audio on and does one thing wrong, which its option `fault` names: for
 * tests of what the host makes of it.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "parley/plugin.h"

typedef struct faulty {
  const parley_host* host;
  char fault[64];
  uint64_t kept;
} faulty;

static int is(const faulty* self, const char* fault) { return strcmp(self->fault, fault) == 0; }

static void* create(const parley_host* host, const parley_value* options) {
  faulty* self = (faulty*)calloc(1, sizeof(faulty));
  strncpy(self->fault, options[0].text, sizeof(self->fault) - 1);
  self->host = host;
  if (is(self, "create crashes")) raise(SIGSEGV);
  if (is(self, "create fails")) host->fail(host, "no such model");
  if (is(self, "create fails") || is(self, "create fails silently")) {
    free(self);
    return NULL;
  }
  return self;
}
static void destroy(void* data) { free(data); }

static int32_t open_it(void* data) {
  faulty* self = (faulty*)data;
  parley_frame frame;
  if (is(self, "open fails")) {
    self->host->fail(self->host, "no device");
    return 0;
  }
  if (is(self, "open fails silently")) return 0;
  if (is(self, "open answers nonsense")) return 12;
  if (is(self, "pop in open")) self->host->pop(self->host, 0, &frame);
  if (is(self, "asks the clock in open")) return self->host->now(self->host) >= 0 ? 1 : 0;
  return 1;
}

static void* call_from_elsewhere(void* data) {
  const parley_host* host = (const parley_host*)data;
  parley_frame frame;
  host->pop(host, 0, &frame);
  return NULL;
}

/* What is wrong with the frame itself. */
static void spoil(const faulty* self, parley_frame* frame) {
  if (is(self, "wrong kind")) frame->kind = PARLEY_TEXT;
  if (is(self, "unknown kind")) frame->kind = 4711;
  if (is(self, "wrong rate")) frame->as.audio.rate_hz = 8000;
  if (is(self, "rate nobody has")) frame->as.audio.rate_hz = 12345;
  if (is(self, "no channels")) frame->as.audio.channels = 0;
  if (is(self, "odd size")) frame->buffer.size -= 2;
  if (is(self, "too long")) frame->buffer.size += 4;
  if (is(self, "too early")) frame->buffer.data = (const char*)frame->buffer.data - 4;
  if (is(self, "unaligned")) {
    frame->buffer.data = (const char*)frame->buffer.data + 2;
    frame->buffer.size -= 4;
  }
  if (is(self, "no handle")) frame->buffer.handle = 0;
  if (is(self, "made-up handle")) frame->buffer.handle = 12345;
  if (is(self, "unknown flags")) frame->flags = 6;
  if (is(self, "negative duration")) frame->duration = -1;
}

/* What is wrong with what is done with it. */
static void mishandle(faulty* self, parley_frame* frame) {
  const parley_host* host = self->host;
  parley_buffer buffer;
  if (is(self, "double release")) {
    host->retain(host, frame->buffer.handle);
    host->release(host, frame->buffer.handle);
    host->release(host, frame->buffer.handle);
  }
  if (is(self, "keeps without retain") && self->kept != 0) frame->buffer.handle = self->kept;
  if (is(self, "keeps without retain")) self->kept = frame->buffer.handle;
  if (is(self, "forgets to release")) host->retain(host, frame->buffer.handle);
  if (is(self, "writes to nothing")) host->writable(host, NULL);
  if (is(self, "retains nothing")) host->retain(host, 12345);
  if (is(self, "takes nothing")) host->take(host, 0, &buffer);
  if (is(self, "takes too much")) host->take(host, UINT64_C(1) << 40, &buffer);
  if (is(self, "takes into NULL")) host->take(host, 4, NULL);
  while (is(self, "takes without end") && host->take(host, 4, &buffer) != NULL) {
  }
  if (is(self, "writes to a part")) {
    buffer = frame->buffer;
    buffer.size -= 4;
    host->writable(host, &buffer);
  }
  if (is(self, "wrong input")) host->pop(host, 1, frame);
  if (is(self, "wrong output")) host->push(host, 9, frame);
  if (is(self, "pushes NULL")) host->push(host, 0, NULL);
  if (is(self, "pops into NULL")) host->pop(host, 0, NULL);
  if (is(self, "pushes without room")) {
    while (host->push(host, 0, frame)) {
    }
  }
  if (is(self, "from another thread")) {
    pthread_t thread;
    pthread_create(&thread, NULL, call_from_elsewhere, (void*)(uintptr_t)host);
    pthread_join(thread, NULL);
  }
}

/* The host keeps a table of the buffers that an operator holds; then there is one more. */
static void fill_table(const parley_host* host) {
  parley_buffer buffer;
  int i;
  for (i = 0; i < 4096; ++i) host->take(host, 4, &buffer);
}

static uint64_t save(void* data, void* to, uint64_t size) {
  (void)to;
  (void)size;
  return is((const faulty*)data, "state too large") ? UINT64_C(1) << 40 : 0;
}
static int32_t load(void* data, const void* from, uint64_t size) {
  (void)from;
  (void)size;
  return !is((const faulty*)data, "refuses the state");
}
static const void* get_extension(const char* id) {
  static const parley_state_extension state = {.save = save, .load = load};
  return strcmp(id, PARLEY_EXT_STATE) == 0 ? &state : NULL;
}

static int32_t process(void* data) {
  faulty* self = (faulty*)data;
  const parley_host* host = self->host;
  parley_frame frame;
  if (is(self, "fills its table")) fill_table(host);
  if (!host->has_room(host, 0, 1)) return PARLEY_BLOCKED;
  if (!host->pop(host, 0, &frame)) return PARLEY_NEED_INPUT;
  if (is(self, "process crashes")) raise(SIGSEGV);
  while (is(self, "process hangs")) {
  }
  if (is(self, "nonsense")) return 77;
  if (is(self, "process fails silently")) return PARLEY_FAILED;
  if (is(self, "process fails")) {
    host->fail(host, "the model is gone");
    return PARLEY_FAILED;
  }
  if (is(self, "reports")) host->report(host, "one window was lost");
  spoil(self, &frame);
  mishandle(self, &frame);
  host->push(host, 0, &frame);
  return PARLEY_NEED_INPUT;
}

static void close_it(void* data) {
  faulty* self = (faulty*)data;
  if (is(self, "close crashes")) raise(SIGSEGV);
}

static const parley_port inputs[] = {{.name = "audio", .frame = PARLEY_AUDIO, .capacity = 8}};
static const parley_port outputs[] = {
    {.name = "audio", .frame = PARLEY_AUDIO, .rate_hz = 16000, .channels = 1}};
static const parley_option options[] = {{.name = "fault",
                                         .help = "What to do wrong",
                                         .preset = {.type = PARLEY_TEXT_VALUE, .text = ""}}};
static const parley_operator operators[] = {{.kind = "faulty",
                                             .version = "1",
                                             .summary = "Does one thing wrong",
                                             .inputs = inputs,
                                             .outputs = outputs,
                                             .options = options,
                                             .input_count = 1,
                                             .output_count = 1,
                                             .option_count = 1,
                                             .create = create,
                                             .destroy = destroy,
                                             .open = open_it,
                                             .process = process,
                                             .close = close_it,
                                             .get_extension = get_extension}};
static const parley_plugin plugin = {.abi = PARLEY_PLUGIN_ABI,
                                     .operator_count = 1,
                                     .name = "faulty",
                                     .version = "1",
                                     .operators = operators};

PARLEY_PLUGIN_EXPORT const parley_plugin* parley_plugin_entry(void);
const parley_plugin* parley_plugin_entry(void) { return &plugin; }
