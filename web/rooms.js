// SPDX-License-Identifier: Apache-2.0
//
// The page of rooms: shows what RoomClient says and passes on what the user does.
//
// For tests and for the curious, `window.parley` offers
//   client    the RoomClient: status, people, lines.lines, room (LiveKit's own, inside a room)

import {listMicrophones} from './microphone.js';
import {NoticeBoard} from './notices.js';
import {showPeople} from './people_view.js';
import {RoomClient} from './room_client.js';
import {RoomLinesView} from './room_lines_view.js';

const element = (id) => document.getElementById(id);

const kLinkWords = {
  outside: ['offline', 'Not in a room'], entering: ['connecting', 'Entering'],
  inside: ['open', ''], returning: ['waiting', 'Connection lost; coming back by itself'],
};
const kAgents = {
  translator: 'Writes what everybody says in another language, and says it if you like.',
  transcriber: 'Writes down what everybody says, with who said it.',
  assistant: 'Takes part in the conversation: ask it something.',
  notetaker: 'Listens, and sends minutes when the call is over.',
};
const kLanguages = {
  '': 'Any', en: 'English', zh: 'Mandarin', es: 'Spanish', fr: 'French', de: 'German', it: 'Italian',
  pt: 'Portuguese', nl: 'Dutch', pl: 'Polish', tr: 'Turkish', ru: 'Russian', uk: 'Ukrainian',
  ar: 'Arabic', hi: 'Hindi', ja: 'Japanese', ko: 'Korean', vi: 'Vietnamese',
};
const kOut = {
  ROOM_DELETED: ['The room was closed.', 'Enter it again to open a new one.'],
  PARTICIPANT_REMOVED: ['You were removed from the room.', 'Whoever manages the LiveKit server can say why.'],
  DUPLICATE_IDENTITY: ['You entered a second time, elsewhere.', 'This page has left the room.'],
  SERVER_SHUTDOWN: ['The LiveKit server stopped.', 'Enter again when it is back.'],
};

const client = new RoomClient(element('sounds'));
const notices = new NoticeBoard(element('notices'));
const settings = {key: sessionStorage.getItem('parley.key') ?? '', device: '', 'agent-name': ''};
new RoomLinesView(
    {log: element('log'), empty: element('empty'), heads: element('heads')}, client.lines,
    (identity) => client.nameOf(identity));

// --- what is shown ---

function showStatus() {
  const {status} = client;
  const inside = status === 'inside' || status === 'returning';
  const [link, text] = kLinkWords[status];
  const was = document.body.dataset.status;
  document.body.dataset.status = status;
  element('link').dataset.link = link;
  element('link-text').textContent = text || `In “${client.room.name}”`;
  element('lobby').hidden = inside;
  element('room').hidden = !inside;
  element('enter').disabled = status === 'entering';
  element('enter').textContent = status === 'entering' ? 'Entering …' : 'Enter';
  element('send').disabled = status !== 'inside';
  element('invite-button').disabled = status !== 'inside';
  // Where there is a keyboard; elsewhere one would cover half of the page.
  if (inside && was === 'entering' && matchMedia('(pointer: fine)').matches) element('message').focus();
  if (!inside && (was === 'inside' || was === 'returning')) element('enter').focus();
}

function showMicrophone() {
  const on = client.microphoneOn;
  element('microphone').textContent = on ? 'Mute' : 'Turn microphone on';
  element('microphone').setAttribute('aria-pressed', String(!on));
  if (on) notices.dismiss('microphone');
}

function showAgentFields() {
  const agent = element('agent').value;
  element('agent-about').textContent = kAgents[agent];
  for (const field of document.querySelectorAll('[data-for]')) {
    field.hidden = !field.dataset.for.split(' ').includes(agent);
  }
}

function showProblem(problem) {
  const {kind, status, path, message, url, reason} = problem;
  const open = ['Settings', openSettings];
  if (kind === 'microphone') {
    notices.report(problem, {openSettings, retryMicrophone: () => client.openMicrophone(settings.device)});
  } else if (kind === 'no-client') {
    notices.show(kind, 'This server was built without LiveKit’s client.',
        'Run tools/deps, then build and start it again.');
  } else if (kind === 'away') {
    notices.show(kind, 'The server does not answer.',
        'Is “parley serve” running? Start it, then try again.');
  } else if (kind === 'refused' && status === 401) {
    notices.show(kind, 'The server asks for a key, or does not know this one.',
        'Enter one of its server.api_keys in Settings, then try again.', open);
  } else if (kind === 'refused' && (status === 404 || status === 405)) {
    notices.show(kind, 'This server knows no LiveKit server.',
        'Start one, set rooms.url, rooms.key and rooms.secret, and start parley again: ' +
        'docs/rooms/README.md says how.');
  } else if (kind === 'refused') {
    notices.show(kind, path.endsWith('token') ? 'The server gave no token.' : 'No agent was asked for.',
        message ?? `It answered ${status}; its log may say why.`);
  } else if (kind === 'livekit' && reason === 'NotAllowed') {
    notices.show(kind, 'LiveKit refused the token.',
        `rooms.key and rooms.secret must be a key of the LiveKit server at ${url} and its secret.`);
  } else if (kind === 'livekit') {
    notices.show(kind, `LiveKit at ${url} could not be reached.`,
        `Is livekit-server running there, and can this machine reach it? (${message})`);
  } else if (kind === 'no-agent') {
    notices.show(kind, `No agent came within ${problem.seconds} seconds.`,
        'Is a worker running (“parley worker”, or “parley serve” with rooms.url), and is it not full?');
  } else if (kind === 'playback') {
    notices.show(kind, 'The browser plays no sound before you click.', '', ['Play', () => {
      notices.dismiss(kind);
      client.room?.startAudio();
    }]);
  } else {
    const [what, advice] = kOut[reason] ?? ['The connection to the room was lost.', 'Enter again.'];
    notices.show('out', what, advice);
  }
}

