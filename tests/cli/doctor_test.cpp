// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sha256.h"
#include "cli/audio_devices.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::cli {
namespace {

using testing::HasSubstr;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;
using Level = Finding::Level;

Level level_of(const Findings& findings, std::string_view subject) {
  const auto found = std::ranges::find(findings, subject, &Finding::subject);
  EXPECT_NE(found, findings.end()) << subject;
  return found == findings.end() ? Level::ok : found->level;
}

TEST(Doctor, JudgesTheMachine) {
  const Machine good{
      .has_x86_64_v2 = true, .has_avx2 = true, .cores = 4, .memory_bytes = 4'000'000'000};
  EXPECT_FALSE(has_problem(check_machine(good)));
  Machine old = good;
  old.has_x86_64_v2 = false;
  EXPECT_EQ(level_of(check_machine(old), "processor"), Level::problem);
  Machine slow = good;
  slow.has_avx2 = false;
  EXPECT_EQ(level_of(check_machine(slow), "processor"), Level::note);
  Machine small = good;
  small.cores = 1;
  small.memory_bytes = 100'000'000;
  EXPECT_EQ(level_of(check_machine(small), "cores"), Level::note);
  EXPECT_EQ(level_of(check_machine(small), "memory"), Level::problem);
}

TEST(Doctor, KnowsThisMachine) {
  const Machine machine = this_machine();
  EXPECT_GT(machine.cores, 0U);
  EXPECT_GT(machine.memory_bytes, 0U);
}

struct DoctorModels : testing::Test {
  void SetUp() override {
    std::filesystem::create_directories(root / "models");
    for (const char* name :
         {"silero-vad", "moonshine-tiny-en", "en_US-joe-medium", "smollm2-135m-instruct"}) {
      Sha256 hash;
      hash.update(std::as_bytes(std::span(std::string_view(name))));
      CatalogueModel model;
      model.name = name;
      model.files = {{.path = "file", .url = {}, .sha256 = hash.finish()}};
      catalogue.push_back(model);
      write(name, name);
    }
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  void write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories(root / "models" / name);
    std::ofstream(root / "models" / name / "file") << text;
  }
  [[nodiscard]] Findings check() const { return check_models(config, ModelStore(root, catalogue)); }

  const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "parley_doctor";
  std::vector<CatalogueModel> catalogue;
  Config config;
};

TEST_F(DoctorModels, AreThereAndWhole) {
  EXPECT_EQ(check().size(), 4U);
  EXPECT_FALSE(has_problem(check()));
  write("silero-vad", "damaged");
  EXPECT_EQ(level_of(check(), "model silero-vad"), Level::problem);
  EXPECT_THAT(check().front().advice, HasSubstr("parley models remove silero-vad"));
  std::filesystem::remove_all(root / "models" / "moonshine-tiny-en");
  EXPECT_EQ(level_of(check(), "model moonshine-tiny-en"), Level::problem);
}

TEST_F(DoctorModels, OnlyThoseThatTheConfigurationNames) {
  config.llm.url = "http://127.0.0.1:1/v1";
  EXPECT_EQ(check().size(), 3U);
  config.asr.url = "http://127.0.0.1:1/v1";
  EXPECT_EQ(check().size(), 2U);
  config.asr.url.clear();
  config.llm.url.clear();
  config.llm.model = "/nowhere/model.gguf";
  EXPECT_EQ(level_of(check(), "model /nowhere/model.gguf"), Level::problem);
  config.asr.model = "own";
  EXPECT_EQ(level_of(check(), "model own"), Level::note);
  config.vad.model = "energy";
  EXPECT_EQ(level_of(check(), "vad.model energy"), Level::ok);
  config.vad.model = "fsmn";
  config.vad.path = "/nowhere";
  EXPECT_EQ(level_of(check(), "vad.model fsmn"), Level::problem);
  config.models.fake = true;
  EXPECT_EQ(level_of(check(), "models"), Level::note);
}

TEST_F(DoctorModels, OfSpeakersWhenSomebodyIsToldApart) {
  const auto check_them = [&] { return check_speakers(config, ModelStore(root, catalogue)); };
  EXPECT_TRUE(check_them().empty());
  config.speakers.gate = "enrolled";
  EXPECT_EQ(level_of(check_them(), "speakers.gate"), Level::problem);
  config.speakers.model = "ge2e";
  config.speakers.key_file = (root / "speakers.key").string();
  EXPECT_EQ(level_of(check_them(), "model ge2e"), Level::note) << "this catalogue has none";
  EXPECT_EQ(level_of(check_them(), "speakers.key_file"), Level::ok) << "is yet to be made";
  std::ofstream(config.speakers.key_file) << "no key";
  EXPECT_EQ(level_of(check_them(), "speakers.key_file"), Level::problem);
  config.speakers.key = std::string(64, 'a');
  EXPECT_EQ(level_of(check_them(), "speakers.key"), Level::ok);
  config.speakers.model = "own";
  config.models.path = root.string();
  EXPECT_EQ(level_of(check_them(), "speakers.model own"), Level::problem);
  EXPECT_EQ(level_of(check_them(), "speakers.threshold"), Level::note);
  config.speakers.threshold = 0.5;
  EXPECT_EQ(level_of(check_them(), "speakers.threshold"), Level::ok);
}

TEST_F(DoctorModels, OfRecognitionAreTriedWhereOthersMadeThem) {
  config.models.path = root.string();
  write("own", "x");
  std::ofstream(root / "models" / "own" / "sherpa.json") << R"({"family": "sense_voice"})";
  config.asr.model = "own";
  config.asr.streaming_model = "own";
  EXPECT_EQ(level_of(check(), "asr.model own"), Level::problem);
  EXPECT_EQ(level_of(check(), "asr.streaming_model own"), Level::problem);
}

TEST(Doctor, AsksTheEndpointOfTheLanguageModel) {
  std::string asked;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    asked = peer.read_request();
    peer.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
  });
  Config config;
  config.llm.url = endpoint.url() + "/v1";
  EXPECT_EQ(level_of(check_llm(config), "language model"), Level::ok);
  EXPECT_THAT(asked, HasSubstr("GET /v1/models "));
  config.llm.url = "http://127.0.0.1:1/v1";
  EXPECT_EQ(level_of(check_llm(config), "language model"), Level::problem);
  config.llm.url = "";
  EXPECT_THAT(check_llm(config).front().text, HasSubstr("demonstration"));
}

