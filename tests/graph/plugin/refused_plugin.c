/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugins that must be refused, one for each value of WHAT (CMakeLists.txt builds one library for
 * each). What is not wrong is right: the table below is a small one that works.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/plugin.h"

#define GOOD 0
#define NO_ENTRY 1
#define OTHER_ABI 2
#define NULL_PLUGIN 3
#define NO_OPERATORS 4
#define NULL_OPERATORS 5
#define TWICE_THE_KIND 6
#define BAD_KIND_NAME 7
#define NULL_PROCESS 8
#define BAD_FRAME_KIND 9
#define BAD_PRESET 10
#define WILD_POINTER 11
#define ENTRY_CRASHES 12
#define ENTRY_ABORTS 13
#define ENTRY_EXITS 14
#define ENTRY_HANGS 15
#define CONSTRUCTOR_CRASHES 16
#define UNDEFINED_SYMBOL 17

static volatile uintptr_t nowhere = 16; /* volatile: or the compiler would see it coming */
static void crash(void) { *(volatile int*)nowhere = 1; }

static void* create(const parley_host* host, const parley_value* options) {
  (void)options;
  return (void*)(uintptr_t)host;
}
static void destroy(void* self) { (void)self; }
static int32_t process(void* self) {
  (void)self;
  return PARLEY_NEED_INPUT;
}

static const parley_port inputs[] = {
    {.name = "in", .frame = WHAT == BAD_FRAME_KIND ? 77 : PARLEY_AUDIO}};
static const parley_option options[] = {
    {.name = "level",
     .help = "How much",
     .preset = {.type = PARLEY_NUMBER, .number = WHAT == BAD_PRESET ? 2.0 : 0.5},
     .min = 0.0,
     .max = 1.0}};

#define KIND(name)                                                                         \
  {.kind = name, .version = "1", .summary = "Eats", .inputs = inputs, .options = options,  \
   .input_count = 1, .option_count = 1, .create = create, .destroy = destroy,              \
   .process = WHAT == NULL_PROCESS ? NULL : process}

static const parley_operator operators[] = {KIND(WHAT == BAD_KIND_NAME ? "Eat That" : "eat"),
                                            KIND(WHAT == TWICE_THE_KIND ? "eat" : "swallow")};

static const parley_plugin plugin = {
    .abi = WHAT == OTHER_ABI ? PARLEY_PLUGIN_ABI + 1 : PARLEY_PLUGIN_ABI,
    .operator_count = WHAT == NO_OPERATORS ? 0 : 2,
    .name = "refused",
    .version = "1",
    .operators = WHAT == NULL_OPERATORS ? NULL
                 : WHAT == WILD_POINTER ? (const parley_operator*)4096
                                        : operators};

#if WHAT == CONSTRUCTOR_CRASHES
__attribute__((constructor)) static void at_load(void) { crash(); }
#endif

#if WHAT == UNDEFINED_SYMBOL
void somebody_elses_function(void);
__attribute__((constructor)) static void at_load(void) { somebody_elses_function(); }
#endif

#if WHAT == NO_ENTRY
PARLEY_PLUGIN_EXPORT const parley_plugin* another_entry(void);
const parley_plugin* another_entry(void)
#else
PARLEY_PLUGIN_EXPORT const parley_plugin* parley_plugin_entry(void);
const parley_plugin* parley_plugin_entry(void)
#endif
{
  if (WHAT == ENTRY_CRASHES) crash();
  if (WHAT == ENTRY_ABORTS) abort();
  if (WHAT == ENTRY_EXITS) _exit(3);
  while (WHAT == ENTRY_HANGS) pause();
  return WHAT == NULL_PLUGIN ? NULL : &plugin;
}
