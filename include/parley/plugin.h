/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operators in a shared object: the stable C interface. docs/engine/plugins.md shows a first
 * plugin.
 *
 * A plugin exports one function, `parley_plugin_entry`, which returns a table that lives as long as
 * the library stays loaded (it is never unloaded). The host reads the table in a child process
 * first, so that an entry that crashes or hangs costs an error and not the host.
 *
 * Versions. PARLEY_PLUGIN_ABI is raised when anything below changes its layout or meaning, and a
 * host loads only its own. What is new without that arrives by `get_extension`, on either side, and
 * as frame kinds that older plugins never see, because they do not declare them.
 *
 * Threads. Each function says where it is called or may be called:
 *   [control]        before `open` and after `close`; loading happens here
 *   [strand]         from the session that owns the operator; never two calls of one operator at
 * once, but from different threads at different times [strand & open]  likewise, between `open` and
 * `close`; on the audio path: no waiting, no allocation [any]            from every thread
 *
 * Texts are UTF-8. `const char*` ends with a zero, `parley_text` has a length. Times in frames are
 * flicks (1/705,600,000 s: a whole number of them is one sample of every usual rate).
 */
#ifndef PARLEY_PLUGIN_H
#define PARLEY_PLUGIN_H

/* One file because a plugin needs nothing else of Parley. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_PLUGIN_ABI 1u
#define PARLEY_FLICKS_PER_SECOND INT64_C(705600000)
#define PARLEY_RANK_MAX 6

#if defined(__GNUC__)
#define PARLEY_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define PARLEY_PLUGIN_EXPORT
#endif

/* --- frames ------------------------------------------------------------------------------------
 */

/* What a port carries. Zero is no kind, so that a forgotten field is found. */
enum {
  PARLEY_AUDIO = 1,
  PARLEY_ENCODED_AUDIO = 2,
  PARLEY_SPEECH_EVENT = 3,
  PARLEY_TURN_EVENT = 4,
  PARLEY_TRANSCRIPT = 5,
  PARLEY_TEXT = 6,
  PARLEY_CONTROL = 7,
  PARLEY_VIDEO = 8,
  PARLEY_TENSOR = 9,
  PARLEY_OPAQUE = 10
};

typedef struct parley_text {
  const char* data;
  uint64_t size; /* bytes */
} parley_text;

/* Memory of the host, counted. `handle` names it to the host; 0: none. What the host hands out
 * during a call is valid until that call returns, and longer after `retain`. `data` and `size` may
 * be moved to a part of the buffer: pushing then pushes that part. Aligned to 64 bytes at its
 * start. */
typedef struct parley_buffer {
  const void* data;
  uint64_t size; /* bytes */
  uint64_t handle;
} parley_buffer;

typedef struct parley_audio { /* buffer: float32 in [-1, 1], channel after channel */
  int32_t rate_hz;            /* 8000, 16000, 22050, 24000, 32000, 44100 or 48000 */
  int32_t channels;           /* 1 to 64 */
} parley_audio;

enum { PARLEY_PCM16 = 0, PARLEY_PCMU = 1, PARLEY_PCMA = 2 };
typedef struct parley_encoded_audio { /* buffer: whole samples */
  int32_t codec;
  int32_t rate_hz;
  int32_t channels;
} parley_encoded_audio;

typedef struct parley_speech_event { /* pts, duration: the window */
  float probability;
  int32_t is_speech; /* 0 or 1 */
} parley_speech_event;

enum {
  PARLEY_TURN_STARTED = 0,
  PARLEY_TURN_PAUSED = 1,
  PARLEY_TURN_RESUMED = 2,
  PARLEY_TURN_ENDED = 3,
  PARLEY_TURN_CLEARED = 4
};
typedef struct parley_turn_event {
  int32_t event;
  uint64_t utterance;
  int64_t audio_begin; /* flicks */
  int64_t speech_end;  /* flicks */
} parley_turn_event;

typedef struct parley_transcript {
  uint64_t utterance;
  int32_t is_final; /* 0 or 1 */
  parley_text text;
  parley_text language; /* ISO 639-1, or empty */
  parley_text emotion;  /* in the model's words, or empty */
} parley_transcript;

enum { PARLEY_FLAG = 1, PARLEY_WHOLE = 2, PARLEY_NUMBER = 3, PARLEY_TEXT_VALUE = 4 };
typedef struct parley_control {
  parley_text name;
  int32_t type; /* of the value: which member of `value` counts */
  union {
    int32_t flag; /* 0 or 1 */
    int64_t whole;
    double number;
    parley_text text;
  } value;
} parley_control;

enum { PARLEY_GRAY8 = 0, PARLEY_RGB24 = 1, PARLEY_RGBA32 = 2, PARLEY_I420 = 3 };
typedef struct parley_video { /* buffer: rows without padding, planes one after another */
  int32_t width;              /* pixels */
  int32_t height;
  int32_t format;
} parley_video;

