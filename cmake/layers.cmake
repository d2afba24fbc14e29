# SPDX-License-Identifier: Apache-2.0
#
# The layers of src/ in import order, one row each: `<layer> : <layers that it may import>`.
# A row may name only rows above it, so nothing ever imports down the table. Three readers:
# cmake/parley.cmake (a wrong import is a configure error), tools/tidy.py (a wrong #include is a
# finding) and the test of ARCHITECTURE.md. `*` means every row above.

set(PARLEY_LAYER_TABLE
  "base      :"
  "text      : base"
  "exec      : base"
  "media     : base exec"
  "dsp       : base media"
  "codec     : base media dsp"
  "graph     : base exec media"
  "model     : base exec media"
  "operators : base text exec media dsp codec graph model"
  "agent     : base exec media codec graph model operators"
  "room      : base exec media graph agent"
  "protocol  : base media"
  "store     : base exec"
  "service   : base text exec media codec graph model operators agent room protocol store"
  "transport : base exec"
  "backend   : base exec media dsp codec model protocol transport"
  "server    : *"
  "cli       : *"
)
