// SPDX-License-Identifier: Apache-2.0
//
// What was said, in order, made from server events: the model behind the transcript on the page.
// An entry is {id, role: 'user'|'assistant', text, spoken, state: 'live'|'done'|'cut'|'failed', heardMs?}.
//
// Events: 'changed' {entry}, 'removed' {id}.

export class Conversation extends EventTarget {
  entries = [];

  /** Takes what concerns the transcript from a server event, and ignores the rest. */
  accept(event) {
    this.#handlers[event.type]?.(event);
  }

  /** The session is over: what was being said stays as far as it came. */
  endSession() {
    for (const entry of this.entries.filter(({state}) => state === 'live')) {
      if (entry.role === 'assistant') this.#change(entry, {state: 'cut'});
      else if (entry.text) this.#change(entry, {state: 'done'});
      else this.#remove(entry.id);
    }
  }

  /** Marks an assistant's entry as interrupted after so much was heard. */
  cut(id, heardMs) {
    const entry = this.find(id);
    if (entry) this.#change(entry, {state: 'cut', heardMs});
  }

  find(id) {
    return this.entries.find((entry) => entry.id === id);
  }

  #handlers = {
    'input_audio_buffer.speech_started': (event) => this.#entry(event.item_id, 'user', {spoken: true}),
    'conversation.item.added': (event) => this.#added(event.item, event.previous_item_id),
    'conversation.item.done': (event) => this.#done(event.item),
    'conversation.item.deleted': (event) => this.#remove(event.item_id),
    'conversation.item.input_audio_transcription.delta': (event) =>
        this.#extend(event.item_id, event.delta),
    'conversation.item.input_audio_transcription.completed': (event) =>
        this.#finish(event.item_id, event.transcript),
    'conversation.item.input_audio_transcription.failed': (event) =>
        this.#change(this.#entry(event.item_id, 'user'), {text: '', state: 'failed'}),
    'response.output_audio_transcript.delta': (event) => this.#extend(event.item_id, event.delta),
    'response.output_text.delta': (event) => this.#extend(event.item_id, event.delta),
    'response.output_audio_transcript.done': (event) =>
        this.#finish(event.item_id, event.transcript, 'live'),
    'response.output_text.done': (event) => this.#finish(event.item_id, event.text, 'live'),
  };

  #added(item, previous) {
    if (item.type !== 'message' || item.role === 'system') return;
    const part = item.content[0];
    const spoken = part?.type === 'input_audio' || item.role === 'assistant';
    const entry = this.#entry(item.id, item.role, {spoken});
    const after = this.entries.findIndex((other) => other.id === previous);
    // An utterance was shown since it began; its place in the conversation is known only now.
    if (after >= 0 && this.entries[after + 1] !== entry) {
      this.entries.splice(this.entries.indexOf(entry), 1);
      this.entries.splice(this.entries.findIndex((other) => other.id === previous) + 1, 0, entry);
    }
    this.#change(entry, part?.text ? {text: part.text, state: 'done'} : {});
  }

  #done(item) {
    const entry = this.find(item.id);
    if (!entry || item.role !== 'assistant' || entry.state !== 'live') return;
    this.#change(entry, {state: item.status === 'incomplete' ? 'cut' : 'done'});
  }

  #entry(id, role, more = {}) {
    const known = this.find(id);
    if (known) return known;
    const entry = {id, role, text: '', spoken: false, state: 'live', ...more};
    this.entries.push(entry);
    this.#emit('changed', {entry});
    return entry;
  }

  #extend(id, delta) {
    const entry = this.find(id);
    if (entry) this.#change(entry, {text: entry.text + delta});
  }

  #finish(id, text, state = 'done') {
    const entry = this.find(id);
    if (entry) this.#change(entry, entry.state === 'cut' ? {text} : {text, state});
  }

  #change(entry, values) {
    Object.assign(entry, values);
    this.#emit('changed', {entry});
  }

  #remove(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
    this.#emit('removed', {id});
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
