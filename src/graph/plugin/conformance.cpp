// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/conformance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "exec/strand.h"
#include "graph/pipeline.h"
#include "graph/plugin/child_process.h"
#include "graph/plugin/plugin_loader.h"
#include "graph/plugin/plugin_operator.h"

namespace parley::graph {
namespace {

constexpr std::size_t kStepsMax = 100'000;
constexpr std::uint64_t kFrames = 200;
constexpr int kRounds = 100;

/// What a plausible producer would send.
class Frames {
 public:
  explicit Frames(media::BufferPool& pool) : pool_(pool) {}

  template <typename T>
  T make(const InBase& port, std::uint64_t sequence, media::Turn turn) {
    T frame{};
    frame.head.sequence = sequence;
    frame.head.turn = turn;
    frame.head.pts = media::MediaTime::from_ms(20 * static_cast<std::int64_t>(sequence));
    frame.head.duration = media::MediaTime::from_ms(20);
    fill(frame, port.format());
    return frame;
  }

 private:
  void fill(media::AudioFrame& frame, const PortFormat& format) {
    frame.format = {.rate = format.rate_hz == 0 ? 16'000 : format.rate_hz,
                    .channels = std::max(1, format.channels)};
    const auto samples = static_cast<std::size_t>(frame.format.rate / 50) *
                         static_cast<std::size_t>(frame.format.channels);
    frame.samples = pool_.take_floats(samples);
    float phase = static_cast<float>(frame.head.sequence);
    for (float& sample : frame.samples.writable_floats()) sample = 0.5F * std::sin(phase += 0.1F);
  }
  void fill(media::EncodedAudio& frame, const PortFormat& format) {
    frame.format = {.rate = format.rate_hz == 0 ? 16'000 : format.rate_hz,
                    .channels = std::max(1, format.channels)};
    frame.bytes = zeros(static_cast<std::size_t>(frame.format.rate / 50) * 2 *
                        static_cast<std::size_t>(frame.format.channels));
  }
  void fill(media::TensorFrame& frame, const PortFormat& format) {
    std::vector<std::int64_t> dims(format.shape.dims().begin(), format.shape.dims().end());
    for (std::int64_t& dim : dims) dim = std::max<std::int64_t>(dim, 1);
    if (dims.empty()) dims = {1, 4};
    frame.shape = media::TensorShape(dims);
    frame.data = zeros(frame.shape.elements() * sizeof(float));
  }
  void fill(media::VideoFrame& frame, const PortFormat& /*format*/) {
    frame.width = 16;
    frame.height = 8;
    frame.pixels = zeros(std::size_t{16} * 8 * 3);
  }
  void fill(media::Opaque& frame, const PortFormat& /*format*/) { frame.bytes = zeros(16); }
  void fill(media::SpeechEvent& frame, const PortFormat& /*format*/) {
    frame.is_speech = frame.head.sequence % 2 == 0;
    frame.probability = frame.is_speech ? 0.9F : 0.1F;
  }
  void fill(media::Transcript& frame, const PortFormat& /*format*/) {
    frame.text = "Gr\xc3\xbc\xc3\x9f dich, 42.";
    frame.is_final = true;
  }
  void fill(media::TextDelta& frame, const PortFormat& /*format*/) { frame.text = "word "; }
  void fill(media::Control& frame, const PortFormat& /*format*/) { frame.name = "open"; }
  template <typename T>
  void fill(T& /*frame*/, const PortFormat& /*format*/) {}  // the rest is fine as it is made

  media::BufferRef zeros(std::size_t bytes) {
    media::BufferRef buffer = pool_.take(bytes);
    std::ranges::fill(buffer.writable(), std::byte{0});
    return buffer;
  }

  media::BufferPool& pool_;
};

/// One operator in a pipeline of its own, in virtual time.
class Bench final : private exec::StrandBody {
 public:
  struct Options {
    std::size_t outlet_capacity = 4096;
    bool only_required = false;  // leave optional inputs unconnected
  };

