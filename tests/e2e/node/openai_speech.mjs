// SPDX-License-Identifier: Apache-2.0
// npm `openai`: speech in every format, saved as it streams. The argument is JSON: url, text, formats.

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import OpenAI from 'openai';

const told = JSON.parse(process.argv[2]);
const client = new OpenAI({ apiKey: 'none-needed', baseURL: told.url });
for (const format of told.formats) {
  const answer = await client.audio.speech.create({
    model: 'tts-1', voice: 'shimmer', input: told.text, response_format: format,
  });
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(`speech.${format}`));
}
