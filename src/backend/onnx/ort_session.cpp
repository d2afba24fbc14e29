// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ort_session.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <sys/stat.h>

#include "backend/onnx/ort_providers.h"
#include "base/check.h"
#include "base/log.h"

namespace parley::backend {
namespace {

// The library's own messages go into our log, as one line each, instead of to stderr as they are.
// Only for debugging: what failed comes back as a status too, and whoever gets that one reports it.
void log_message(void* /*parameter*/, OrtLoggingLevel /*level*/, const char* /*category*/,
                 const char* /*id*/, const char* location, const char* message) {
  log::debug("onnxruntime", {{"message", message}, {"at", location}});
}

// Made once and kept: sessions may live until the last moment of the process.
Result<OrtEnv*> environment() {
  struct Made {
    OrtEnv* env = nullptr;
    Status status;
  };
  static const Made made = [] {
    Made fresh;
    fresh.status = to_status(ort().CreateEnvWithCustomLogger(
        log_message, nullptr, ORT_LOGGING_LEVEL_ERROR, "parley", &fresh.env));
    return fresh;
  }();
  if (!made.status) return made.status.error();
  return made.env;
}

/// Products of unsigned and signed bytes overflow on a processor of this kind without VNNI; the
/// library then has to be told to make weights unsigned, which takes twice as long.
bool multiplies_signed_bytes() noexcept {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni") > 0 || __builtin_cpu_supports("avxvnni") > 0;
#else
  return true;
#endif
}

Result<std::unique_ptr<OrtSessionOptions, OrtRelease>> session_options() {
  OrtSessionOptions* raw = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().CreateSessionOptions(&raw)));
  std::unique_ptr<OrtSessionOptions, OrtRelease> options(raw);
  PARLEY_TRY_STATUS(to_status(ort().SetInterOpNumThreads(raw, 1)));
  PARLEY_TRY_STATUS(to_status(ort().SetSessionExecutionMode(raw, ORT_SEQUENTIAL)));
  // Patterns are kept for each shape that was ever seen, and ours differ from call to call.
  PARLEY_TRY_STATUS(to_status(ort().DisableMemPattern(raw)));
  for (const char* key : {"session.intra_op.allow_spinning", "session.inter_op.allow_spinning"}) {
    PARLEY_TRY_STATUS(to_status(ort().AddSessionConfigEntry(raw, key, "0")));
  }
  if (!multiplies_signed_bytes()) {
    PARLEY_TRY_STATUS(
        to_status(ort().AddSessionConfigEntry(raw, "session.x64quantprecision", "1")));
  }
  return options;
}

using CountFunction = OrtStatus* (*)(const OrtSession*, std::size_t*);
using NameFunction = OrtStatus* (*)(const OrtSession*, std::size_t, OrtAllocator*, char**);

Result<std::vector<std::string>> names(const OrtSession* session, CountFunction count_of,
                                       NameFunction name_of) {
  OrtAllocator* allocator = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().GetAllocatorWithDefaultOptions(&allocator)));
  std::size_t count = 0;
  PARLEY_TRY_STATUS(to_status(count_of(session, &count)));
  std::vector<std::string> found;
  for (std::size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    PARLEY_TRY_STATUS(to_status(name_of(session, i, allocator, &name)));
    found.emplace_back(name);
    PARLEY_TRY_STATUS(to_status(ort().AllocatorFree(allocator, name)));
  }
  return found;
}

Status check_names(const std::string& file, std::string_view kind,
                   const std::vector<std::string>& present,
                   std::initializer_list<std::string> wanted) {
  for (const std::string& name : wanted) {
    if (std::find(present.begin(), present.end(), name) == present.end()) {
      return Error{ErrorCode::data_corrupt, file + ": not the expected model: it has no " +
                                                std::string(kind) + " '" + name + "'"};
    }
  }
  return {};
}

using TypeFunction = OrtStatus* (*)(const OrtSession*, std::size_t, OrtTypeInfo**);

Result<OrtPort> port_of(const OrtSession* session, TypeFunction type_of, std::size_t index,
                        const std::string& name) {
  OrtPort port{.name = name, .shape = {}};
  OrtTypeInfo* type = nullptr;
  PARLEY_TRY_STATUS(to_status(type_of(session, index, &type)));
  const OrtTensorTypeAndShapeInfo* info = nullptr;  // stays null for sequences and maps
  Status status = to_status(ort().CastTypeInfoToTensorInfo(type, &info));
  if (status && info != nullptr) {
    std::size_t count = 0;
    status = to_status(ort().GetTensorElementType(info, &port.element));
    if (status) status = to_status(ort().GetDimensionsCount(info, &count));
    port.shape.resize(count);
    if (status) status = to_status(ort().GetDimensions(info, port.shape.data(), count));
  }
  ort().ReleaseTypeInfo(type);
  if (!status) return status.error();
  return port;
}