  Bench(std::unique_ptr<Operator> op, Options options) : op_(*op) {
    GraphSpec spec;
    for (const InBase* in : op->inputs()) {
      if (options.only_required && !in->required()) continue;
      with_frame_type(in->type(), [&](auto type) {
        using T = typename decltype(type)::type;
        spec.inlet<T>(in->name(), "op." + in->name(),
                      {.rate_hz = in->format().rate_hz,
                       .channels = in->format().channels,
                       .shape = in->format().shape});
        feeds_.push_back([this, in](std::uint64_t sequence, media::Turn turn) {
          Inlet<T>& inlet = pipeline_->inlet<T>(in->name());
          if (inlet.has_room()) (void)inlet.push(frames_.make<T>(*in, sequence, turn));
        });
      });
    }
    for (const OutBase* out : op->outputs()) {
      with_frame_type(out->type(), [&](auto type) {
        using T = typename decltype(type)::type;
        spec.outlet<T>(out->name(), "op." + out->name(), {.capacity = options.outlet_capacity});
        drains_.push_back([this, out] {
          Outlet<T>& outlet = pipeline_->outlet<T>(out->name());
          while (!outlet.empty()) (void)outlet.pop();
        });
      });
    }
    spec.add("op", std::move(op), {.on_error = ErrorPolicy::skip_frame});
    spec_ = std::move(spec);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() override {
    if (pipeline_ != nullptr) pipeline_->close();
    strand_->close();
  }

  Status open() {
    PARLEY_TRY(Plan plan, Plan::compile(std::move(spec_)));
    PARLEY_TRY(pipeline_, Pipeline::open(std::move(plan), {.clock = runtime_.clock,
                                                           .timers = runtime_.timers,
                                                           .waker = strand_->waker(),
                                                           .metrics = metrics_}));
    return {};
  }
  void feed(std::uint64_t sequence, media::Turn turn = media::kAnyTurn) {
    for (const auto& feed : feeds_) feed(sequence, turn);
  }
  void run() {
    strand_->wake();
    runtime_.run_for(Millis(20));
  }
  void drain() {
    for (const auto& drain : drains_) drain();
  }
  void set_turn(media::Turn turn) { pipeline_->set_turn(turn); }

  /// The first error so far; or, when it is closed, that it kept buffers.
  Status verdict() {
    Outlet<media::ErrorEvent>& errors = pipeline_->errors();
    if (errors.empty()) return {};
    return errors.pop().error;
  }
  Status close() {
    PARLEY_TRY_STATUS(verdict());
    pipeline_->close();
    const std::uint64_t kept = static_cast<PluginOperator&>(op_).forgotten_buffers();
    if (kept == 0) return {};
    return Error{.code = ErrorCode::internal,
                 .message = "kept " + std::to_string(kept) + " buffers beyond close"};
  }

 private:
  bool run_slice() noexcept override { return pipeline_ != nullptr && pipeline_->run(kStepsMax); }

  Operator& op_;
  exec::ManualRuntime runtime_;
  Metrics metrics_;
  media::BufferPool pool_;
  Frames frames_{pool_};
  std::vector<std::function<void(std::uint64_t, media::Turn)>> feeds_;
  std::vector<std::function<void()>> drains_;
  GraphSpec spec_;
  std::shared_ptr<exec::Strand> strand_ = exec::Strand::make(runtime_.executor, *this);
  std::unique_ptr<Pipeline> pipeline_;
};

/// The checks of one kind, each a function that returns what is wrong.
class KindChecks {
 public:
  KindChecks(const parley_operator& kind, OptionMap options)
      : kind_(kind), options_(std::move(options)) {}

  struct Check {
    const char* what;
    Status (KindChecks::*run)();
  };
  static std::span<const Check> all() {
    static constexpr std::array<Check, 8> kChecks{{
        {"is made and destroyed, many times", &KindChecks::made},
        {"takes the ends of its options' ranges", &KindChecks::ranges},
        {"opens and closes, twice", &KindChecks::opened},
        {"works", &KindChecks::works},
        {"waits for room", &KindChecks::waits},
        {"goes on after an interruption", &KindChecks::interrupted},
        {"does without its optional inputs", &KindChecks::required_only},
        {"two do not disturb each other", &KindChecks::two},
    }};
    return kChecks;
  }

 private:
  Result<std::unique_ptr<Operator>> make() { return PluginOperator::make(kind_, options_, pool_); }

  Status made() {
    for (int i = 0; i < kRounds; ++i) {
      PARLEY_TRY([[maybe_unused]] const std::unique_ptr<Operator> op, make());
    }
    return {};
  }

  Status ranges() {
    for (const parley_option& option : std::span(kind_.options, kind_.option_count)) {
      for (const bool is_max : {false, true}) {
        const double end = is_max ? option.max : option.min;
        OptionMap options = options_;
        if (option.preset.type == PARLEY_FLAG) options[option.name] = is_max;
        if (option.preset.type == PARLEY_WHOLE)
          options[option.name] = static_cast<std::int64_t>(end);
        if (option.preset.type == PARLEY_NUMBER) options[option.name] = end;
        const auto op = PluginOperator::make(kind_, options, pool_);
        if (!op) return op.error().with_context(std::string("option '") + option.name + "'");
      }
    }
    return {};
  }

  Status opened() {
    for (int i = 0; i < 2; ++i) {
      PARLEY_TRY_STATUS(with_bench({}, [](Bench& bench) { bench.run(); }));
    }
    return {};
  }

