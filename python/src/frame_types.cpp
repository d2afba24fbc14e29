// SPDX-License-Identifier: Apache-2.0
#include "frame_types.h"

#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include <pybind11/stl.h>

#include "arrays.h"
#include "convert.h"

namespace parley::python {

namespace {

using ToFrame = media::Frame (*)(const py::object&);

/// By type object. Lives as long as the process.
std::map<PyTypeObject*, ToFrame>& known_types() {
  static auto* const types = std::make_unique<std::map<PyTypeObject*, ToFrame>>().release();
  return *types;
}

/// A class for a kind, with what all headers have.
template <typename T>
py::class_<T> frame_class(py::module_& module, const char* name, const char* doc) {
  py::class_<T> made(module, name, doc);
  known_types()[reinterpret_cast<PyTypeObject*>(made.ptr())] = [](const py::object& object) {
    return media::Frame(object.cast<const T&>());
  };
  made.def_property(
          "time",
          [](const T& frame) -> std::optional<double> {
            if (frame.head.pts == kNoTime) return std::nullopt;
            return seconds_of(frame.head.pts);
          },
          [](T& frame, double seconds) { frame.head.pts = media_time_of(seconds); },
          "Where it begins on its stream, in seconds; None: not said.")
      .def_property(
          "duration", [](const T& frame) { return seconds_of(frame.head.duration); },
          [](T& frame, double seconds) { frame.head.duration = media_time_of(seconds); },
          "In seconds; 0 for events.")
      .def_property(
          "sequence", [](const T& frame) { return frame.head.sequence; },
          [](T& frame, std::uint64_t number) { frame.head.sequence = number; })
      .def_property(
          "turn", [](const T& frame) { return frame.head.turn.value; },
          [](T& frame, std::uint64_t turn) { frame.head.turn = media::Turn{turn}; },
          "The interruption counter; 0: of no turn.")
      .def_property(
          "is_last", [](const T& frame) { return frame.head.is_last; },
          [](T& frame, bool is_last) { frame.head.is_last = is_last; },
          "Nothing follows on its stream.");
  return made;
}

/// `__array__` of NumPy's protocol: no copy unless one is asked for.
template <typename T>
py::object as_array(const T& frame, const py::object& dtype, const py::object& copy) {
  py::object array = view_of(frame);
  if (!dtype.is_none()) array = array.attr("astype")(dtype, py::arg("copy") = false);
  if (!copy.is_none() && copy.cast<bool>()) array = array.attr("copy")();
  return array;
}

template <typename T>
void add_array_protocol(py::class_<T>& made) {
  made.def("__array__", &as_array<T>, py::arg("dtype") = py::none(), py::arg("copy") = py::none());
}

void set_time(media::FrameHeader& head, std::optional<double> time, bool is_last) {
  head.pts = time ? media_time_of(*time) : kNoTime;
  head.is_last = is_last;
}

void add_audio(py::module_& module) {
  auto audio = frame_class<media::AudioFrame>(module, "AudioFrame", "Float32 samples in [-1, 1].");
  audio
      .def(py::init(
               [](const py::array& samples, int rate_hz, std::optional<double> time, bool is_last) {
                 media::AudioFrame frame = audio_of(samples, rate_hz);
                 set_time(frame.head, time, is_last);
                 return frame;
               }),
           py::arg("samples"), py::arg("rate_hz") = 16'000, py::arg("time") = py::none(),
           py::arg("is_last") = false)
      .def_property_readonly(
          "samples", [](const media::AudioFrame& frame) { return view_of(frame); },
          "A view: (samples,) of one channel, else (channels, samples).")
      .def_property_readonly("rate_hz",
                             [](const media::AudioFrame& frame) { return frame.format.rate; })
      .def_property_readonly("channels",
                             [](const media::AudioFrame& frame) { return frame.format.channels; })
      .def("__len__",
           [](const media::AudioFrame& frame) {
             return frame.samples.size() / sizeof(float) /
                    static_cast<std::size_t>(frame.format.channels);
           })
      .def("__repr__", [](const media::AudioFrame& frame) {
        return "<AudioFrame " + std::to_string(frame.samples.size() / sizeof(float)) +
               " samples at " + std::to_string(frame.format.rate) + " Hz>";
      });
  add_array_protocol(audio);
  auto encoded = frame_class<media::EncodedAudio>(module, "EncodedAudio", "Audio as on a wire.");
  encoded.def_property_readonly("data", [](const media::EncodedAudio& frame) {
    const auto bytes = frame.bytes.bytes();
    return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  });
}

void add_arrays(py::module_& module) {
  auto video = frame_class<media::VideoFrame>(module, "VideoFrame", "One picture.");
  video
      .def(py::init([](const py::array& pixels, std::optional<double> time, bool is_last) {
             media::VideoFrame frame = video_of(pixels);
             set_time(frame.head, time, is_last);
             return frame;
           }),
           py::arg("pixels"), py::arg("time") = py::none(), py::arg("is_last") = false)
      .def_readonly("width", &media::VideoFrame::width)
      .def_readonly("height", &media::VideoFrame::height)
      .def_property_readonly(
          "pixels", [](const media::VideoFrame& frame) { return view_of(frame); },
          "A view: (height, width) or (height, width, channels), uint8.");
  add_array_protocol(video);
  auto tensor = frame_class<media::TensorFrame>(module, "TensorFrame", "Numbers of a model.");
  tensor
      .def(py::init([](const py::array& data, std::optional<double> time, bool is_last) {
             media::TensorFrame frame = tensor_of(data);
             set_time(frame.head, time, is_last);
             return frame;
           }),
           py::arg("data"), py::arg("time") = py::none(), py::arg("is_last") = false)
      .def_property_readonly(
          "data", [](const media::TensorFrame& frame) { return view_of(frame); }, "A view.")
      .def_property_readonly("shape", [](const media::TensorFrame& frame) {
        const auto dims = frame.shape.dims();
        return py::tuple(py::cast(std::vector<std::int64_t>(dims.begin(), dims.end())));
      });
  add_array_protocol(tensor);
}

std::string turn_kind(media::TurnEvent::Kind kind) {
  switch (kind) {
    case media::TurnEvent::Kind::started:
      return "started";
    case media::TurnEvent::Kind::paused:
      return "paused";
    case media::TurnEvent::Kind::resumed:
      return "resumed";
    case media::TurnEvent::Kind::ended:
      return "ended";
    case media::TurnEvent::Kind::cleared:
      return "cleared";
  }
  return "?";
}

void add_speech(py::module_& module) {
  frame_class<media::SpeechEvent>(module, "SpeechEvent", "What a detector says of one window.")
      .def(py::init([](double probability, bool is_speech, double time) {
             media::SpeechEvent event;
             event.probability = static_cast<float>(probability);
             event.is_speech = is_speech;
             event.head.pts = media_time_of(time);
             return event;
           }),
           py::arg("probability"), py::arg("is_speech"), py::arg("time") = 0.0)
      .def_readonly("probability", &media::SpeechEvent::probability)
      .def_readonly("is_speech", &media::SpeechEvent::is_speech);
  frame_class<media::TurnEvent>(module, "TurnEvent", "Where the user's turn stands.")
      .def_property_readonly(
          "kind", [](const media::TurnEvent& event) { return turn_kind(event.kind); },
          "started, paused, resumed, ended or cleared.")
      .def_property_readonly("utterance",
                             [](const media::TurnEvent& event) { return event.utterance.value; })
      .def_property_readonly(
          "audio_begin",
          [](const media::TurnEvent& event) { return seconds_of(event.audio_begin); })
      .def_property_readonly(
          "speech_end", [](const media::TurnEvent& event) { return seconds_of(event.speech_end); });
}

void add_text(py::module_& module) {
  frame_class<media::Transcript>(module, "Transcript", "What somebody said.")
      .def(py::init([](std::string text, bool is_final, std::string language, std::string emotion) {
             media::Transcript transcript;
             transcript.text = std::move(text);
             transcript.is_final = is_final;
             transcript.language = std::move(language);
             transcript.emotion = std::move(emotion);
             return transcript;
           }),
           py::arg("text"), py::arg("is_final") = true, py::arg("language") = "",
           py::arg("emotion") = "")
      .def_readonly("text", &media::Transcript::text)
      .def_readonly("is_final", &media::Transcript::is_final)
      .def_readonly("language", &media::Transcript::language)
      .def_readonly("emotion", &media::Transcript::emotion)
      .def("__str__", [](const media::Transcript& transcript) { return transcript.text; });
  frame_class<media::TextDelta>(module, "TextDelta", "Text of a reply.")
      .def(py::init([](std::string text, bool is_last) {
             media::TextDelta delta;
             delta.text = std::move(text);
             delta.head.is_last = is_last;
             return delta;
           }),
           py::arg("text"), py::arg("is_last") = false)
      .def_readonly("text", &media::TextDelta::text)
      .def("__str__", [](const media::TextDelta& delta) { return delta.text; });
  frame_class<media::ToolCall>(module, "ToolCall", "A function call of a reply, in fragments.")
      .def_readonly("name", &media::ToolCall::name)
      .def_readonly("arguments_delta", &media::ToolCall::arguments_delta);
  frame_class<media::GenerationEnd>(module, "GenerationEnd", "Why a generation ended.")
      .def_readonly("input_tokens", &media::GenerationEnd::input_tokens)
      .def_readonly("cached_tokens", &media::GenerationEnd::cached_tokens)
      .def_readonly("output_tokens", &media::GenerationEnd::output_tokens);
}

void add_steering(py::module_& module) {
  frame_class<media::ErrorEvent>(module, "ErrorEvent", "Something went wrong in an operator.")
      .def_readonly("operator", &media::ErrorEvent::node)
      .def_property_readonly("message",
                             [](const media::ErrorEvent& event) { return event.error.message; })
      .def_property_readonly("code", [](const media::ErrorEvent& event) {
        return std::string(to_string(event.error.code));
      });
  frame_class<media::Control>(module, "Control", "A word to an operator beside the stream.")
      .def(py::init([](std::string name, media::ControlValue value) {
             media::Control control;
             control.name = std::move(name);
             control.value = std::move(value);
             return control;
           }),
           py::arg("name"), py::arg("value"))
      .def_readonly("name", &media::Control::name)
      .def_readonly("value", &media::Control::value);
}

}  // namespace

std::optional<media::Frame> frame_of_object(const py::object& value) {
  const auto known = known_types().find(Py_TYPE(value.ptr()));
  if (known == known_types().end()) return std::nullopt;
  return known->second(value);
}

void add_frame_types(py::module_& module) {
  add_audio(module);
  add_arrays(module);
  add_speech(module);
  add_text(module);
  add_steering(module);
}

}  // namespace parley::python
