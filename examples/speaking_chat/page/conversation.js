// SPDX-License-Identifier: Apache-2.0
//
// What is asked, written and heard: text comes from the language model piece by piece, goes to the
// voice in the same moment, and its sound to the player. Nothing here touches the document.
//
// A turn is {
//   question, answer   texts; the answer grows
//   state              'asked' | 'writing' | 'written' | 'done' | 'stopped' | 'failed'
//   aloud              whether it is (still) spoken
//   sent               whether the voice has sent all that it will
//   cut                whether it was stopped while it was spoken
//   timed              [{from, to, begin, end}]: places in `answer`, seconds of its speech
//   heard              seconds of its speech that have been heard
//   times              {asked, firstText, firstSound, written}: ms on performance.now()'s clock
// }

import {Player} from './player.js';
import {timesOfWritten, wordAt} from './words.js';
import {Voice} from './voice.js';

// Turns that the language model is told of, the new one included.
const kTurnsTold = 20;

/** Events: 'turn' {turn}, something of it changed; 'problem' {what, advice}. */
export class Conversation extends EventTarget {
  turns = [];
  aloud = true;
  player = new Player();
  voice = new Voice();
  #request = null;
  #placed = 0;  // characters of the answer that chunks have been found for

  constructor() {
    super();
    this.player.addEventListener('begun', ({detail}) => this.#firstSound(detail));
    this.player.addEventListener('idle', () => this.#settle());
    this.voice.addEventListener('audio', ({detail}) => this.player.add(detail.pcm));
    this.voice.addEventListener('chunk', ({detail}) => this.#place(detail));
    this.voice.addEventListener('done', () => this.#spoken());
    this.voice.addEventListener('problem', ({detail}) => this.#silenced(detail));
  }

  get turn() {
    return this.turns.at(-1);
  }

  /** True while an answer is being written or spoken. */
  get busy() {
    return ['asked', 'writing', 'written'].includes(this.turn?.state);
  }

  /** Asks, and stops what is still being written or spoken. Call it in the handler of an event. */
  async ask(question) {
    this.stop();
    const turn = {
      question, answer: '', state: 'asked', aloud: this.aloud, sent: !this.aloud, cut: false,
      timed: [], heard: 0, times: {asked: performance.now()},
    };
    this.turns.push(turn);
    this.#placed = 0;
    if (turn.aloud) {
      this.player.unlock();
      this.player.begin();
      this.voice.begin();
    }
    this.#changed(turn);
    this.#request = new AbortController();
    const {signal} = this.#request;
    try {
      for await (const text of answers(this.#messages(), signal)) this.#write(turn, text);
      this.#written(turn, 'written');
    } catch (problem) {
      if (signal.aborted) return;
      // What has been written is spoken to its end all the same.
      this.#written(turn, 'failed');
      this.#report(problem.told ?? {what: 'The server of this page does not answer.',
        advice: 'Is speaking_chat.py running? Start it again, then ask again.'});
    }
  }

  /** Silence, and no further word. */
  stop() {
    const {turn} = this;
    if (!turn || !(this.busy || turn.aloud)) return;
    this.look();
    this.#request?.abort();
    this.voice.cancel();
    this.player.stop();
    if (this.busy) turn.state = 'stopped';
    turn.cut = turn.aloud;
    turn.aloud = false;
    this.#changed(turn);
  }

  /** Whether answers are spoken. What is being spoken falls silent, and is written on. */
  readAloud(aloud) {
    this.aloud = aloud;
    if (!aloud) this.#silence();
  }

  /** The word that is heard now, or was last. */
  look() {
    const {turn} = this;
    if (!turn) return null;
    if (turn.aloud) turn.heard = this.player.heard();
    return turn.heard > 0 ? wordAt(turn.timed, turn.heard) : null;
  }

  #write(turn, text) {
    turn.times.firstText ??= performance.now();
    turn.answer += text;
    turn.state = 'writing';
    if (turn.aloud) this.voice.append(text);
    this.#changed(turn);
  }

  #written(turn, state) {
    turn.times.written = performance.now();
    turn.state = state;
    if (turn.aloud) this.voice.finish();
    this.#settle();
    this.#changed(turn);
  }

  // Where in the answer a chunk is: chunks come in order, and leave out no more than spaces.
  #place({written, words}) {
    const {turn} = this;
    const text = written.trim();
    const at = turn.answer.indexOf(text, this.#placed);
    if (at < 0) return;
    this.#placed = at + text.length;
    for (const word of timesOfWritten(text, words)) {
      turn.timed.push({...word, from: word.from + at, to: word.to + at});
    }
  }

  #firstSound({inMs}) {
    this.turn.times.firstSound ??= performance.now() + inMs;
    this.#changed(this.turn);
  }

  #spoken() {
    this.turn.sent = true;
    this.#settle();
  }

  #settle() {
    const {turn} = this;
    if (!turn || !turn.sent || this.player.busy) return;
    this.look();
    turn.aloud = false;
    if (turn.state === 'written') turn.state = 'done';
    this.#changed(turn);
  }

  // What is in the loudspeaker's queue is still heard.
  #silenced(problem) {
    this.turn.sent = true;
    this.#report(problem);
    this.#settle();
  }

  #silence() {
    const {turn} = this;
    if (!turn?.aloud) return;
    this.look();
    this.voice.cancel();
    this.player.stop();
    turn.sent = true;
    this.#settle();
  }

  // The model is told of an answer that was cut what the person heard of it.
  #messages() {
    return this.turns.slice(-kTurnsTold).flatMap((turn) => {
      const end = turn.cut ? wordAt(turn.timed, turn.heard)?.to ?? 0 : turn.answer.length;
      const question = {role: 'user', content: turn.question};
      if (end === 0) return [question];
      return [question, {role: 'assistant', content: turn.answer.slice(0, end)}];
    });
  }

  #changed(turn) {
    this.dispatchEvent(new CustomEvent('turn', {detail: {turn}}));
  }

  #report(detail) {
    this.dispatchEvent(new CustomEvent('problem', {detail}));
  }
}

class Told extends Error {
  constructor(told) {
    super(told.what);
    this.told = told;
  }
}

// The pieces of text that the language model writes.
async function* answers(messages, signal) {
  const answer = await fetch('chat', {
    method: 'POST', signal, headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({messages}),
  });
  if (!answer.ok) {
    throw new Told({what: `The server refuses this: ${answer.statusText}.`,
      advice: 'Reload the page to begin anew, and ask in fewer words.'});
  }
  let line = '';
  for await (const text of pieces(answer.body.pipeThrough(new TextDecoderStream()))) {
    const lines = (line + text).split('\n');
    line = lines.pop();
    for (const one of lines) {
      const event = JSON.parse(one);
      if (event.error) throw new Told(event.error);
      if (event.done) return;
      yield event.text;
    }
  }
  throw new Told({what: 'The connection broke off in the middle of the answer.',
    advice: 'Ask again.'});
}

// Not every browser lets a stream be iterated over.
async function* pieces(stream) {
  const reader = stream.getReader();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    yield value;
  }
}
