// SPDX-License-Identifier: Apache-2.0
//
// When things happened in the last turn, in milliseconds of one axis whose zero is the decision that
// the user was done (or the moment a message was sent). The server reports its own stages on
// response.done as `parley.timeline`; the two ends of the wait, the last sample spoken and the first
// sample played, are measured here, because only the page knows both.

import {kSampleRate} from './pcm.js';

// Long enough to look up the end of the longest pause that a server may wait for.
const kHistoryMs = 60000;

/** @typedef {{name: string, waiting: boolean, fromMs: number, toMs: number}} Stage */
/** @typedef {{typed: boolean, stages: Stage[], totalMs: ?number}} TurnTimes */

export class TurnClock {
  silenceMs = 0;
  /** @type {?TurnTimes} */
  turn = null;
  #samples = 0;
  #history = [];
  #current = null;

  /** A new session: its audio is counted from zero. */
  reset() {
    this.#samples = 0;
    this.#history = [];
    this.#current = null;
  }

  appended(samples, nowMs) {
    this.#samples += samples;
    this.#history.push({endMs: (this.#samples * 1000) / kSampleRate, atMs: nowMs});
    while (this.#history[0].atMs < nowMs - kHistoryMs) this.#history.shift();
  }

  /** The server decided that the user is done; audioEndMs counts this session's audio. */
  stopped(audioEndMs, nowMs) {
    const spokenMs = this.#timeOf(audioEndMs - this.silenceMs) ?? nowMs - this.silenceMs;
    this.#current = {
      typed: false, response: null, zeroMs: nowMs, spokenMs: Math.min(spokenMs, nowMs), playedMs: null,
    };
  }

  typed(nowMs) {
    this.#current = {typed: true, response: null, zeroMs: nowMs, spokenMs: nowMs, playedMs: null};
  }

  playing(nowMs) {
    if (!this.#current || this.#current.playedMs !== null) return;
    this.#current.playedMs = nowMs;
    this.#finish();
  }

  /** The first response after the turn's end is the turn's own; one still running before is not. */
  replying(response) {
    if (this.#current && !this.#current.response) this.#current.response = response;
  }

  responded(response, timeline) {
    if (this.#current?.response !== response || !timeline) return;
    this.#current.timeline = timeline;
    this.#finish();
  }

  // When the sample at this position of the session's audio was captured.
  #timeOf(positionMs) {
    const piece = this.#history.find(({endMs}) => endMs >= positionMs);
    return piece && piece.atMs - (piece.endMs - positionMs);
  }

  #finish() {
    const {typed, zeroMs, spokenMs, playedMs, timeline = {}} = this.#current;
    const startMs = typed ? 0 : Math.min(spokenMs - zeroMs, 0);
    const marks = [
      ['Sure that you are done', typed ? null : 0],
      ['Your words written down', typed ? null : timeline.transcript_ms],
      ['First word of the answer', timeline.first_token_ms],
      ['First clause of the answer', timeline.first_clause_ms],
      ['First sound made', timeline.first_audio_ms],
      ['First sound played', playedMs === null ? null : playedMs - zeroMs],
    ];
    const stages = [];
    let fromMs = startMs;
    for (const [name, atMs] of marks) {
      if (atMs === null || atMs === undefined) continue;
      // Two stages may run side by side; a bar then begins where the one before it ended.
      const toMs = Math.max(fromMs, atMs);
      // Only the first stage is spent waiting for the user's silence; the others are work.
      stages.push({name, waiting: atMs === 0 && !typed, fromMs, toMs});
      fromMs = toMs;
    }
    const totalMs = playedMs === null ? null : playedMs - zeroMs - startMs;
    this.turn = {typed, stages, totalMs};
  }
}
