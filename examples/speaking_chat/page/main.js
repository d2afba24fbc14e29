// SPDX-License-Identifier: Apache-2.0
//
// The document: shows what Conversation says, and passes on what the person does.
//
// For tests and for the curious, `window.chat` is the Conversation.

import {Conversation} from './conversation.js';
import {Notices} from './notices.js';
import {TurnView, unmark} from './turn_view.js';

const element = (id) => document.getElementById(id);
const log = element('log');

const kWords = {
  asked: 'Waiting for the first word', writing: 'Writing', written: 'Speaking', stopped: 'Stopped',
};
// Nearer to the end than this, a person follows what comes.
const kFollowPixels = 80;

const chat = new Conversation();
const notices = new Notices(element('notices'));
let view = null;
let animation = 0;

// --- what is shown ---

chat.addEventListener('turn', ({detail: {turn}}) => {
  const isNew = turn !== view?.turn && turn === chat.turn;
  const below = log.scrollHeight - log.scrollTop - log.clientHeight;
  if (isNew) {
    element('empty')?.remove();
    unmark();
    view = new TurnView(turn, log);
  }
  if (turn !== view?.turn) return;
  view.show();
  showState(turn);
  if (isNew || below < kFollowPixels) log.scrollTop = log.scrollHeight;
  if (turn.aloud && !animation) animation = requestAnimationFrame(markWord);
});
chat.addEventListener('problem', ({detail}) => notices.show(detail));

function showState({state, aloud, times}) {
  const both = state === 'writing' && aloud && times.firstSound;
  const word = both ? 'Writing and speaking' : kWords[state] ?? '';
  if (element('state').textContent !== word) element('state').textContent = word;
  element('stop').disabled = !chat.busy && !aloud;
}

function markWord() {
  animation = 0;
  const word = chat.look();
  if (!chat.turn.aloud) {
    unmark();
    return;
  }
  view.mark(word);
  animation = requestAnimationFrame(markWord);
}

// --- what the person does ---

function ask() {
  const question = element('question').value.trim();
  if (!question) return;
  element('question').value = '';
  fitQuestion();
  notices.clear();
  chat.ask(question);
}

// As high as its text, up to what the style allows.
function fitQuestion() {
  const field = element('question');
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}

function readAloud() {
  const {checked} = element('aloud');
  chat.readAloud(checked);
  // The screen reader reads where the voice does not.
  log.setAttribute('aria-live', checked ? 'off' : 'polite');
}

element('composer').addEventListener('submit', (submit) => {
  submit.preventDefault();
  ask();
});
element('question').addEventListener('keydown', (press) => {
  if (press.key !== 'Enter' || press.shiftKey || press.isComposing) return;
  press.preventDefault();
  ask();
});
element('question').addEventListener('input', fitQuestion);
element('stop').addEventListener('click', () => chat.stop());
element('aloud').addEventListener('change', readAloud);
document.addEventListener('keydown', ({key}) => {
  if (key === 'Escape') chat.stop();
});

// A browser may remember the switch over a reload.
readAloud();
chat.voice.connect();
window.chat = chat;
