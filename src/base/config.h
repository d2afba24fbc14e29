// SPDX-License-Identifier: Apache-2.0
//
// Every setting of Parley as plain values. One file because it is one list. A default is written
// here; range and meaning are in the schema (config_schema.cpp), which has a row for each member
// below, and makes docs/configuration.md. To add a key: a member here, a row there.
//
// Sources, later ones win: these defaults, the YAML file, the environment (PARLEY_ and the key in
// upper case, dots as underscores), `--set key=value`, a command's own flags.
//
// Threads: immutable once loaded.
//
//   ConfigSources sources{.file = "parley.yaml", .environment = process_environment()};
//   sources.overrides.push_back({"server.port", "0", "--port"});
//   Result<Config> config = load_config(sources);
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace parley {

struct Config {
  struct Server {
    std::string host = "127.0.0.1";
    int port = 8080;
    std::vector<std::string> api_keys;
    std::vector<std::string> keys;
    std::string keys_file;
    std::string keys_url;
    std::vector<std::string> origins;
    std::string tls_cert;
    std::string tls_key;
    int io_threads = 1;
    int drain_seconds = 10;
  } server;

  struct Ports {
    int funasr = -1;
    int grpc = -1;
    int sherpa_offline = -1;
    int sherpa_online = -1;
    int vosk = -1;
    int wyoming = -1;
    std::string wyoming_key;
  } ports;

  struct Twilio {
    std::string auth_token;
    std::string greeting;
    std::string key;
    std::string public_url;
  } twilio;

  struct Rooms {
    std::string url;
    std::string key;
    std::string secret;
    std::string public_url;
    bool worker = true;
    std::string agent_name;
    std::string agent = "assistant";
    std::vector<std::string> agents;
    std::string type = "room";
    int jobs_max = 100;
    int process_rooms = 64;
    int alone_seconds = 600;
    double load_max = 0.85;
    int token_seconds = 3600;
    int lease_seconds = 3;
    int port = 8081;
  } rooms;

  struct Turn {
    int silence_ms = 500;
    int prefix_padding_ms = 300;
    double threshold = 0.5;
    int early_asr_ms = 250;
  } turn;

  struct Vad {
    std::string model = "silero";
    std::string path;
  } vad;

  struct Llm {
    std::string url;
    std::string model;
    std::string api_key;
    std::string instructions =
        "You are a helpful voice assistant. Answer in one or two short spoken sentences, in plain "
        "words, without lists, headings or symbols.";
    int max_tokens = 256;
    int context_tokens = 2048;
    int first_token_timeout_ms = 20'000;
    int token_timeout_ms = 10'000;
  } llm;

  struct Asr {
    std::string model = "moonshine-tiny-en";
    int threads = 0;
    int backlog_ms = 500;
    double busy_max = 0.85;
    std::string streaming_model;
    std::string url;
    std::string protocol = "auto";
    std::string remote_model = "whisper-1";
    std::string api_key;
    int timeout_ms = 15'000;
    int partial_ms = 0;
    bool early = true;
    std::vector<std::string> hot_words;
  } asr;

  struct Tts {
    std::string voice = "en_US-joe-medium";
    std::vector<std::string> voices;
    std::vector<std::string> voice_map;
    double speed = 1.0;
    std::string url;
    std::string model;
    std::string api_key;
    std::string lexicon;
    int threads = 0;
    int lead_seconds = 120;
    int characters_max = 65'536;
    int backlog_ms = 300;
    int reader_timeout_seconds = 30;

    struct Cache {
      std::string use = "auto";
      int memory_mb = 256;
      int disk_mb = 1024;
      std::string path = "~/.cache/parley/phrases";
      std::string pinned;
      bool any_seed = true;
    } cache;
  } tts;

  struct Playout {
    int lead_ms = 2000;
  } playout;

  struct Session {
    int max_seconds = 3600;
    double budget = 0.0;
  } session;

  struct Price {
    std::string currency = "USD";
    double input_text = 0.0;
    double input_audio = 0.0;
    double input_cached = 0.0;
    double output_text = 0.0;
    double output_audio = 0.0;
  } price;

  struct Tools {
    std::vector<std::string> builtin = {"auto"};
    std::string file;
    bool allow_private = false;
  } tools;

  struct Store {
    std::string path = "~/.local/share/parley/conversations.db";
    std::string url;
    std::string sync = "normal";
    bool audio = false;
    int retention_days = 0;
    std::vector<std::string> redact;
  } store;

  struct Speakers {
    std::string model = "off";
    std::string path;
    std::string key;
    std::string key_file = "~/.local/share/parley/speakers.key";
    double threshold = 0.75;
    std::string gate = "off";
  } speakers;

  struct Limits {
    int sessions = 2000;
    int speech_streams = 1000;
    int recognition_streams = 1000;
    int uploads = 16;
    int upload_mb = 25;
    int connections = 4096;
    int connections_per_address = 0;
    int key_sessions = 0;
    int requests_per_minute = 0;
    int audio_seconds_per_minute = 0;
    int audio_seconds_per_day = 0;
    double budget_per_day = 0.0;
    int key_streams = 0;
    int characters_per_minute = 0;
    int characters_per_day = 0;
    int requests_per_minute_per_address = 0;
  } limits;

  struct Moderation {
    std::string check = "off";
    std::vector<std::string> words;
    std::string webhook;
    std::string webhook_secret;
    int timeout_ms = 2000;
    std::string when_late = "closed";
  } moderation;

  struct Observers {
    std::string file;
    int file_mb = 64;
    int files = 5;
    std::string webhook;
    std::string webhook_secret;
  } observers;

  struct Models {
    std::string path;
    bool fake = false;
  } models;

  struct Log {
    std::string level = "info";
  } log;
};

struct ConfigSources {
  /// One value from the command line; `origin` is how messages name it: `--set`, `--port`.
  struct Override {
    std::string key;
    std::string value;
    std::string origin;
  };

  Config defaults = {};  // what a command starts from where it has defaults of its own
  std::string file;      // path of a YAML file; empty: none
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<Override> overrides;  // in order, later ones win
};

/// Errors: invalid_argument names key, value, what was expected and where (file:line, variable or
/// flag); an unknown key comes with the nearest known one. not_found: there is no such file.
[[nodiscard]] Result<Config> load_config(const ConfigSources& sources);

/// Splits `key=value` as `--set` takes it.
[[nodiscard]] Result<ConfigSources::Override> parse_set_argument(std::string_view argument);

/// The variables of this process whose names begin with PARLEY_.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> process_environment();

/// Where the cache of models and libraries is: `models.path`, else $PARLEY_CACHE, else
/// ~/.cache/parley.
[[nodiscard]] std::string models_root(const Config& config);

}  // namespace parley
