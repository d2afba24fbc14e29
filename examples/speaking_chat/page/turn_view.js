// SPDX-License-Identifier: Apache-2.0
//
// One turn in the document. The answer is a single text that only grows; what is heard is marked by
// highlights, which are no elements: a selection stays, and nothing is laid out again.

const kCanMark = 'highlights' in CSS;

export class TurnView {
  #answer;
  #text = document.createTextNode('');
  #note;

  constructor(turn, log) {
    this.turn = turn;
    log.append(bubble('question', 'You', document.createTextNode(turn.question)));
    this.#answer = bubble('answer', 'Answer', this.#text);
    this.#note = document.createElement('p');
    this.#note.className = 'note';
    this.#answer.append(this.#note);
    log.append(this.#answer);
  }

  show() {
    const {answer, state, aloud} = this.turn;
    this.#text.appendData(answer.slice(this.#text.length));
    this.#answer.dataset.state = state;
    this.#answer.classList.toggle('aloud', aloud && kCanMark);
    this.#answer.classList.toggle('blank', answer === '' && state !== 'asked');
    const note = noteOf(this.turn);
    if (this.#note.textContent !== note) this.#note.textContent = note;
  }

  /** @param {{from: number, to: number} | null} word  the one that is heard */
  mark(word) {
    if (!kCanMark) return;
    if (!word) {
      unmark();
      return;
    }
    CSS.highlights.set('heard', new Highlight(this.#range(0, word.from)));
    CSS.highlights.set('now', new Highlight(this.#range(word.from, word.to)));
  }

  #range(from, to) {
    const range = new Range();
    range.setStart(this.#text, from);
    range.setEnd(this.#text, to);
    return range;
  }
}

/** Nothing is heard. */
export function unmark() {
  if (!kCanMark) return;
  CSS.highlights.delete('heard');
  CSS.highlights.delete('now');
}

function bubble(kind, who, text) {
  const made = document.createElement('article');
  made.className = kind;
  made.setAttribute('aria-label', who);
  const said = document.createElement('p');
  said.className = 'text';
  said.append(text);
  made.append(said);
  return made;
}

function noteOf({state, times}) {
  const {asked, firstText, firstSound, written} = times;
  const after = (time) => `${((time - asked) / 1000).toFixed(1)} s`;
  const parts = [];
  if (firstText) parts.push(`first word after ${after(firstText)}`);
  if (firstSound) parts.push(`first sound after ${after(firstSound)}`);
  if (written && state !== 'failed') parts.push(`written after ${after(written)}`);
  if (state === 'stopped') parts.push('stopped');
  if (state === 'failed') parts.push('broken off');
  return parts.join(' · ');
}
