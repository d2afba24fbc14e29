// SPDX-License-Identifier: Apache-2.0
#include "text/ssml/ssml.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/text/speak.h"

namespace parley::text {
namespace {

TextOptions ssml() {
  TextOptions options;
  options.ssml = true;
  return options;
}

/// What `append` or `finish` says is wrong.
std::string error_of(std::string_view document) {
  SpokenText text(ssml());
  if (Status appended = text.append(document); !appended) {
    EXPECT_EQ(appended.error().code, ErrorCode::invalid_argument);
    return appended.error().message;
  }
  const Status finished = text.finish();
  return finished ? "" : finished.error().message;
}

TEST(Ssml, PausesAtBreaks) {
  const auto chunks = speak(
      "<speak>One<break time='500ms'/>two.<break time=\"1.5s\"/><break strength='weak'/>Three"
      "<break/>four<break strength='none'/> five.<break time='2s'/></speak>",
      ssml());
  ASSERT_EQ(chunks.size(), 5U);
  EXPECT_EQ(spoken_of(chunks),
            (std::vector<std::string>{"One", "two.", "Three", "four five.", ""}));
  EXPECT_EQ(chunks[0].pause_before, Millis{0});
  EXPECT_EQ(chunks[1].pause_before, Millis{500});
  EXPECT_EQ(chunks[2].pause_before, Millis{1750});  // one after the other
  EXPECT_EQ(chunks[3].pause_before, Millis{400});
  EXPECT_EQ(chunks[4].pause_before, Millis{2000});  // silence at the end
}

TEST(Ssml, SaysTheSameHoweverTheTextIsCut) {
  constexpr std::string_view kDocument =
      "A<break/>b\n\n<break strength=\"weak\"/>c <p>d</p>\n\n"
      "<say-as interpret-as=\"characters\">12:3) , </say-as>and more";
  const auto whole = speak(kDocument, ssml(), kDocument.size());
  for (const std::size_t piece : {1U, 2U, 7U}) {
    const auto cut = speak(kDocument, ssml(), piece);
    ASSERT_EQ(spoken_of(cut), spoken_of(whole)) << piece;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(cut[i].pause_before, whole[i].pause_before) << piece << ": " << whole[i].spoken;
    }
  }
}

TEST(Ssml, ChangesTheRate) {
  const auto chunks = speak(
      "<speak>A <prosody rate='slow'>b <prosody rate='200%'>c</prosody> d</prosody>"
      "<prosody rate='+10%'> e </prosody><prosody pitch='high'>f</prosody></speak>",
      ssml());
  EXPECT_EQ(spoken_of(chunks), (std::vector<std::string>{"A", "b", "c", "d", "e", "f"}));
  const std::vector<float> rates{1.0F, 0.75F, 1.5F, 0.75F, 1.1F, 1.0F};
  for (std::size_t i = 0; i < chunks.size(); ++i) EXPECT_FLOAT_EQ(chunks[i].rate, rates[i]) << i;
}

TEST(Ssml, SaysAsTheWriterSays) {
  const auto as = [](std::string_view kind, std::string_view content,
                     std::string_view format = {}) {
    return said("<say-as interpret-as='" + std::string(kind) + "' format='" + std::string(format) +
                    "'>" + std::string(content) + "</say-as>",
                ssml());
  };
  EXPECT_EQ(as("cardinal", "1984"), "one thousand nine hundred eighty-four");
  EXPECT_EQ(as("number", "-2.5"), "minus two point five");
  EXPECT_EQ(as("ordinal", "3"), "third");
  EXPECT_EQ(as("characters", "abc1"), "A.B.C. one");
  EXPECT_EQ(as("spell-out", "x-ray"), "X. dash R.A.Y.");
  EXPECT_EQ(as("digits", "1984"), "one nine eight four");
  EXPECT_EQ(as("date", "3/4/2025"), "March fourth, twenty twenty-five");
  EXPECT_EQ(as("date", "3/4/2025", "dmy"), "April third, twenty twenty-five");
  EXPECT_EQ(as("date", "2025-04", "ym"), "April twenty twenty-five");
  EXPECT_EQ(as("date", "1999", "y"), "nineteen ninety-nine");
  EXPECT_EQ(as("time", "9:15am"), "nine fifteen A.M.");
  EXPECT_EQ(as("telephone", "5551234567"), "five five five, one two three, four five six seven");
  EXPECT_EQ(as("currency", "$12.50"), "twelve dollars and fifty cents");
  EXPECT_EQ(as("unit", "10 km/h"), "ten kilometers per hour");
  EXPECT_EQ(as("fraction", "3/4"), "three quarters");
}

TEST(Ssml, TakesPhonemesAndSubstitutes) {
  EXPECT_EQ(said("A <phoneme alphabet='ipa' ph='təˈmeɪtoʊ'>tomato</phoneme>, "
                 "<phoneme ph=\"a&amp;b\"/> and <sub alias='World Wide Web'>WWW</sub>!",
                 ssml()),
            "A [[təˈmeɪtoʊ]], [[a&b]] and World Wide Web!");
  EXPECT_EQ(said("<sub alias='[[x]] 5 km'>y</sub>", ssml()), "x five kilometers");
}

TEST(Ssml, SaysWhichWordsItsRegionsStandFor) {
  const std::string document = "See <sub alias='World Wide Web'>the WWW</sub> now.";
  const auto chunks = speak(document, ssml());
  ASSERT_EQ(chunks.size(), 1U);
  ASSERT_EQ(chunks[0].spans.size(), 3U);
  const Span span = chunks[0].spans[1];
  EXPECT_EQ(chunks[0].written.substr(span.written_begin, span.written_end - span.written_begin),
            "the WWW");
  EXPECT_EQ(chunks[0].spoken.substr(span.spoken_begin, span.spoken_end - span.spoken_begin),
            "World Wide Web");
}

TEST(Ssml, ReadsTheContentOfWhatItDoesNotKnow) {
  EXPECT_EQ(
      said("<?xml version='1.0'?><!DOCTYPE speak><speak xmlns=\"http://x\"><voice name='a'>Hi "
           "<emphasis level='strong'>you</emphasis></voice><mark name='m'/> there. "
           "<!-- not - this -- -->A &lt; b &amp; c&#33; &#x41;<![CDATA[ d ]]></speak>",
           ssml()),
      "Hi you there. A less than b and c! A d");
}

TEST(Ssml, CutsAtParagraphsAndSentences) {
  const auto chunks = speak("<p><s>First one</s><s>Second one</s></p><p>Third one</p>", ssml());
  EXPECT_EQ(spoken_of(chunks),
            (std::vector<std::string>{"First one.", "Second one.", "Third one"}));
  EXPECT_EQ(chunks[1].pause_before, Millis{0});
  EXPECT_GT(chunks[2].pause_before, Millis{0});
}

TEST(Ssml, NamesWhatIsWrong) {
  EXPECT_EQ(error_of("<say-as interpret-as='foo'>x</say-as>"),
            "text: ssml: say-as: interpret-as: 'foo' is not one of cardinal, number, ordinal, "
            "characters, spell-out, verbatim, digits, date, time, telephone, currency, unit, "
            "fraction (at byte 0)");
  EXPECT_EQ(
      error_of("ab<say-as interpret-as='date' format='xyz'>x</say-as>"),
      "text: ssml: say-as: format: 'xyz' is not one of mdy, dmy, ymd, ydm, md, dm, ym, my, y, "
      "m, d (at byte 2)");
  EXPECT_EQ(error_of("<say-as interpret-as='ordinal'>abc</say-as>"),
            "text: ssml: say-as: 'abc' cannot be read as ordinal (at byte 34)");
  EXPECT_EQ(error_of("<break time='5'/>"),
            "text: ssml: break: time: '5' is no length such as 500ms or 1.5s (at byte 0)");
  EXPECT_EQ(error_of("<break time='11s'/>"),
            "text: ssml: break: time: '11s' is more than 10000ms (at byte 0)");
  EXPECT_EQ(error_of("<break strength='huge'/>"),
            "text: ssml: break: strength: 'huge' is not one of none, x-weak, weak, medium, strong, "
            "x-strong (at byte 0)");
  EXPECT_EQ(error_of("<prosody rate='fluent'>x</prosody>"),
            "text: ssml: prosody: rate: 'fluent' is no rate such as slow, 90%, +20% or 1.2 "
            "(at byte 0)");
  EXPECT_EQ(error_of("<prosody rate='10%'>x</prosody>"),
            "text: ssml: prosody: rate: '10%' makes it slower than 0.25 or faster than 4 times "
            "(at byte 0)");
  EXPECT_EQ(error_of("<phoneme alphabet='x-sampa' ph='a'>x</phoneme>"),
            "text: ssml: phoneme: alphabet: 'x-sampa' is not 'ipa' (at byte 0)");
  EXPECT_EQ(error_of("<phoneme>x</phoneme>"), "text: ssml: phoneme: ph: is missing (at byte 0)");
  EXPECT_EQ(error_of("<phoneme ph='a]]b'>x</phoneme>"),
            "text: ssml: phoneme: ph: 'a]]b' has square brackets (at byte 0)");
  EXPECT_EQ(error_of("<sub>x</sub>"), "text: ssml: sub: alias: is missing (at byte 0)");
  EXPECT_EQ(error_of("<sub alias='a'>x<break/></sub>"),
            "text: ssml: break: cannot be inside sub (at byte 16)");
}

TEST(Ssml, NamesWhatIsNoXml) {
  EXPECT_EQ(error_of("<speak>a</p>"), "text: ssml: </p>: <speak> is still open (at byte 8)");
  EXPECT_EQ(error_of("a</p>"), "text: ssml: </p>: no element is open (at byte 1)");
  EXPECT_EQ(error_of("<speak><p>a"), "text: ssml: <p> is not closed");
  EXPECT_EQ(error_of("a <b"),
            "text: ssml: a tag, an entity or a comment is not closed (at byte 2)");
  EXPECT_EQ(error_of("a < b > c"), "text: ssml: a `<` that begins no tag; write &lt; (at byte 2)");
  EXPECT_EQ(error_of("a & b"), "text: ssml: an `&` that begins no entity; write &amp; (at byte 2)");
  EXPECT_EQ(error_of("a&euro;b"), "text: ssml: '&euro;' is no entity that SSML has (at byte 1)");
  EXPECT_EQ(error_of("a&#xD800;b"),
            "text: ssml: '&#xD800;' is no entity that SSML has (at byte 1)");
  EXPECT_EQ(error_of("<b c>d</b>"), "text: ssml: b: c: has no value (at byte 0)");
  EXPECT_EQ(error_of("<b c=d>d</b>"), "text: ssml: b: c: the value is not in quotes (at byte 0)");
  EXPECT_EQ(error_of("<b c='&x;'>d</b>"),
            "text: ssml: b: c: an `&` that begins no known entity; write &amp; (at byte 0)");
}

TEST(Ssml, HasLimits) {
  std::string deep;
  for (std::size_t i = 0; i <= kSsmlDepthMax; ++i) deep += "<a>";
  EXPECT_EQ(error_of(deep), "text: ssml: a: more than 32 elements inside each other (at byte 96)");
  EXPECT_EQ(error_of("<a b='" + std::string(kSsmlTagBytesMax, 'x')),
            "text: ssml: a tag of more than 2048 bytes (at byte 0)");
  EXPECT_EQ(error_of("<sub alias='a'>" + std::string(kSsmlRegionBytesMax + 1, 'x')),
            "text: ssml: sub: more than 512 bytes inside (at byte 15)");
}

TEST(Ssml, SaysTheSameHoweverItIsCut) {
  const std::string document =
      "<speak>Hello,<break time='1s'/> it is <say-as interpret-as='date'>3/4/2025</say-as> &amp; "
      "<!-- comment --><prosody rate='fast'>quick é <sub alias='a "
      "b'>x</sub></prosody><p><s>f</s></p>\n\n<p>New "
      "par.</p> <![CDATA[<b> ] ]] é]]> 5 km</speak>";
  const auto whole = speak(document, ssml(), document.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
    const auto pieces = speak(document, ssml(), piece);
    ASSERT_EQ(spoken_of(pieces), spoken_of(whole)) << piece;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(pieces[i].pause_before, whole[i].pause_before);
      EXPECT_EQ(pieces[i].rate, whole[i].rate);
      EXPECT_EQ(pieces[i].written, whole[i].written);
    }
  }
}

TEST(Ssml, TakesPhonemesFromNobodyElse) {
  EXPECT_EQ(said("[[x]] <s>[[y]]</s> <say-as interpret-as='characters'>[[</say-as>", ssml()),
            "x. y. open bracket open bracket");
}

}  // namespace
}  // namespace parley::text
