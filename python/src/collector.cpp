// SPDX-License-Identifier: Apache-2.0
#include "collector.h"

#include <optional>
#include <utility>
#include <variant>

#include "graph/frame_type.h"

namespace parley::python {

using graph::Progress;
using media::Frame;
using media::Opaque;

class CollectorOperator::Output {
 public:
  explicit Output(std::string its_name) : name(std::move(its_name)) {}
  virtual ~Output() = default;
  [[nodiscard]] virtual std::optional<Frame> pop() = 0;
  const std::string name;
};

template <typename T>
class CollectorOperator::OutputOf final : public Output {
 public:
  OutputOf(CollectorOperator& owner, const std::string& port, std::string its_name)
      : Output(std::move(its_name)), in_(owner, port) {}
  [[nodiscard]] std::optional<Frame> pop() override {
    if (in_.peek() == nullptr) return std::nullopt;
    return Frame(in_.pop());
  }

 private:
  graph::In<T> in_;
};

CollectorOperator::CollectorOperator(Exchange& exchange, Box& box)
    : exchange_(exchange), box_(box) {}
CollectorOperator::~CollectorOperator() = default;

std::string CollectorOperator::add_feed() {
  std::string port = "fed " + std::to_string(fed_.size());
  fed_.push_back(std::make_unique<graph::In<Opaque>>(*this, port));
  return port;
}

void CollectorOperator::add_output(std::size_t type, const std::string& port, std::string name) {
  graph::with_frame_type(type, [&]<typename T>(std::type_identity<T>) {
    outputs_.push_back(std::make_unique<OutputOf<T>>(*this, port, std::move(name)));
  });
}

Status CollectorOperator::open(graph::ProcessContext& context) {
  if (fed_.empty()) exchange_.set_waker(box_.member, context.waker());
  return {};
}

Result<Progress> CollectorOperator::process(graph::ProcessContext& /*context*/) {
  collect();
  settle_fed();
  return Progress::need_input;
}

void CollectorOperator::collect() {
  bool is_held = false;
  for (const FeedBase* feed : box_.feeds) is_held |= feed->is_holding();
  if (is_held && counted_for_ != box_.last_fed) {
    counted_for_ = box_.last_fed;
    given_.clear();
    groups_.clear();
  }
  std::map<std::size_t, std::map<std::string, Frame, std::less<>>> late;
  if (!is_held) {
    given_.clear();
    groups_.clear();
    counted_for_.reset();
  }
  for (const auto& output : outputs_) {
    // A source that is faster than its readers waits in its port.
    while (!box_.feeds.empty() || exchange_.has_room()) {
      std::optional<Frame> frame = output->pop();
      if (!frame) break;
      const media::FrameHeader head =
          std::visit([](const auto& kind) { return kind.head; }, *frame);
      const std::size_t index = index_of(output->name, head);
      if (is_held) {
        exchange_.give(box_.member, counted_for_, index, output->name, *std::move(frame));
      } else {
        late[index][output->name] = *std::move(frame);
      }
    }
  }
  for (auto& [index, values] : late) {
    exchange_.begin(box_.member, box_.last_fed, std::move(values));
  }
}

/// Which frame of its name it is, or which group.
std::size_t CollectorOperator::index_of(const std::string& name, const media::FrameHeader& head) {
  if (!box_.groups_by_sequence) return given_[name]++;
  return groups_.try_emplace(head.sequence, groups_.size()).first->second;
}

void CollectorOperator::settle_fed() {
  for (std::size_t i = 0; i < fed_.size(); ++i) {
    if (fed_[i]->peek() == nullptr || !box_.feeds[i]->is_taken()) continue;
    if (box_.waits_until_idle && box_.op->is_busy()) continue;
    static_cast<void>(fed_[i]->pop());
    box_.feeds[i]->settle();
  }
}

}  // namespace parley::python
