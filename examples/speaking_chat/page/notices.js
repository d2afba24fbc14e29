// SPDX-License-Identifier: Apache-2.0
//
// Problems, each with what to do about it. The same one twice is one notice.

export class Notices {
  #box;

  constructor(box) {
    this.#box = box;
  }

  clear() {
    this.#box.replaceChildren();
  }

  /** @param {{what: string, advice: string}} problem */
  show({what, advice}) {
    const said = [...this.#box.children].map((notice) => notice.dataset.what);
    if (said.includes(what)) return;
    const notice = document.createElement('div');
    notice.className = 'notice';
    notice.dataset.what = what;
    const text = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = what;
    text.append(strong, ` ${advice}`);
    const close = document.createElement('button');
    close.type = 'button';
    close.textContent = '×';
    close.setAttribute('aria-label', 'Dismiss');
    close.addEventListener('click', () => notice.remove());
    notice.append(text, close);
    this.#box.append(notice);
  }
}
