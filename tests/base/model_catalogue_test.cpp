// SPDX-License-Identifier: Apache-2.0
#include "base/model_catalogue.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley {
namespace {

using testing::HasSubstr;

std::string message_of(std::string_view yaml) {
  const auto parsed = parse_model_catalogue(yaml);
  return parsed ? "" : parsed.error().message;
}

TEST(ModelCatalogue, ReadsTheOneOfTheTree) {
  std::ifstream file("models/catalogue.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  const auto models = parse_model_catalogue(text.str());
  ASSERT_TRUE(models) << models.error().message;
  const auto find = [&](std::string_view name) {
    return std::ranges::find(*models, name, &CatalogueModel::name);
  };
  ASSERT_NE(find("silero-vad"), models->end());
  EXPECT_EQ(find("silero-vad")->job, "vad");
  EXPECT_EQ(find("silero-vad")->files.front().sha256.size(), 64U);
  EXPECT_TRUE(find("smollm2-135m-instruct")->is_demonstration);
}

TEST(ModelCatalogue, ReadsAFile) {
  const auto models = parse_model_catalogue(
      "models:\n  - name: one\n    job: llm\n    about: 'A, b'\n    fetch: pull\n    files:\n"
      "      - { path: a/model.gguf, url: 'https://x/y', bytes: 12 }\n");
  ASSERT_TRUE(models) << models.error().message;
  const CatalogueFile& file = models->front().files.front();
  EXPECT_EQ(file.path, "a/model.gguf");
  EXPECT_EQ(file.url, "https://x/y");
  EXPECT_EQ(file.bytes, 12U);
  EXPECT_EQ(file.sha256, "");
  EXPECT_EQ(models->front().fetch, CatalogueModel::Fetch::pull);
}

TEST(ModelCatalogue, SaysWhatFetchesAModel) {
  CatalogueModel model;
  model.name = "one";
  EXPECT_EQ(fetch_command(model), "tools/deps");
  model.set = "languages";
  EXPECT_EQ(fetch_command(model), "tools/deps --with languages");
  model.fetch = CatalogueModel::Fetch::pull;
  EXPECT_EQ(fetch_command(model), "parley models pull one");
}

TEST(ModelCatalogue, SaysWhatIsWrong) {
  EXPECT_THAT(message_of("a: [1"), HasSubstr("line"));
  EXPECT_THAT(message_of("[]"), HasSubstr("list `models`"));
  EXPECT_THAT(message_of("models: [{name: ../x}]"), HasSubstr("'../x' is not a model's name"));
  EXPECT_THAT(message_of("models: [{name: x, fetch: deps}]"), HasSubstr("no files"));
  EXPECT_THAT(message_of("models: [{name: x, fetch: mail, files: [{path: a}]}]"),
              HasSubstr("deps or pull"));
  EXPECT_THAT(message_of("models: [{name: x, fetch: pull, files: [{path: a}]}]"),
              HasSubstr("a has no url"));
  for (const char* path : {"/a", "a/../b", "..", "a//b", ""}) {
    EXPECT_THAT(message_of("models: [{name: x, fetch: deps, files: [{path: '" + std::string(path) +
                           "'}]}]"),
                HasSubstr("is not a file's path"));
  }
  EXPECT_THAT(message_of("models: [{name: x, fetch: deps, files: [{path: a, sha256: 12}]}]"),
              HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(message_of("models: [{name: x, fetch: deps, files: [{path: a, bytes: many}]}]"),
              HasSubstr("line 1"));
  EXPECT_THAT(message_of("models:\n- {name: x, fetch: deps, files: [{path: a}]}\n"
                         "- {name: x, fetch: deps, files: [{path: a}]}\n"),
              HasSubstr("line 3: x is there twice"));
}

}  // namespace
}  // namespace parley
