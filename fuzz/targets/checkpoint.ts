import { ByteWriter } from '../../src/bytes/writer.ts'
import { decodeManifest, encodeManifest, type Manifest, sha256 } from '../../src/runtime/local/manifest.ts'
import { findDamage, readFrames, writeFrameHead, writeHeader } from '../../src/runtime/local/state-file.ts'
import { broken, type FuzzTarget, textBytes } from '../target.ts'

const manifest: Manifest = {
  format: 1,
  id: 7,
  pipeline: 'flights',
  clean: false,
  fencingEpoch: 3,
  createdAt: '2026-01-01T00:00:00.000Z',
  versions: { millrace: '0.1.0', node: '20.19.0', v8: '11.3' },
  state: { sizeBytes: 100, sha256: 'ab', frames: 1 },
  status: 'running',
  planHash: 'abc',
  plan: { version: 1, name: 'flights' },
  splits: { departures: { 'a.csv': { consumed: 17 } } },
  sinks: { scores: { part: 3 } },
  ledgers: { in: 2 },
  counters: {},
}

function stateFile(): Uint8Array {
  const writer = new ByteWriter()
  writeHeader(writer, 7)
  for (const [i, uid] of ['scores', 'mødel', ''].entries()) {
    const bytes = new Uint8Array(i * 9).fill(i)
    writeFrameHead(writer, uid, 127 * i, bytes)
    writer.raw(bytes)
  }
  return writer.finish()
}

function kind(first: number, bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(first, ...bytes)
}

/**
 * Manifest and state file. The first byte says which: a manifest as it stands, one whose checksum is made right so that what
 * is behind it is reached, or a state file.
 */
export const target: FuzzTarget = {
  name: 'checkpoint',
  corpus: () => [
    kind(0, encodeManifest(manifest)),
    kind(1, textBytes(JSON.stringify(manifest, null, 2).slice(0, -2))),
    kind(2, stateFile()),
  ],
  dictionary: ['"format":', '1e999', 'null', '{}', '[]', '-1', '"__proto__":', 'MLRSTATE'],
  run(input) {
    const bytes = input.slice(1)
    switch ((input[0] ?? 0) % 3) {
      case 0:
        decodeManifest(bytes, 'fuzz')
        return
      case 1: {
        const tail = textBytes(`,\n  "sha256": "${sha256(bytes)}"\n}\n`)
        const whole = new Uint8Array(bytes.length + tail.length)
        whole.set(bytes)
        whole.set(tail, bytes.length)
        decodeManifest(whole, 'fuzz')
        return
      }
    }
    const damage = findDamage(bytes, 'fuzz', 7)
    let frames = 0
    for (const frame of readFrames(bytes, 'fuzz', 7))
      if (++frames > bytes.length) broken(`endless frames of ${frame.uid}`)
    if (damage === undefined && frames === 0 && bytes.length > 64) broken('a state file without frames is whole')
  },
}
