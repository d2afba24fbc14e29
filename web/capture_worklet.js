// SPDX-License-Identifier: Apache-2.0
//
// Runs on the audio thread: takes the microphone's samples at the context's rate, brings them to
// 24 kHz, and posts {pcm: Int16Array, level: 0..1} for every 20 ms.

const kOutputRate = 24000;
const kChunkSamples = 480;
const kTaps = 48;
const kPhases = 128;

// Low-pass and resample by a windowed sinc, one row of taps per fraction of an input sample. Chromium
// resamples a microphone into a 24 kHz context by itself, and this class is then not used; Firefox
// refuses to join different rates, so there the context keeps the device's rate.
class Resampler {
  constructor(inputRate) {
    this.step = inputRate / kOutputRate;
    this.history = new Float32Array(kTaps);
    this.position = 0;
    const cutoff = Math.min(1, kOutputRate / inputRate) * 0.92;
    this.table = Array.from({length: kPhases}, (_, phase) => {
      const row = Float32Array.from({length: kTaps}, (unused, tap) => {
        const x = tap - kTaps / 2 + 1 - phase / kPhases;
        const window = 0.5 + 0.5 * Math.cos((2 * Math.PI * x) / kTaps);
        return (x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x)) * window;
      });
      const sum = row.reduce((total, value) => total + value, 0);
      return row.map((value) => value / sum);
    });
  }

  // Calls `emit(sample)` for each output sample that `input` completes.
  process(input, emit) {
    const samples = new Float32Array(this.history.length + input.length);
    samples.set(this.history);
    samples.set(input, this.history.length);
    while (Math.floor(this.position) + kTaps <= samples.length) {
      const start = Math.floor(this.position);
      const row = this.table[Math.floor((this.position - start) * kPhases)];
      let sum = 0;
      for (let tap = 0; tap < kTaps; tap += 1) sum += samples[start + tap] * row[tap];
      emit(sum);
      this.position += this.step;
    }
    const used = Math.min(Math.floor(this.position), samples.length);
    this.history = samples.slice(used);
    this.position -= used;
  }
}

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = sampleRate === kOutputRate ? null : new Resampler(sampleRate);
    this.startChunk();
  }

  startChunk() {
    this.pcm = new Int16Array(kChunkSamples);
    this.filled = 0;
    this.energy = 0;
  }

  push(sample) {
    const bounded = Math.max(-1, Math.min(1, sample));
    this.pcm[this.filled] = Math.round(bounded * 32767);
    this.energy += bounded * bounded;
    this.filled += 1;
    if (this.filled < kChunkSamples) return;
    const level = Math.sqrt(this.energy / kChunkSamples);
    this.port.postMessage({pcm: this.pcm, level}, [this.pcm.buffer]);
    this.startChunk();
  }

  process(inputs) {
    const channel = inputs[0][0];
    if (!channel) return true;
    if (this.resampler) {
      this.resampler.process(channel, (sample) => this.push(sample));
    } else {
      for (const sample of channel) this.push(sample);
    }
    return true;
  }
}

registerProcessor('parley-capture', Capture);
