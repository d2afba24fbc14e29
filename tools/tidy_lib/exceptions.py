# SPDX-License-Identifier: Apache-2.0
"""Exceptions from the rules, each with its reason."""

# Sources that are parts of a component and have no header of interest of their own: the test that
# drives them.
TESTED_THROUGH = {
    "src/backend/silero/kernel_avx2.cpp": "tests/backend/silero/silero_kernel_test.cpp",
    "src/backend/silero/kernel_avx512.cpp": "tests/backend/silero/silero_kernel_test.cpp",
    "src/backend/silero/kernel_portable.cpp": "tests/backend/silero/silero_kernel_test.cpp",
    "src/cli/doctor_conversation.cpp": "tests/cli/doctor_test.cpp",
    "src/cli/commands.cpp": "tests/cli/cli_test.cpp",
    "src/cli/config_command.cpp": "tests/cli/cli_test.cpp",
    "src/cli/doctor_command.cpp": "tests/cli/doctor_test.cpp",
    "src/cli/doctor_conversation.cpp": "tests/cli/doctor_test.cpp",
    "src/cli/model_store.cpp": "tests/cli/models_test.cpp",
    "src/cli/models_command.cpp": "tests/cli/models_test.cpp",
    "src/cli/say_command.cpp": "tests/cli/speech_commands_test.py",
    "src/cli/serve_command.cpp": "tests/cli/cli_test.cpp",
    "src/cli/transcribe_command.cpp": "tests/cli/speech_commands_test.py",
    "src/dsp/deltas.cpp": "tests/dsp/features_test.cpp",
    "src/dsp/fbank.cpp": "tests/dsp/features_test.cpp",
    "src/dsp/mel_filter_bank.cpp": "tests/dsp/features_test.cpp",
    "src/dsp/mfcc.cpp": "tests/dsp/features_test.cpp",
    "src/dsp/whisper_log_mel.cpp": "tests/dsp/features_test.cpp",
    "src/dsp/window_shape.cpp": "tests/dsp/features_test.cpp",
    "src/graph/frame_type.cpp": "tests/graph/plan_test.cpp",
    "src/graph/graph_spec.cpp": "tests/graph/plan_test.cpp",
    "src/graph/plan_text.cpp": "tests/graph/plan_test.cpp",
    "src/graph/plugin/plugin_host.cpp": "tests/graph/plugin/plugin_operator_test.cpp",
    "src/graph/plugin/plugin_options.cpp": "tests/graph/plugin/plugin_loader_test.cpp",
    "src/graph/plugin/plugin_ports.cpp": "tests/graph/plugin/plugin_operator_test.cpp",
    "src/graph/port_scope.cpp": "tests/graph/pipeline_test.cpp",
    "src/graph/tap.cpp": "tests/graph/pipeline_test.cpp",
    "src/operators/audio/echo_reference.cpp": "tests/operators/audio/clean_speech_test.cpp",
    "src/operators/decode/register_decode.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/device/register_device.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/features/register_features.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/flow/register_flow.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/inference/register_inference.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/asr/register_asr.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/audio/register_audio.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/flow/register_routing.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/llm/register_llm.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/playout/register_playout.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/tts/register_tts.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/turn/register_turn.cpp": "tests/operators/register_all_test.cpp",
    "src/operators/vad/register_vad.cpp": "tests/operators/register_all_test.cpp",
    "src/protocol/realtime/beta/beta_names.cpp": "tests/protocol/realtime/beta_test.cpp",
    "src/protocol/realtime/beta/beta_reader.cpp": "tests/protocol/realtime/beta_test.cpp",
    "src/protocol/realtime/beta/beta_writer.cpp": "tests/protocol/realtime/beta_test.cpp",
    "src/protocol/realtime/item_writer.cpp": "tests/protocol/realtime/server_event_test.cpp",
    "src/protocol/realtime/json_reader.cpp": "tests/protocol/realtime/client_event_error_test.cpp",
    "src/protocol/realtime/response_writer.cpp": "tests/protocol/realtime/server_event_test.cpp",
    "src/protocol/realtime/session_apply.cpp": "tests/protocol/realtime/session_config_test.cpp",
    "src/protocol/realtime/session_fields.cpp": "tests/protocol/realtime/session_parser_test.cpp",
    "src/protocol/realtime/session_writer.cpp": "tests/protocol/realtime/server_event_test.cpp",
    "src/server/http_error.cpp": "tests/server/server_test.cpp",
    "src/server/models.cpp": "tests/server/server_test.cpp",
    "src/server/realtime_route.cpp": "tests/server/server_test.cpp",
    "src/service/realtime/agent_events.cpp": "tests/service/realtime/conformance_test.cpp",
    "src/service/realtime/client_commands.cpp": "tests/service/realtime/conformance_test.cpp",
    "src/service/realtime/session_core.cpp": "tests/service/realtime/realtime_session_test.cpp",
    "src/store/memory/memory_backend.cpp": "tests/store/backends_test.cpp",
    "src/store/sqlite/database.cpp": "tests/store/sqlite_backend_test.cpp",
    "src/store/sqlite/schema.cpp": "tests/store/sqlite_backend_test.cpp",
    "src/store/sqlite/sqlite_backend.cpp": "tests/store/sqlite_backend_test.cpp",
    "src/transport/http/http_session.cpp": "tests/transport/http_test.cpp",
    "src/transport/websocket/websocket_connection.cpp": "tests/transport/websocket_test.cpp",
}

# Sources without a test: why.
UNTESTED = {}

# (path, start of the finding): reason
ALLOWED = {
    ("src/media/buffer_pool.cpp", "a naked"): "slabs and their store end with the last of the counts "
    "kept inside them, which may be on any thread and after the pool is gone",
}
