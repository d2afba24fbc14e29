// SPDX-License-Identifier: Apache-2.0
//
// A call in a room: LiveKit's client (livekit-client.js, a global), and the server's two requests, for
// a token and for an agent. Knows nothing of the document but where sound is attached.
//
// Events: 'status', 'people', 'microphone', 'problem' {kind, …}.

import {microphoneErrorKind} from './microphone.js';
import {RoomLines} from './room_lines.js';

const kTranscription = 'lk.transcription';
const kChat = 'lk.chat';
const kState = 'lk.agent.state';
/** An agent that was invited and has not come by then will not. */
const kAgentSeconds = 20;

/**
 * @typedef {object} Someone
 * @property {string} identity
 * @property {string} name
 * @property {boolean} self
 * @property {boolean} agent
 * @property {boolean} speaking
 * @property {boolean} muted nothing can be heard of it
 * @property {string|undefined} state what an agent says that it does
 */
export class RoomClient extends EventTarget {
  /** 'outside' | 'entering' | 'inside' | 'returning' */
  status = 'outside';
  room = null;
  lines = new RoomLines();
  #sounds;
  #key = '';
  #names = new Map();
  #waits = new Set();

  /** @param {HTMLElement} sounds where the elements are put that play what others say */
  constructor(sounds) {
    super();
    this.#sounds = sounds;
  }

  get microphoneOn() { return this.room?.localParticipant.isMicrophoneEnabled ?? false; }

  /** @returns {Someone[]} ourselves, agents, the others. */
  get people() {
    if (!this.room) return [];
    const {localParticipant, remoteParticipants} = this.room;
    const all = [localParticipant, ...remoteParticipants.values()].map((one) => ({
      identity: one.identity,
      name: this.nameOf(one.identity),
      self: one === localParticipant,
      agent: one.isAgent,
      speaking: one.isSpeaking,
      muted: !one.isMicrophoneEnabled,
      state: one.attributes[kState],
    }));
    const rank = ({self, agent}) => (self ? 0 : agent ? 1 : 2);
    return all.sort((one, other) => rank(one) - rank(other));
  }

  /** As it is shown, also after that one has left. */
  nameOf(identity) {
    const {localParticipant: self, remoteParticipants: others} = this.room ?? {};
    const one = self?.identity === identity ? self : others?.get(identity);
    if (one) this.#names.set(identity, one.name || one.attributes['lk.agent.name'] || identity);
    return this.#names.get(identity) ?? identity;
  }

