// SPDX-License-Identifier: Apache-2.0
#include "cli/models.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "cli/model_store.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

/// A catalogue of a known model, one without a hash, and a server that has the latter.
struct ModelsTest : testing::Test {
  void SetUp() override { std::filesystem::create_directories(root / "models"); }
  void TearDown() override { std::filesystem::remove_all(root); }

  [[nodiscard]] ModelStore store() const {
    CatalogueModel known{
        .name = "ear", .job = "asr", .about = "Hears", .licence = {}, .origin = {}, .files = {}};
    known.files = {{.path = "a.onnx", .url = {}, .sha256 = hash_of("alpha")},
                   {.path = "b.onnx", .url = {}, .sha256 = hash_of("beta")}};
    CatalogueModel pulled{
        .name = "brain", .job = "llm", .about = "Thinks", .licence = {}, .origin = {}, .files = {}};
    pulled.fetch = CatalogueModel::Fetch::pull;
    pulled.files = {{.path = "model.gguf", .url = endpoint.url() + "/b.gguf", .sha256 = {}}};
    return ModelStore(root, {known, pulled});
  }
  void write(const std::string& path, std::string_view text) const {
    const std::filesystem::path file = root / "models" / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  int verify(std::vector<std::string> names = {}) {
    clear();
    return verify_models(store(), names, out, err);
  }
  int pull(PullOptions options) {
    clear();
    return pull_model(store(), options, out, err);
  }
  void clear() {
    out.str("");
    err.str("");
  }

  const std::filesystem::path root =
      std::filesystem::path(testing::TempDir()) / "parley_models_test";
  std::string served = "weights";
  const ScriptedEndpoint endpoint{[this](Peer& peer) {
    while (!peer.read_request().empty()) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(served.size()) + "\r\n\r\n" +
                served);
    }
  }};
  std::ostringstream out;
  std::ostringstream err;
};

TEST_F(ModelsTest, ListsWhatIsThere) {
  write("ear/a.onnx", "alpha");
  write("mine/x.bin", "x");
  EXPECT_EQ(list_models(store(), false, out), 0);
  EXPECT_THAT(out.str(), testing::ContainsRegex("ear +asr +incomplete .* known +Hears\n"));
  EXPECT_THAT(out.str(), testing::ContainsRegex("brain +llm +absent +-  unverified +Thinks\n"));
  EXPECT_THAT(out.str(), testing::ContainsRegex("mine .*\\(not in the catalogue\\)\n"));
  clear();
  write("ear/b.onnx", "beta");
  EXPECT_EQ(list_models(store(), true, out), 0);
  EXPECT_THAT(
      out.str(),
      HasSubstr(R"({"name":"ear","job":"asr","state":"present","verifiable":true,"bytes":9)"));
}

