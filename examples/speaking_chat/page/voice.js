// SPDX-License-Identifier: Apache-2.0
//
// Parley's speaking socket (docs/speech/websocket.md): text goes in as it is written, PCM comes
// out. One speech at a time: beginning one cancels the one before.

import {kRate} from './player.js';

// The server speaks ahead of the playing, no further than this: what is cut was not worth making.
const kLeadMs = 15000;

/**
 * Events, all of the speech that was begun last:
 *   'audio'    {pcm: Int16Array}
 *   'chunk'    Parley's: {begin, written, spoken, words: [{text, begin, end}]}, times in seconds
 *   'done'     all of it has been sent
 *   'problem'  {what, advice}: it goes no further
 */
export class Voice extends EventTarget {
  #socket = null;
  #waiting = [];
  #numbered = 0;
  #id = null;
  #begun = false;
  #ended = true;
  #sounding = null;

  /** Connects ahead of the first word. */
  connect() {
    if (this.#socket) return;
    const url = new URL('ws/audio', location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      for (const message of this.#waiting.splice(0)) socket.send(message);
    };
    socket.onmessage = ({data}) => {
      if (typeof data === 'string') this.#hear(JSON.parse(data));
      else if (this.#sounding === this.#id) this.#tell('audio', {pcm: new Int16Array(data)});
    };
    socket.onclose = (close) => this.#lost(close);
    this.#socket = socket;
  }

  begin() {
    this.cancel();
    this.connect();
    this.#id = `answer-${this.#numbered += 1}`;
    this.#begun = false;
    this.#ended = false;
  }

  append(text) {
    if (this.#ended) return;
    if (this.#begun) return this.#send({type: 'append', id: this.#id, text});
    this.#begun = true;
    this.#send({
      type: 'speak', id: this.#id, text, format: 'pcm', samplerate: kRate, lead_ms: kLeadMs,
    });
  }

  /** No more text comes. */
  finish() {
    if (this.#ended) return;
    if (this.#begun) this.#send({type: 'finish', id: this.#id});
    else this.#end('done');
  }

  cancel() {
    if (!this.#ended && this.#begun) this.#send({type: 'cancel', id: this.#id});
    this.#id = null;
    this.#ended = true;
  }

  #send(message) {
    this.connect();
    const json = JSON.stringify(message);
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(json);
    else this.#waiting.push(json);
  }

  #hear(event) {
    if (event.type === 'started') {
      this.#sounding = event.id;
    } else if (event.type === 'error') {
      this.#refused(event);
    } else if (event.id === this.#id && !this.#ended) {
      if (event.type === 'chunk') this.#tell('chunk', event);
      if (event.type === 'done') this.#end('done');
    }
  }

  #refused({code, message, id, ends, retry_after: seconds}) {
    // Of a speech that was cancelled: nobody waits for it.
    if (this.#ended || (id && id !== this.#id)) return;
    // One without a piece of its text is not worth hearing on.
    if (!ends && this.#begun) this.#send({type: 'cancel', id: this.#id});
    if (code === 401) {
      this.#end('problem', {what: 'Parley asks for a key, or does not know this one.',
        advice: 'Start speaking_chat.py with --speech-key, or SPEECH_KEY in the environment.'});
    } else if (code === 429 || code === 503) {
      this.#end('problem', {what: `Parley is busy: ${message}`,
        advice: seconds ? `Ask again in ${seconds} s.` : 'Ask again in a moment.'});
    } else {
      this.#end('problem', {what: `Parley cannot speak this: ${message}`,
        advice: 'If it stays so, look at Parley’s log.'});
    }
  }

  async #lost({code, reason}) {
    this.#socket = null;
    this.#waiting = [];
    this.#sounding = null;
    if (this.#ended || !this.#begun) return;
    const id = this.#id;
    const problem = await whyAway(code, reason);
    if (id === this.#id) this.#end('problem', problem);
  }

  #end(kind, detail) {
    this.#ended = true;
    this.#tell(kind, detail);
  }

  #tell(kind, detail) {
    this.dispatchEvent(new CustomEvent(kind, {detail}));
  }
}

// A browser does not say why a socket could not be opened; the page's own server does.
async function whyAway(code, reason) {
  try {
    const {ok, what, advice} = await (await fetch('voice', {cache: 'no-store'})).json();
    if (!ok) return {what, advice};
  } catch {
    return {what: 'The server of this page does not answer.',
      advice: 'Is speaking_chat.py running? Start it again, then ask again.'};
  }
  return {what: `Parley ended the connection (${reason || code}).`, advice: 'Ask again.'};
}
