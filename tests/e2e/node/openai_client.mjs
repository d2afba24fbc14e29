// SPDX-License-Identifier: Apache-2.0
// npm `openai`: its WebSocket class takes wss only. An event is strange when the package declares
// no such type, or when its error channel speaks.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { LONG, Received, chunks, question, run, told } from './talk.mjs';

const WEATHER = { type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } };

function declaredTypes() {
  const file = 'node_modules/openai/resources/realtime/realtime.d.ts';
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  return new Set(Array.from(text.matchAll(/^ +type: '([a-z_.]+)';$/gm), (found) => found[1]));
}

await run(async () => {
  const client = new OpenAI({ apiKey: 'none-needed', baseURL: told.url });
  const socket = new OpenAIRealtimeWS({ model: 'parley' }, client);
  const received = new Received();
  const strange = [];
  const declared = declaredTypes();
  socket.on('error', (error) => strange.push(error.message));
  socket.on('event', (event) => {
    if (!declared.has(event.type)) strange.push(`undeclared: ${event.type}`);
    received.add(event);
  });
  const say = (pcm) => {
    for (const piece of chunks(pcm)) {
      socket.send({ type: 'input_audio_buffer.append', audio: piece.toString('base64') });
    }
  };
  const ask = (text, response) => {
    const content = [{ type: 'input_text', text }];
    socket.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    socket.send({ type: 'response.create', ...(response && { response }) });
  };

  await received.until('session.created');
  const detection = { type: 'server_vad', silence_duration_ms: 700 };
  const input = { transcription: { model: 'whisper-1' }, turn_detection: detection };
  socket.send({ type: 'session.update', session: { type: 'realtime', audio: { input }, tools: [WEATHER] } });
  await received.until('session.updated');

  say(question);
  const heard = await received.until('conversation.item.input_audio_transcription.completed');
  assert.match(heard.transcript, /heard/);
  let done = await received.until('response.done');
  assert.equal(done.response.status, 'completed');
  assert.ok(received.all('response.output_audio.delta').length > 0);

  ask(LONG);
  const delta = await received.until('response.output_audio.delta');
  say(question);
  await received.until('input_audio_buffer.speech_started');
  done = await received.until('response.done', (event) => event.response.id === delta.response_id);
  assert.equal(done.response.status, 'cancelled');
  socket.send({
    type: 'conversation.item.truncate', item_id: delta.item_id, content_index: 0, audio_end_ms: 100,
  });
  await received.until('response.done', (event) => event.response.status === 'completed');
  await received.sometime('conversation.item.truncated'); // before that or after it

  ask('What is the weather?', { tool_choice: 'required' });
  const isCall = (event) => event.response.output[0]?.type === 'function_call';
  const call = (await received.until('response.done', isCall)).response.output[0];
  assert.equal(call.name, 'get_weather');
  const item = { type: 'function_call_output', call_id: call.call_id, output: '{"weather":"sunny"}' };
  socket.send({ type: 'conversation.item.create', item });
  socket.send({ type: 'response.create', response: { output_modalities: ['text'] } });
  const text = await received.until('response.output_text.done');
  assert.match(text.text, /sunny/);
  await received.until('response.done');

  assert.deepEqual(strange, []);
  console.log(`openai: ${received.events.length} events, none strange`);
  socket.close();
});
