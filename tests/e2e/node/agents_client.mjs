// SPDX-License-Identifier: Apache-2.0
// npm `@openai/agents-realtime` with its own session settings. It hands every event to the listeners
// of '*', and then, unless its schema takes it for a generic one, to those of its type.

import assert from 'node:assert/strict';
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { LONG, Received, chunks, question, run, told } from './talk.mjs';

const strange = [];

await run(async () => {
  const received = new Received();
  const waiting = new Map(); // event_id -> type of events that no listener of the type has had
  const known = new Set();
  const calls = [];
  const weather = tool({
    name: 'get_weather',
    description: 'The weather.',
    parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
    strict: false,
    execute: () => (calls.push('get_weather'), 'sunny'),
  });
  const agent = new RealtimeAgent({ name: 'Parley', instructions: 'Be brief.', tools: [weather] });
  const transport = new OpenAIRealtimeWebSocket({ url: `${told.socket}?model=parley` });
  const session = new RealtimeSession(agent, { transport, model: 'parley', config: told.config });
  session.on('error', (error) => strange.push(JSON.stringify(error)));
  transport.on('*', (event) => {
    received.add(event);
    waiting.set(event.event_id, event.type);
    if (known.has(event.type)) return;
    known.add(event.type);
    transport.on(event.type, (typed) => waiting.delete(typed.event_id));
  });
  let interruptions = 0;
  let audioBytes = 0;
  session.on('audio_interrupted', () => ++interruptions);
  session.on('audio', (event) => (audioBytes += event.data.byteLength));
  // Its logger's errors.
  console.error = (...words) => strange.push(words.map((word) => word?.stack ?? word).join(' '));
  const say = (pcm) => chunks(pcm).forEach((piece) => session.sendAudio(new Uint8Array(piece).buffer));

  await session.connect({ apiKey: 'none-needed' });
  await received.until('session.updated');

  say(question);
  await received.until('conversation.item.input_audio_transcription.completed');
  let done = await received.until('response.done');
  assert.equal(done.response.status, 'completed');
  assert.ok(audioBytes > 0);
  assert.deepEqual(session.history.map((item) => item.role), ['user', 'assistant']);

  session.sendMessage(LONG);
  const delta = await received.until('response.output_audio.delta');
  say(question);
  done = await received.until('response.done', (event) => event.response.id === delta.response_id);
  assert.equal(done.response.status, 'cancelled');
  await received.until('response.done', (event) => event.response.status === 'completed');
  assert.ok(interruptions > 0);
  const cut = 'conversation.item.truncated';
  await received.sometime(cut);

  session.sendMessage('What is the weather?', {}, { triggerResponse: false });
  transport.requestResponse({ tool_choice: 'required' });
  await received.until('response.done', (event) => event.response.output[0]?.type === 'function_call');
  done = await received.until('response.done');
  assert.equal(done.response.status, 'completed');
  assert.deepEqual(calls, ['get_weather']);
  assert.match(JSON.stringify(done.response.output), /sunny/);

  await new Promise((resolve) => setImmediate(resolve));
  for (const type of waiting.values()) strange.push(`generic: ${type}`);
  assert.deepEqual(strange, []);
  console.log(`agents-realtime: ${received.events.length} events, none generic`);
  session.close();
});
