// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_command.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/stop_signal.h"
#include "server/engine.h"
#include "server/kept_conversations.h"
#include "server/observers/observers.h"
#include "server/phrases.h"
#include "server/rooms/livekit_address.h"
#include "server/rooms/rooms.h"
#include "server/server.h"
#include "server/speakers/kept_speakers.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  // As text: the schema judges them, like every other source.
  std::optional<std::string> host;
  std::optional<std::string> port;
  std::optional<std::string> tls_cert;
  std::optional<std::string> tls_key;
};

std::vector<ConfigSources::Override> flags_of(const Options& options) {
  std::vector<ConfigSources::Override> flags;
  if (options.host) flags.push_back({"server.host", *options.host, "--host"});
  if (options.port) flags.push_back({"server.port", *options.port, "--port"});
  if (options.tls_cert) flags.push_back({"server.tls_cert", *options.tls_cert, "--tls-cert"});
  if (options.tls_key) flags.push_back({"server.tls_key", *options.tls_key, "--tls-key"});
  return flags;
}

/// Each connection is a descriptor, and the usual soft limit is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Status check_rooms_address(const Config& config) {
  if (config.rooms.url.empty()) return {};
  PARLEY_TRY(const server::LiveKitAddress address, server::livekit_address(config.rooms));
  static_cast<void>(address);
  return {};
}

void print_addresses(const server::Server& server) {
  std::printf("parley listening on %s\n", server.url().c_str());
  if (const std::optional<std::string> grpc = server.grpc_address()) {
    std::printf("parley gRPC listening on %s\n", grpc->c_str());
  }
  for (const auto& [protocol, address] : server.protocol_addresses()) {
    std::printf("parley %s listening on %s\n", protocol.c_str(), address.c_str());
  }
  std::fflush(stdout);
}

Status serve(const Config& config) {
  const StopSignal stop;
  raise_descriptor_limit();
  Metrics metrics;
  const SteadyClock clock;
  // A limit on file sizes is an error of the write that meets it, not the end of every session.
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  // What is wrong with an address shows before models are loaded.
  PARLEY_TRY_STATUS(check_rooms_address(config));
  // The port first: who cannot have it need not wait for models.
  PARLEY_TRY(const std::unique_ptr<server::Server> server, server::Server::start(config, metrics));
  PARLEY_TRY(std::unique_ptr<store::StoreBackend> backend, server::open_store(config, clock));
  PARLEY_TRY(const std::unique_ptr<server::Engine> engine,
             server::Engine::load(
                 config, metrics,
                 [](std::string_view step) { log::info("loading", {{"what", std::string(step)}}); },
                 {.remembering = true}));
  PARLEY_TRY(const std::unique_ptr<server::KeptSpeakers> speakers,
             server::KeptSpeakers::make(config, *engine, metrics));
  agent::AgentContext context = engine->agent_context();
  if (speakers != nullptr) context.known_speakers = &speakers->known();
  PARLEY_TRY(const std::unique_ptr<server::KeptConversations> kept,
             server::KeptConversations::make(std::move(backend), config,
                                             {context.timers, context.clock, metrics}));
  // Before the service, whose sessions tell it of their end.
  PARLEY_TRY(const std::unique_ptr<server::Observers> observers,
             server::Observers::make(config, metrics));
  service::RealtimeOptions options = server::realtime_options(config);
  options.keeping = kept->keeping();
  options.observer = observers.get();
  options.defaults.tools = engine->client_tools();
  service::RealtimeService realtime(context, engine->pool(), std::move(options));
  service::SpeechService speech(engine->speech_context(), server::speech_options(config));
  service::RecognitionContext listening = engine->recognition_context();
  if (speakers != nullptr) listening.known_speakers = &speakers->known();
  service::RecognitionService recognition(listening, server::recognition_options(config));
  if (speakers != nullptr) server->serve_speakers(speakers->desk());
  service::XiaozhiService devices(context, engine->pool(), server::xiaozhi_options(config));
  service::CallService calls(context, engine->pool(), server::call_options(config));
  std::optional<service::OverheardCalls> overheard;
  if (observers != nullptr) {
    overheard.emplace(recognition, *observers, server::overheard_options(config));
  }
  server::Phrases* const phrases = engine->phrases();
  if (phrases != nullptr) server->report("phrase_cache", [phrases] { return phrases->trouble(); });
  PARLEY_TRY(const std::unique_ptr<server::Rooms> rooms,
             server::Rooms::make(config, *engine, metrics, config.rooms.worker, kept->keeping()));
  if (rooms != nullptr) {
    server->serve_rooms(rooms->routes());
    server->report("rooms", [&rooms] { return rooms->trouble(); });
  }
  if (!stop.is_raised()) {
    server->serve_devices(devices);
    server->serve_calls(calls, overheard ? &*overheard : nullptr);
    server->serve(realtime, engine->buffers(), kept->store(), &speech, &recognition);
    print_addresses(*server);
    if (rooms != nullptr) rooms->start();
    if (phrases != nullptr) phrases->speak_pinned();
    stop.wait();
    log::info("draining", {{"sessions", realtime.sessions()}});
    // Both at the same time: agents in rooms finish what they say while other sessions do.
    if (rooms != nullptr) rooms->drain();
    server->drain(std::chrono::seconds(config.server.drain_seconds));
    if (rooms != nullptr) rooms->finish();
  }
  // Before the service and the engine go, which its connections use.
  server->stop();
  log::info("stopped");
  return {};
}

int load_and_serve(const Options& options) {
  const auto fail = [](const Error& error) {
    std::fprintf(stderr, "parley serve: %s\n", error.message.c_str());
    return kFailed;
  };
  const Result<Config> config = options.config.load(flags_of(options));
  if (!config) return fail(config.error());
  const Status served = serve(*config);
  return served ? kDone : fail(served.error());
}

}  // namespace

void add_serve_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      root.add_subcommand("serve", "Serve the Realtime API, the console and metrics");
  options->config.add_to(*command);
  command->add_option("--port", options->port, "Port; 0 takes a free one (server.port)");
  command->add_option("--host", options->host, "Address to listen on (server.host)");
  command
      ->add_option("--tls-cert", options->tls_cert,
                   "Serve https and wss with this certificate, a PEM file (server.tls_cert)")
      ->type_name("FILE");
  command->add_option("--tls-key", options->tls_key, "Its private key, a PEM file (server.tls_key)")
      ->type_name("FILE");
  command->callback([options, &status] { status = load_and_serve(*options); });
}

}  // namespace parley::cli
