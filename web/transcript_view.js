// SPDX-License-Identifier: Apache-2.0
//
// Shows a Conversation as a list of what each side said, in order, and keeps the newest in sight
// unless the reader scrolled back.

export class TranscriptView {
  #log;
  #empty;
  #conversation;
  #nodes = new Map();
  #hadSession = false;

  constructor(log, empty, conversation) {
    this.#log = log;
    this.#empty = empty;
    this.#conversation = conversation;
    conversation.addEventListener('changed', ({detail}) => this.#show(detail.entry));
    conversation.addEventListener('removed', ({detail}) => this.#remove(detail.id));
  }

  /** A new session remembers nothing of the one before: say so where the two meet. */
  startSession() {
    if (this.#hadSession && this.#nodes.size > 0) {
      const rule = document.createElement('p');
      rule.className = 'session-rule';
      rule.textContent = 'A new session: it does not remember what was said above.';
      this.#log.append(rule);
    }
    this.#hadSession = true;
  }

  #show(entry) {
    const follow = this.#atEnd();
    this.#empty.hidden = true;
    const node = this.#nodes.get(entry.id) ?? this.#make(entry);
    this.#place(entry, node);
    node.dataset.state = entry.state;
    node.setAttribute('aria-busy', String(entry.state === 'live'));
    node.querySelector('.text').textContent = shownText(entry);
    node.querySelector('.text').classList.toggle('faint', !entry.text);
    node.querySelector('.note').textContent = note(entry);
    if (follow) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #make(entry) {
    const node = document.createElement('article');
    node.className = `entry ${entry.role}`;
    node.dataset.id = entry.id;
    for (const [tag, name, text] of [
      ['p', 'who', entry.role === 'user' ? 'You' : 'Parley'], ['p', 'text', ''], ['p', 'note', ''],
    ]) {
      const part = document.createElement(tag);
      part.className = name;
      part.textContent = text;
      node.append(part);
    }
    this.#nodes.set(entry.id, node);
    this.#log.append(node);
    return node;
  }

  // Moves a node only when its neighbour differs: moving one makes a screen reader say it again.
  #place(entry, node) {
    const {entries} = this.#conversation;
    const previous = this.#nodes.get(entries[entries.indexOf(entry) - 1]?.id);
    if (previous && previous.nextElementSibling !== node && !this.#ruleBetween(previous, node)) {
      previous.after(node);
    }
  }

  #ruleBetween(previous, node) {
    const next = previous.nextElementSibling;
    return next?.className === 'session-rule' && next.nextElementSibling === node;
  }

  #remove(id) {
    this.#nodes.get(id)?.remove();
    this.#nodes.delete(id);
    this.#empty.hidden = this.#nodes.size > 0;
  }

  #atEnd() {
    const {scrollTop, scrollHeight, clientHeight} = this.#log;
    return scrollHeight - scrollTop - clientHeight < 60;
  }
}

function shownText(entry) {
  if (entry.text) return entry.text;
  if (entry.state === 'live') return '…';
  return entry.role === 'user' ? '(nothing was understood)' : '(nothing was said)';
}

function note(entry) {
  if (entry.state === 'failed') return 'Your words could not be written down.';
  if (entry.state !== 'cut') return '';
  if (entry.heardMs === undefined) return 'Interrupted.';
  return `Interrupted after ${(entry.heardMs / 1000).toFixed(1)} s were heard.`;
}
