/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plugin in plain C: `delay_frames` gives each audio frame again a number of frames later. It shows
 * how buffers are kept from one call to the next.
 */
#include <stdlib.h>

#include "parley/plugin.h"

enum { FRAMES_MAX = 1000 };

typedef struct delay {
  const parley_host* host;
  uint32_t frames; /* how many to hold back */
  uint32_t first;  /* the oldest one in `held` */
  uint32_t count;
  parley_frame held[FRAMES_MAX + 1]; /* a ring; their buffers are retained */
} delay;

static void* create(const parley_host* host, const parley_value* options) {
  delay* self = (delay*)calloc(1, sizeof(delay));
  if (self == NULL) {
    host->fail(host, "no memory");
    return NULL;
  }
  self->host = host;
  self->frames = (uint32_t)options[0].whole;
  return self;
}

static void destroy(void* data) { free(data); }

static void hold(delay* self, const parley_frame* frame) {
  self->held[(self->first + self->count) % (FRAMES_MAX + 1)] = *frame;
  self->count++;
  if (frame->buffer.handle != 0) self->host->retain(self->host, frame->buffer.handle);
}

/* The oldest one; it stays retained. */
static parley_frame let_go(delay* self) {
  parley_frame frame = self->held[self->first];
  self->first = (self->first + 1) % (FRAMES_MAX + 1);
  self->count--;
  return frame;
}

static void forget(delay* self, const parley_frame* frame) {
  if (frame->buffer.handle != 0) self->host->release(self->host, frame->buffer.handle);
}

static int32_t process(void* data) {
  delay* self = (delay*)data;
  const parley_host* host = self->host;
  parley_frame frame;
  while (host->has_room(host, 0, 1)) {
    if (!host->pop(host, 0, &frame)) return PARLEY_NEED_INPUT;
    hold(self, &frame);
    if (self->count <= self->frames) continue;
    frame = let_go(self);
    host->push(host, 0, &frame);
    forget(self, &frame);
  }
  return PARLEY_BLOCKED;
}

/* What was held back is not wanted any more. */
static void close(void* data) {
  delay* self = (delay*)data;
  while (self->count > 0) {
    parley_frame frame = let_go(self);
    forget(self, &frame);
  }
}

static const parley_port inputs[] = {{.name = "audio", .frame = PARLEY_AUDIO}};
static const parley_port outputs[] = {
    {.name = "audio", .frame = PARLEY_AUDIO, .format_of = "audio"}};
static const parley_option options[] = {{.name = "frames",
                                         .help = "How many frames later each one is given",
                                         .preset = {.type = PARLEY_WHOLE, .whole = 1},
                                         .min = 0,
                                         .max = FRAMES_MAX}};

static const parley_operator operators[] = {{.kind = "delay_frames",
                                             .version = "1.0.0",
                                             .summary = "Gives audio a number of frames later",
                                             .inputs = inputs,
                                             .outputs = outputs,
                                             .options = options,
                                             .input_count = 1,
                                             .output_count = 1,
                                             .option_count = 1,
                                             .create = create,
                                             .destroy = destroy,
                                             .process = process,
                                             .close = close}};

static const parley_plugin plugin = {.abi = PARLEY_PLUGIN_ABI,
                                     .operator_count = 1,
                                     .name = "delay",
                                     .version = "1.0.0",
                                     .operators = operators};

PARLEY_PLUGIN_EXPORT const parley_plugin* parley_plugin_entry(void);
const parley_plugin* parley_plugin_entry(void) { return &plugin; }
