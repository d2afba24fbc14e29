// SPDX-License-Identifier: Apache-2.0
//
// Plays the pieces of one speech without gaps, and knows to the sample how much of it was heard.
//
// Pieces are buffers that start at sample numbers of the audio clock. An AudioWorklet would do as
// well, but browsers have none on pages without TLS: a phone in the same network could not speak.

export const kRate = 24000;

// A first piece, and one after a gap, starts so much later: the next is on its way meanwhile.
const kCushionSeconds = 0.06;
// What is cut ends so softly that it does not click.
const kFadeSeconds = 0.01;

/**
 * Events: 'begun' {inMs}, the first sample of a speech will be heard then; 'idle', nothing is left.
 */
export class Player extends EventTarget {
  #context = null;
  #output = null;
  #speech = null;

  /** The node through which all sound goes, once unlock() has been called. */
  get output() {
    return this.#output;
  }

  /** Browsers let a page sound only after something that a person did: call this in its handler. */
  unlock() {
    if (!this.#context) {
      this.#context = new AudioContext({sampleRate: kRate, latencyHint: 'interactive'});
      this.#output = this.#context.createGain();
      this.#output.connect(this.#context.destination);
    }
    if (this.#context.state !== 'running') this.#context.resume();
  }

  /** What is added from now on is another speech; the one before is not heard any more. */
  begin() {
    this.stop();
    const gain = this.#context.createGain();
    gain.connect(this.#output);
    this.#speech = {gain, sources: new Set(), pieces: [], frames: 0, next: 0};
  }

  /** @param {Int16Array} pcm  at kRate, mono */
  add(pcm) {
    const speech = this.#speech;
    if (!speech || pcm.length === 0) return;
    const buffer = this.#context.createBuffer(1, pcm.length, kRate);
    const samples = buffer.getChannelData(0);
    for (let at = 0; at < pcm.length; at += 1) samples[at] = pcm[at] / 32768;
    const now = Math.ceil(this.#context.currentTime * kRate);
    if (speech.next < now) speech.next = now + Math.round(kCushionSeconds * kRate);
    const source = new AudioBufferSourceNode(this.#context, {buffer});
    source.connect(speech.gain);
    source.start(speech.next / kRate);
    source.onended = () => this.#ended(speech, source);
    speech.sources.add(source);
    speech.pieces.push({start: speech.next, position: speech.frames, length: pcm.length});
    if (speech.frames === 0) this.#tellBegun(speech.next);
    speech.next += pcm.length;
    speech.frames += pcm.length;
  }

  /** Seconds of the speech that have left the loudspeaker; silence of waiting is not counted. */
  heard() {
    if (!this.#speech) return 0;
    const {pieces} = this.#speech;
    const now = (this.#context.currentTime - this.#late) * kRate;
    while (pieces.length > 1 && pieces[1].start <= now) pieces.shift();
    if (pieces.length === 0) return 0;
    const {start, position, length} = pieces[0];
    return (position + Math.min(length, Math.max(0, now - start))) / kRate;
  }

  /** True while there is something to play. */
  get busy() {
    return (this.#speech?.sources.size ?? 0) > 0;
  }

  /** Silence, at once. */
  stop() {
    if (!this.#speech) return;
    const {gain, sources} = this.#speech;
    this.#speech = null;
    const now = this.#context.currentTime;
    gain.gain.setValueAtTime(1, now);
    gain.gain.linearRampToValueAtTime(0, now + kFadeSeconds);
    for (const source of sources) source.stop(now + kFadeSeconds);
  }

  // Seconds from a sample's rendering to its leaving the loudspeaker.
  get #late() {
    return this.#context.outputLatency || this.#context.baseLatency || 0;
  }

  #tellBegun(frame) {
    const inMs = (frame / kRate - this.#context.currentTime + this.#late) * 1000;
    this.dispatchEvent(new CustomEvent('begun', {detail: {inMs}}));
  }

  #ended(speech, source) {
    speech.sources.delete(source);
    if (speech.sources.size > 0) return;
    if (speech === this.#speech) this.dispatchEvent(new CustomEvent('idle'));
    else speech.gain.disconnect();
  }
}