TEST_F(ModelsTest, VerifyReadsEveryByte) {
  write("ear/a.onnx", "alpha");
  write("ear/b.onnx", "beta");
  EXPECT_EQ(verify(), 0);
  EXPECT_EQ(out.str(), "ear/a.onnx: ok\near/b.onnx: ok\n");
  EXPECT_EQ(err.str(), "");

  write("ear/b.onnx", "Beta");
  EXPECT_EQ(verify(), 1);
  EXPECT_THAT(out.str(), HasSubstr("ear/b.onnx: WRONG: SHA-256 is " + hash_of("Beta")));
  EXPECT_THAT(err.str(), HasSubstr("tools/deps"));

  std::filesystem::remove(root / "models/ear/b.onnx");
  EXPECT_EQ(verify({"ear"}), 1);
  EXPECT_THAT(out.str(), HasSubstr("ear/b.onnx: missing\n"));
  EXPECT_EQ(verify({"era"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("no model 'era'; the nearest is 'ear'"));
}

TEST_F(ModelsTest, TheFirstPullRecordsAnUnknownHashAndTheNextMustMatch) {
  ASSERT_EQ(pull({.what = "brain"}), 0) << err.str();
  EXPECT_THAT(out.str(), HasSubstr(hash_of(served) + " (unverified: recorded now)"));
  EXPECT_EQ(verify(), 0);
  EXPECT_EQ(out.str(), "brain/model.gguf: ok (as first fetched)\n");
  EXPECT_EQ(list_models(store(), false, out), 0);
  EXPECT_THAT(out.str(), testing::ContainsRegex("brain +llm +present .* known +Thinks\n"));

  EXPECT_EQ(pull({.what = "brain"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("is there"));

  std::filesystem::remove(root / "models/brain/model.gguf");
  served = "other weights";
  EXPECT_EQ(pull({.what = "brain"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("expected " + hash_of("weights")));
}

TEST_F(ModelsTest, WhatChangedSinceTheFirstPullIsWrong) {
  ASSERT_EQ(pull({.what = "brain"}), 0) << err.str();
  write("brain/model.gguf", "Weights");
  EXPECT_EQ(verify(), 1);
  EXPECT_THAT(out.str(), HasSubstr("WRONG: SHA-256 is " + hash_of("Weights") + ", expected " +
                                   hash_of("weights")));
  EXPECT_EQ(pull({.what = "brain"}), 0) << err.str();
  EXPECT_EQ(verify(), 0);
}

TEST_F(ModelsTest, AFileThatNobodyFetchedIsUnverifiedUntilItIsPulled) {
  write("brain/model.gguf", "from a friend");
  EXPECT_EQ(verify(), 0);
  EXPECT_EQ(out.str(), "brain/model.gguf: unverified\n");
  ASSERT_EQ(pull({.what = "brain"}), 0) << err.str();
  EXPECT_THAT(out.str(), HasSubstr("recorded now"));
  EXPECT_EQ(verify(), 0);
  EXPECT_EQ(out.str(), "brain/model.gguf: ok (as first fetched)\n");
}

TEST_F(ModelsTest, AUrlNeedsAHash) {
  EXPECT_EQ(pull({.what = endpoint.url() + "/own.gguf"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("--sha256"));
  EXPECT_EQ(pull({.what = endpoint.url() + "/own.gguf", .sha256 = hash_of("no")}), 1);
  EXPECT_THAT(err.str(), HasSubstr("expected " + hash_of("no")));

  ASSERT_EQ(pull({.what = endpoint.url() + "/own.gguf?x=1", .sha256 = hash_of(served)}), 0)
      << err.str();
  EXPECT_TRUE(std::filesystem::exists(root / "models/own/model.gguf"));
  EXPECT_EQ(verify({"own"}), 0);
  EXPECT_EQ(pull({.what = endpoint.url() + "/x.gguf", .sha256 = hash_of(served), .name = "ear"}),
            1);
  EXPECT_THAT(err.str(), HasSubstr("name of the catalogue"));
  EXPECT_EQ(pull({.what = endpoint.url() + "/", .sha256 = hash_of(served)}), 1);
  EXPECT_EQ(pull({.what = endpoint.url() + "/x", .sha256 = hash_of(served), .name = "../x"}), 1);
}

TEST_F(ModelsTest, WhatComesWithTheSetUpIsNotPulled) {
  EXPECT_EQ(pull({.what = "ear"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("tools/deps"));
  EXPECT_EQ(pull({.what = "brian"}), 1);
  EXPECT_THAT(err.str(), HasSubstr("'brain'"));
}

TEST_F(ModelsTest, RemovesOnlyModels) {
  write("ear/a.onnx", "alpha");
  EXPECT_EQ(remove_models(store(), {"ear", "..", "nobody"}, out, err), 1);
  EXPECT_THAT(out.str(), HasSubstr("removed ear"));
  EXPECT_THAT(err.str(), HasSubstr("'..' is not a model's name"));
  EXPECT_THAT(err.str(), HasSubstr("no model 'nobody'"));
  EXPECT_FALSE(std::filesystem::exists(root / "models/ear"));
  EXPECT_TRUE(std::filesystem::exists(root / "models"));
}

TEST(Catalogue, TheOneThatWasBuiltInCanBeRead) {
  const auto models = parse_model_catalogue(catalogue_text());
  ASSERT_TRUE(models) << models.error().message;
  EXPECT_GE(models->size(), 4U);
  for (const CatalogueModel& model : *models) {
    for (const CatalogueFile& file : model.files) {
      // Set-up has made and hashed the one kind; nobody has checked the addresses of the other.
      EXPECT_EQ(file.sha256.empty(), model.fetch == CatalogueModel::Fetch::pull) << model.name;
      EXPECT_EQ(file.url.empty(), model.fetch == CatalogueModel::Fetch::deps) << model.name;
    }
  }
}

}  // namespace
}  // namespace parley::cli
