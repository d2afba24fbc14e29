// SPDX-License-Identifier: Apache-2.0
//
// Shows the times of the last turn as a waterfall: one row for each stage, on one axis.

/** @param {import('./turn_clock.js').TurnTimes} turn */
export function showTurn(turn) {
  const {stages, totalMs, typed} = turn;
  const table = document.getElementById('timing-table');
  const total = document.getElementById('timing-total');
  table.hidden = stages.length === 0;
  if (stages.length === 0) return;
  const since = typed ? 'from your message' : 'from your last word';
  total.textContent = totalMs === null
    ? 'This turn had no sound.'
    : `${Math.round(totalMs)} ms ${since} to the first sound.`;
  const startMs = stages[0].fromMs;
  const spanMs = Math.max(1, stages.at(-1).toMs - startMs);
  document.getElementById('timing-rows').replaceChildren(
      ...stages.map((stage) => row(stage, startMs, spanMs)));
}

function row({name, waiting, fromMs, toMs}, startMs, spanMs) {
  const line = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = name;
  const chart = document.createElement('td');
  chart.className = 'chart';
  chart.setAttribute('aria-hidden', 'true');
  const bar = document.createElement('span');
  bar.className = waiting ? 'bar wait' : 'bar';
  bar.style.setProperty('--from', ((fromMs - startMs) / spanMs).toFixed(4));
  bar.style.setProperty('--size', ((toMs - fromMs) / spanMs).toFixed(4));
  chart.append(bar);
  const value = document.createElement('td');
  value.className = 'value';
  value.textContent = `${Math.round(toMs - fromMs)} ms`;
  line.append(head, chart, value);
  return line;
}