  Status works() {
    return with_bench({}, [](Bench& bench) {
      for (std::uint64_t i = 0; i < kFrames; ++i) {
        bench.feed(i);
        bench.run();
        bench.drain();
      }
    });
  }

  Status waits() {
    return with_bench({.outlet_capacity = 1}, [](Bench& bench) {
      for (std::uint64_t i = 0; i < kFrames; ++i) {
        bench.feed(i);
        bench.run();
        if (i % 3 == 2) bench.drain();
      }
    });
  }

  Status interrupted() {
    return with_bench({}, [](Bench& bench) {
      for (std::uint64_t i = 0; i < kFrames; ++i) {
        const media::Turn turn{1 + i / 10};
        bench.feed(i, turn);
        if (i % 2 == 0) bench.run();
        if (i % 10 == 9) bench.set_turn({turn.value + 1});
        bench.run();
        bench.drain();
      }
    });
  }

  Status required_only() {
    return with_bench({.only_required = true}, [](Bench& bench) {
      for (std::uint64_t i = 0; i < kFrames; ++i) {
        bench.feed(i);
        bench.run();
        bench.drain();
      }
    });
  }

  Status two() {
    return with_bench({}, [this](Bench& first) {
      second_ = with_bench({}, [&first](Bench& second) {
        for (std::uint64_t i = 0; i < kFrames; ++i) {
          for (Bench* bench : {&first, &second}) {
            bench->feed(i);
            bench->run();
            bench->drain();
          }
        }
      });
    });
  }

  template <typename Body>
  Status with_bench(Bench::Options options, const Body& body) {
    PARLEY_TRY(std::unique_ptr<Operator> op, make());
    Bench bench(std::move(op), options);
    PARLEY_TRY_STATUS(bench.open());
    body(bench);
    PARLEY_TRY_STATUS(std::exchange(second_, Status()));
    return bench.close();
  }

  const parley_operator& kind_;
  const OptionMap options_;
  media::BufferPool pool_;
  Status second_;  // of the bench within a bench
};

// What the child says: a check begins, and how it ended.
constexpr std::string_view kBegin = "begin ";
constexpr std::string_view kFine = "fine";
constexpr std::string_view kFinding = "finding ";

Status check_in_child(const std::filesystem::path& path, std::uint32_t index,
                      const OptionMap& options, const ChildSay& say) {
  PARLEY_TRY(const parley_plugin* const plugin, open_plugin(path));
  KindChecks checks(plugin->operators[index], options);
  for (const KindChecks::Check& check : KindChecks::all()) {
    say(std::string(kBegin) + check.what);
    const Status status = (checks.*check.run)();
    say(status ? std::string(kFine) : std::string(kFinding) + status.error().message);
  }
  return {};
}

/// What the child said as checks of `kind`.
void add_checks(const ChildReport& child, const std::string& kind, ConformanceReport& report) {
  bool is_open = false;
  for (const std::string& line : child.lines) {
    if (line.starts_with(kBegin)) {
      report.checks.push_back({.kind = kind, .what = line.substr(kBegin.size()), .finding = {}});
      is_open = true;
    } else {
      if (line.starts_with(kFinding)) report.checks.back().finding = line.substr(kFinding.size());
      is_open = false;
    }
  }
  if (child.status) return;
  if (!is_open) report.checks.push_back({.kind = kind, .what = "ends", .finding = {}});
  report.checks.back().finding = child.status.error().message;
}

}  // namespace

std::size_t ConformanceReport::findings() const {
  return static_cast<std::size_t>(std::count_if(
      checks.begin(), checks.end(), [](const Check& check) { return !check.finding.empty(); }));
}

ConformanceReport check_conformance(const std::filesystem::path& path,
                                    const ConformanceOptions& options) {
  ConformanceReport report;
  Registry registry;
  media::BufferPool pool;
  const Result<PluginInfo> info = load_plugin(registry, pool, path);
  report.checks.push_back(
      {.kind = {}, .what = "is loaded", .finding = info ? std::string() : info.error().message});
  if (!info) return report;
  report.name = info->name;
  report.version = info->version;
  for (std::uint32_t i = 0; i < info->kinds.size(); ++i) {
    const std::string& kind = info->kinds[i];
    const auto given = options.options.find(kind);
    const OptionMap map = given == options.options.end() ? OptionMap() : given->second;
    const ChildReport child = run_in_child(
        [&](const ChildSay& say) { return check_in_child(path, i, map, say); }, options.timeout);
    add_checks(child, kind, report);
  }
  for (const auto& [kind, map] : options.options) {
    if (registry.has(kind)) continue;
    report.checks.push_back(
        {.kind = kind, .what = "is there", .finding = registry.unknown(kind).message});
  }
  return report;
}

}  // namespace parley::graph
