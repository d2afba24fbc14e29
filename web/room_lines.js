// SPDX-License-Identifier: Apache-2.0
//
// What was said and written in a room, as lines in the order in which they began. It comes as text
// streams: what a person says as one whole stream for each guess, of which the newest counts; what an
// agent says as one stream that grows; a translation as a stream about the segment that it translates.
//
// Events: 'changed' {line}, 'removed' {line}.

/** Lines that are kept; the oldest goes when there are more. */
const kLinesMax = 500;

/**
 * @typedef {object} Line
 * @property {number} id
 * @property {'spoken'|'written'} kind
 * @property {string} identity who said it
 * @property {Words} said
 * @property {string} language that was spoken; empty: not known
 * @property {Map<string, Words>} translations by language
 * @property {Date} at
 *
 * @typedef {{text: string, final: boolean}} Words
 */
export class RoomLines extends EventTarget {
  lines = [];
  #bySegment = new Map();
  #lastId = 0;

  /** A message of the chat. */
  write(identity, text) {
    const line = this.#add('written', identity);
    line.said = {text, final: true};
    this.#changed(line);
  }

  /**
   * A transcription stream begins. Returns what takes its text: `add(text)` as it comes, `end(attributes)`.
   * @param {string} identity on whose behalf it was sent
   * @param {{id: string, attributes?: object}} info
   */
  begin(identity, {id, attributes = {}}) {
    const language = attributes['parley.translation'];
    const segment = (language && attributes['parley.segment']) || attributes['lk.segment_id'] || id;
    const line = this.#bySegment.get(segment) ?? this.#spoken(identity, segment);
    if (language && !line.translations.has(language)) line.translations.set(language, emptyWords());
    const words = language ? line.translations.get(language) : line.said;
    if (!language) line.language = attributes['parley.language'] ?? line.language;
    words.stream = id;
    let text = '';
    const show = (final) => {
      if (words.stream !== id) return; // a newer guess has begun
      words.text = text;
      words.final = final;
      this.#changed(line);
    };
    return {
      add: (more) => {
        text += more;
        show(false);
      },
      end: (last) => show({...attributes, ...last}['lk.transcription_final'] !== 'false'),
    };
  }

  clear() {
    while (this.lines.length > 0) this.#removeOldest();
  }

  #spoken(identity, segment) {
    const line = this.#add('spoken', identity);
    line.segment = segment;
    this.#bySegment.set(segment, line);
    return line;
  }

  #add(kind, identity) {
    const line = {
      id: ++this.#lastId, kind, identity, said: emptyWords(), language: '', translations: new Map(),
      at: new Date(),
    };
    this.lines.push(line);
    if (this.lines.length > kLinesMax) this.#removeOldest();
    return line;
  }

  #removeOldest() {
    const line = this.lines.shift();
    this.#bySegment.delete(line.segment);
    this.dispatchEvent(new CustomEvent('removed', {detail: {line}}));
  }

  #changed(line) {
    if (this.lines.includes(line)) this.dispatchEvent(new CustomEvent('changed', {detail: {line}}));
  }
}

const emptyWords = () => ({text: '', final: false, stream: ''});
