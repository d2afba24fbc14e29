// SPDX-License-Identifier: Apache-2.0
//
// What is refused when it is loaded, and in which words.

#include "graph/plugin/plugin_loader.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/plugin/test_plugins.h"

namespace parley::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Why the plugin is refused, with a registry in which nothing was left behind.
std::string refusal(std::string_view name, PluginOptions options = {}) {
  Registry registry;
  media::BufferPool pool;
  const Result<PluginInfo> loaded = load_plugin(registry, pool, test::plugin_path(name), options);
  EXPECT_TRUE(registry.kinds().empty());
  if (loaded) return "it was loaded";
  EXPECT_THAT(loaded.error().message, StartsWith("plugin '" + test::plugin_path(name) + "': "));
  return loaded.error().message.substr(test::plugin_path(name).size() + 11);
}

TEST(PluginLoader, LoadsWhatIsRight) {
  Registry registry;
  media::BufferPool pool;
  const Result<PluginInfo> loaded = load_plugin(registry, pool, test::plugin_path("sample"));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->name, "sample");
  EXPECT_EQ(loaded->version, "1.0.0");
  EXPECT_THAT(loaded->kinds, ElementsAre("sample_gain", "sample_loudness"));
  EXPECT_THAT(registry.kinds(), ElementsAre("sample_gain", "sample_loudness"));
  const KindDescription* gain = registry.describe("sample_gain");
  ASSERT_NE(gain, nullptr);
  EXPECT_EQ(gain->summary, "Makes audio louder or softer");
  ASSERT_EQ(gain->options.size(), 2U);
  EXPECT_EQ(gain->options[0].name, "gain_db");
  EXPECT_EQ(gain->options[0].range, "a number from -60 to 60");
  EXPECT_EQ(gain->options[0].preset, "0");
  EXPECT_EQ(gain->options[1].range, "true or false");
}

TEST(PluginLoader, RefusesKindsThatAreThereAlready) {
  Registry registry;
  media::BufferPool pool;
  ASSERT_TRUE(load_plugin(registry, pool, test::plugin_path("sample")));
  const Result<PluginInfo> again = load_plugin(registry, pool, test::plugin_path("sample"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::already_exists);
  EXPECT_THAT(
      again.error().message,
      HasSubstr("kind 'sample_gain' is there already; begin the names of your kinds with the "
                "plugin's"));
}

TEST(PluginLoader, SaysWhyAFileIsNoPlugin) {
  EXPECT_EQ(refusal("absent"), "there is no such file");
  EXPECT_THAT(refusal("undefined_symbol"), HasSubstr("somebody_elses_function"));
  EXPECT_EQ(refusal("no_entry"), "has no symbol parley_plugin_entry, so it is no plugin of Parley");
  Registry registry;
  media::BufferPool pool;
  const Result<PluginInfo> text = load_plugin(registry, pool, "README.md");
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, StartsWith("plugin 'README.md': cannot be loaded: "));
}

TEST(PluginLoader, RefusesAnotherAbi) {
  EXPECT_EQ(refusal("other_abi"),
            "was made for plugin ABI 2, and this host has ABI 1; build it with this host's "
            "parley/plugin.h");
}

TEST(PluginLoader, RefusesTablesThatAreNone) {
  EXPECT_EQ(refusal("null_plugin"), "parley_plugin_entry returned NULL");
  EXPECT_EQ(refusal("no_operators"), "has 0 operators; give 1 to 256");
  EXPECT_EQ(refusal("null_operators"), "operators is NULL");
  EXPECT_EQ(refusal("twice_the_kind"), "kind 'eat' is there twice");
  EXPECT_EQ(refusal("bad_kind_name"),
            "operator 0: kind is 'Eat That'; give small letters, digits and _");
  EXPECT_EQ(refusal("null_process"), "kind 'eat': process is NULL");
  EXPECT_EQ(refusal("bad_frame_kind"), "kind 'eat': input 'in': frame kind 77 does not exist");
  EXPECT_EQ(refusal("bad_preset"), "kind 'eat': option 'level': the preset is not from min to max");
}

TEST(PluginLoader, SurvivesEntriesThatCrashExitOrHang) {
  EXPECT_EQ(refusal("entry_crashes"), "loading it: crashed (SIGSEGV)");
  EXPECT_EQ(refusal("constructor_crashes"), "loading it: crashed (SIGSEGV)");
  EXPECT_EQ(refusal("wild_pointer"), "loading it: crashed (SIGSEGV)");
  EXPECT_EQ(refusal("entry_aborts"), "loading it: crashed (SIGABRT)");
  EXPECT_EQ(refusal("entry_exits"), "loading it: called exit(3)");
  EXPECT_EQ(refusal("entry_hangs", {.probe_timeout = Millis(200)}),
            "loading it: did not end within 200 ms");
}

TEST(PluginLoader, ReadsOptionsLikeAnyOtherKind) {
  Registry registry;
  media::BufferPool pool;
  ASSERT_TRUE(load_plugin(registry, pool, test::plugin_path("sample")));
  ASSERT_TRUE(load_plugin(registry, pool, test::plugin_path("delay")));
  const auto message = [&](std::string_view kind, const OptionMap& options) {
    const auto made = registry.make(kind, options);
    return made ? std::string("it was made") : made.error().message;
  };
  EXPECT_EQ(message("sample_gain", {{"gain_db", -6.5}, {"muted", true}}), "it was made");
  EXPECT_EQ(message("sample_gain", {{"gain_db", std::int64_t{6}}}), "it was made");
  EXPECT_EQ(message("sample_gain", {{"gain_db", 99.0}}),
            "sample_gain: option 'gain_db' is '99'; give a number from -60 to 60");
  EXPECT_THAT(message("sample_gain", {{"gain", 1.0}}), HasSubstr("'gain'"));
  EXPECT_THAT(message("sample_gain", {{"muted", 1.0}}), HasSubstr("give true or false"));
  EXPECT_THAT(message("delay_frames", {{"frames", 1.5}}),
              HasSubstr("give a whole number from 0 to 1000"));
  EXPECT_FALSE(registry.check_option("delay_frames", "frames", std::int64_t{1001}));
  EXPECT_TRUE(registry.check_option("delay_frames", "frames", std::int64_t{1000}));
}

}  // namespace
}  // namespace parley::graph
