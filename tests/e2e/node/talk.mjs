// SPDX-License-Identifier: Apache-2.0
// What the tests of both JavaScript clients share. PARLEY_TEST holds what the runner tells (JSON).

import { readFileSync } from 'node:fs';

export const told = JSON.parse(process.env.PARLEY_TEST);
export const SILENCE = Buffer.alloc(48 * 1500);
export const question = Buffer.concat([readFileSync(told.question), SILENCE]);
export const LONG = 'Tell me a long story about the sea, the ships and the harbours of the world. '.repeat(3);

const CHUNK = 4800; // 100 ms of 24 kHz PCM16
const PATIENCE = 60_000; // the limit of a test that fails

export function chunks(pcm) {
  const pieces = [];
  for (let at = 0; at < pcm.length; at += CHUNK) pieces.push(pcm.subarray(at, at + CHUNK));
  return pieces;
}

/** Everything that was received, in order, and waiting for what comes next. */
export class Received {
  events = [];
  #read = 0;
  #news = () => {};

  add(event) {
    this.events.push(event);
    this.#news();
  }

  all(type) {
    return this.events.filter((event) => event.type === type);
  }

  /** The next event of a type that no earlier call looked at. */
  async until(type, where = () => true) {
    return this.#find(type, () => {
      while (this.#read < this.events.length) {
        const event = this.events[this.#read++];
        if (event.type === type && where(event)) return event;
      }
      return undefined;
    });
  }

  /** The first event of a type, wherever in the order it comes; passes over nothing. */
  async sometime(type) {
    return this.#find(type, () => this.events.find((event) => event.type === type));
  }

  async #find(type, look) {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const event = look();
      if (event) return event;
      const left = deadline - Date.now();
      if (left <= 0) {
        const last = this.events.slice(-8).map((event) => event.type);
        throw new Error(`no ${type} came; last: ${last.join(', ')}`);
      }
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#news = () => (clearTimeout(timer), resolve());
      });
    }
  }
}

/** Runs the steps of a test, says what came, and ends the process either way. */
export async function run(steps) {
  const end = (error) => {
    process.stderr.write(`${error?.stack ?? error}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  await steps();
  process.exit(0);
}
