// SPDX-License-Identifier: Apache-2.0
//
// Runs on the audio thread: a queue of items (one per assistant message) in a 24 kHz context, with an
// exact count of the samples of each item that were rendered. That count is what
// conversation.item.truncate needs, so silence rendered while the network was late is not in it.
//
//   in   {kind: 'audio', item, pcm: Int16Array}   more samples of an item
//        {kind: 'end', item}                      the item has no more samples
//        {kind: 'clear', request}                 stop now; answered by 'cleared'
//        {kind: 'record', on}                     post every rendered sample back (for tests)
//   out  {kind: 'started', item}                  its first sample was rendered
//        {kind: 'progress', item, played, level}  about every 40 ms while an item plays
//        {kind: 'finished', item, played}
//        {kind: 'cleared', request, cuts: [{item, played, left}]}
//        {kind: 'recorded', pcm: Int16Array}

// Playing starts, and starts again after a gap, once this much is there: the first deltas come in
// short pieces, and a gap in the middle of a word is worse than 40 ms of waiting.
const kCushionSamples = 960;
const kProgressSamples = 960;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.items = [];
    this.recording = false;
    this.sinceProgress = 0;
    this.energy = 0;
    this.port.onmessage = (message) => this.accept(message.data);
  }

  accept(message) {
    if (message.kind === 'audio') {
      const item = this.find(message.item) ?? this.add(message.item);
      item.chunks.push(message.pcm);
      item.left += message.pcm.length;
    } else if (message.kind === 'end') {
      const item = this.find(message.item);
      if (item) item.ended = true;
    } else if (message.kind === 'clear') {
      const cuts = this.items.map(({id, played, left}) => ({item: id, played, left}));
      this.fadeFrom = this.lastSample ?? 0;
      this.items = [];
      this.port.postMessage({kind: 'cleared', request: message.request, cuts});
    } else if (message.kind === 'record') {
      this.recording = message.on;
    }
  }

  find(id) {
    return this.items.find((item) => item.id === id);
  }

  add(id) {
    const item = {id, chunks: [], at: 0, left: 0, played: 0, ended: false, flowing: false};
    this.items.push(item);
    return item;
  }

  process(_, outputs) {
    const output = outputs[0][0];
    let filled = 0;
    while (filled < output.length && this.items.length > 0) {
      const item = this.items[0];
      if (!item.flowing && (item.left >= kCushionSamples || item.ended)) item.flowing = true;
      if (!item.flowing) break;
      filled += this.render(item, output.subarray(filled));
      if (item.left > 0) break;
      if (!item.ended) {
        item.flowing = false;
        break;
      }
      this.port.postMessage({kind: 'finished', item: item.id, played: item.played});
      this.items.shift();
    }
    if (filled > 0) this.report(output.subarray(0, filled));
    else this.fade(output);
    for (let channel = 1; channel < outputs[0].length; channel += 1) {
      outputs[0][channel].set(output);
    }
    return true;
  }

  // Renders at most output.length samples of one item; the number rendered.
  render(item, output) {
    let count = 0;
    while (count < output.length && item.left > 0) {
      if (item.played === 0) this.port.postMessage({kind: 'started', item: item.id});
      const chunk = item.chunks[0];
      const take = Math.min(chunk.length - item.at, output.length - count);
      for (let at = 0; at < take; at += 1) output[count + at] = chunk[item.at + at] / 32768;
      count += take;
      item.at += take;
      item.left -= take;
      item.played += take;
      if (item.at === chunk.length) {
        item.chunks.shift();
        item.at = 0;
      }
    }
    return count;
  }

  report(rendered) {
    this.lastSample = rendered[rendered.length - 1];
    this.fadeFrom = 0;
    if (this.recording) {
      const pcm = Int16Array.from(rendered, (sample) => Math.round(sample * 32768));
      this.port.postMessage({kind: 'recorded', pcm}, [pcm.buffer]);
    }
    for (const sample of rendered) this.energy += sample * sample;
    this.sinceProgress += rendered.length;
    if (this.sinceProgress < kProgressSamples) return;
    const level = Math.sqrt(this.energy / this.sinceProgress);
    const item = this.items[0];
    if (item) this.port.postMessage({kind: 'progress', item: item.id, played: item.played, level});
    this.sinceProgress = 0;
    this.energy = 0;
  }

  // Ends a cut sound within one block instead of with a click.
  fade(output) {
    if (!this.fadeFrom) return;
    for (let at = 0; at < output.length; at += 1) {
      output[at] = this.fadeFrom * (1 - (at + 1) / output.length);
    }
    this.fadeFrom = 0;
    this.lastSample = 0;
  }
}

registerProcessor('parley-playback', Playback);
