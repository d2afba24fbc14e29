// SPDX-License-Identifier: Apache-2.0
//
// One conversation with the server: joins the socket, the microphone, the player, the transcript and
// the clock of the last turn. It holds all rules of the protocol and nothing of the page.
//
// Events: 'state' (see `state`), 'level' {input|output: 0..1}, 'turn' {TurnTimes}, 'problem' {kind, …},
//         'demonstration' {name|null}, 'microphone'.

import {Conversation} from './conversation.js';
import {Microphone, MicrophoneError} from './microphone.js';
import {decodeBase64, encodeBase64, kSampleRate, samplesToMs} from './pcm.js';
import {Player} from './player.js';
import {RealtimeClient} from './realtime_client.js';
import {TurnClock} from './turn_clock.js';

// Answers to races that the protocol cannot avoid, not problems: a cancel that met a finished
// response, a response asked for while the server had just begun one.
const kHarmlessErrors = new Set([
  'response_cancel_not_active',
  'conversation_already_has_active_response',
  'input_audio_buffer_commit_empty',
]);

export class Talk extends EventTarget {
  client = new RealtimeClient();
  conversation = new Conversation();
  clock = new TurnClock();
  context = null;
  player = null;
  microphone = null;
  instructions = '';
  #hearing = false;
  #awaitingReply = false;
  #responses = new Map();
  #createAfterResponse = false;
  #retry = null;

