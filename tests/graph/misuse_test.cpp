// SPDX-License-Identifier: Apache-2.0
//
// What an operator does wrong costs its own node, never the process: each message is read here.
#include "graph/misuse.h"

#include <functional>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/operators.h"
#include "tests/support/operator_harness.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using parley::test::OperatorHarness;
using test::Custom;
using test::event;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A node that passes events on and does `wrong` at number 2; 1, 2 and 3 are fed.
class MisuseTest : public ::testing::Test {
 protected:
  using Wrong = std::function<Result<Progress>(Custom&)>;

  std::vector<std::uint64_t> run(Wrong wrong, NodeOptions node = skip_frame(),
                                 std::size_t outlet_capacity = 16) {
    harness = std::make_unique<OperatorHarness>(
        std::make_unique<Custom>([wrong = std::move(wrong)](Custom& self, ProcessContext&) {
          const SpeechEvent* next = self.in.peek();
          if (next == nullptr) return Result<Progress>(Progress::need_input);
          if (next->head.sequence == 2) return wrong(self);
          if (!self.out.has_room()) return Result<Progress>(Progress::blocked);
          self.out.push(self.in.pop());
          return Result<Progress>(Progress::need_input);
        }),
        OperatorHarness::Options{.node = std::move(node), .outlet_capacity = outlet_capacity});
    EXPECT_TRUE(harness->open());
    for (std::uint64_t i = 1; i <= 3; ++i) harness->feed("in", event(i));
    harness->run();
    std::vector<std::uint64_t> numbers;
    for (const SpeechEvent& out : harness->read<SpeechEvent>("out")) {
      numbers.push_back(out.head.sequence);
    }
    return numbers;
  }
  static NodeOptions skip_frame() { return {.on_error = ErrorPolicy::skip_frame}; }
  std::string message() {
    const std::vector<media::ErrorEvent> errors = harness->errors();
    EXPECT_EQ(errors.size(), 1U);
    return errors.empty() ? "" : errors[0].node + ": " + errors[0].error.message;
  }
  [[nodiscard]] const PipelineCounters& counters() const { return harness->pipeline().counters(); }
  std::unique_ptr<OperatorHarness> harness;
};

TEST_F(MisuseTest, AnExceptionIsAnErrorOfItsNode) {
  EXPECT_THAT(run([](Custom&) -> Result<Progress> { throw std::runtime_error("disk on fire"); }),
              ElementsAre(1, 3));
  EXPECT_EQ(message(), "op: threw: disk on fire");
  EXPECT_EQ(counters().thrown, 1U);
}

TEST_F(MisuseTest, AnExceptionFailsTheSessionWhenThatIsThePolicy) {
  run([](Custom&) -> Result<Progress> { throw std::runtime_error("disk on fire"); }, {});
  EXPECT_EQ(harness->pipeline().failure().message, "node 'op': threw: disk on fire");
}

TEST_F(MisuseTest, AnythingMayBeThrown) {
  EXPECT_THAT(run([](Custom&) -> Result<Progress> { throw 42; }), ElementsAre(1, 3));
  EXPECT_EQ(message(), "op: threw something that is no std::exception");
}

TEST_F(MisuseTest, OutOfMemoryHasACodeOfItsOwn) {
  run([](Custom&) -> Result<Progress> { throw std::bad_alloc(); });
  EXPECT_EQ(harness->errors().at(0).error.code, ErrorCode::resource_exhausted);
}

TEST_F(MisuseTest, TheHandlerGetsTheExceptionItself) {
  harness = std::make_unique<OperatorHarness>(
      std::make_unique<Custom>([](Custom& self, ProcessContext&) -> Result<Progress> {
        if (self.in.empty()) return Progress::need_input;
        throw std::out_of_range("far away");
      }));
  ASSERT_TRUE(harness->open());
  std::string type;
  harness->pipeline().set_error_handler([&](const Failure& failure) {
    try {
      std::rethrow_exception(failure.exception);
    } catch (const std::out_of_range& error) {
      type = error.what();
    }
    return failure.policy;
  });
  harness->feed("in", event(1));
  harness->run();
  EXPECT_EQ(type, "far away");
}

