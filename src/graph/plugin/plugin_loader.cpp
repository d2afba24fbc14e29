// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/plugin_loader.h"

#include <bit>
#include <memory>
#include <span>
#include <utility>

#include <dlfcn.h>

#include "graph/plugin/child_process.h"
#include "graph/plugin/descriptor_check.h"
#include "graph/plugin/plugin_operator.h"
#include "graph/plugin/plugin_options.h"

namespace parley::graph {
namespace {

namespace fs = std::filesystem;

Error refused(ErrorCode code, std::string why) { return {.code = code, .message = std::move(why)}; }

std::string last_loader_error() {
  const char* const text = ::dlerror();  // NOLINT(concurrency-mt-unsafe): it is per thread
  return text == nullptr ? "unknown reason" : text;
}

Status add_kinds(Registry& registry, media::BufferPool& pool, const parley_plugin& plugin) {
  const std::span kinds(plugin.operators, plugin.operator_count);
  for (const parley_operator& kind : kinds) {
    if (registry.has(kind.kind)) {
      return refused(ErrorCode::already_exists, "kind '" + std::string(kind.kind) +
                                                    "' is there already; begin the names of your "
                                                    "kinds with the plugin's");
    }
  }
  for (const parley_operator& kind : kinds) {
    const std::span<const parley_option> options(kind.options, kind.option_count);
    registry.add_kind(
        {.description = {.kind = kind.kind,
                         .summary = kind.summary,
                         .options = describe_options(options)},
         .check =
             [options](std::string_view name, const OptionValue& value) {
               return check_plugin_option(options, name, value);
             },
         .make = [&kind,
                  &pool](const OptionMap& map) { return PluginOperator::make(kind, map, pool); }});
  }
  return {};
}

Result<PluginInfo> load(Registry& registry, media::BufferPool& pool, const fs::path& path,
                        const PluginOptions& options) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return refused(ErrorCode::not_found, "there is no such file");
  const ChildReport report = run_in_child(
      [&](const ChildSay& /*say*/) -> Status {
        PARLEY_TRY([[maybe_unused]] const parley_plugin* plugin, open_plugin(path));
        return {};
      },
      options.probe_timeout);
  if (report.has_died) return report.status.error().with_context("loading it");
  if (!report.status) return report.status.error();

  PARLEY_TRY(const parley_plugin* plugin, open_plugin(path));
  PARLEY_TRY_STATUS(add_kinds(registry, pool, *plugin));
  PluginInfo info{.name = plugin->name, .version = plugin->version, .kinds = {}};
  for (const parley_operator& kind : std::span(plugin->operators, plugin->operator_count)) {
    info.kinds.emplace_back(kind.kind);
  }
  return info;
}

}  // namespace

Result<PluginInfo> load_plugin(Registry& registry, media::BufferPool& pool, const fs::path& path,
                               PluginOptions options) {
  Result<PluginInfo> loaded = load(registry, pool, path, options);
  if (!loaded) return loaded.error().with_context("plugin '" + path.string() + "'");
  return loaded;
}

Result<const parley_plugin*> open_plugin(const fs::path& path) {
  std::error_code ignored;
  // An absolute path, or the loader would search its own folders.
  const fs::path absolute = fs::absolute(path, ignored);
  void* const library = ::dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return refused(ErrorCode::invalid_argument, "cannot be loaded: " + last_loader_error());
  }
  void* const symbol = ::dlsym(library, PARLEY_PLUGIN_ENTRY);
  if (symbol == nullptr) {
    return refused(ErrorCode::invalid_argument,
                   "has no symbol " PARLEY_PLUGIN_ENTRY ", so it is no plugin of Parley");
  }
  const auto entry = std::bit_cast<parley_plugin_entry_function>(symbol);
  const parley_plugin* const plugin = entry();
  PARLEY_TRY_STATUS(check_plugin(plugin));
  return plugin;
}

}  // namespace parley::graph