  constructor() {
    super();
    this.client.addEventListener('status', ({detail}) => this.#statusChanged(detail));
    this.client.addEventListener('server', ({detail}) => this.#accept(detail));
    this.client.addEventListener('refused', ({detail}) => {
      this.#closeMicrophone();
      this.#emit('problem', {kind: 'refused', ...detail});
    });
  }

  /**
   * What the user should know now: 'offline', 'connecting', 'waiting' (to reconnect), 'ready' (no
   * microphone), 'muted', 'listening', 'hearing' (the user speaks), 'thinking', 'speaking'.
   */
  get state() {
    const {status} = this.client;
    if (this.player?.busy) return 'speaking';
    if (status !== 'open') return status;
    if (this.#hearing) return 'hearing';
    if (this.#awaitingReply || this.#responses.size > 0) return 'thinking';
    if (!this.microphone) return 'ready';
    return this.microphone.muted ? 'muted' : 'listening';
  }

  get retry() {
    return this.#retry;
  }

  /** Must be called from a user's gesture: browsers start sound only then. */
  async connect({key = '', device = ''} = {}) {
    await this.#prepareSound();
    this.client.connect(key);
    await this.openMicrophone(device);
    // Refused, or given up, while the browser asked for permission.
    if (this.client.status === 'offline') this.#closeMicrophone();
  }

  /** A talk without a microphone goes on: typing works. Reports a 'problem' instead of throwing. */
  async openMicrophone(device = '') {
    await this.#prepareSound();
    this.microphone?.close();
    const microphone = new Microphone(
        this.context, (piece) => this.#heard(piece), () => this.#microphoneLost());
    try {
      await microphone.open(device);
      this.microphone = microphone;
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      this.microphone = null;
      this.#emit('problem', {kind: 'microphone', reason: error.kind, message: error.cause?.message});
    }
    this.#emit('microphone');
    this.#changed();
  }

  disconnect() {
    this.#closeMicrophone();
    this.player?.clear();
    this.client.disconnect();
  }

  mute(on) {
    this.microphone?.mute(on);
    this.#emit('microphone');
    this.#changed();
  }

  /** Stops the reply: the sound here, the work there, and tells the server what was heard. */
  async interrupt() {
    for (const id of this.#responses.keys()) {
      this.client.send({type: 'response.cancel', response_id: id});
    }
    await this.#cutPlayback();
  }

  async type(text) {
    if (this.player?.busy || this.#responses.size > 0) await this.interrupt();
    this.clock.typed(performance.now());
    this.client.send({
      type: 'conversation.item.create',
      item: {type: 'message', role: 'user', content: [{type: 'input_text', text}]},
    });
    this.#createResponse();
  }

  /** Sends the user's instructions; an empty text leaves the server's own in place. */
  configure() {
    const session = {type: 'realtime', audio: {input: {transcription: {model: 'whisper-1'}}}};
    if (this.instructions) session.instructions = this.instructions;
    this.client.send({type: 'session.update', session});
  }

  async #prepareSound() {
    if (!this.context) {
      this.context = new AudioContext({sampleRate: kSampleRate, latencyHint: 'interactive'});
      this.player = await Player.create(this.context);
      this.player.addEventListener('started', ({detail}) => this.#startedPlaying(detail.item));
      this.player.addEventListener('progress', ({detail}) => this.#emit('level', {output: detail.level}));
      this.player.addEventListener('finished', () => this.#changed());
      this.player.addEventListener('idle', () => this.#changed());
    }
    await this.context.resume();
  }

  // --- the microphone ---

  #heard({pcm, level}) {
    this.#emit('level', {input: this.microphone?.muted ? 0 : level});
    const samples = pcm.length;
    if (this.client.send({type: 'input_audio_buffer.append', audio: encodeBase64(pcm)})) {
      this.clock.appended(samples, performance.now());
    }
  }

  #microphoneLost() {
    this.#emit('problem', {kind: 'microphone', reason: 'lost'});
    this.#closeMicrophone();
    this.#changed();
  }

  #closeMicrophone() {
    this.microphone?.close();
    this.microphone = null;
    this.#emit('microphone');
  }

  // --- the server ---

  #statusChanged({status, retryInMs}) {
    this.#retry = status === 'waiting' ? {atMs: performance.now() + retryInMs} : null;
    if (status !== 'open') this.#forgetSession();
    this.#changed();
  }

  #forgetSession() {
    // What came before the connection was lost is still played; more will not come.
    for (const id of this.#responses.keys()) this.#endItems(id);
    this.#hearing = this.#awaitingReply = this.#createAfterResponse = false;
    this.#responses.clear();
    this.conversation.endSession();
    this.clock.reset();
  }

  #accept(event) {
    this.#handlers[event.type]?.(event);
    this.conversation.accept(event);
    this.#changed();
  }

  #handlers = {
    'session.created': (event) => {
      this.#sessionIs(event);
      this.configure();
    },
    'session.updated': (event) => this.#sessionIs(event),
    'input_audio_buffer.speech_started': () => {
      this.#hearing = true;
      // The server cancels its response by itself; what is queued here is ours to stop.
      this.#cutPlayback();
    },
    'input_audio_buffer.speech_stopped': (event) => {
      this.#hearing = false;
      this.#awaitingReply = true;
      this.clock.stopped(event.audio_end_ms, performance.now());
    },
    'input_audio_buffer.cleared': () => {
      this.#hearing = this.#awaitingReply = false;
    },
    'response.created': ({response}) => {
      this.#awaitingReply = false;
      this.#responses.set(response.id, new Set());
      this.clock.replying(response.id);
    },
    'response.output_audio.delta': ({response_id: response, item_id: item, delta}) => {
      this.#responses.get(response)?.add(item);
      this.player.add(item, decodeBase64(delta));
    },
    'response.output_audio.done': ({item_id: item}) => this.player.end(item),
    'response.done': (event) => this.#responseDone(event),
    'error': ({error}) => {
      if (!kHarmlessErrors.has(error.code)) this.#emit('problem', {kind: 'server', ...error});
      this.#awaitingReply = false;
    },
  };

  #sessionIs(event) {
    const turns = event.session.audio?.input?.turn_detection;
    this.clock.silenceMs = turns?.silence_duration_ms ?? 0;
    const model = (event.parley ?? event.session.parley)?.llm;
    if (model) this.#emit('demonstration', {name: model.demonstration ? model.name : null});
  }

  #responseDone(event) {
    const {response} = event;
    // An item whose audio was cut short by a failure has no output_audio.done of its own.
    this.#endItems(response.id);
    this.#responses.delete(response.id);
    this.clock.responded(response.id, event.parley?.timeline ?? response.parley?.timeline);
    this.#showTurn();
    if (response.status === 'failed') {
      this.#emit('problem', {kind: 'reply', ...response.status_details?.error});
    }
    if (this.#createAfterResponse) this.#createResponse();
  }

  #endItems(response) {
    for (const item of this.#responses.get(response) ?? []) this.player.end(item);
  }

  #createResponse() {
    this.#createAfterResponse = this.#responses.size > 0;
    if (this.#createAfterResponse) return;
    this.#awaitingReply = this.client.send({type: 'response.create'});
    this.#changed();
  }

  // --- the player ---

  #startedPlaying(item) {
    const latencyMs = (this.context.outputLatency || 0) * 1000;
    this.clock.playing(performance.now() + latencyMs);
    this.#showTurn();
    this.#changed();
  }

  async #cutPlayback() {
    if (!this.player?.busy) return;
    for (const {item, heard} of await this.player.clear()) {
      const heardMs = samplesToMs(heard);
      this.client.send({
        type: 'conversation.item.truncate', item_id: item, content_index: 0, audio_end_ms: heardMs,
      });
      this.conversation.cut(item, heardMs);
    }
  }

  #showTurn() {
    if (this.clock.turn) this.#emit('turn', this.clock.turn);
  }

  #changed() {
    this.#emit('state', {state: this.state});
  }

  #emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}