TEST(Doctor, AsksTheRecogniserElsewhere) {
  std::string asked;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    asked = peer.read_request();
    peer.send("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
  });
  Config config;
  EXPECT_TRUE(check_asr(config).empty());
  config.asr.url = endpoint.url() + "/v1";
  EXPECT_EQ(level_of(check_asr(config), "recogniser"), Level::ok);
  EXPECT_THAT(asked, HasSubstr("GET /v1/models "));
  config.asr.url = "ws" + endpoint.url().substr(4) + "/v1/asr/stream";
  EXPECT_EQ(level_of(check_asr(config), "recogniser"), Level::ok);
  EXPECT_THAT(asked, HasSubstr("GET /v1/asr/stream "));
  config.asr.protocol = "openai";
  EXPECT_THAT(check_asr(config).front().text, HasSubstr("asr.protocol"));
  config.asr.url = "http://127.0.0.1:1/v1";
  EXPECT_EQ(level_of(check_asr(config), "recogniser"), Level::problem);
}

TEST(Doctor, SeesThatAPortIsTaken) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(descriptor, 1), 0);
  ASSERT_EQ(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length), 0);
  Config config;
  config.server.port = ntohs(address.sin_port);
  EXPECT_EQ(level_of(check_port(config), "port"), Level::problem);
  EXPECT_THAT(check_port(config).front().text, HasSubstr("is taken"));
  ::close(descriptor);
  EXPECT_EQ(level_of(check_port(config), "port"), Level::ok);
  config.server.host = "no.such.host.invalid";
  EXPECT_EQ(level_of(check_port(config), "port"), Level::problem);
}

TEST(Doctor, MissingSoundCardsAreNoProblem) { EXPECT_FALSE(has_problem(check_audio_devices())); }

TEST(Doctor, HoldsAConversationOnTheFakes) {
  Config config;
  config.models.fake = true;
  const Findings findings = check_conversation(config);
  EXPECT_FALSE(has_problem(findings));
  EXPECT_THAT(findings.front().text, HasSubstr("heard"));
}

TEST(Doctor, PrintsWhatToDo) {
  const Findings findings = {{Level::ok, "cores", "2 cores"},
                             {Level::problem, "port", "is taken", "take \"another\""}};
  std::ostringstream text;
  print_findings(findings, false, text);
  EXPECT_EQ(text.str(),
            "ok       cores: 2 cores\nPROBLEM  port: is taken\n         → take \"another\"\n");
  std::ostringstream json;
  print_findings(findings, true, json);
  EXPECT_THAT(json.str(), HasSubstr(R"({"level":"ok","subject":"cores","text":"2 cores"})"));
  EXPECT_THAT(json.str(), HasSubstr(R"("advice":"take \"another\""})"));
}

}  // namespace
}  // namespace parley::cli
