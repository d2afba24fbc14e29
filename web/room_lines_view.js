// SPDX-License-Identifier: Apache-2.0
//
// Shows RoomLines: who, what, and beside it the translations. Keeps the newest in sight unless the
// reader scrolled back.

export class RoomLinesView {
  #log;
  #empty;
  #heads;
  #nameOf;
  #nodes = new Map();

  /** @param {(identity: string) => string} nameOf */
  constructor({log, empty, heads}, lines, nameOf) {
    this.#log = log;
    this.#empty = empty;
    this.#heads = heads;
    this.#nameOf = nameOf;
    lines.addEventListener('changed', ({detail}) => this.#show(detail.line));
    lines.addEventListener('removed', ({detail}) => this.#remove(detail.line));
  }

  #show(line) {
    const {scrollTop, scrollHeight, clientHeight} = this.#log;
    const atEnd = scrollHeight - scrollTop - clientHeight < 60;
    this.#empty.hidden = true;
    const node = this.#nodes.get(line.id) ?? this.#make(line);
    // Only what is final is worth a screen reader's time.
    node.setAttribute('aria-busy', String(!line.said.final));
    const said = node.querySelector('.said');
    if (line.language) said.lang = line.language;
    fill(said, line.said);
    if (line.translations.size > 0) {
      this.#log.classList.add('translated');
      this.#heads.hidden = false;
      for (const [language, words] of line.translations) fill(translation(node, language), words);
    }
    if (atEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #make(line) {
    const node = document.createElement('article');
    node.className = `line ${line.kind}`;
    node.dataset.id = line.id;
    const who = part('p', 'who');
    const name = part('strong', '', this.#nameOf(line.identity));
    const time = part('time', '', line.at.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit'}));
    time.dateTime = line.at.toISOString();
    who.append(name, ' ', time);
    node.append(who, part('p', 'text said'), part('div', 'others'));
    this.#nodes.set(line.id, node);
    this.#log.append(node);
    return node;
  }

  #remove(line) {
    this.#nodes.get(line.id)?.remove();
    this.#nodes.delete(line.id);
    if (this.#nodes.size > 0) return;
    this.#empty.hidden = false;
    this.#heads.hidden = true;
    this.#log.classList.remove('translated');
  }
}

function translation(node, language) {
  const found = node.querySelector(`.others [data-language="${CSS.escape(language)}"]`);
  if (found) return found.querySelector('.words');
  const text = part('p', 'text');
  text.dataset.language = language;
  const words = part('span', 'words');
  words.lang = language;
  text.append(part('span', 'code', language), ' ', words);
  node.querySelector('.others').append(text);
  return words;
}

function fill(place, {text, final}) {
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle('live', !final);
}

function part(tag, name, text = '') {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}
