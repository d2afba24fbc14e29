// SPDX-License-Identifier: Apache-2.0
#include "cli/worker_command.h"

#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/stop_signal.h"
#include "server/engine.h"
#include "server/kept_conversations.h"
#include "server/rooms/entry_program.h"
#include "server/rooms/livekit_address.h"
#include "server/rooms/rooms.h"
#include "server/rooms/worker_port.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  // As text: the schema judges them, like every other source.
  std::optional<std::string> url;
  std::optional<std::string> key;
  std::optional<std::string> secret;
  std::optional<std::string> agent_name;
  std::optional<std::string> agent;
  std::optional<std::string> port;
  std::optional<std::string> host;
  std::optional<int> entry_descriptor;
};

std::vector<ConfigSources::Override> flags_of(const Options& options) {
  std::vector<ConfigSources::Override> flags;
  const auto add = [&](const char* key, const std::optional<std::string>& value, const char* flag) {
    if (value) flags.push_back({key, *value, flag});
  };
  add("rooms.url", options.url, "--url");
  add("rooms.key", options.key, "--livekit-key");
  add("rooms.secret", options.secret, "--livekit-secret");
  add("rooms.agent_name", options.agent_name, "--agent-name");
  add("rooms.agent", options.agent, "--agent");
  add("rooms.port", options.port, "--port");
  add("server.host", options.host, "--host");
  return flags;
}

Status work(const Config& config, std::optional<int> entry_descriptor, service::EntryPoint entry) {
  if (config.rooms.url.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "no LiveKit server is named: --url ws://127.0.0.1:7880 (rooms.url)"};
  }
  // What is wrong with the address shows before models are loaded.
  PARLEY_TRY(const server::LiveKitAddress address, server::livekit_address(config.rooms));
  const StopSignal stop;
  std::unique_ptr<server::EntryProgram> program;
  if (entry_descriptor) {
    PARLEY_TRY(program, server::EntryProgram::adopt(*entry_descriptor, [&stop] { stop.raise(); }));
    entry = program->entry_point();
  }
  Metrics metrics;
  std::unique_ptr<server::WorkerPort> port;
  if (config.rooms.port >= 0) {
    PARLEY_TRY(port, server::WorkerPort::start(config, metrics));
  }
  const SteadyClock clock;
  PARLEY_TRY(std::unique_ptr<store::StoreBackend> backend, server::open_store(config, clock));
  PARLEY_TRY(const std::unique_ptr<server::Engine> engine,
             server::Engine::load(config, metrics, [](std::string_view step) {
               log::info("loading", {{"what", std::string(step)}});
             }));
  const agent::AgentContext context = engine->agent_context();
  PARLEY_TRY(const std::unique_ptr<server::KeptConversations> kept,
             server::KeptConversations::make(std::move(backend), config,
                                             {context.timers, context.clock, metrics}));
  PARLEY_TRY(
      const std::unique_ptr<server::Rooms> rooms,
      server::Rooms::make(config, *engine, metrics, true, kept->keeping(), std::move(entry)));
  if (port != nullptr) port->serve(*rooms->worker());
  if (!stop.is_raised()) {
    rooms->start();
    std::printf("parley worker for %s\n", address.room_url.c_str());
    if (port != nullptr) std::printf("parley worker listening on %s\n", port->url().c_str());
    std::fflush(stdout);
    stop.wait();
    rooms->drain();
    rooms->finish();
  }
  if (program != nullptr) program->close();
  // Before the worker goes, which it tells of.
  if (port != nullptr) port->stop();
  log::info("stopped");
  if (program != nullptr && program->trouble()) return *program->trouble();
  return {};
}

int load_and_work(const Options& options, service::EntryPoint entry) {
  const auto fail = [](const Error& error) {
    std::fprintf(stderr, "parley worker: %s\n", error.message.c_str());
    return kFailed;
  };
  const Result<Config> config = options.config.load(flags_of(options));
  if (!config) return fail(config.error());
  const Status worked = work(*config, options.entry_descriptor, std::move(entry));
  return worked ? kDone : fail(worked.error());
}

void declare(CLI::App& command, Options& options) {
  options.config.add_to(command);
  command.add_option("--url", options.url, "LiveKit server, ws:// or wss:// (rooms.url)");
  command.add_option("--livekit-key", options.key, "Its API key (rooms.key)");
  command.add_option("--livekit-secret", options.secret, "The key's secret (rooms.secret)");
  command.add_option("--agent-name", options.agent_name,
                     "Name by which agents are sent for; without one, every new room gets one "
                     "(rooms.agent_name)");
  command.add_option("--agent", options.agent,
                     "Agent of jobs that name none: assistant, transcriber, … (rooms.agent)");
  command.add_option(
      "--port", options.port,
      "Port of /healthz, /worker and /metrics; 0: a free one, -1: none (rooms.port)");
  command.add_option("--host", options.host, "Address of that port (server.host)");
}

}  // namespace

void add_worker_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      root.add_subcommand("worker", "Bring agents into the rooms of a LiveKit server");
  declare(*command, *options);
  command->add_option("--entry-fd", options->entry_descriptor,
                      "A socket that was left open: the program at its other end does the jobs");
  command->callback([options, &status] { status = load_and_work(*options, {}); });
}

int run_worker(int argc, const char* const* argv, service::EntryPoint entry) {
  try {
    CLI::App root("Agents of one's own for the rooms of a LiveKit server.");
    Options options;
    declare(root, options);
    try {
      root.parse(argc, argv);
    } catch (const CLI::ParseError& failure) {
      return root.exit(failure) == 0 ? kDone : kWrongUsage;
    }
    return load_and_work(options, std::move(entry));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "parley worker: %s\n", failure.what());
    return kFailed;
  }
}

}  // namespace parley::cli
