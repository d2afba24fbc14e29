// SPDX-License-Identifier: Apache-2.0
#include "cli/download.h"

#include <fstream>
#include <mutex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/sha256.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::cli {
namespace {

using testing::HasSubstr;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

std::string answer(std::string_view status, std::string_view body, std::string_view fields = {}) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

struct DownloadTest : testing::Test {
  void SetUp() override {
    std::filesystem::create_directories(folder);
    for (int i = 0; content.size() < 300'000; ++i) content += std::to_string(i) + ' ';
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Result<std::string> get(const ScriptedEndpoint& endpoint, std::string sha256 = {}) {
    return fetch({.url = endpoint.url() + "/model.bin?token=secret",
                  .file = file,
                  .sha256 = std::move(sha256),
                  .progress = [this](std::uint64_t done, std::uint64_t total) {
                    progress.emplace_back(done, total);
                  }});
  }
  [[nodiscard]] bool has_part() const { return std::filesystem::exists(file.string() + ".part"); }
  [[nodiscard]] std::string written() const {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_download_test";
  const std::filesystem::path file = folder / "model.bin";
  std::string content;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> progress;
};

TEST_F(DownloadTest, WritesTheFileAndTellsItsHash) {
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    EXPECT_THAT(peer.read_request(), HasSubstr("GET /model.bin?token=secret HTTP/1.1"));
    peer.send(answer("200 OK", content));
  });
  const auto sha256 = get(endpoint);
  ASSERT_TRUE(sha256) << sha256.error().message;
  EXPECT_EQ(*sha256, hash_of(content));
  EXPECT_EQ(written(), content);
  EXPECT_FALSE(has_part());
  ASSERT_FALSE(progress.empty());
  EXPECT_EQ(progress.back(),
            (std::pair<std::uint64_t, std::uint64_t>(content.size(), content.size())));
}

TEST_F(DownloadTest, GoesOnWhereALostConnectionStopped) {
  std::vector<std::string> requests;  // one connection after the other
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    const std::string request = peer.read_request();
    requests.push_back(request);
    if (peer.number() == 0) {
      peer.send(answer("200 OK", content).substr(0, 100'000));
      return;
    }
    const std::size_t at = request.find("Range: bytes=") + 13;
    const std::size_t begin = std::stoul(request.substr(at));
    peer.send(answer("206 Partial Content", content.substr(begin),
                     "Content-Range: bytes " + std::to_string(begin) + "-" +
                         std::to_string(content.size() - 1) + "/" + std::to_string(content.size()) +
                         "\r\n"));
  });
  const auto sha256 = get(endpoint, hash_of(content));
  ASSERT_TRUE(sha256) << sha256.error().message;
  EXPECT_EQ(written(), content);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0], testing::Not(HasSubstr("Range:")));
}

TEST_F(DownloadTest, KeepsThePartForTheNextTimeWhenTheServerIsGone) {
  {
    const ScriptedEndpoint endpoint([&](Peer& peer) {
      peer.read_request();
      if (peer.number() == 0) peer.send(answer("200 OK", content).substr(0, 100'000));
    });
    const auto broken = get(endpoint, hash_of(content));
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(has_part());
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  // A server that knows no ranges sends all of it again.
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(answer("200 OK", content));
  });
  ASSERT_TRUE(get(endpoint, hash_of(content)));
  EXPECT_EQ(written(), content);
}

TEST_F(DownloadTest, AWholePartNeedsNoMore) {
  std::ofstream(file.string() + ".part", std::ios::binary) << content;
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(answer("416 Range Not Satisfiable", "",
                     "Content-Range: bytes */" + std::to_string(content.size()) + "\r\n"));
  });
  const auto sha256 = get(endpoint, hash_of(content));
  ASSERT_TRUE(sha256) << sha256.error().message;
  EXPECT_EQ(written(), content);
}

TEST_F(DownloadTest, ALongerPartIsOfAnotherFile) {
  std::ofstream(file.string() + ".part", std::ios::binary) << content << "and more";
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    while (true) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      const bool is_rest = request.find("Range:") != std::string::npos;
      peer.send(is_rest
                    ? answer("416 Range Not Satisfiable", "",
                             "Content-Range: bytes */" + std::to_string(content.size()) + "\r\n")
                    : answer("200 OK", content));
    }
  });
  ASSERT_TRUE(get(endpoint, hash_of(content)));
  EXPECT_EQ(written(), content);
}

TEST_F(DownloadTest, KeepsNothingOfAnotherHash) {
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(answer("200 OK", content + "!"));
  });
  const auto wrong = get(endpoint, hash_of(content));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::data_corrupt);
  EXPECT_THAT(wrong.error().message, HasSubstr("expected " + hash_of(content)));
  EXPECT_FALSE(has_part());
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(DownloadTest, FollowsRedirectsButNotForEver) {
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    while (true) {
      const std::string request = peer.read_request();
      if (request.empty()) return;
      if (request.find("/there") != std::string::npos) {
        peer.send(answer("200 OK", content));
      } else {
        peer.send(answer("302 Found", "elsewhere", "Location: /there\r\n"));
      }
    }
  });
  ASSERT_TRUE(get(endpoint, hash_of(content)));

  const ScriptedEndpoint loop([&](Peer& peer) {
    while (!peer.read_request().empty()) peer.send(answer("302 Found", "", "location: /a\r\n"));
  });
  const auto endless = get(loop);
  ASSERT_FALSE(endless);
  EXPECT_THAT(endless.error().message, HasSubstr("from address to address"));
  EXPECT_FALSE(has_part());
}

TEST_F(DownloadTest, SaysWhatTheServerSaid) {
  const ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(answer("404 Not Found", "no such file"));
  });
  const auto missing = get(endpoint);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.error().message, endpoint.url() + "/model.bin: HTTP status 404");
  EXPECT_FALSE(has_part());
}

TEST_F(DownloadTest, OneProcessAtATime) {
  std::ofstream part(file.string() + ".part");
  const int other = ::open((file.string() + ".part").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(other, LOCK_EX), 0);
  const auto busy = fetch({.url = "http://127.0.0.1:1/x", .file = file, .sha256 = {}});
  ::close(other);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, ErrorCode::already_exists);
}

TEST_F(DownloadTest, BadAddressesAreTold) {
  EXPECT_EQ(fetch({.url = "ftp://x/y", .file = file, .sha256 = {}}).error().code,
            ErrorCode::invalid_argument);
  EXPECT_EQ(fetch({.url = "http://127.0.0.1:1/x", .file = file, .sha256 = {}}).error().code,
            ErrorCode::unavailable);
  EXPECT_FALSE(fetch({.url = "http://127.0.0.1:1/x", .file = folder / "no" / "x", .sha256 = {}}));
}

}  // namespace
}  // namespace parley::cli
