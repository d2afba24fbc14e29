// SPDX-License-Identifier: Apache-2.0
#include "store/speaker_vault.h"

#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <utility>

#include <gmock/gmock.h>

#include "store/memory/memory_speakers.h"
#include "store/speaker_text.h"
#include "store/sqlite/sqlite_backend.h"
#include "store/sqlite/sqlite_speakers.h"
#include "tests/store/backends.h"

namespace parley::test {
namespace {

using store::MemorySpeakers;
using store::SecretKeySource;
using store::Speaker;
using store::SpeakerBackend;
using store::SpeakerVault;
using ::testing::HasSubstr;
using ::testing::Not;

const SecretKeySource kKey{.hex = std::string(64, 'a'), .file = {}};

/// The backend of a vault, for the test to look at and to change.
struct Shared final : SpeakerBackend {
  explicit Shared(MemorySpeakers& memory) : to(memory) {}
  Result<std::vector<store::SealedSpeaker>> all(const std::string& owner) override {
    return to.all(owner);
  }
  Result<std::optional<std::string>> get(const std::string& owner,
                                         const std::string& tag) override {
    return to.get(owner, tag);
  }
  Result<bool> put(const std::string& owner, const std::string& tag,
                   const std::optional<std::string>& before, std::string_view sealed) override {
    if (between) std::exchange(between, {})();
    if (owner != "check") last_owner = owner;
    return to.put(owner, tag, before, sealed);
  }
  Result<bool> remove(const std::string& owner, const std::string& tag) override {
    return to.remove(owner, tag);
  }
  MemorySpeakers& to;
  std::string last_owner;
  std::function<void()> between;  // called once, before something is put
};

class Vault : public ::testing::Test {
 protected:
  Vault() {
    auto shared = std::make_unique<Shared>(memory);
    backend = shared.get();
    auto opened = SpeakerVault::open(std::move(shared), kKey);
    EXPECT_TRUE(opened);
    vault = *std::move(opened);
  }
  MemorySpeakers memory;
  Shared* backend = nullptr;
  std::unique_ptr<SpeakerVault> vault;
};

TEST_F(Vault, AveragesTheUtterancesOfOneSpeaker) {
  const auto first = vault->enrol({"o", "alice"}, {"m", {1.0F, 0.0F}}, 10);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->utterances, 1U);
  const auto second = vault->enrol({"o", "alice"}, {"m", {0.0F, 1.0F}}, 20);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->utterances, 2U);
  EXPECT_NEAR(second->voice.embedding[0], std::sqrt(0.5F), 1e-6F);
  EXPECT_NEAR(second->weight, std::sqrt(2.0F), 1e-6F);
  ASSERT_TRUE(vault->enrol({"o", "alice"}, {"m", {1.0F, 0.0F}}, 30));
  const auto speakers = vault->list("o");
  ASSERT_TRUE(speakers);
  ASSERT_EQ(speakers->size(), 1U);
  const Speaker& alice = speakers->front();
  EXPECT_NEAR(alice.voice.embedding[0], 2.0F / std::sqrt(5.0F), 1e-6F);
  EXPECT_NEAR(alice.voice.embedding[1], 1.0F / std::sqrt(5.0F), 1e-6F);
  EXPECT_EQ(alice.created, 10);
  EXPECT_EQ(alice.updated, 30);
  EXPECT_EQ(alice.voice.model, "m");
}

