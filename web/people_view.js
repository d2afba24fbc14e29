// SPDX-License-Identifier: Apache-2.0
//
// Shows who is in the room: name, whether it is an agent and what that one does, who speaks, who is muted.

const kStates = {
  initializing: 'Getting ready', idle: 'Idle', listening: 'Listening', thinking: 'Thinking',
  speaking: 'Speaking',
};

/** @param {import('./room_client.js').Someone[]} people */
export function showPeople(list, people) {
  const nodes = new Map([...list.children].map((node) => [node.dataset.identity, node]));
  people.forEach((someone, place) => {
    const node = nodes.get(someone.identity) ?? make(someone.identity);
    nodes.delete(someone.identity);
    show(node, someone);
    if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
  });
  for (const node of nodes.values()) node.remove();
}

function make(identity) {
  const node = document.createElement('li');
  node.dataset.identity = identity;
  for (const name of ['face', 'name', 'badge', 'about']) {
    const part = document.createElement('span');
    part.className = name;
    if (name === 'face') part.setAttribute('aria-hidden', 'true');
    node.append(part);
  }
  return node;
}

function show(node, {name, self, agent, speaking, muted, state}) {
  node.className = 'person';
  node.classList.toggle('agent', agent);
  node.classList.toggle('speaking', speaking);
  const texts = {
    face: [...name][0]?.toUpperCase() ?? '?',
    name,
    badge: agent ? 'Agent' : self ? 'You' : '',
    about: agent ? kStates[state] ?? 'Joining' : speaking ? 'Speaking' : muted ? 'Muted' : 'Listening',
  };
  for (const [part, text] of Object.entries(texts)) {
    const place = node.querySelector(`.${part}`);
    if (place.textContent !== text) place.textContent = text;
    place.hidden = text === '';
  }
}
