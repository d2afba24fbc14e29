// SPDX-License-Identifier: Apache-2.0
//
// Problems, each with what to do about it. One notice per kind: a problem that comes again replaces
// its notice instead of piling up.

const kMicrophone = {
  insecure: ['The browser gives no microphone to this address.',
    'Open the page as http://localhost or over https. Typing works meanwhile.'],
  denied: ['The microphone is not allowed for this page.',
    'Allow it in the browser’s address bar, then try again. Typing works meanwhile.'],
  none: ['No microphone was found.', 'Plug one in, then try again. Typing works meanwhile.'],
  busy: ['The microphone is in use.', 'Close the other program that records, then try again.'],
  lost: ['The microphone went away.', 'Plug it in again, or choose another in Settings.'],
  failed: ['The microphone did not start.', 'Try again, or choose another in Settings.'],
};

const kRefused = {
  invalid_api_key: ['The server asks for a key, or does not know this one.',
    'Enter one of its server.api_keys in Settings, then connect again.'],
};

export class NoticeBoard {
  #box;
  #timer = 0;

  constructor(box) {
    this.#box = box;
  }

  clear() {
    clearInterval(this.#timer);
    this.#box.replaceChildren();
  }

  dismiss(kind) {
    if (kind === 'link') clearInterval(this.#timer);
    this.#box.querySelector(`[data-kind="${kind}"]`)?.remove();
  }

  /** A 'problem' of Talk; `actions` are {openSettings, retryMicrophone}. */
  report(problem, actions) {
    const {kind, reason, code, message} = problem;
    if (kind === 'microphone') {
      const [what, advice] = kMicrophone[reason];
      this.show(kind, what, advice, ['Try again', actions.retryMicrophone]);
    } else if (kind === 'refused') {
      const [what, advice] = kRefused[code] ?? ['The server ended the session.', message];
      this.show(kind, what, advice, ['Settings', actions.openSettings]);
    } else if (kind === 'reply') {
      this.show(kind, 'This answer failed.', `${message ?? 'The server gave no reason.'} ` +
          'The session goes on: say it again, and look at the server’s log if it stays so.');
    } else {
      this.show(kind, 'The server refused a request.', message);
    }
  }

  /** The connection is lost and will be tried again by itself. */
  async reportLink({retryInMs}, retryNow) {
    clearInterval(this.#timer);
    const due = performance.now() + retryInMs;
    const draining = await askHealth();
    const what = draining === 'away' ? 'The server does not answer.' : 'The connection was lost.';
    const advice = draining === 'away'
      ? 'Is “parley serve” running? This page connects again by itself.'
      : draining === 'busy' ? 'The server is starting or stopping.' : 'Connecting again by itself.';
    if (performance.now() > due) return;
    const wait = this.show('link', what, advice, ['Try now', retryNow]);
    const count = () => {
      const seconds = Math.max(0, Math.ceil((due - performance.now()) / 1000));
      wait.textContent = ` Next attempt in ${seconds} s.`;
      if (seconds === 0) clearInterval(this.#timer);
    };
    count();
    this.#timer = setInterval(count, 500);
  }

  /** Shows a notice and returns a place in it whose text may change without being announced. */
  show(kind, what, advice, action) {
    const notice = document.createElement('div');
    notice.className = 'notice';
    notice.dataset.kind = kind;
    const text = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = what;
    const wait = document.createElement('span');
    wait.setAttribute('aria-hidden', 'true');
    text.append(strong, ` ${advice}`, wait);
    notice.append(text);
    if (action) notice.append(button(action[0], action[1]));
    const close = button('×', () => notice.remove());
    close.className = 'close';
    close.setAttribute('aria-label', 'Dismiss');
    notice.append(close);
    const old = this.#box.querySelector(`[data-kind="${kind}"]`);
    if (old) old.replaceWith(notice);
    else this.#box.append(notice);
    return wait;
  }
}

function button(text, action) {
  const made = document.createElement('button');
  made.type = 'button';
  made.textContent = text;
  made.addEventListener('click', action);
  return made;
}

// A browser does not say why a socket failed; the health page does.
async function askHealth() {
  try {
    const answer = await fetch('healthz', {cache: 'no-store'});
    return answer.ok ? 'well' : 'busy';
  } catch {
    return 'away';
  }
}
