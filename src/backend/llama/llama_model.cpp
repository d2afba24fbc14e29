// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/llama_model.h"

#include <array>
#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include <dlfcn.h>
#include <ggml-backend.h>
#include <llama.h>

#include "backend/llama/llama_log.h"
#include "base/check.h"

namespace parley::backend {
namespace {

/// ggml's code for the CPU comes in one library per instruction set, beside libllama; ggml picks
/// the best that this machine runs.
void load_library() {
  static const bool is_loaded = [] {
    redirect_llama_log();
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&llama_backend_init), &info) != 0) {
      const std::filesystem::path folder = std::filesystem::path(info.dli_fname).parent_path();
      ggml_backend_load_all_from_path(folder.c_str());
    }
    llama_backend_init();
    return true;
  }();
  static_cast<void>(is_loaded);
}

Status check_file(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    return Error{ErrorCode::not_found, "language model " + path + ": there is no such file"};
  }
  if (!std::filesystem::is_regular_file(status)) {
    return Error{ErrorCode::data_corrupt, "language model " + path + ": not a file"};
  }
  return {};
}

bool has_backend() { return ggml_backend_dev_count() > 0; }

const char* chat_template(const llama_model* model) {
  return llama_model_chat_template(model, nullptr);
}

bool is_chatml(const llama_model* model) {
  const char* text = chat_template(model);
  return text != nullptr && std::string_view(text).find("<|im_start|>") != std::string_view::npos;
}

std::string render(const std::string& chat_template, std::span<const TemplateMessage> messages,
                   bool with_assistant) {
  std::vector<llama_chat_message> chat;
  std::size_t size = 256;
  for (const TemplateMessage& message : messages) {
    chat.push_back({message.role.c_str(), message.text.c_str()});
    size += message.text.size() + 64;
  }
  for (;;) {
    std::string out(size, '\0');
    const std::int32_t written =
        llama_chat_apply_template(chat_template.c_str(), chat.data(), chat.size(), with_assistant,
                                  out.data(), static_cast<std::int32_t>(out.size()));
    if (written < 0) return {};
    if (static_cast<std::size_t>(written) <= size) {
      out.resize(static_cast<std::size_t>(written));
      return out;
    }
    size = static_cast<std::size_t>(written);
  }
}

}  // namespace

Result<std::unique_ptr<LlamaModel>> LlamaModel::load(const std::string& path) {
  PARLEY_TRY_STATUS(check_file(path));
  load_library();
  if (!has_backend()) {
    return Error{ErrorCode::failed_precondition,
                 "llama.cpp has no code for this CPU, or its libggml-cpu-*.so files are missing"};
  }
  const LlamaErrors errors;
  llama_model* model = nullptr;
  try {
    llama_model_params params = llama_model_default_params();
    params.load_mode = LLAMA_LOAD_MODE_MMAP;
    params.n_gpu_layers = 0;
    model = llama_model_load_from_file(path.c_str(), params);
  } catch (const std::exception& exception) {
    return Error{ErrorCode::data_corrupt, "language model " + path + ": " + exception.what()};
  }
  if (model == nullptr) {
    return Error{ErrorCode::data_corrupt,
                 "language model " + path + " cannot be loaded: " +
                     (errors.text().empty() ? "llama.cpp gives no reason" : errors.text())};
  }
  std::unique_ptr<LlamaModel> loaded(new LlamaModel(model, path));  // the constructor is private
  PARLEY_TRY_STATUS(loaded->check_template());
  return loaded;
}

LlamaModel::LlamaModel(llama_model* model, std::string path)
    : model_(model), vocabulary_(llama_model_get_vocab(model)), path_(std::move(path)) {}

LlamaModel::~LlamaModel() { llama_model_free(model_); }

Status LlamaModel::check_template() const {
  const auto unusable = [&](const std::string& why) {
    return Error{ErrorCode::failed_precondition, "language model " + path_ + ": " + why};
  };
  if (llama_model_has_encoder(model_) || !llama_model_has_decoder(model_)) {
    return unusable("not a decoder-only model");
  }
  const char* text = chat_template(model_);
  if (text == nullptr) return unusable("has no chat template, so it is no model to talk with");
  if (is_chatml(model_)) {
    std::vector<Token> tokens;
    append_markup("<|im_start|><|im_end|>", tokens);
    if (tokens.size() != 2) return unusable("a ChatML template, but no tokens for it");
    return {};
  }
  const std::array<TemplateMessage, 1> probe{TemplateMessage{"user", "x"}};
  if (render(text, probe, true).empty()) {
    return unusable("its chat template is none that llama.cpp can render without Jinja");
  }
  return {};
}

void LlamaModel::append(std::string_view text, bool is_markup, std::vector<Token>& out) const {
  if (text.empty()) return;
  const auto length = static_cast<std::int32_t>(text.size());
  const std::size_t begin = out.size();
  // A token is never shorter than a byte, apart from what a tokeniser puts in front.
  constexpr std::size_t kFront = 8;
  out.resize(begin + text.size() + kFront);
  std::int32_t count =
      llama_tokenize(vocabulary_, text.data(), length, out.data() + begin,
                     static_cast<std::int32_t>(text.size() + kFront), false, is_markup);
  if (count < 0) count = 0;  // only texts of 2 GiB, which no limit above us lets through
  out.resize(begin + static_cast<std::size_t>(count));
}

void LlamaModel::append_plain(std::string_view text, std::vector<Token>& out) const {
  append(text, false, out);
}

void LlamaModel::append_markup(std::string_view text, std::vector<Token>& out) const {
  append(text, true, out);
}

void LlamaModel::append_piece(Token token, std::string& out) const {
  std::array<char, 64> small{};
  std::int32_t length = llama_token_to_piece(vocabulary_, token, small.data(),
                                             static_cast<std::int32_t>(small.size()), 0, false);
  if (length >= 0) {
    out.append(small.data(), static_cast<std::size_t>(length));
    return;
  }
  std::string large(static_cast<std::size_t>(-length), '\0');
  length = llama_token_to_piece(vocabulary_, token, large.data(), -length, 0, false);
  if (length > 0) out += large;
}

bool LlamaModel::ends_turn(Token token) const {
  return llama_vocab_is_eog(vocabulary_, token) || llama_vocab_is_control(vocabulary_, token);
}

TemplateEngine LlamaModel::template_engine() const {
  if (is_chatml(model_)) return {};
  return [text = std::string(chat_template(model_))](std::span<const TemplateMessage> messages,
                                                     bool with_assistant) {
    return render(text, messages, with_assistant);
  };
}

std::string LlamaModel::name() const {
  std::array<char, 256> text{};
  const std::int32_t length =
      llama_model_meta_val_str(model_, "general.name", text.data(), text.size());
  if (length > 0) return std::string(text.data());
  return std::filesystem::path(path_).stem().string();
}

std::int32_t LlamaModel::context_tokens() const noexcept { return llama_model_n_ctx_train(model_); }

}  // namespace parley::backend
