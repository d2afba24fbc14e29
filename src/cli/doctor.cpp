// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <future>
#include <memory>
#include <system_error>
#include <thread>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/phonemizer/phonemizer_process.h"
#include "cli/audio_devices.h"
#include "protocol/json_writer.h"
#include "server/kept_conversations.h"
#include "server/models.h"
#include "server/sherpa_models.h"
#include "store/secret_key.h"
#include "transport/client/http_client.h"

namespace parley::cli {
namespace {

using Level = Finding::Level;

// Measured: 0.6 GB with all models and one session.
constexpr std::uint64_t kMemoryMin = 800'000'000;
constexpr unsigned kCoresMin = 2;
constexpr Millis kEndpointPatience{3000};
constexpr std::string_view kDemonstrationLlm = "smollm2-135m-instruct";

std::string gigabytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f GB", static_cast<double>(bytes) / 1e9);
  return text.data();
}

std::uint64_t available_memory() {
  std::uint64_t bytes = 0;
  std::ifstream meminfo("/proc/meminfo");
  for (std::string name; meminfo >> name;) {
    std::uint64_t kilobytes = 0;
    if (name == "MemAvailable:" && meminfo >> kilobytes) bytes = kilobytes * 1024;
    meminfo.ignore(256, '\n');
  }
  // A container may be allowed less than there is.
  std::uint64_t limit = 0;
  std::uint64_t used = 0;
  std::ifstream("/sys/fs/cgroup/memory.max") >> limit;
  std::ifstream("/sys/fs/cgroup/memory.current") >> used;
  if (limit > used) bytes = std::min(bytes, limit - used);
  return bytes;
}

std::string is_or_are(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Asks for a URL and forgets the answer: only that there is one counts.
class Knock final : public transport::HttpListener {
 public:
  std::future<Status> answered() { return promise_.get_future(); }
  void on_head(int status, std::string_view /*content_type*/) override { status_ = status; }
  bool on_body(std::string_view /*bytes*/) override { return true; }
  void on_end(Status status) override {
    // Who sends a status is there, whatever it says of this path or of our key.
    promise_.set_value(status_ > 0 ? Status() : std::move(status));
  }

 private:
  std::promise<Status> promise_;
  int status_ = 0;
};

Status knock(const transport::HttpUrl& url, const std::string& api_key) {
  transport::HttpClient client({.connect_timeout = kEndpointPatience});
  transport::ClientRequest request{.url = url, .method = "GET"};
  if (!api_key.empty()) request.headers.emplace_back("Authorization", "Bearer " + api_key);
  const auto listener = std::make_shared<Knock>();
  std::future<Status> answered = listener->answered();
  const auto exchange = client.start(std::move(request), listener);
  client.post([exchange] { exchange->set_timeout(kEndpointPatience, "no answer"); });
  return answered.get();
}

/// The list of its models, which every OpenAI-compatible endpoint has.
Result<transport::HttpUrl> models_url(const std::string& base) {
  PARLEY_TRY(transport::HttpUrl url, transport::parse_http_url(base));
  url.path = url.path == "/" ? "/models" : url.path + "/models";
  return url;
}

Status knock_asr(const Config& config) {
  PARLEY_TRY(const server::RemoteAsrPlace place, server::remote_asr_place(config));
  PARLEY_TRY(const transport::HttpUrl url,
             place.is_socket ? transport::parse_http_url(place.url) : models_url(place.url));
  return knock(url, config.asr.api_key);
}

Status knock_llm(const Config& config) {
  PARLEY_TRY(const transport::HttpUrl url, models_url(config.llm.url));
  return knock(url, config.llm.api_key);
}

Finding check_model(const ModelStore& store, const std::string& name) {
  const std::string subject = "model " + name;
  const CatalogueModel* const model = store.find(name);
  if (model == nullptr) {
    return {Level::note, subject, "is not in the catalogue, so nobody knows how it should look"};
  }
  const std::string fetch = "fetch it with `" + fetch_command(*model) + "`";
  if (store.state(*model) == ModelStore::State::absent) {
    return {Level::problem, subject, "is not there: " + store.folder(name).string(), fetch};
  }
  for (const ModelStore::FileCheck& file : store.verify(*model)) {
    if (file.check == ModelStore::Check::missing) {
      return {Level::problem, subject, file.path + " is missing", fetch};
    }
    if (file.check == ModelStore::Check::wrong) {
      return {Level::problem, subject, file.path + " is damaged: " + file.detail,
              "remove it with `parley models remove " + name + "` and " + fetch};
    }
  }
  return {Level::ok, subject,
          store.is_verifiable(*model) ? "every byte is as it should be" : "there, but unverified"};
}

Finding check_vad(const Config& config, const ModelStore& store) {
  if (config.vad.model == "silero") return check_model(store, "silero-vad");
  const std::string subject = "vad.model " + config.vad.model;
  const auto loaded = server::load_vad(config);
  if (!loaded) {
    return {Level::problem, subject, loaded.error().message, "or leave vad.model at silero"};
  }
  return {Level::ok, subject, "hears"};
}

/// What was loaded, which is what a server would do, or why not.
template <typename Loaded>
Finding finding_of(const std::string& subject, const Result<Loaded>& loaded,
                   const std::string& good) {
  if (loaded) return {Level::ok, subject, good};
  return {Level::problem, subject, loaded.error().message,
          "mend what is named, or choose another model (docs/recognition/models.md)"};
}

void check_local_asr(const Config& config, const ModelStore& store, Findings& findings) {
  if (server::is_sherpa_model(config, config.asr.model)) {
    findings.push_back(
        finding_of("asr.model " + config.asr.model, server::load_asr(config), "hears"));
  } else {
    findings.push_back(check_model(store, config.asr.model));
  }
  if (config.asr.streaming_model.empty()) return;
  findings.push_back(finding_of("asr.streaming_model " + config.asr.streaming_model,
                                server::load_streaming_asr(config), "hears while somebody speaks"));
}

/// That of a model of ours was measured for it; those of others lie elsewhere, and mostly lower.
Finding check_threshold(const Config& config, const std::string& model) {
  const std::string subject = "speakers.threshold";
  if (config.speakers.threshold != Config().speakers.threshold) return {Level::ok, subject, "set"};
  return {Level::note, subject, "is GE2E's, and the model is " + model,
          "set it to what the model's authors say, or measure it (docs/recognition/speakers.md)"};
}

Finding check_speakers_key(const Config& config) {
  store::SecretKeySource source{.hex = config.speakers.key, .file = {}};
  const std::string subject = source.hex.empty() ? "speakers.key_file" : "speakers.key";
  if (source.hex.empty()) {
    const auto file = server::expanded_path(config.speakers.key_file);
    if (!file) return {Level::problem, subject, file.error().message, "set speakers.key_file"};
    source.file = *file;
  }
  const auto key = store::open_secret_key(source, false);
  if (key) return {Level::ok, subject, "holds a key"};
  if (key.error().code == ErrorCode::not_found) {
    return {Level::ok, subject, source.file + " is made at the first start"};
  }
  return {Level::problem, subject, key.error().message,
          "without the key that they were enrolled under speakers are lost"};
}

bool is_catalogue_name(const std::string& llm) {
  return llm.find('/') == std::string::npos && !llm.ends_with(".gguf");
}

}  // namespace

Machine this_machine() {
  Machine machine;
#if defined(__x86_64__)
  __builtin_cpu_init();
  machine.has_x86_64_v2 = __builtin_cpu_supports("sse4.2") != 0 &&
                          __builtin_cpu_supports("ssse3") != 0 &&
                          __builtin_cpu_supports("popcnt") != 0;
  machine.has_avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#endif
  machine.cores = std::thread::hardware_concurrency();
  machine.memory_bytes = available_memory();
  return machine;
}

Findings check_machine(const Machine& machine) {
  Findings findings;
  if (!machine.has_x86_64_v2) {
    findings.push_back({Level::problem, "processor", "has no SSE4.2 and POPCNT (x86-64-v2)",
                        "run Parley on a 64-bit x86 processor of 2009 or later"});
  } else if (!machine.has_avx2) {
    findings.push_back({Level::note, "processor",
                        "has no AVX2: the models run several times slower",
                        "expect late replies; in a virtual machine, pass the host's features on"});
  } else {
    findings.push_back({Level::ok, "processor", "x86-64 with AVX2 and FMA"});
  }
  const std::string cores = is_or_are(machine.cores, "core");
  if (machine.cores < kCoresMin) {
    findings.push_back({Level::note, "cores", cores + ": a model that runs delays everything else",
                        "give Parley two cores or more"});
  } else {
    findings.push_back({Level::ok, "cores", cores});
  }
  const std::string memory = gigabytes(machine.memory_bytes) + " can be had";
  if (machine.memory_bytes < kMemoryMin) {
    findings.push_back(
        {Level::problem, "memory",
         memory + ", " + gigabytes(kMemoryMin) + " are needed with the models of the set-up",
         "end other programs, or raise the container's limit"});
  } else {
    findings.push_back({Level::ok, "memory", memory});
  }
  return findings;
}

Findings check_models(const Config& config, const ModelStore& store) {
  if (config.models.fake) {
    return {{Level::note, "models", "models.fake is set: nothing real is heard, thought or said",
             "unset it (PARLEY_MODELS_FAKE)"}};
  }
  Findings findings;
  findings.push_back(check_vad(config, store));
  if (config.asr.url.empty()) check_local_asr(config, store, findings);
  findings.push_back(check_model(store, config.tts.voice));
  if (!config.llm.url.empty()) return findings;
  const std::string llm =
      config.llm.model.empty() ? std::string(kDemonstrationLlm) : config.llm.model;
  if (is_catalogue_name(llm)) {
    findings.push_back(check_model(store, llm));
  } else if (::access(llm.c_str(), R_OK) != 0) {
    findings.push_back({Level::problem, "model " + llm, std::generic_category().message(errno),
                        "set llm.model to a GGUF file or to a name of `parley models`"});
  }
  return findings;
}

Findings check_speakers(const Config& config, const ModelStore& store) {
  const std::string& model = config.speakers.model;
  if (model == "off") {
    if (config.speakers.gate == "off") return {};
    return {{Level::problem, "speakers.gate", "would let nobody in: speakers.model is off",
             "set speakers.model, or speakers.gate to off"}};
  }
  Findings findings;
  if (config.models.fake) {
    findings.push_back(check_speakers_key(config));
    return findings;
  }
  if (model == "ge2e") {
    findings.push_back(check_model(store, model));
  } else {
    findings.push_back(
        finding_of("speakers.model " + model, server::load_speaker(config), "tells voices apart"));
    findings.push_back(check_threshold(config, model));
  }
  findings.push_back(check_speakers_key(config));
  return findings;
}

Findings check_llm(const Config& config) {
  constexpr const char* kSubject = "language model";
  if (config.models.fake) return {};
  if (config.llm.url.empty()) {
    if (!config.llm.model.empty() && config.llm.model != kDemonstrationLlm) {
      return {{Level::ok, kSubject, config.llm.model + ", in this process"}};
    }
    return {{Level::note, kSubject,
             "the demonstration model only exercises the pipeline; what it says means nothing",
             "set llm.url and llm.model to an OpenAI-compatible endpoint, or pull a larger model"}};
  }
  const Status answered = knock_llm(config);
  if (answered) return {{Level::ok, kSubject, config.llm.url + " answers"}};
  return {{Level::problem, kSubject, answered.error().message,
           "start the endpoint, or correct llm.url"}};
}

Findings check_asr(const Config& config) {
  constexpr const char* kSubject = "recogniser";
  if (config.models.fake || config.asr.url.empty()) return {};
  const Status answered = knock_asr(config);
  if (answered) return {{Level::ok, kSubject, config.asr.url + " answers"}};
  return {{Level::problem, kSubject, answered.error().message,
           "start the recogniser, or correct asr.url and asr.protocol"}};
}

Findings check_port(const Config& config) {
  const std::string where = config.server.host + ":" + std::to_string(config.server.port);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(config.server.host.c_str(),
                                 std::to_string(config.server.port).c_str(), &hints, &found);
  if (code != 0) {
    return {{Level::problem, "port", where + ": " + gai_strerror(code), "correct server.host"}};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> address(found, ::freeaddrinfo);
  const int descriptor = ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool is_free = ::bind(descriptor, address->ai_addr, address->ai_addrlen) == 0 &&
                       ::listen(descriptor, 1) == 0;
  const int why = errno;
  ::close(descriptor);
  if (is_free && config.server.port == 0) return {{Level::ok, "port", "any free one is taken"}};
  if (is_free) return {{Level::ok, "port", where + " is free"}};
  if (why == EADDRINUSE) {
    return {{Level::problem, "port", where + " is taken, perhaps by a `parley serve` that runs",
             "end the other program, or take another port with --port or server.port"}};
  }
  return {{Level::problem, "port", where + ": " + std::generic_category().message(why),
           why == EACCES ? "take a port from 1024 on with server.port" : "correct server.host"}};
}

Findings check_phonemizer(const Config& config) {
  constexpr const char* kSubject = "phonemizer";
  if (config.models.fake) return {};
  const auto program = backend::find_phonemizer("");
  if (!program) {
    return {{Level::problem, kSubject, program.error().message,
             "build it: `make build` puts parley-phonemizer beside parley"}};
  }
  Metrics metrics;
  backend::PhonemizerProcess phonemizer({.program = *program}, metrics);
  const auto phonemes = phonemizer.phonemes("Hello.", "en-us");
  if (phonemes && !phonemes->empty()) {
    return {{Level::ok, kSubject, *program + " says " + *phonemes}};
  }
  return {{Level::problem, kSubject, phonemes ? "it says nothing" : phonemes.error().message,
           "install Debian's espeak-ng-data, and build again"}};
}

Findings check_audio_devices() {
  constexpr const char* kWithout = "without them, use `parley talk --in FILE --out FILE`";
  const Result<AudioDevices> found = find_audio_devices();
  if (!found) return {{Level::note, "sound", found.error().message, kWithout}};
  Findings findings;
  const auto add = [&](const char* subject, const std::vector<std::string>& devices,
                       const std::string& standard) {
    if (standard.empty()) {
      findings.push_back({Level::note, subject, "none", kWithout});
    } else {
      findings.push_back(
          {Level::ok, subject, standard + " (of " + is_or_are(devices.size(), "device") + ")"});
    }
  };
  add("microphone", found->microphones, found->default_microphone);
  add("speaker", found->speakers, found->default_speaker);
  return findings;
}

void print_findings(std::span<const Finding> findings, bool json, std::ostream& out) {
  constexpr std::array<std::string_view, 3> kLevels = {"ok", "note", "problem"};
  constexpr std::array<std::string_view, 3> kMarks = {"ok       ", "note     ", "PROBLEM  "};
  for (const Finding& finding : findings) {
    const auto level = static_cast<std::size_t>(finding.level);
    if (json) {
      std::string line;
      protocol::JsonWriter writer(line);
      writer.begin_object();
      writer.field("level", kLevels.at(level));
      writer.field("subject", finding.subject);
      writer.field("text", finding.text);
      if (!finding.advice.empty()) writer.field("advice", finding.advice);
      writer.end_object();
      out << line << '\n';
      continue;
    }
    out << kMarks.at(level) << finding.subject << ": " << finding.text << '\n';
    if (!finding.advice.empty()) out << "         → " << finding.advice << '\n';
  }
  out.flush();
}

bool has_problem(std::span<const Finding> findings) {
  return std::ranges::any_of(findings,
                             [](const Finding& one) { return one.level == Level::problem; });
}

}  // namespace parley::cli
