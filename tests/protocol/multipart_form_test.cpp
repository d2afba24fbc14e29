// SPDX-License-Identifier: Apache-2.0
#include "protocol/multipart_form.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kType = "multipart/form-data; boundary=xyz";

/// What each part holds, one line each: name, filename (or -), type (or -), bytes.
std::string shown(const MultipartFormResult& result) {
  if (const auto* error = std::get_if<ProtocolError>(&result)) return "error: " + error->message;
  std::string text;
  for (const FormPart& part : std::get<MultipartForm>(result).parts) {
    text += part.name + "|" + part.filename.value_or("-") + "|" +
            (part.content_type.empty() ? "-" : part.content_type) + "|" + std::string(part.bytes) +
            "\n";
  }
  return text;
}

std::string with_disposition(std::string_view disposition) {
  return "--xyz\r\nContent-Disposition: " + std::string(disposition) + "\r\n\r\nB\r\n--xyz--\r\n";
}

TEST(MultipartForm, ReadsTextAndFilesInOrder) {
  const auto result = parse_multipart_form(kType,
                                           "--xyz\r\n"
                                           "Content-Disposition: form-data; name=\"model\"\r\n"
                                           "\r\n"
                                           "whisper-1\r\n"
                                           "--xyz\r\n"
                                           "Content-Disposition: form-data; name=\"file\"; "
                                           "filename=\"a.wav\"\r\n"
                                           "Content-Type: audio/wav\r\n"
                                           "\r\n"
                                           "RIFF\r\n\r\n--xy\r\n\r\n"
                                           "--xyz--\r\n");
  EXPECT_EQ(shown(result),
            "model|-|-|whisper-1\n"
            "file|a.wav|audio/wav|RIFF\r\n\r\n--xy\r\n\n");
  const auto& form = std::get<MultipartForm>(result);
  EXPECT_EQ(form.find("file"), &form.parts[1]);
  EXPECT_EQ(form.find("fil"), nullptr);
}

TEST(MultipartForm, RepeatedNamesAreKeptAndFoundFirst) {
  std::string body;
  for (const char* value : {"word", "segment"}) {
    body += "--xyz\r\nContent-Disposition: form-data; name=\"timestamp_granularities[]\"\r\n\r\n";
    body += value;
    body += "\r\n";
  }
  body += "--xyz\r\nContent-Disposition: form-data; name=\"include[]\"\r\n\r\nlogprobs\r\n--xyz--";
  const auto result = parse_multipart_form(kType, body);
  EXPECT_EQ(shown(result),
            "timestamp_granularities[]|-|-|word\n"
            "timestamp_granularities[]|-|-|segment\n"
            "include[]|-|-|logprobs\n");
  EXPECT_EQ(std::get<MultipartForm>(result).find("timestamp_granularities[]")->bytes, "word");
}

TEST(MultipartForm, ReadsEveryWayToQuoteAName) {
  struct Case {
    const char* disposition;
    const char* expected;
  };
  for (const Case& each : {
           Case{R"(form-data; name="a"; filename="b \"c\".wav")", "a|b \"c\".wav|-|B\n"},
           Case{R"(form-data; name="a"; filename="C:\new\b.wav")", "a|C:\\new\\b.wav|-|B\n"},
           Case{R"(form-data; name="a"; filename="b\\c")", "a|b\\c|-|B\n"},
           Case{R"(form-data; name="a;b=c"; filename="")", "a;b=c||-|B\n"},
           Case{R"(form-data; name=a; filename=b.wav)", "a|b.wav|-|B\n"},
           Case{R"(Form-Data ;NAME="a" ; FileName = "b" ;)", "a|b|-|B\n"},
           Case{R"(form-data; name="a"; filename="%22.wav")", "a|%22.wav|-|B\n"},
           Case{R"(form-data; name="ä"; filename="日本.wav")", "ä|日本.wav|-|B\n"},
           Case{R"(form-data; name="a"; filename="x.wav"; filename*=UTF-8''%e2%82%ac%20rates.wav)",
                "a|€ rates.wav|-|B\n"},
           Case{R"(form-data; name="a"; filename="x.wav"; filename*=utf-8'en'%e2%8)",
                "a|x.wav|-|B\n"},
           Case{R"(form-data; name="a"; filename="x.wav"; filename*=latin1''y)", "a|x.wav|-|B\n"},
           Case{"form-data;\r\n\tname=\"a\";\r\n filename=\"folded\"", "a|folded|-|B\n"},
       }) {
    EXPECT_EQ(shown(parse_multipart_form(kType, with_disposition(each.disposition))), each.expected)
        << each.disposition;
  }
}