client.addEventListener('status', showStatus);
client.addEventListener('status', showMicrophone);
client.addEventListener('microphone', showMicrophone);
client.addEventListener('people', () => showPeople(element('people'), client.people));
client.addEventListener('people', showMicrophone);
client.addEventListener('people', () => {
  element('interrupt').disabled = client.talkers.length === 0;
});
client.addEventListener('problem', ({detail}) => showProblem(detail));

// --- what the user does ---

async function enter() {
  const room = element('room-name').value.trim();
  const person = element('person-name').value.trim();
  if (!room || !person) return;
  notices.clear();
  sessionStorage.setItem('parley.person', person);
  history.replaceState(null, '', `#${new URLSearchParams({room})}`); // a link that others can follow
  await client.enter({room, person, key: settings.key, device: settings.device});
  await fillDevices();
}

function order() {
  const value = (id) => element(id).value.trim();
  const agent = value('agent');
  const fields = {
    translator: {language: value('from'), to: value('to'), speak: element('speak').checked},
    transcriber: {language: value('language')},
    assistant: {instructions: value('instructions')},
    notetaker: {language: value('language'), webhook: value('webhook')},
  };
  const given = Object.entries(fields[agent]).filter(([, field]) => field !== '' && field !== false);
  return {agent, ...Object.fromEntries(given)};
}

async function invite() {
  const button = element('invite-button');
  button.disabled = true;
  notices.dismiss('no-agent');
  notices.dismiss('refused');
  await client.invite(order(), settings['agent-name']);
  button.disabled = client.status !== 'inside';
}

async function toggleMicrophone() {
  if (client.microphoneOn) await client.mute();
  else await client.openMicrophone(settings.device);
}

function openSettings() {
  for (const name of Object.keys(settings)) element(name).value = settings[name];
  element('settings').showModal();
}

async function applySettings() {
  const {device} = settings;
  for (const name of Object.keys(settings)) settings[name] = element(name).value.trim();
  sessionStorage.setItem('parley.key', settings.key);
  if (client.status === 'inside' && settings.device !== device) await client.openMicrophone(settings.device);
}

async function fillDevices() {
  const select = element('device');
  select.length = 1;
  for (const {deviceId, label} of await listMicrophones()) {
    if (deviceId) select.add(new Option(label || 'Microphone', deviceId));
  }
  select.value = settings.device;
}

function fillLanguages() {
  for (const id of ['from', 'to', 'language']) {
    for (const [code, name] of Object.entries(kLanguages)) {
      if (code || id !== 'to') element(id).add(new Option(name, code));
    }
  }
  element('to').value = 'en';
}

function onSubmit(id, action) {
  element(id).addEventListener('submit', (submit) => {
    submit.preventDefault();
    action();
  });
}

onSubmit('entry', enter);
onSubmit('invite', invite);
onSubmit('composer', () => {
  const text = element('message').value.trim();
  if (!text || client.status !== 'inside') return;
  element('message').value = '';
  client.write(text);
});
element('agent').addEventListener('change', showAgentFields);
element('interrupt').addEventListener('click', () => client.interrupt());
element('leave').addEventListener('click', () => client.leave());
element('microphone').addEventListener('click', toggleMicrophone);
element('settings-button').addEventListener('click', openSettings);
element('settings').addEventListener('close', () => {
  if (element('settings').returnValue === 'apply') applySettings();
});
document.addEventListener('keydown', (press) => {
  if (client.status !== 'inside' || press.ctrlKey || press.metaKey || press.altKey) return;
  if (press.key === 'Escape' && !press.target.closest('dialog')) return client.interrupt();
  if (press.target.closest('input, textarea, select, dialog')) return;
  if (press.key.toLowerCase() === 'm') {
    toggleMicrophone();
  } else if (press.key === '/') {
    press.preventDefault();
    element('message').focus();
  }
});
navigator.mediaDevices?.addEventListener('devicechange', fillDevices);

window.parley = {client};
element('room-name').value = new URLSearchParams(location.hash.slice(1)).get('room') || 'meeting';
element('person-name').value = sessionStorage.getItem('parley.person') ?? '';
// A narrow window has what is said below the form; somebody who wants an agent opens it.
element('invite-box').open = matchMedia('(min-width: 56rem)').matches;
fillLanguages();
showAgentFields();
showStatus();
showMicrophone();