Result<std::vector<OrtPort>> ports(const OrtSession* session, TypeFunction type_of,
                                   const std::vector<std::string>& names) {
  std::vector<OrtPort> found;
  for (std::size_t i = 0; i < names.size(); ++i) {
    PARLEY_TRY(OrtPort port, port_of(session, type_of, i, names[i]));
    found.push_back(std::move(port));
  }
  return found;
}

}  // namespace

Result<std::vector<OrtPort>> InferenceSession::input_ports() const {
  return ports(session_.get(), ort().SessionGetInputTypeInfo, inputs_);
}
Result<std::vector<OrtPort>> InferenceSession::output_ports() const {
  return ports(session_.get(), ort().SessionGetOutputTypeInfo, outputs_);
}

Result<InferenceSession> InferenceSession::load(const std::string& file,
                                                std::initializer_list<std::string> inputs,
                                                std::initializer_list<std::string> outputs,
                                                const model::Placement& placement) {
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Error{ErrorCode::not_found, file + ": there is no such model file"};
  }
  PARLEY_TRY(OrtEnv * env, environment());
  PARLEY_TRY(const auto options, session_options());
  if (const Status placed = place(*options, placement); !placed) {
    return placed.error().with_context(file);
  }
  OrtSession* raw = nullptr;
  if (const Status loaded = to_status(ort().CreateSession(env, file.c_str(), options.get(), &raw));
      !loaded) {
    // Whatever the library calls it, a file that is there and does not load is a damaged one.
    return Error{ErrorCode::data_corrupt,
                 file + ": damaged, or not a model: " + loaded.error().message};
  }
  InferenceSession model;
  model.file_ = file;
  model.session_.reset(raw);
  PARLEY_TRY(model.inputs_, names(raw, ort().SessionGetInputCount, ort().SessionGetInputName));
  PARLEY_TRY(model.outputs_, names(raw, ort().SessionGetOutputCount, ort().SessionGetOutputName));
  PARLEY_TRY_STATUS(check_names(file, "input", model.inputs_, inputs));
  PARLEY_TRY_STATUS(check_names(file, "output", model.outputs_, outputs));
  return model;
}

Status InferenceSession::run(const OrtRunOptions* options, std::span<const char* const> names_in,
                             std::span<const OrtValue* const> values_in,
                             std::span<const char* const> names_out,
                             std::span<OrtValue*> values_out) const {
  PARLEY_CHECK(names_in.size() == values_in.size() && names_out.size() == values_out.size());
  return to_status(ort().Run(session_.get(), options, names_in.data(), values_in.data(),
                             names_in.size(), names_out.data(), names_out.size(),
                             values_out.data()));
}

Result<std::string> InferenceSession::metadata(const char* key) const {
  OrtAllocator* allocator = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().GetAllocatorWithDefaultOptions(&allocator)));
  OrtModelMetadata* metadata = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().SessionGetModelMetadata(session_.get(), &metadata)));
  char* value = nullptr;  // stays null when there is no such key
  const Status found =
      to_status(ort().ModelMetadataLookupCustomMetadataMap(metadata, allocator, key, &value));
  ort().ReleaseModelMetadata(metadata);
  if (!found) return found.error();
  if (value == nullptr) {
    return Error{ErrorCode::data_corrupt,
                 file_ + ": not the expected model: it does not note " + key};
  }
  std::string text(value);
  PARLEY_TRY_STATUS(to_status(ort().AllocatorFree(allocator, value)));
  return text;
}

Result<std::vector<std::int64_t>> InferenceSession::input_shape(const std::string& name) const {
  const auto found = std::find(inputs_.begin(), inputs_.end(), name);
  if (found == inputs_.end()) return Error{ErrorCode::not_found, file_ + ": no input " + name};
  OrtTypeInfo* type = nullptr;
  PARLEY_TRY_STATUS(to_status(ort().SessionGetInputTypeInfo(
      session_.get(), static_cast<std::size_t>(found - inputs_.begin()), &type)));
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  Status status = to_status(ort().CastTypeInfoToTensorInfo(type, &info));
  std::size_t count = 0;
  if (status) status = to_status(ort().GetDimensionsCount(info, &count));
  std::vector<std::int64_t> shape(count);
  if (status) status = to_status(ort().GetDimensions(info, shape.data(), count));
  ort().ReleaseTypeInfo(type);
  if (!status) return status.error();
  return shape;
}

}  // namespace parley::backend
