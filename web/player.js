// SPDX-License-Identifier: Apache-2.0
//
// Plays assistant audio, one item after the other, and knows to the sample how much of each was
// played: the main thread's half of playback_worklet.js.

import {kSampleRate} from './pcm.js';

export class Player extends EventTarget {
  #node;
  #received = new Map();
  #cut = new Set();
  #unfinished = new Set();
  #requests = new Map();
  #lastRequest = 0;
  #recorded = [];

  /** Loads both worklets into a 24 kHz context, which a user's gesture must have made. */
  static async create(context) {
    await context.audioWorklet.addModule('playback_worklet.js');
    await context.audioWorklet.addModule('capture_worklet.js');
    return new Player(context);
  }

  constructor(context) {
    super();
    this.context = context;
    this.#node = new AudioWorkletNode(context, 'parley-playback', {
      numberOfInputs: 0, numberOfOutputs: 1, outputChannelCount: [1],
    });
    this.#node.port.onmessage = (message) => this.#accept(message.data);
    this.#node.connect(context.destination);
  }

  /** True while something is playing or waiting to be played. */
  get busy() {
    return this.#unfinished.size > 0;
  }

  /** Queues samples of an item. Those of an item that was cut are dropped: they were on their way. */
  add(item, pcm) {
    if (this.#cut.has(item) || pcm.length === 0) return;
    this.#received.set(item, (this.#received.get(item) ?? 0) + pcm.length);
    this.#unfinished.add(item);
    this.#node.port.postMessage({kind: 'audio', item, pcm}, [pcm.buffer]);
  }

  end(item) {
    this.#node.port.postMessage({kind: 'end', item});
  }

  /**
   * Stops at once. Resolves to [{item, heard}] for each item that was not played to its end, `heard`
   * being samples, without those that are rendered but still on their way to the loudspeaker.
   */
  async clear() {
    for (const item of this.#unfinished) this.#cut.add(item);
    const late = Math.round((this.context.outputLatency || 0) * kSampleRate);
    const request = ++this.#lastRequest;
    const answer = new Promise((resolve) => this.#requests.set(request, resolve));
    this.#node.port.postMessage({kind: 'clear', request});
    const cuts = await answer;
    this.#unfinished.clear();
    this.dispatchEvent(new CustomEvent('idle'));
    return cuts.map(({item, played}) => ({item, heard: Math.max(0, played - late)}));
  }

  /** For tests: keep every rendered sample. */
  record(on) {
    this.#recorded = [];
    this.#node.port.postMessage({kind: 'record', on});
  }

  /** @returns {Int16Array} what was rendered since record(true), 24 kHz */
  recording() {
    const total = this.#recorded.reduce((sum, pcm) => sum + pcm.length, 0);
    const all = new Int16Array(total);
    let at = 0;
    for (const pcm of this.#recorded) {
      all.set(pcm, at);
      at += pcm.length;
    }
    return all;
  }

  #accept(message) {
    const {kind, item} = message;
    if (kind === 'recorded') {
      this.#recorded.push(message.pcm);
    } else if (kind === 'cleared') {
      this.#requests.get(message.request)?.(message.cuts);
      this.#requests.delete(message.request);
    } else if (!this.#cut.has(item)) {
      this.#pass(message);
    }
  }

  #pass({kind, item, ...detail}) {
    if (kind === 'finished') this.#unfinished.delete(item);
    this.dispatchEvent(new CustomEvent(kind, {detail: {item, ...detail}}));
    if (kind === 'finished' && !this.busy) this.dispatchEvent(new CustomEvent('idle'));
  }
}
