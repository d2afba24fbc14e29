// SPDX-License-Identifier: Apache-2.0
//
// The socket to /v1/realtime of the server that this page came from: connects, reconnects with
// back-off, sends client events, and hands out server events. It knows nothing of audio or of the page.
//
// Events: 'status' {status, retryInMs?} with status offline | connecting | open | waiting;
//         'server' {event} for each server event; 'refused' {code, message} when trying again is
//         pointless until the user changed something.

const kBackoffFirstMs = 500;
const kBackoffMostMs = 15000;
// The protocol's codes for "do not come back as you are": 3000 a bad key, 4000-4999 the other fatal ones.
const kCloseBadKey = 3000;
const kFatalErrors = new Set(['invalid_api_key', 'missing_model', 'invalid_model', 'model_not_found']);

export class RealtimeClient extends EventTarget {
  #socket = null;
  #wanted = false;
  #attempt = 0;
  #timer = 0;
  #fatal = null;
  #key = '';
  status = 'offline';

  /** Connects, and stays connected until disconnect(). */
  connect(key = '') {
    this.#key = key;
    this.#wanted = true;
    this.#attempt = 0;
    this.#open();
  }

  disconnect() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
    this.#socket = null;
    this.#setStatus('offline');
  }

  /** Skips what is left of the wait before the next attempt. */
  retryNow() {
    if (this.status === 'waiting') this.#open();
  }

  /** Sends a client event; false when there is no open socket. */
  send(event) {
    if (this.status !== 'open') return false;
    this.#socket.send(JSON.stringify(event));
    return true;
  }

  #open() {
    clearTimeout(this.#timer);
    this.#fatal = null;
    this.#setStatus('connecting');
    const url = new URL('v1/realtime?model=parley', document.baseURI);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    // A browser cannot set headers on a WebSocket; the protocol carries the key in a subprotocol.
    const protocols = this.#key ? ['realtime', `openai-insecure-api-key.${this.#key}`] : ['realtime'];
    let socket;
    try {
      socket = new WebSocket(url, protocols);
    } catch (error) {
      // The browser refuses a subprotocol with characters that a header may not hold.
      this.#refuse('invalid_api_key', `This key cannot be sent: ${error.message}`);
      return;
    }
    this.#socket = socket;
    socket.onmessage = (message) => this.#receive(socket, message.data);
    socket.onclose = (close) => this.#closed(socket, close);
  }

  #receive(socket, text) {
    if (socket !== this.#socket) return;
    const event = JSON.parse(text);
    if (event.type === 'session.created') {
      this.#attempt = 0;
      this.#setStatus('open');
    }
    if (event.type === 'error' && kFatalErrors.has(event.error.code)) {
      // The server closes next; 'refused' will tell it all.
      this.#fatal = {code: event.error.code, message: event.error.message};
      return;
    }
    this.dispatchEvent(new CustomEvent('server', {detail: event}));
  }

  #closed(socket, close) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    if (!this.#wanted) return;
    if (this.#fatal || close.code === kCloseBadKey || close.code >= 4000) {
      const code = this.#fatal?.code ?? (close.code === kCloseBadKey ? 'invalid_api_key' : 'closed');
      this.#refuse(code, this.#fatal?.message ?? close.reason);
      return;
    }
    const most = Math.min(kBackoffMostMs, kBackoffFirstMs * 2 ** this.#attempt);
    // Half of the wait is random, so that a restarted server is not met by everybody at once.
    const retryInMs = Math.round(most * (0.5 + Math.random() / 2));
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#open(), retryInMs);
    this.#setStatus('waiting', {retryInMs, attempt: this.#attempt});
  }

  #refuse(code, message) {
    this.#wanted = false;
    this.#socket = null;
    this.#setStatus('offline');
    this.dispatchEvent(new CustomEvent('refused', {detail: {code, message}}));
  }

  #setStatus(status, more = {}) {
    this.status = status;
    this.dispatchEvent(new CustomEvent('status', {detail: {status, ...more}}));
  }
}