enum {
  PARLEY_FLOAT32 = 0,
  PARLEY_FLOAT16 = 1,
  PARLEY_INT8 = 2,
  PARLEY_UINT8 = 3,
  PARLEY_INT32 = 4,
  PARLEY_INT64 = 5
};
typedef struct parley_tensor { /* buffer: the last dimension is contiguous */
  int32_t element;
  uint32_t rank; /* at most PARLEY_RANK_MAX */
  int64_t dims[PARLEY_RANK_MAX];
} parley_tensor;

/* A kind of your own: parley_type_of("com.example.note/1"). */
typedef struct parley_opaque {
  uint64_t type;
} parley_opaque;

enum { PARLEY_FRAME_IS_LAST = 1 }; /* no more frames of this reply follow on this port */

/* A view of a frame. Texts in it are valid until the next `peek` or `pop` on the same input, and at
 * most until the call returns; its buffer as said above. */
typedef struct parley_frame {
  uint32_t kind;
  uint32_t flags;
  uint64_t stream;
  uint64_t turn;     /* 0: of no turn; else stale when the session's turn is higher */
  int64_t pts;       /* flicks, on its stream */
  int64_t duration;  /* flicks */
  uint64_t sequence; /* as the producer counts */
  parley_buffer buffer;
  union {
    parley_audio audio;
    parley_encoded_audio encoded_audio;
    parley_speech_event speech_event;
    parley_turn_event turn_event;
    parley_transcript transcript;
    parley_text text;
    parley_control control;
    parley_video video;
    parley_tensor tensor;
    parley_opaque opaque;
    uint64_t reserved[16]; /* kinds to come */
  } as;
} parley_frame;

/* The number of a kind of your own: FNV-1a (Fowler, Noll, Vo), 64 bit, of its name. */
static inline uint64_t parley_type_of(const char* name) {
  uint64_t hash = UINT64_C(14695981039346656037);
  while (*name != '\0') {
    hash = (hash ^ (uint64_t)(unsigned char)*name++) * UINT64_C(1099511628211);
  }
  return hash;
}

/* --- what the host gives an operator ------------------------------------------------------------
 */

enum { PARLEY_LOG_DEBUG = 0, PARLEY_LOG_INFO = 1, PARLEY_LOG_WARN = 2, PARLEY_LOG_ERROR = 3 };

/* One for each operator that was created, from `create` until `destroy` has returned. Ports are
 * numbered as in the descriptor. A function that is used wrongly does nothing, returns 0 or NULL,
 * and makes an error of the operator. */
typedef struct parley_host parley_host;
struct parley_host {
  uint32_t abi; /* PARLEY_PLUGIN_ABI of the host */
  uint32_t reserved;
  const char* version; /* of the host, for logs */
  void* host_data;     /* the host's own */

  /* [any]  NULL when the host does not have it. */
  const void* (*get_extension)(const parley_host* host, const char* id);
  /* [any]  Not on the audio path: it formats and locks. */
  void (*log)(const parley_host* host, int32_t level, const char* message);
  /* [any, until `close` has returned]  Asks for a call of `process`: for threads of your own. */
  void (*wake)(const parley_host* host);
  /* [control], [strand]  Why the function that is being called is about to fail. */
  void (*fail)(const parley_host* host, const char* message);

  /* All below: [strand & open], inside `process`; `now`, `turn` and `wake_at` also inside `open`.
   */

  /* Nanoseconds on the session's clock, which may be a virtual one. */
  int64_t (*now)(const parley_host* host);
  uint64_t (*turn)(const parley_host* host);
  /* Asks for a call of `process` at or soon after this time. */
  void (*wake_at)(const parley_host* host, int64_t at);
  /* Something failed that cost only what you had in hand, and you go on. */
  void (*report)(const parley_host* host, const char* message);

  /* The oldest frame of the current turn, which stays where it is. Returns 1, or 0 without one. */
  int32_t (*peek)(const parley_host* host, uint32_t input, parley_frame* frame);
  /* Likewise, and takes it. */
  int32_t (*pop)(const parley_host* host, uint32_t input, parley_frame* frame);
  /* 1 when the output takes `frames` more. */
  int32_t (*has_room)(const parley_host* host, uint32_t output, uint32_t frames);
  /* Sends a frame on. Texts are copied, the buffer is shared. Returns 1. REQUIRES: has_room. */
  int32_t (*push)(const parley_host* host, uint32_t output, const parley_frame* frame);

  /* A new buffer; where to write to it. Without initial contents. At most 4 GiB. */
  void* (*take)(const parley_host* host, uint64_t size, parley_buffer* buffer);
  /* Where to write to this buffer; its bytes are copied first when somebody else has it, too. The
   * whole of it: `data` and `size` must not have been moved. */
  void* (*writable)(const parley_host* host, parley_buffer* buffer);
  /* Keeps a buffer beyond this call, until as many `release`s. */
  void (*retain)(const parley_host* host, uint64_t handle);
  void (*release)(const parley_host* host, uint64_t handle);
};

/* --- what a plugin gives the host ---------------------------------------------------------------
 */

/* Names of plugins, kinds, ports and options: [a-z][a-z0-9_]*, at most 63 bytes. */

