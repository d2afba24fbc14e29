// SPDX-License-Identifier: Apache-2.0
//
// The microphone as a stream of 20 ms pieces of 24 kHz pcm16, with the browser's echo canceller on:
// without it the agent hears itself and interrupts itself.

export class MicrophoneError extends Error {
  /** @param {'insecure'|'denied'|'none'|'busy'|'failed'} kind */
  constructor(kind, cause) {
    super(kind, {cause});
    this.kind = kind;
  }
}

const kErrorKinds = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'none',
  OverconstrainedError: 'none',
  NotReadableError: 'busy',
};

/** The kind of MicrophoneError that an error of getUserMedia is. */
export const microphoneErrorKind = (error) => kErrorKinds[error.name] ?? 'failed';

export class Microphone {
  #stream = null;
  #node = null;
  #source = null;
  #ownContext = null;
  #muted = false;

  /**
   * @param {AudioContext} context the 24 kHz context of the player
   * @param {(piece: {pcm: Int16Array, level: number}) => void} onPiece
   * @param {() => void} onLost the device went away
   */
  constructor(context, onPiece, onLost) {
    this.context = context;
    this.onPiece = onPiece;
    this.onLost = onLost;
  }

  get muted() {
    return this.#muted;
  }

  /** Throws MicrophoneError. */
  async open(deviceId = '') {
    if (!navigator.mediaDevices) throw new MicrophoneError('insecure');
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: {
          deviceId: deviceId ? {exact: deviceId} : undefined,
          channelCount: 1,
          echoCancellation: true,
          noiseSuppression: true,
          autoGainControl: true,
        },
      });
      await this.#connect();
    } catch (error) {
      this.close();
      throw new MicrophoneError(microphoneErrorKind(error), error);
    }
    for (const track of this.#stream.getAudioTracks()) track.onended = () => this.onLost();
    this.mute(this.#muted);
  }

  async #connect() {
    try {
      this.#source = this.context.createMediaStreamSource(this.#stream);
    } catch (error) {
      if (error.name !== 'NotSupportedError') throw error;
      // Firefox: a microphone goes only into a context of the device's rate. The worklet resamples.
      this.#ownContext = new AudioContext();
      await this.#ownContext.audioWorklet.addModule('capture_worklet.js');
      this.#source = this.#ownContext.createMediaStreamSource(this.#stream);
    }
    const context = this.#ownContext ?? this.context;
    this.#node = new AudioWorkletNode(context, 'parley-capture', {
      numberOfInputs: 1, numberOfOutputs: 1, channelCount: 1, channelCountMode: 'explicit',
    });
    this.#node.port.onmessage = (message) => this.onPiece(message.data);
    // The node writes silence; the connection is what makes the browser run it.
    this.#source.connect(this.#node).connect(context.destination);
  }

  /** A muted microphone goes on as digital silence, so that the server still hears a turn end. */
  mute(on) {
    this.#muted = on;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !on;
  }

  close() {
    this.#node?.port.close();
    this.#source?.disconnect();
    this.#node?.disconnect();
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.#ownContext?.close();
    this.#stream = this.#node = this.#source = this.#ownContext = null;
  }
}

/** The microphones that the user may choose from; names are empty until permission was given. */
export async function listMicrophones() {
  const devices = await (navigator.mediaDevices?.enumerateDevices() ?? []);
  return devices.filter((device) => device.kind === 'audioinput' && device.deviceId !== 'default');
}
