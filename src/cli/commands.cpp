// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_command.h"
#include "cli/cli.h"
#include "cli/config_command.h"
#include "cli/doctor_command.h"
#include "cli/keys_command.h"
#include "cli/models_command.h"
#include "cli/operators_command.h"
#include "cli/plugin_command.h"
#include "cli/run_command.h"
#include "cli/say_command.h"
#include "cli/serve_command.h"
#include "cli/talk_command.h"
#include "cli/transcribe_command.h"
#include "cli/worker_command.h"

namespace parley::cli {

void add_commands(CLI::App& root, int& status) {
  add_serve_command(root, status);
  add_worker_command(root, status);
  add_talk_command(root, status);
  add_transcribe_command(root, status);
  add_say_command(root, status);
  add_run_command(root, status);
  add_operators_command(root, status);
  add_plugin_command(root, status);
  add_bench_command(root, status);
  add_models_command(root, status);
  add_keys_command(root, status);
  add_doctor_command(root, status);
  add_config_command(root, status);
}

}  // namespace parley::cli
