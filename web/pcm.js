// SPDX-License-Identifier: Apache-2.0
//
// PCM16 little-endian, 24 kHz, mono, as the Realtime protocol carries it: samples ⇄ base64.

export const kSampleRate = 24000;

// btoa takes a string; building it in slices keeps the argument list of fromCharCode short.
const kSlice = 8192;

/** @param {Int16Array} samples  @returns {string} base64 of the samples, little-endian */
export function encodeBase64(samples) {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  let text = '';
  for (let at = 0; at < bytes.length; at += kSlice) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + kSlice));
  }
  return btoa(text);
}

/** @param {string} base64  @returns {Int16Array} whole samples only: an odd last byte is left out */
export function decodeBase64(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length & ~1);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  return new Int16Array(bytes.buffer);
}

/** @param {number} samples  @returns {number} whole milliseconds */
export function samplesToMs(samples) {
  return Math.floor((samples * 1000) / kSampleRate);
}