TEST_F(MisuseTest, AnExceptionInOpenIsAnError) {
  class Throws final : public Operator {
   public:
    Status open(ProcessContext&) override { throw std::runtime_error("no such file"); }
    Result<Progress> process(ProcessContext&) override { return Progress::finished; }
  };
  OperatorHarness throws(std::make_unique<Throws>());
  const Status opened = throws.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "node 'op': threw: no such file");
}

TEST_F(MisuseTest, AProgressOutOfRangeIsAnError) {
  EXPECT_THAT(run([](Custom&) -> Result<Progress> { return static_cast<Progress>(17); }),
              ElementsAre(1, 3));
  EXPECT_EQ(message(), "op: process returned Progress 17, which is none");
  EXPECT_EQ(counters().misused, 1U);
}

TEST_F(MisuseTest, APushWithoutRoomCostsTheFrame) {
  EXPECT_THAT(run(
                  [](Custom& self) -> Result<Progress> {
                    (void)self.in.pop();
                    for (std::uint64_t i = 20; i < 25; ++i) self.out.push(event(i));
                    return Progress::need_input;
                  },
                  skip_frame(), 4),
              ElementsAre(1, 20, 21, 22, 3));
  const std::string text = message();
  EXPECT_THAT(text,
              HasSubstr("pushed a frame into 'outlet out', which was full: ask has_room() first "
                        "and return Progress::blocked"));
}

TEST_F(MisuseTest, APopOfNothingIsAnError) {
  EXPECT_THAT(run([](Custom& self) -> Result<Progress> {
                (void)self.in.pop();
                (void)self.in.pop();
                (void)self.in.pop();
                return Progress::need_input;
              }),
              ElementsAre(1));
  EXPECT_EQ(message(), "op: popped from 'op.in', which was empty: ask empty() first");
}

TEST_F(MisuseTest, FramesOutOfOrderAreAnErrorWhereOrderIsDeclared) {
  class Sorted final : public Operator {
   public:
    Result<Progress> process(ProcessContext&) override {
      while (!in_.empty()) out_.push(in_.pop());
      return Progress::need_input;
    }

   private:
    In<SpeechEvent> in_{*this, "in"};
    Out<SpeechEvent> out_{*this, "out", {.is_ordered = true}};
  };
  harness = std::make_unique<OperatorHarness>(std::make_unique<Sorted>(),
                                              OperatorHarness::Options{.node = skip_frame()});
  ASSERT_TRUE(harness->open());
  const auto feed = [&](int ms, media::Turn turn) {
    SpeechEvent fed = event(1, turn);
    fed.head.pts = media::MediaTime::from_ms(ms);
    harness->feed("in", fed);
    harness->run();
  };
  for (const int ms : {20, 20, 40}) feed(ms, media::Turn(1));
  feed(0, media::Turn(2));  // another turn begins anew
  EXPECT_TRUE(harness->errors().empty());
  feed(60, media::Turn(2));
  feed(40, media::Turn(2));
  EXPECT_EQ(message(),
            "op: pushed a frame to 'op.out' that begins before the one before it; that output is "
            "declared ordered");
}

TEST_F(MisuseTest, AskingForEverWithoutDoingAnythingIsAnError) {
  std::vector<std::uint64_t> numbers =
      run([](Custom&) -> Result<Progress> { return Progress::more_output; });
  EXPECT_THAT(numbers, ElementsAre(1, 3));
  EXPECT_EQ(message(),
            "op: returned Progress::more_output 1000000 times in a row while nothing moved");
}

TEST_F(MisuseTest, OneSessionLeavesTheOthersAlone) {
  // Two pipelines on one executor; one goes wrong in every way.
  OperatorHarness good(std::make_unique<test::Relay>());
  ASSERT_TRUE(good.open());
  run([](Custom&) -> Result<Progress> { throw 1; }, {});
  EXPECT_TRUE(harness->pipeline().failed());
  good.feed("in", event(1));
  good.run();
  EXPECT_EQ(good.read_one<SpeechEvent>("out").head.sequence, 1U);
}

}  // namespace
}  // namespace parley::graph
