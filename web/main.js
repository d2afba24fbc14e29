// SPDX-License-Identifier: Apache-2.0
//
// The page: shows what Talk says and passes on what the user does. Nothing here knows the protocol.
//
// For tests and for the curious, `window.parley` offers
//   state         'offline' | 'connecting' | 'waiting' | 'ready' | 'muted' | 'listening' | 'hearing' |
//                 'thinking' | 'speaking'
//   transcripts   [{id, role, text, spoken, state, heardMs}]: the conversation as shown
//   turn          the times of the last turn (see turn_clock.js), or null
//   talk          the Talk itself
//   record(on)    starts to keep what is played; recording() gives it as an Int16Array, 24 kHz,
//                 without the silence between replies

import {listMicrophones} from './microphone.js';
import {NoticeBoard} from './notices.js';
import {showTurn} from './timing_view.js';
import {Talk} from './talk.js';
import {TranscriptView} from './transcript_view.js';

const element = (id) => document.getElementById(id);

const kWords = {
  offline: ['Not connected', 'Connect, then speak.'],
  connecting: ['Connecting', 'One moment.'],
  waiting: ['Connection lost', 'Trying again by itself.'],
  ready: ['Ready', 'Type a message, or turn the microphone on.'],
  muted: ['Muted', 'Type a message, or press M to be heard again.'],
  listening: ['Listening', 'Speak. The answer comes when you pause.'],
  hearing: ['Listening', 'You are being heard.'],
  thinking: ['Thinking', 'Working on the answer.'],
  speaking: ['Speaking', 'Speak, or press Esc, to interrupt.'],
};
const kLinkWords = {
  offline: 'Not connected', connecting: 'Connecting', waiting: 'Connection lost', open: 'Connected',
};

const talk = new Talk();
const notices = new NoticeBoard(element('notices'));
const transcript = new TranscriptView(element('log'), element('empty'), talk.conversation);
const settings = {key: sessionStorage.getItem('parley.key') ?? '', device: '', instructions: ''};

// --- what is shown ---

function showState() {
  const {state} = talk;
  const {status} = talk.client;
  const [word, hint] = kWords[state];
  const connected = status === 'open';
  document.body.dataset.state = state;
  element('orb').dataset.state = state;
  setText('state-word', word);
  setText('state-hint', hint);
  element('link').dataset.link = status;
  setText('link-text', kLinkWords[status]);
  setText('connect', status === 'offline' ? 'Connect' : status === 'waiting' ? 'Stop trying' : 'Disconnect');
  element('connect').classList.toggle('primary', status === 'offline');
  element('interrupt').disabled = !['speaking', 'thinking'].includes(state);
  element('send').disabled = !connected;
  if (connected) notices.dismiss('link');
}

// A live region repeats what is written again, so text is only touched when it differs.
function setText(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function showMicrophone() {
  const {microphone} = talk;
  const button = element('microphone');
  const muted = microphone?.muted ?? false;
  button.disabled = talk.client.status === 'offline';
  button.textContent = !microphone && !button.disabled ? 'Turn microphone on' :
      muted ? 'Unmute' : 'Mute';
  button.setAttribute('aria-pressed', String(muted));
  if (microphone) notices.dismiss('microphone');
}

function showLevel({input, output}) {
  // Loudness is heard on a logarithmic scale; the square root is close enough for a picture.
  const level = Math.min(1, Math.sqrt((talk.state === 'speaking' ? output : input) ?? -1) * 1.6);
  if (level >= 0) element('orb').style.setProperty('--level', level.toFixed(3));
}

function showDemonstration({name}) {
  element('demo').hidden = name === null;
  element('demo').textContent = `A demonstration language model (${name}) is speaking. It shows that ` +
      'the pipeline works and knows next to nothing: do not rely on what it says. Set llm.url in the ' +
      'configuration to use a real model.';
}

talk.addEventListener('state', showState);
talk.addEventListener('state', showMicrophone);
talk.addEventListener('microphone', showMicrophone);
talk.addEventListener('level', ({detail}) => showLevel(detail));
talk.addEventListener('turn', ({detail}) => showTurn(detail));
talk.addEventListener('demonstration', ({detail}) => showDemonstration(detail));
talk.addEventListener('problem', ({detail}) => {
  const actions = {
    openSettings, retryMicrophone: () => talk.openMicrophone(settings.device),
  };
  notices.report(detail, actions);
});
talk.client.addEventListener('status', ({detail}) => {
  if (detail.status === 'waiting') notices.reportLink(detail, () => talk.client.retryNow());
  if (detail.status === 'open') transcript.startSession();
});

// --- what the user does ---

async function toggleConnection() {
  if (talk.client.status !== 'offline') return talk.disconnect();
  notices.clear();
  await talk.connect(settings);
  await fillDevices();
}

async function toggleMicrophone() {
  if (talk.microphone) talk.mute(!talk.microphone.muted);
  else await talk.openMicrophone(settings.device);
}

function openSettings() {
  element('key').value = settings.key;
  element('device').value = settings.device;
  element('instructions').value = settings.instructions;
  element('settings').showModal();
}

async function applySettings() {
  const before = {...settings};
  for (const name of ['key', 'device', 'instructions']) settings[name] = element(name).value.trim();
  sessionStorage.setItem('parley.key', settings.key);
  talk.instructions = settings.instructions;
  if (talk.client.status === 'offline') return;
  if (settings.key !== before.key) {
    talk.disconnect();
    await talk.connect(settings);
  } else {
    if (settings.device !== before.device) await talk.openMicrophone(settings.device);
    if (settings.instructions !== before.instructions) talk.configure();
  }
}

async function fillDevices() {
  const select = element('device');
  select.length = 1;
  for (const {deviceId, label} of await listMicrophones()) {
    if (deviceId) select.add(new Option(label || 'Microphone', deviceId));
  }
  select.value = settings.device;
}

element('connect').addEventListener('click', toggleConnection);
element('microphone').addEventListener('click', toggleMicrophone);
element('interrupt').addEventListener('click', () => talk.interrupt());
element('settings-button').addEventListener('click', openSettings);
element('settings').addEventListener('close', () => {
  if (element('settings').returnValue === 'apply') applySettings();
});
element('composer').addEventListener('submit', (submit) => {
  submit.preventDefault();
  const text = element('message').value.trim();
  if (!text || talk.client.status !== 'open') return;
  element('message').value = '';
  talk.type(text);
});

document.addEventListener('keydown', (press) => {
  const writing = press.target.closest('input, textarea, select, dialog');
  if (press.ctrlKey || press.metaKey || press.altKey) return;
  if (press.key === 'Escape' && !press.target.closest('dialog')) {
    talk.interrupt();
  } else if (!writing && press.key.toLowerCase() === 'm' && talk.microphone) {
    talk.mute(!talk.microphone.muted);
  } else if (!writing && press.key === '/') {
    press.preventDefault();
    element('message').focus();
  }
});
navigator.mediaDevices?.addEventListener('devicechange', fillDevices);

window.parley = {
  get state() { return talk.state; },
  get transcripts() { return talk.conversation.entries.map((entry) => ({...entry})); },
  get turn() { return talk.clock.turn; },
  talk,
  record: (on) => talk.player.record(on),
  recording: () => talk.player.recording(),
};
showState();
showMicrophone();