typedef struct parley_port {
  const char* name;    /* unique among the inputs, and among the outputs */
  uint32_t frame;      /* PARLEY_AUDIO, ... */
  uint32_t capacity;   /* inputs: frames that may wait, at most 65536; 0: as the host likes */
  int32_t is_optional; /* inputs: 1 when a graph may leave it unconnected */
  int32_t rate_hz;     /* audio: what is demanded or promised; 0: any */
  int32_t channels;    /* audio: likewise */
  uint32_t rank;       /* tensors: likewise; 0: any */
  int64_t dims[PARLEY_RANK_MAX]; /* -1: any */
  const char*
      format_of; /* outputs: the input that has the same rate, channels and shape; or NULL */
} parley_port;

typedef struct parley_value {
  int32_t type; /* PARLEY_FLAG, PARLEY_WHOLE, PARLEY_NUMBER or PARLEY_TEXT_VALUE */
  int32_t flag; /* 0 or 1 */
  int64_t whole;
  double number;
  const char* text;
} parley_value;

typedef struct parley_option {
  const char* name;
  const char* help;    /* a sentence */
  parley_value preset; /* what it is when nobody gives it; its type is the option's */
  double min;          /* whole, number: the range, both ends included; min <= preset <= max */
  double max;          /* of a whole number within +-2^53 */
} parley_option;

/* A kind of operator. */
typedef struct parley_operator {
  const char* kind;    /* as a graph file names it */
  const char* version; /* of the kind, such as "1.0.0" */
  const char* summary; /* a sentence */
  const parley_port* inputs;
  const parley_port* outputs;
  const parley_option* options;
  uint32_t input_count; /* of each at most 64 */
  uint32_t output_count;
  uint32_t option_count;
  uint32_t reserved;

  /* [control]  `options`: one value for each in the order of the descriptor, checked, valid during
   * this call; `host`: until `destroy` has returned. NULL when it fails: call `host->fail` first.
   */
  void* (*create)(const parley_host* host, const parley_value* options);
  /* [control]  After `close`, if it was opened. */
  void (*destroy)(void* self);
  /* [control], [strand]  May load and allocate. Returns 1; or 0 when it fails, after `host->fail`.
   * May be called again after `close`. NULL: nothing to do. */
  int32_t (*open)(void* self);
  /* [strand & open]  Does what it can with its inputs and returns a parley_progress. Called when an
   * input has news, when an output has room again, after a wake, and sometimes for nothing. */
  int32_t (*process)(void* self);
  /* [strand & open]  The session was interrupted: stop work of older turns. May be NULL. */
  void (*on_turn)(void* self, uint64_t turn);
  /* [strand], [control]  The other side of `open`. May be NULL. */
  void (*close)(void* self);
  /* [any]  A structure that the extension of this name defines, or NULL. May be NULL. */
  const void* (*get_extension)(const char* id);
} parley_operator;

/* What `process` returns. */
enum {
  PARLEY_FAILED = -1,     /* after `host->fail`; the node's error policy decides what happens */
  PARLEY_NEED_INPUT = 0,  /* did what it could; call again when there is news */
  PARLEY_MORE_OUTPUT = 1, /* has more to do with what it holds; call again soon */
  PARLEY_BLOCKED = 2,     /* an output has no room; call again when it has */
  PARLEY_FINISHED = 3     /* will never produce again, nor be called */
};

typedef struct parley_plugin {
  uint32_t abi; /* PARLEY_PLUGIN_ABI; first for ever, so that hosts of all versions can read it */
  uint32_t operator_count; /* 1 to 256 */
  const char* name;        /* of the plugin */
  const char* version;     /* of the plugin, such as "1.2.0" */
  const parley_operator* operators;
  /* [any]  As above, for the plugin as a whole. May be NULL. */
  const void* (*get_extension)(const char* id);
} parley_plugin;

/* [control]  The one symbol: PARLEY_PLUGIN_EXPORT const parley_plugin* parley_plugin_entry(void);
 */
typedef const parley_plugin* (*parley_plugin_entry_function)(void);
#define PARLEY_PLUGIN_ENTRY "parley_plugin_entry"

/* --- extensions ---------------------------------------------------------------------------------
 */

/* An operator's memory, for a successor in a running pipeline (hot update): the new operator is
 * asked to go on where the old one stood. Both: [strand]. */
#define PARLEY_EXT_STATE "parley.state/1"
typedef struct parley_state_extension {
  /* Writes the state to `data` and returns its size; when that is more than `size`, nothing is
   * written and the host calls again with more memory. */
  uint64_t (*save)(void* self, void* data, uint64_t size);
  /* Takes over what `save` of the same kind, of this or an older version, wrote. Returns 1, or 0.
   */
  int32_t (*load)(void* self, const void* data, uint64_t size);
} parley_state_extension;

/* For operators with work on threads of their own: a graph that is to end waits while one says that
 * something will come by itself. [strand] */
#define PARLEY_EXT_BUSY "parley.busy/1"
typedef struct parley_busy_extension {
  int32_t (*is_busy)(void* self); /* 1 or 0 */
} parley_busy_extension;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* PARLEY_PLUGIN_H */