TEST_F(Vault, ListsByTimeAndForgetsOnDemand) {
  ASSERT_TRUE(vault->enrol({"o", "zoe"}, {"m", {1.0F}}, 1));
  ASSERT_TRUE(vault->enrol({"o", "adam"}, {"m", {1.0F}}, 2));
  ASSERT_TRUE(vault->enrol({"p", "zoe"}, {"m", {1.0F}}, 3));
  EXPECT_EQ(vault->list("o")->at(0).name, "zoe");
  EXPECT_EQ(vault->list("o")->at(1).name, "adam");
  EXPECT_TRUE(vault->remove({"o", "zoe"}));
  EXPECT_EQ(vault->remove({"o", "zoe"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(vault->list("o")->size(), 1U);
  EXPECT_EQ(vault->list("p")->size(), 1U);
}

TEST_F(Vault, RefusesWhatCannotBeKept) {
  const auto code = [&](const std::string& name, const store::VoicePrint& voice) {
    return vault->enrol({"o", name}, voice, 1).error().code;
  };
  EXPECT_EQ(code("", {"m", {1.0F}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code(std::string(store::kSpeakerNameMax + 1, 'x'), {"m", {1.0F}}),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code("a", {"m", {}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code("a", {"m", {0.9F}}), ErrorCode::invalid_argument);
  EXPECT_EQ(code("a", {"m", {NAN}}), ErrorCode::invalid_argument);
  ASSERT_TRUE(vault->enrol({"o", "a"}, {"m", {1.0F}}, 1));
  EXPECT_EQ(code("a", {"n", {1.0F}}), ErrorCode::failed_precondition);
  EXPECT_EQ(code("a", {"m", {1.0F, 0.0F}}), ErrorCode::failed_precondition);
  EXPECT_EQ(code("a", {"m", {-1.0F}}), ErrorCode::invalid_argument) << "there is no mean";
}

TEST_F(Vault, HasALimit) {
  ASSERT_TRUE(vault->enrol({"real", "a"}, {"m", {1.0F}}, 1));
  for (std::size_t i = 1; i < store::kSpeakersMax; ++i) {
    ASSERT_TRUE(memory.put(backend->last_owner, std::to_string(i), std::nullopt, "x").value());
  }
  EXPECT_EQ(vault->enrol({"real", "b"}, {"m", {1.0F}}, 1).error().code,
            ErrorCode::resource_exhausted);
  EXPECT_TRUE(vault->enrol({"real", "a"}, {"m", {1.0F}}, 1)) << "who is there may be heard again";
}

TEST_F(Vault, TwoProcessesEnrolOneSpeakerAtOnce) {
  auto other = SpeakerVault::open(std::make_unique<Shared>(memory), kKey);
  ASSERT_TRUE(other);
  backend->between = [&] { EXPECT_TRUE((*other)->enrol({"o", "alice"}, {"m", {0.0F, 1.0F}}, 1)); };
  const auto alice = vault->enrol({"o", "alice"}, {"m", {1.0F, 0.0F}}, 2);
  ASSERT_TRUE(alice);
  EXPECT_EQ(alice->utterances, 2U) << "neither is lost";
}

TEST_F(Vault, NoticesWhatWasChangedOrPutElsewhere) {
  ASSERT_TRUE(vault->enrol({"o", "alice"}, {"m", {1.0F}}, 1));
  const std::string owner = backend->last_owner;
  const store::SealedSpeaker alice = memory.all(owner)->front();
  std::string changed = alice.sealed;
  changed[20] = static_cast<char>(changed[20] ^ 1);
  ASSERT_TRUE(memory.put(owner, alice.tag, alice.sealed, changed).value());
  EXPECT_EQ(vault->list("o").error().code, ErrorCode::data_corrupt);
  ASSERT_TRUE(memory.put(owner, alice.tag, changed, alice.sealed).value());
  ASSERT_TRUE(vault->enrol({"p", "bob"}, {"m", {1.0F}}, 1));
  const std::string other = backend->last_owner;
  ASSERT_TRUE(memory.put(other, alice.tag, std::nullopt, alice.sealed).value());
  EXPECT_EQ(vault->list("p").error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(vault->list("o")->size(), 1U);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SpeakerVault, LeavesNothingReadableInItsFiles) {
  const ScratchFolder folder;
  const std::string path = folder.file("c.db");
  const SecretKeySource key{.hex = {}, .file = folder.file("speakers.key")};
  {
    auto vault = SpeakerVault::open(*store::SqliteSpeakers::open(path, true), key);
    ASSERT_TRUE(vault) << vault.error().message;
    ASSERT_TRUE((*vault)->enrol({"company", "alice"}, {"ge2e", {1.0F}}, 1));
  }
  const std::string all = bytes_of(path) + bytes_of(path + "-wal");
  EXPECT_THAT(all, HasSubstr("speakers"));
  for (const char* word : {"alice", "company", "ge2e"}) EXPECT_THAT(all, Not(HasSubstr(word)));
  // Without its key nothing is made anew in its place.
  std::filesystem::remove(key.file);
  const auto lost = SpeakerVault::open(*store::SqliteSpeakers::open(path, true), key);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(key.file));
}

TEST(SpeakerVault, SharesAFileWithTheConversations) {
  const ScratchFolder folder;
  const std::string path = folder.file("c.db");
  auto conversations = store::SqliteBackend::open({.path = path});
  ASSERT_TRUE(conversations);
  auto vault = SpeakerVault::open(*store::SqliteSpeakers::open(path, false), kKey);
  ASSERT_TRUE(vault) << vault.error().message;
  EXPECT_TRUE(write_one(**conversations, birth_of("conv_1", {put("a", 1, "1")})));
  EXPECT_TRUE((*vault)->enrol({"", "alice"}, {"m", {1.0F}}, 1));
  EXPECT_TRUE((*conversations)->load({"conv_1", ""}));
}

TEST(SpeakerText, IsReadAsItWasWritten) {
  const Speaker speaker{.name = "Zoë",
                        .voice = {"m", {0.6F, 0.8F}},
                        .utterances = 3,
                        .weight = 2.5F,
                        .created = 1'750'000'000,
                        .updated = 1'750'000'001};
  const std::string text = store::speaker_text(speaker);
  const auto read = store::parse_speaker(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, speaker.name);
  EXPECT_EQ(read->voice.model, "m");
  EXPECT_EQ(read->voice.embedding, speaker.voice.embedding);
  EXPECT_EQ(read->utterances, 3U);
  EXPECT_EQ(read->weight, 2.5F);
  EXPECT_EQ(read->created, speaker.created);
  EXPECT_EQ(read->updated, speaker.updated);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(store::parse_speaker(std::string_view(text).substr(0, size)).error().code,
              ErrorCode::data_corrupt);
  }
  EXPECT_FALSE(store::parse_speaker(text + "x"));
  EXPECT_EQ(store::parse_speaker("\x02").error().code, ErrorCode::failed_precondition);
}

}  // namespace
}  // namespace parley::test