  async enter({room, person, key, device}) {
    if (!globalThis.LivekitClient) return this.#problem({kind: 'no-client'});
    this.#key = key;
    this.#become('entering');
    const granted = await this.#ask('v1/rooms/token', {
      room_name: room, participant_name: person, participant_identity: identityOf(person),
    });
    const url = granted?.server_url ?? granted?.serverUrl;
    const token = granted?.participant_token ?? granted?.participantToken;
    if (!granted || this.status !== 'entering') return this.#become('outside');
    this.lines.clear();
    this.#names.clear();
    try {
      this.room = this.#makeRoom();
      await this.room.connect(url, token, {maxRetries: 0});
    } catch (error) {
      this.#problem({kind: 'livekit', url, ...reasonOf(error)});
      return this.#ended();
    }
    this.#become('inside');
    this.#peopleChanged();
    await this.openMicrophone(device);
  }

  async leave() {
    await this.room?.disconnect(); // Disconnected follows, which ends it here
  }

  async openMicrophone(device = '') {
    if (!navigator.mediaDevices) return this.#problem({kind: 'microphone', reason: 'insecure'});
    try {
      const chosen = device ? {deviceId: {exact: device}} : undefined;
      if (device && this.microphoneOn) await this.room.switchActiveDevice('audioinput', device);
      else await this.room.localParticipant.setMicrophoneEnabled(true, chosen);
    } catch (error) {
      this.#problem({kind: 'microphone', reason: microphoneErrorKind(error)});
    }
    this.#emit('microphone');
    this.#peopleChanged();
  }

  async mute() {
    await this.room.localParticipant.setMicrophoneEnabled(false);
    this.#emit('microphone');
    this.#peopleChanged();
  }

  /** Agents that speak, or are about to. */
  get talkers() {
    return this.people.filter(({agent, state}) => agent && ['thinking', 'speaking'].includes(state));
  }

  /** They stop; one that only listens refuses, which changes nothing. */
  async interrupt() {
    const {localParticipant} = this.room;
    await Promise.allSettled(this.talkers.map(({identity}) => localParticipant.performRpc(
        {destinationIdentity: identity, method: 'interrupt', payload: ''})));
  }

  async write(text) {
    await this.room.localParticipant.sendText(text, {topic: kChat});
    this.lines.write(this.room.localParticipant.identity, text);
  }

  /**
   * Asks for an agent; it comes a moment later, or a problem does.
   * @param {object} order what it should be, see docs/rooms/README.md
   * @param {string} agentName of the workers; empty: the server's own
   */
  async invite(order, agentName = '') {
    const known = new Set(this.people.map(({identity}) => identity));
    const asked = await this.#ask('v1/rooms/dispatch', {
      room: this.room.name, metadata: JSON.stringify(order), ...(agentName && {agent_name: agentName}),
    });
    if (!asked) return false;
    const wait = setTimeout(() => {
      this.#waits.delete(wait);
      const came = this.people.some(({identity, agent}) => agent && !known.has(identity));
      if (!came && this.status === 'inside') this.#problem({kind: 'no-agent', seconds: kAgentSeconds});
    }, kAgentSeconds * 1000);
    this.#waits.add(wait);
    return true;
  }

  #makeRoom() {
    const {Room, RoomEvent, setLogLevel} = globalThis.LivekitClient;
    setLogLevel('silent'); // what goes wrong is said on the page
    const room = new Room();
    for (const event of [
      RoomEvent.ParticipantConnected, RoomEvent.ParticipantDisconnected, RoomEvent.ActiveSpeakersChanged,
      RoomEvent.ParticipantAttributesChanged, RoomEvent.ParticipantNameChanged, RoomEvent.TrackMuted,
      RoomEvent.TrackUnmuted, RoomEvent.TrackPublished, RoomEvent.TrackUnpublished,
      RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished,
    ]) {
      room.on(event, () => this.#peopleChanged());
    }
    room.on(RoomEvent.TrackSubscribed, (track) => this.#sounds.append(track.attach()));
    room.on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((element) => element.remove()));
    room.on(RoomEvent.Reconnecting, () => this.#become('returning'));
    room.on(RoomEvent.Reconnected, () => this.#become('inside'));
    room.on(RoomEvent.AudioPlaybackStatusChanged, () => {
      if (!room.canPlaybackAudio) this.#problem({kind: 'playback'});
    });
    room.on(RoomEvent.Disconnected, (reason) => {
      if (this.room !== room || this.status === 'entering') return;
      this.#ended();
      const why = globalThis.LivekitClient.DisconnectReason[reason] ?? '';
      if (why !== 'CLIENT_INITIATED') this.#problem({kind: 'out', reason: why});
    });
    room.registerTextStreamHandler(kTranscription, (reader, {identity}) => this.#follow(reader, identity));
    room.registerTextStreamHandler(kChat, (reader, {identity}) => {
      const half = () => {}; // of a message is none
      reader.readAll().then((text) => this.lines.write(identity, text), half);
    });
    return room;
  }

  async #follow(reader, identity) {
    const words = this.lines.begin(identity, reader.info);
    try {
      for await (const piece of reader) words.add(piece);
    } catch {
      // Who wrote it left in the middle: what there is stays, as it would with an end.
    }
    words.end(reader.info.attributes);
  }

  /** POSTs and returns the answer; null when there was a problem, which has been told. */
  async #ask(path, body) {
    const headers = {'Content-Type': 'application/json'};
    if (this.#key) headers.Authorization = `Bearer ${this.#key}`;
    let answer;
    try {
      answer = await fetch(path, {method: 'POST', headers, body: JSON.stringify(body)});
    } catch {
      return this.#problem({kind: 'away'});
    }
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said;
    return this.#problem({kind: 'refused', status: answer.status, path, message: said.error?.message});
  }

  #ended() {
    this.room = null;
    for (const wait of this.#waits) clearTimeout(wait);
    this.#waits.clear();
    this.#sounds.replaceChildren();
    this.#become('outside');
    this.#peopleChanged();
  }

  #become(status) {
    this.status = status;
    this.#emit('status');
  }

  #peopleChanged() {
    this.#emit('people');
  }

  #problem(detail) {
    this.#emit('problem', detail);
    return null;
  }

  #emit(name, detail = {}) {
    this.dispatchEvent(new CustomEvent(name, {detail}));
  }
}

// Two of the same name are two people: identities must differ, or LiveKit shows the first one out.
function identityOf(person) {
  const word = person.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  const bytes = crypto.getRandomValues(new Uint8Array(3));
  const random = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${word || 'guest'}-${random}`;
}

function reasonOf(error) {
  const {ConnectionError, ConnectionErrorReason} = globalThis.LivekitClient;
  const known = error instanceof ConnectionError;
  return {reason: known ? ConnectionErrorReason[error.reason] : '', message: error.message};
}