TEST(MultipartForm, ReadsEveryWayToNameTheBoundary) {
  const std::string body = "--b' c\r\nContent-Disposition: form-data; name=n\r\n\r\nB\r\n--b' c--";
  for (const char* type : {R"(multipart/form-data; boundary="b' c")",
                           R"(Multipart/Form-Data;charset=utf-8;Boundary="b' c";)",
                           R"(  multipart/form-data ; boundary = "b' c" ; x="y;z")"}) {
    EXPECT_EQ(shown(parse_multipart_form(type, body)), "n|-|-|B\n") << type;
  }
}

TEST(MultipartForm, SkipsWhatStandsAroundTheParts) {
  const std::string part = "Content-Disposition: form-data; name=n\r\n\r\nB";
  for (const std::string& body : {
           "--xyz\r\n" + part + "\r\n--xyz--",
           "--xyz\r\n" + part + "\r\n--xyz--anything at all",
           "--xyz \t \r\n" + part + "\r\n--xyz--  \r\n\r\nepilogue\r\n--xyz\r\n",
           "\r\n--xyz\r\n" + part + "\r\n--xyz--\r\n",
           "preamble --xyz\r\nof two lines\r\n--xyz\r\n" + part + "\r\n--xyz--\r\n",
           "--xyzz\r\n--xyz\r\n" + part + "\r\n--xyz--\r\n",
       }) {
    EXPECT_EQ(shown(parse_multipart_form(kType, body)), "n|-|-|B\n") << body;
  }
}

TEST(MultipartForm, OnlyAWholeLineIsABoundary) {
  const std::string head = "--xyz\r\nContent-Disposition: form-data; name=n\r\n\r\n";
  for (const char* content : {"", "\r\n", "\n--xyz\r\n", "\r--xyz--", "\r\n--xyza\r\n",
                              "\r\n--xyz -\r\n", "\r\n--xy", "\r\n--xyz\n", "\r\n\r\n--xyz0--"}) {
    const std::string body = head + content + "\r\n--xyz--\r\n";  // what is read points into it
    const auto result = parse_multipart_form(kType, body);
    EXPECT_EQ(shown(result), "n|-|-|" + std::string(content) + "\n");
  }
}

TEST(MultipartForm, APartMayHaveNoBodyAndAFormNoParts) {
  EXPECT_EQ(shown(parse_multipart_form(
                kType, "--xyz\r\nContent-Disposition: form-data; name=n\r\n\r\n--xyz--")),
            "n|-|-|\n");
  EXPECT_EQ(shown(parse_multipart_form(kType, "--xyz--\r\n")), "");
}

TEST(MultipartForm, SaysWhatIsWrongWithTheContentType) {
  const std::string body = "--xyz--";
  struct Case {
    std::string type;
    const char* message;
  };
  for (const Case& each :
       {Case{"", "must be 'multipart/form-data'"},
        Case{"application/json", "must be 'multipart/form-data'"},
        Case{"multipart/mixed; boundary=xyz", "must be 'multipart/form-data'"},
        Case{"multipart/form-data; boundary=\"xyz", "must be 'multipart/form-data'"},
        Case{"multipart/form-data", "names no boundary"},
        Case{"multipart/form-data; boundary=", "names no boundary"},
        Case{"multipart/form-data; boundary=\"\"", "names no boundary"},
        Case{"multipart/form-data; boundary=\"a \"", "no boundary may have"},
        Case{"multipart/form-data; boundary=\"a\tb\"", "no boundary may have"},
        Case{"multipart/form-data; boundary=" + std::string(71, 'b'), "longer than 70"}}) {
    const auto result = parse_multipart_form(each.type, body);
    ASSERT_TRUE(std::holds_alternative<ProtocolError>(result)) << each.type;
    EXPECT_THAT(std::get<ProtocolError>(result).message, HasSubstr(each.message)) << each.type;
    EXPECT_EQ(std::get<ProtocolError>(result).code, "invalid_form");
  }
}

TEST(MultipartForm, SaysWhatIsWrongWithTheBody) {
  const std::string good = "--xyz\r\nContent-Disposition: form-data; name=n\r\n\r\nB\r\n";
  const auto second = [&](std::string_view part) {
    return good + "--xyz\r\n" + std::string(part) + "\r\n--xyz--";
  };
  struct Case {
    std::string body;
    const char* message;
  };
  for (const Case& each :
       {Case{"", "does not hold the boundary"},
        Case{"--abc\r\n", "does not hold the boundary"},
        Case{"--xyz\nContent-Disposition: form-data; name=n\n\nB\n--xyz--\n",
             "does not hold the boundary"},
        Case{good, "cut short"},
        Case{good + "--xyz", "cut short"},
        Case{good + "--xyz-", "cut short"},
        Case{good + "--xyz\r\n", "cut short"},
        Case{second("no colon\r\n\r\nB"), "Part 2 of the form has a header line without a colon"},
        Case{second("\r\nB"), "Part 2 of the form has no headers"},
        Case{second("Content-Type: a/b\r\n\r\nB"), "Part 2 of the form has no Content-Disposition"},
        Case{second("Content-Disposition: form-data; name=n"), "Part 2 of the form has no empty"},
        Case{second("Content-Disposition: form-data; name=n\n\nB"), "lines end in CRLF"},
        Case{second("Content-Disposition: form-data\r\n\r\nB"), "has no name"},
        Case{second("Content-Disposition: form-data; name=\"\"\r\n\r\nB"), "has no name"},
        Case{second("Content-Disposition: attachment; name=n\r\n\r\nB"), "is not 'form-data"},
        Case{second("Content-Disposition: form-data; name=\"n\r\n\r\nB"), "is not 'form-data"},
        Case{second("Content-Disposition: form-data; =n\r\n\r\nB"), "is not 'form-data"},
        Case{second("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; "
                    "name=b\r\n\r\nB"),
             "two Content-Disposition"},
        Case{second("Content-Disposition: form-data; name=n\r\nContent-Transfer-Encoding: "
                    "base64\r\n\r\nQg=="),
             "Content-Transfer-Encoding other than binary"},
        Case{second("X: " + std::string(kPartHeadBytesMax, 'x') + "\r\n\r\nB"),
             "headers of more than 8192 bytes"}}) {
    EXPECT_THAT(shown(parse_multipart_form(kType, each.body)), HasSubstr(each.message))
        << each.body;
  }
}

TEST(MultipartForm, HasALimitOfParts) {
  const std::string part = "--xyz\r\nContent-Disposition: form-data; name=n\r\n\r\n\r\n";
  std::string body;
  for (std::size_t i = 0; i < kFormPartsMax; ++i) body += part;
  const auto most = parse_multipart_form(kType, body + "--xyz--");
  ASSERT_TRUE(std::holds_alternative<MultipartForm>(most)) << shown(most);
  EXPECT_EQ(std::get<MultipartForm>(most).parts.size(), kFormPartsMax);
  EXPECT_THAT(shown(parse_multipart_form(kType, body + part + "--xyz--")),
              HasSubstr("more than 128 parts"));
}

}  // namespace
}  // namespace parley::protocol
