// SPDX-License-Identifier: Apache-2.0
//
// One file because it is one table, which a reader goes through from its top to its end.
#include "base/config_schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/edit_distance.h"
#include "base/json_text.h"

namespace parley {
namespace {

#define PARLEY_SLOT(member) [](Config& config) -> ConfigSlot { return &config.member; }

// Rows in the order of docs/configuration.md. Sections follow the order of Config.
constexpr double kDayMs = 86'400'000;
constexpr double kPriceMax = 1'000'000'000;
constexpr std::array<std::string_view, 5> kLogLevels{"debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 3> kCacheUses{"auto", "on", "off"};
constexpr std::array<std::string_view, 2> kStoreSyncs{"normal", "full"};
constexpr std::array<std::string_view, 4> kModerationChecks{"off", "input", "output", "both"};
constexpr std::array<std::string_view, 3> kVadModels{"silero", "fsmn", "energy"};
constexpr std::array<std::string_view, 4> kAsrProtocols{"auto", "openai", "raw", "vosk"};
constexpr std::array<std::string_view, 2> kSpeakerGates{"off", "enrolled"};
constexpr std::array<std::string_view, 2> kModerationTimeouts{"open", "closed"};
constexpr std::array<std::string_view, 3> kRoomJobTypes{"room", "publisher", "participant"};
constexpr auto kKeys = std::to_array<ConfigKey>({
    {"server.host", PARLEY_SLOT(server.host),
     "Address to listen on. Any address that other machines can reach demands "
     "`server.api_keys`."},
    {"server.port", PARLEY_SLOT(server.port), "Port to listen on; 0 takes a free one.", 0, 65535},
    {.name = "server.api_keys",
     .slot = PARLEY_SLOT(server.api_keys),
     .doc = "Keys that clients must show. Empty: no key is asked for, on loopback only.",
     .is_secret = true},
    {.name = "server.keys",
     .slot = PARLEY_SLOT(server.keys),
     .doc = "Further keys, each with a name, the SHA-256 of the key and limits of its own: "
            "`name=web sha256=DIGEST sessions=10 requests_per_minute=60 "
            "audio_seconds_per_minute=600 audio_seconds_per_day=36000 budget_per_day=20 "
            "budget=2.5 streams=4 characters_per_minute=6000 characters_per_day=1000000`. In a "
            "file an "
            "item may be written as a mapping. What is left out is as `limits.*` and "
            "`session.budget` say.",
     .takes_mappings = true},
    {"server.keys_file", PARLEY_SLOT(server.keys_file),
     "Further keys in a file, which `parley keys` writes. The server follows it while it runs: a "
     "key "
     "that is created or revoked counts within a second. With a file a key is always asked for."},
    {.name = "server.keys_url",
     .slot = PARLEY_SLOT(server.keys_url),
     .doc = "In place of the file: keys in a Redis server that several nodes share, "
            "`redis://[[user]:password@]host[:port][/database]`; `parley keys` writes them there. "
            "A key that is created or revoked counts on every node within a second.",
     .is_secret = true},
    {"server.origins", PARLEY_SLOT(server.origins),
     "Further web origins whose pages may connect, such as `https://app.example.com`."},
    {"server.tls_cert", PARLEY_SLOT(server.tls_cert),
     "PEM file with the certificate and its chain. With it the port speaks TLS only: https and "
     "wss. "
     "Empty: no TLS."},
    {"server.tls_key", PARLEY_SLOT(server.tls_key),
     "PEM file with the certificate's private key, without a passphrase."},
    {"server.io_threads", PARLEY_SLOT(server.io_threads), "Threads that serve sockets.", 1, 64},
    {"server.drain_seconds", PARLEY_SLOT(server.drain_seconds),
     "At SIGTERM, how long running replies may take to finish, in seconds.", 0, 3600},

    {"ports.funasr", PARLEY_SLOT(ports.funasr),
     "Port for clients of FunASR's WebSocket server, theirs is 10095 (docs/recognition/funasr.md); "
     "0 takes a free one, -1: there is none.",
     -1, 65535},

    {"ports.grpc", PARLEY_SLOT(ports.grpc),
     "Port of the gRPC interface (docs/speech/grpc.md); 0 takes a free one, -1: there is none.", -1,
     65535},

    {"ports.sherpa_offline", PARLEY_SLOT(ports.sherpa_offline),
     "Port for clients of sherpa-onnx's offline WebSocket server, such as 6007 "
     "(docs/recognition/sherpa.md); 0 takes a free one, -1: there is none.",
     -1, 65535},

    {"ports.sherpa_online", PARLEY_SLOT(ports.sherpa_online),
     "Port for clients of sherpa-onnx's streaming WebSocket server, theirs is 6006 "
     "(docs/recognition/sherpa.md); 0 takes a free one, -1: there is none.",
     -1, 65535},

    {"ports.vosk", PARLEY_SLOT(ports.vosk),
     "Port for clients of Vosk's WebSocket server, theirs is 2700 (docs/recognition/vosk.md); 0 "
     "takes a free one, -1: there is none.",
     -1, 65535},

    {"ports.wyoming", PARLEY_SLOT(ports.wyoming),
     "Port for Home Assistant and other clients of the Wyoming protocol, such as 10300 "
     "(docs/recognition/wyoming.md); 0 takes a free one, -1: there is none. It knows neither keys "
     "nor TLS: see `ports.wyoming_key`.",
     -1, 65535},

    {.name = "ports.wyoming_key",
     .slot = PARLEY_SLOT(ports.wyoming_key),
     .doc = "Where the server wants keys: the key with which whoever reaches the Wyoming port is "
            "let in, and whose limits all of them share. Empty: nobody is.",
     .is_secret = true},

    {.name = "twilio.auth_token",
     .slot = PARLEY_SLOT(twilio.auth_token),
     .doc = "Of the account whose calls come to /twilio/voice and /twilio/media "
            "(docs/telephony/twilio.md): requests that are not signed with it are refused. Empty: "
            "none is looked at, and where the server wants keys nobody is let in.",
     .is_secret = true},
    {.name = "twilio.greeting",
     .slot = PARLEY_SLOT(twilio.greeting),
     .doc = "What a call begins with, in the model's mouth; empty: the caller speaks first."},
    {.name = "twilio.key",
     .slot = PARLEY_SLOT(twilio.key),
     .doc = "Where the server wants keys: the one whose limits all calls share. Empty: there are "
            "no calls.",
     .is_secret = true},
    {.name = "twilio.public_url",
     .slot = PARLEY_SLOT(twilio.public_url),
     .doc =
         "Where Twilio reaches this server, such as https://calls.example.org: it connects calls "
         "to it, and signs it. Empty: as the request says."},

    {"rooms.url", PARLEY_SLOT(rooms.url),
     "LiveKit server whose rooms agents join, such as `ws://127.0.0.1:7880` "
     "(docs/rooms/worker.md). Empty: there are no rooms."},
    {.name = "rooms.key",
     .slot = PARLEY_SLOT(rooms.key),
     .doc = "API key of the LiveKit server.",
     .is_secret = true},
    {.name = "rooms.secret",
     .slot = PARLEY_SLOT(rooms.secret),
     .doc = "The key's secret: with it tokens are signed.",
     .is_secret = true},
    {"rooms.public_url", PARLEY_SLOT(rooms.public_url),
     "Where browsers reach the LiveKit server, such as `wss://livekit.example.org`: POST "
     "/v1/rooms/token says so. Empty: at `rooms.url`."},
    {"rooms.worker", PARLEY_SLOT(rooms.worker),
     "`parley serve` takes jobs of the LiveKit server itself. No: others do (`parley worker`), and "
     "it makes tokens and sends for agents only."},
    {"rooms.agent_name", PARLEY_SLOT(rooms.agent_name),
     "Name under which the worker registers, and by which agents are sent for. Empty: it is given "
     "a job in every new room."},
    {"rooms.agent", PARLEY_SLOT(rooms.agent),
     "Agent of jobs whose metadata names none, such as `assistant` or `translator`."},
    {"rooms.agents", PARLEY_SLOT(rooms.agents),
     "Graph files of further agents (docs/rooms/agents.md); jobs ask for them by the name in the "
     "file."},
    {.name = "rooms.type",
     .slot = PARLEY_SLOT(rooms.type),
     .doc = "One agent for each `room`, for each `publisher` in it, or for each `participant`.",
     .choices = kRoomJobTypes},
    {"rooms.jobs_max", PARLEY_SLOT(rooms.jobs_max),
     "Jobs that run at the same time; further ones are refused.", 1, 10'000},
    {"rooms.process_rooms", PARLEY_SLOT(rooms.process_rooms),
     "Rooms that one process of LiveKit's client joins; then another one takes its place, because "
     "the client keeps memory of rooms that it has left.",
     1, 100'000},
    {"rooms.alone_seconds", PARLEY_SLOT(rooms.alone_seconds),
     "An agent leaves a room in which nobody else was for so long, in seconds; more than LiveKit's "
     "own `empty_timeout` (300), which ends such rooms before. 0: it stays.",
     0, 86'400},
    {"rooms.load_max", PARLEY_SLOT(rooms.load_max),
     "Share of what the models can do above which jobs are refused.", 0, 1},
    {"rooms.token_seconds", PARLEY_SLOT(rooms.token_seconds),
     "How long a token of POST /v1/rooms/token opens the door, in seconds; who is inside stays.",
     10, 86'400},
    {"rooms.lease_seconds", PARLEY_SLOT(rooms.lease_seconds),
     "A worker that was not heard of for so long is dead, and others send agents into its rooms, "
     "in "
     "seconds; one that drains gives them away itself. Only with a Redis server in `store.url` "
     "that the workers share. 0: rooms stay where they are.",
     0, 60},
    {"rooms.port", PARLEY_SLOT(rooms.port),
     "Port of `parley worker` for /healthz, /worker and /metrics; 0 takes a free one, -1: there is "
     "none.",
     -1, 65535},

    {"turn.silence_ms", PARLEY_SLOT(turn.silence_ms),
     "Silence that ends the user's turn, in milliseconds (`silence_duration_ms`).", 0, 60'000},
    {"turn.prefix_padding_ms", PARLEY_SLOT(turn.prefix_padding_ms),
     "Audio kept from before speech began, in milliseconds.", 0, 10'000},
    {"turn.threshold", PARLEY_SLOT(turn.threshold),
     "Probability above which a window of audio counts as speech.", 0, 1},
    {"turn.early_asr_ms", PARLEY_SLOT(turn.early_asr_ms),
     "Silence after which recognition starts on the chance that the turn is over, in "
     "milliseconds; 0: only when it is.",
     0, 60'000},

    {.name = "vad.model",
     .slot = PARLEY_SLOT(vad.model),
     .doc = "What hears whether somebody speaks: `silero` (Silero VAD), `fsmn` (FunASR's FSMN-VAD, "
            "whose files you bring) or `energy` (by level alone, for machines that can afford no "
            "model: music and sudden noise are speech to it).",
     .choices = kVadModels},
    {"vad.path", PARLEY_SLOT(vad.path),
     "Folder of FSMN-VAD's files: `am.mvn`, and `model.onnx` or `fsmnvad-online.onnx`. Empty: "
     "`models/fsmn-vad` in `models.path`."},

    {"llm.url", PARLEY_SLOT(llm.url),
     "Base URL of an OpenAI-compatible endpoint, such as `http://127.0.0.1:11434/v1`. Empty: the "
     "model in this process."},
    {"llm.model", PARLEY_SLOT(llm.model),
     "Model: a name that the endpoint knows, or a file or catalogue name for the model in this "
     "process. Empty: the default."},
    {.name = "llm.api_key",
     .slot = PARLEY_SLOT(llm.api_key),
     .doc = "Key for the endpoint.",
     .is_secret = true},
    {"llm.instructions", PARLEY_SLOT(llm.instructions),
     "System prompt of a session until its client sets another."},
    {"llm.max_tokens", PARLEY_SLOT(llm.max_tokens),
     "Longest reply, in tokens, where the client sets no limit.", 1, 1'000'000},
    {"llm.context_tokens", PARLEY_SLOT(llm.context_tokens),
     "Context of the model in this process, in tokens for each session; the oldest items leave "
     "first.",
     256, 1'000'000},
    {"llm.first_token_timeout_ms", PARLEY_SLOT(llm.first_token_timeout_ms),
     "How long a reply may take to begin, in milliseconds.", 1, kDayMs},
    {"llm.token_timeout_ms", PARLEY_SLOT(llm.token_timeout_ms),
     "How long a reply may pause once begun, in milliseconds.", 1, kDayMs},

    {"asr.model", PARLEY_SLOT(asr.model),
     "Model for speech recognition: `moonshine-tiny-en` (English), `whisper-base` (99 languages; "
     "`tools/deps --with languages` fetches it), or a folder of the model cache with a model of "
     "sherpa-onnx (docs/recognition/models.md)."},
    {"asr.streaming_model", PARLEY_SLOT(asr.streaming_model),
     "A folder with a streaming model of sherpa-onnx that tells what is said while it is being "
     "said; `asr.model` still makes the finals. Empty: `asr.model` makes both."},
    {"asr.threads", PARLEY_SLOT(asr.threads),
     "How many utterances are recognised at one time, each by a thread of its own; 0: half as many "
     "as there are cores.",
     0, 256},
    {"asr.backlog_ms", PARLEY_SLOT(asr.backlog_ms),
     "One more stream of recognition is refused (503) while the words of a sentence that ends now "
     "would wait longer than this for the recogniser.",
     1, 60'000},
    {"asr.busy_max", PARLEY_SLOT(asr.busy_max),
     "And while what somebody waits for takes more than this share of the recogniser's time; 1: "
     "whatever it takes.",
     0.001, 1.0},
    {"asr.url", PARLEY_SLOT(asr.url),
     "A recogniser elsewhere in place of the model in this process: the base URL of an "
     "OpenAI-compatible endpoint, such as `http://127.0.0.1:8000/v1`, or the whole address of a "
     "WebSocket, `ws://HOST:2700` (docs/recognition/remote.md). Empty: `asr.model`."},
    {.name = "asr.protocol",
     .slot = PARLEY_SLOT(asr.protocol),
     .doc = "What is spoken there: `openai` (transcriptions over HTTP), `raw` (the socket "
            "`/v1/asr/stream` of another Parley), `vosk`. `auto`: by the URL, `raw` where a "
            "WebSocket's path ends in `/asr/stream`.",
     .choices = kAsrProtocols},
    {"asr.remote_model", PARLEY_SLOT(asr.remote_model),
     "Name of the endpoint's model; sockets take none."},
    {.name = "asr.api_key",
     .slot = PARLEY_SLOT(asr.api_key),
     .doc = "Key for the endpoint.",
     .is_secret = true},
    {"asr.timeout_ms", PARLEY_SLOT(asr.timeout_ms),
     "How long the endpoint may take for an utterance, in milliseconds.", 1, kDayMs},
    {"asr.partial_ms", PARLEY_SLOT(asr.partial_ms),
     "How often the endpoint is asked for words while they are spoken, in milliseconds of speech; "
     "each time it hears the utterance from its begin, and may charge for it. 0: never, there are "
     "finals only.",
     0, 60'000},
    {"asr.early", PARLEY_SLOT(asr.early),
     "Ask the endpoint at the first pause, so that the words are there when the utterance is "
     "over; where speech goes on that call was in vain, and may be charged for. `false`: once for "
     "each utterance."},
    {"asr.hot_words", PARLEY_SLOT(asr.hot_words),
     "Names and terms that speech may have, such as `Parley` or `Svea Lindqvist`: the recogniser "
     "leans towards them, in every session (docs/recognition/hot-words.md)."},

    {"tts.voice", PARLEY_SLOT(tts.voice),
     "Voice of the replies, and of whoever asks for one that is not there."},
    {"tts.voices", PARLEY_SLOT(tts.voices),
     "Further voices that are loaded at the start; all must have the same sample rate."},
    {"tts.voice_map", PARLEY_SLOT(tts.voice_map),
     "What names that clients use mean: `WORD=VOICE`, or `WORD=VOICE#SPEAKER` of a voice of "
     "several "
     "speakers."},
    {"tts.speed", PARLEY_SLOT(tts.speed), "Speed of the voice; 1 is its own.", 0.25, 1.5},
    {"tts.url", PARLEY_SLOT(tts.url),
     "Base URL of an OpenAI-compatible endpoint whose voices speak, such as "
     "`http://127.0.0.1:8880/v1`; it is asked for pcm of 24 kHz. Empty: the voice in this "
     "process."},
    {"tts.model", PARLEY_SLOT(tts.model), "Name of the endpoint's model."},
    {.name = "tts.api_key",
     .slot = PARLEY_SLOT(tts.api_key),
     .doc = "Key for the endpoint.",
     .is_secret = true},
    {.name = "tts.cache.use",
     .slot = PARLEY_SLOT(tts.cache.use),
     .doc = "Keep spoken phrases, so that the same text is not made twice: `auto` does unless "
            "`models.fake` is set.",
     .choices = kCacheUses},
    {"tts.cache.memory_mb", PARLEY_SLOT(tts.cache.memory_mb),
     "Memory for phrases, in MiB; 256 hold about 50 minutes of speech.", 0, 1'000'000},
    {"tts.cache.disk_mb", PARLEY_SLOT(tts.cache.disk_mb),
     "Disk for phrases that were asked for more than once, in MiB; 1024 hold about 6 hours of "
     "speech. 0: none.",
     0, 100'000'000},
    {"tts.cache.path", PARLEY_SLOT(tts.cache.path),
     "Folder of those; several servers may share it. Empty: memory only."},
    {"tts.cache.pinned", PARLEY_SLOT(tts.cache.pinned),
     "File of phrases that are spoken at the start and always ready, one in a line; "
     "`{voice=NAME speed=1.2}` may stand before it. Empty: none."},
    {"tts.cache.any_seed", PARLEY_SLOT(tts.cache.any_seed),
     "Replies and requests that ask for no seed of their own share a phrase's audio. `false`: the "
     "same text sounds a little different each time, and is made each time."},

    {"tts.lexicon", PARLEY_SLOT(tts.lexicon),
     "File of words and how they are said, a line each; empty: none."},
    {"tts.threads", PARLEY_SLOT(tts.threads),
     "How many clauses are spoken at one time, each by a thread of its own; 0: as many as there "
     "are cores.",
     0, 256},
    {"tts.lead_seconds", PARLEY_SLOT(tts.lead_seconds),
     "How far ahead of its playing time the speech service speaks; 0: no limit.", 0, 86'400},
    {"tts.characters_max", PARLEY_SLOT(tts.characters_max),
     "Characters in the text of one HTTP request; streams of text have no limit.", 1, 1'000'000},
    {"tts.backlog_ms", PARLEY_SLOT(tts.backlog_ms),
     "Texts of the speech service that are in no cache are refused (429) while the voice needs "
     "longer than this for what waits already.",
     1, 60'000},
    {"tts.reader_timeout_seconds", PARLEY_SLOT(tts.reader_timeout_seconds),
     "A client of the speech service that takes no audio for so long is given up.", 1, 3600},

    {"playout.lead_ms", PARLEY_SLOT(playout.lead_ms),
     "How far ahead of its playing time audio may be sent, in milliseconds; 0: no limit.", 0,
     600'000},

    {"session.max_seconds", PARLEY_SLOT(session.max_seconds),
     "Longest session, in seconds; then it is closed with `session_expired`.", 1, 86'400},
    {"session.budget", PARLEY_SLOT(session.budget),
     "What a session may cost, in `price.currency`; the response that reaches it is finished, then "
     "the session is closed with `insufficient_quota`. 0: no budget.",
     0, kPriceMax},

    {"price.currency", PARLEY_SLOT(price.currency), "Name of the currency, shown beside amounts."},
    {"price.input_text", PARLEY_SLOT(price.input_text),
     "Price of a million tokens of text that the model reads.", 0, kPriceMax},
    {"price.input_audio", PARLEY_SLOT(price.input_audio),
     "Price of a million tokens of audio that users send: one token per 100 ms.", 0, kPriceMax},
    {"price.input_cached", PARLEY_SLOT(price.input_cached),
     "Price of a million tokens of text that a cache held.", 0, kPriceMax},
    {"price.output_text", PARLEY_SLOT(price.output_text),
     "Price of a million tokens of text that the model writes.", 0, kPriceMax},
    {"price.output_audio", PARLEY_SLOT(price.output_audio),
     "Price of a million tokens of audio of replies: one token per 50 ms.", 0, kPriceMax},

    {"tools.builtin", PARLEY_SLOT(tools.builtin),
     "Functions that Parley brings along: `time`, `timer`, `calculator`, `memory`, or `none`. "
     "`auto`: "
     "all of them with the demonstration model, none with others."},
    {"tools.file", PARLEY_SLOT(tools.file),
     "YAML file of functions and MCP servers that every session has (docs/realtime/functions.md)."},
    {"tools.allow_private", PARLEY_SLOT(tools.allow_private),
     "Let webhooks and MCP servers be on this machine or on its network."},

    {"store.path", PARLEY_SLOT(store.path),
     "File of the conversations that `parley serve` keeps (SQLite); a folder means "
     "`conversations.db` in it. Empty: nothing is kept."},
    {.name = "store.url",
     .slot = PARLEY_SLOT(store.url),
     .doc =
         "Redis server that keeps conversations instead of the file, so that several nodes share "
         "them: `redis://[[user]:password@]host[:port][/database]`.",
     .is_secret = true},
    {.name = "store.sync",
     .slot = PARLEY_SLOT(store.sync),
     .doc = "What survives of an acknowledged change: `normal` the end of the process, however it "
            "ends; `full` a power cut, too, for one wait for the disk per change.",
     .choices = kStoreSyncs},
    {"store.audio", PARLEY_SLOT(store.audio),
     "Keep the sound of conversations beside their words."},
    {"store.retention_days", PARLEY_SLOT(store.retention_days),
     "Conversations that nobody changed for so many days are erased; 0: never.", 0, 36'500},
    {"store.redact", PARLEY_SLOT(store.redact),
     "What is hidden before it is kept: `email`, `phone`, `card`, `number`, or POSIX extended "
     "regular expressions. With any of them no sound is kept."},

    {"speakers.model", PARLEY_SLOT(speakers.model),
     "What tells speakers apart (docs/recognition/speakers.md): `ge2e`, a folder with a model of "
     "sherpa-onnx, or `off`: nobody is told apart, and nothing is spent on it."},
    {"speakers.path", PARLEY_SLOT(speakers.path),
     "File of enrolled speakers (SQLite), encrypted. Empty: that of `store.path`. Where "
     "`store.url` "
     "is set they are in that Redis server."},
    {.name = "speakers.key",
     .slot = PARLEY_SLOT(speakers.key),
     .doc = "Key that they are encrypted with, 64 hexadecimal digits; nodes that share speakers "
            "share it. Empty: the one in `speakers.key_file`.",
     .is_secret = true},
    {"speakers.key_file", PARLEY_SLOT(speakers.key_file),
     "File of that key, which only its owner may read; made at the first start."},
    {"speakers.threshold", PARLEY_SLOT(speakers.threshold),
     "Cosine of two voices' embeddings from which on they count as one speaker's.", 0, 1},
    {.name = "speakers.gate",
     .slot = PARLEY_SLOT(speakers.gate),
     .doc = "Who is answered when he has spoken, in Realtime sessions, at devices and in calls: "
            "everybody (`off`), or those who are `enrolled`. A device's address and a call's "
            "`<Parameter>` may say another (`gate`).",
     .choices = kSpeakerGates},

    {"limits.sessions", PARLEY_SLOT(limits.sessions), "Sessions at one time.", 1, 1'000'000},
    {"limits.speech_streams", PARLEY_SLOT(limits.speech_streams),
     "Streams of the speech service at one time.", 1, 1'000'000},
    {"limits.recognition_streams", PARLEY_SLOT(limits.recognition_streams),
     "Streams of the recognition service at one time.", 1, 1'000'000},
    {"limits.uploads", PARLEY_SLOT(limits.uploads),
     "Recordings that are uploaded or recognised at one time, each in memory as a file.", 1,
     100'000},
    {"limits.upload_mb", PARLEY_SLOT(limits.upload_mb),
     "Largest recording that can be uploaded, in MB (2^20 bytes).", 1, 2'000},
    {"limits.connections", PARLEY_SLOT(limits.connections),
     "Connections at one time, of every kind.", 1, 1'000'000},
    {"limits.connections_per_address", PARLEY_SLOT(limits.connections_per_address),
     "Likewise of one remote address (IPv6: of one network of 64 bits). 0: no limit.", 0,
     1'000'000},
    {"limits.key_sessions", PARLEY_SLOT(limits.key_sessions),
     "Sessions at one time of each key, or of everybody without keys. 0: no limit, here and below.",
     0, 1'000'000},
    {"limits.requests_per_minute", PARLEY_SLOT(limits.requests_per_minute),
     "Responses and HTTP requests of each key in a minute of the clock.", 0, 1'000'000'000},
    {"limits.audio_seconds_per_minute", PARLEY_SLOT(limits.audio_seconds_per_minute),
     "Audio that all sessions of a key may append in a minute of the clock, in seconds.", 0,
     1'000'000'000},
    {"limits.audio_seconds_per_day", PARLEY_SLOT(limits.audio_seconds_per_day),
     "Likewise in a day (UTC), in seconds.", 0, 1'000'000'000},
    {"limits.budget_per_day", PARLEY_SLOT(limits.budget_per_day),
     "What all sessions of a key may cost in a day (UTC), in `price.currency`; then no response "
     "begins until the next.",
     0, 250'000},
    {"limits.key_streams", PARLEY_SLOT(limits.key_streams),
     "Streams of speech at one time of each key, or of everybody without keys.", 0, 1'000'000},
    {"limits.characters_per_minute", PARLEY_SLOT(limits.characters_per_minute),
     "Characters of text that a key may have spoken in a minute of the clock. A text that crosses "
     "the limit is still spoken.",
     0, 1'000'000'000},
    {"limits.characters_per_day", PARLEY_SLOT(limits.characters_per_day),
     "Likewise in a day (UTC).", 0, 1'000'000'000},
    {"limits.requests_per_minute_per_address", PARLEY_SLOT(limits.requests_per_minute_per_address),
     "Requests from one remote address (IPv6: one network of 64 bits) in a minute of the clock, "
     "whatever key they show; `/healthz`, `/readyz` and `/metrics` are not counted. Behind a "
     "proxy all have the proxy's address.",
     0, 1'000'000'000},

    {.name = "moderation.check",
     .slot = PARLEY_SLOT(moderation.check),
     .doc =
         "What must pass a check before it is heard: what the user said, before the reply to it; "
         "each clause of a reply; or both.",
     .choices = kModerationChecks},
    {"moderation.words", PARLEY_SLOT(moderation.words),
     "Words and phrases that are refused; whole words, case of ASCII letters ignored."},
    {"moderation.webhook", PARLEY_SLOT(moderation.webhook),
     "URL that is asked about each text that the words do not refuse. Empty: none."},
    {.name = "moderation.webhook_secret",
     .slot = PARLEY_SLOT(moderation.webhook_secret),
     .doc = "Secret that signs the questions (Standard Webhooks): `whsec_` and base64, or plain "
            "text. Empty: they are not signed.",
     .is_secret = true},
    {"moderation.timeout_ms", PARLEY_SLOT(moderation.timeout_ms),
     "How long a verdict may take, in milliseconds.", 1, kDayMs},
    {.name = "moderation.on_timeout",
     .slot = PARLEY_SLOT(moderation.when_late),
     .doc = "What happens to a text that nobody judged in time: `open` lets it pass, `closed` "
            "refuses it.",
     .choices = kModerationTimeouts},

    {"observers.file", PARLEY_SLOT(observers.file),
     "File that gets a line of JSON for what sessions do: for billing and monitoring. Empty: "
     "none."},
    {"observers.file_mb", PARLEY_SLOT(observers.file_mb),
     "Size at which the file is renamed and another one begun, in MiB.", 1, 1'000'000},
    {"observers.files", PARLEY_SLOT(observers.files), "Renamed files that are kept.", 0, 1000},
    {"observers.webhook", PARLEY_SLOT(observers.webhook),
     "URL to which the same records are posted, in batches. Empty: none."},
    {.name = "observers.webhook_secret",
     .slot = PARLEY_SLOT(observers.webhook_secret),
     .doc = "Secret that signs the batches (Standard Webhooks): `whsec_` and base64, or plain "
            "text. Empty: they are not signed.",
     .is_secret = true},

    {"models.path", PARLEY_SLOT(models.path),
     "Folder of models and runtimes. Empty: `$PARLEY_CACHE`, else `~/.cache/parley`."},
    {"models.fake", PARLEY_SLOT(models.fake),
     "Use deterministic stand-ins for every model: for load tests without inference."},

    {.name = "log.level",
     .slot = PARLEY_SLOT(log.level),
     .doc = "Least important log lines that are written to standard error.",
     .choices = kLogLevels},
});

#undef PARLEY_SLOT

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string> split_list(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trimmed(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

template <typename Number>
bool read_number(std::string_view text, const ConfigKey& key, Number& out) {
  Number value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return false;
  const auto wide = static_cast<double>(value);
  if (!std::isfinite(wide) || wide < key.min || wide > key.max) return false;
  out = value;
  return true;
}

/// Reads a value into its slot; false when the text is not what the key expects.
struct ReadValue {
  const ConfigKey& key;
  std::string_view text;

  bool operator()(bool* out) const {
    for (const std::string_view word : {"true", "yes", "on", "1"}) {
      if (trimmed(text) == word) return *out = true;
    }
    for (const std::string_view word : {"false", "no", "off", "0"}) {
      if (trimmed(text) == word) {
        *out = false;
        return true;
      }
    }
    return false;
  }
  bool operator()(int* out) const { return read_number(trimmed(text), key, *out); }
  bool operator()(double* out) const { return read_number(trimmed(text), key, *out); }
  bool operator()(std::string* out) const {
    if (!key.choices.empty() && std::ranges::find(key.choices, text) == key.choices.end()) {
      return false;
    }
    *out = text;
    return true;
  }
  bool operator()(std::vector<std::string>* out) const {
    *out = split_list(text);
    return true;
  }
};

struct WriteValue {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const int* value) const { return std::to_string(*value); }
  std::string operator()(const double* value) const {
    std::string text;
    json_text::append_number(text, *value);
    return text;
  }
  std::string operator()(const std::string* value) const { return *value; }
  std::string operator()(const std::vector<std::string>* value) const {
    std::string text;
    for (const std::string& item : *value) text += (text.empty() ? "" : ", ") + item;
    return text;
  }
};

std::string bound_text(double value) {
  // Bounds of whole numbers are written out: "1000000", not "1e+06".
  if (value == std::trunc(value)) return std::to_string(static_cast<long long>(value));
  std::string text;
  json_text::append_number(text, value);
  return text;
}

}  // namespace

std::span<const ConfigKey> config_keys() { return kKeys; }

const ConfigKey* find_config_key(std::string_view name) {
  const auto found = std::ranges::find(kKeys, name, &ConfigKey::name);
  return found == kKeys.end() ? nullptr : &*found;
}

const ConfigKey& nearest_config_key(std::string_view name) {
  return *std::ranges::min_element(
      kKeys, {}, [name](const ConfigKey& key) { return edit_distance(name, key.name); });
}

std::string environment_name(std::string_view key) {
  std::string name = "PARLEY_";
  for (const char c : key) {
    const bool is_lower = c >= 'a' && c <= 'z';
    name += c == '.' ? '_' : is_lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

Status set_config_value(Config& config, const ConfigKey& key, std::string_view text) {
  if (std::visit(ReadValue{key, text}, key.slot(config))) return {};
  const std::string shown = key.is_secret ? "(hidden)" : "'" + std::string(text) + "'";
  return Error{ErrorCode::invalid_argument,
               std::string(key.name) + " = " + shown + ": expected " + config_expectation(key)};
}

std::string config_value_text(const Config& config, const ConfigKey& key) {
  // A slot is a pointer to write through; reading needs a copy of our own to point into.
  Config copy = config;
  return std::visit(WriteValue{}, key.slot(copy));
}

std::string config_expectation(const ConfigKey& key) {
  Config scratch;
  const ConfigSlot slot = key.slot(scratch);
  const std::string range = " from " + bound_text(key.min) + " to " + bound_text(key.max);
  if (std::holds_alternative<bool*>(slot)) return "true or false";
  if (std::holds_alternative<int*>(slot)) return "a whole number" + range;
  if (std::holds_alternative<double*>(slot)) return "a number" + range;
  if (std::holds_alternative<std::vector<std::string>*>(slot)) return "a list";
  if (key.choices.empty()) return "text";
  std::string expectation = "one of ";
  for (std::size_t i = 0; i < key.choices.size(); ++i) {
    expectation += (i == 0 ? "" : ", ") + std::string(key.choices[i]);
  }
  return expectation;
}

std::string config_markdown() {
  std::string text =
      "# Configuration\n\n"
      "<!-- Written by `parley config --markdown`; a test fails when it is out of date. -->\n\n"
      "A value is taken from the first of these that has one: a command's own flag, such as "
      "`--port`; `--set key=value`; the environment variable of the table; the YAML file named by "
      "`--config`, or else `parley.yaml` in the current folder, if there is one; the default. An "
      "unknown key is an error that names the nearest one. Lists are YAML sequences in the file "
      "and "
      "`a, b` elsewhere. `parley config` prints what is in force.\n\n"
      "```yaml\nserver:\n  port: 8080\nllm:\n  url: http://127.0.0.1:11434/v1\n  model: qwen3:8b\n"
      "```\n\n"
      "| key | environment | default | values | meaning |\n| --- | --- | --- | --- | --- |\n";
  const Config defaults;
  for (const ConfigKey& key : kKeys) {
    const std::string value = config_value_text(defaults, key);
    text += "| `" + std::string(key.name) + "` | `" + environment_name(key.name) + "` | " +
            (value.empty() ? "(empty)" : "`" + value + "`") + " | " + config_expectation(key) +
            " | " + std::string(key.doc) + " |\n";
  }
  return text;
}

std::string config_listing(const Config& config) {
  std::string text;
  for (const ConfigKey& key : kKeys) {
    std::string value = config_value_text(config, key);
    if (key.is_secret && !value.empty()) value = "(set)";
    text += std::string(key.name) + ": " + value + "\n";
  }
  return text;
}

}  // namespace parley
