// SPDX-License-Identifier: Apache-2.0
//
// When each word of a text is heard. The voice's times are of words as they are said, which are not
// always as they are written: "$3.50" is said "three dollars and fifty cents".

// A run without spaces; a character of scripts that write none is a word of its own.
const kAlone = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}`;
const kWord = new RegExp(`[${kAlone}]|[^\\s${kAlone}]+`, 'gu');

/**
 * @param {string} written
 * @param {{text: string, begin: number, end: number}[]} said  in the order of `written`
 * @returns {{from: number, to: number, begin: number, end: number}[]} where in `written` a word is,
 *     and when it is heard; without what is not said (marks, emoji)
 */
export function timesOfWritten(written, said) {
  const words = [...written.matchAll(kWord)]
      .map(({0: text, index}) => ({from: index, to: index + text.length, key: keyOf(text)}))
      .filter(({key}) => key !== '');
  const timed = [];
  let word = 0;
  let spoken = 0;
  for (const [sameWord, sameSpoken] of [...common(words, said), [words.length, said.length]]) {
    timed.push(...spread(words.slice(word, sameWord), said.slice(spoken, sameSpoken)));
    if (sameWord < words.length) {
      const {begin, end} = said[sameSpoken];
      timed.push({...place(words[sameWord]), begin, end});
    }
    word = sameWord + 1;
    spoken = sameSpoken + 1;
  }
  return timed;
}

/** The word that is heard at a time, or was last; null before the first. */
export function wordAt(timed, seconds) {
  let found = null;
  for (const one of timed) {
    if (one.begin > seconds) break;
    found = one;
  }
  return found;
}

// Letters and digits of any script: "**Dr." and "dr" are one word.
function keyOf(text) {
  return text.toLowerCase().replace(/[^\p{Letter}\p{Number}\p{Currency_Symbol}%]/gu, '');
}

function place({from, to}) {
  return {from, to};
}

// [index in words, index in said] of the longest common subsequence. A chunk has some 50 words.
function common(words, said) {
  const keys = said.map(({text}) => keyOf(text));
  const longest = Array.from({length: words.length + 1}, () => new Uint16Array(keys.length + 1));
  for (let i = words.length - 1; i >= 0; i -= 1) {
    for (let j = keys.length - 1; j >= 0; j -= 1) {
      longest[i][j] = words[i].key === keys[j]
        ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < words.length && j < keys.length;) {
    if (words[i].key === keys[j]) pairs.push([i++, j++]);
    else if (longest[i + 1][j] >= longest[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

// Words between two that were found share the time of what was said there, by their length.
function spread(words, said) {
  if (words.length === 0 || said.length === 0) return [];
  const begin = said[0].begin;
  const seconds = said.at(-1).end - begin;
  const total = words.reduce((sum, {key}) => sum + key.length, 0);
  let before = 0;
  return words.map((word) => {
    const from = begin + seconds * before / total;
    before += word.key.length;
    return {...place(word), begin: from, end: begin + seconds * before / total};
  });
}
