import { crc32 } from 'node:zlib'
import {
  encodeFrame,
  frameAt,
  hasFrameAfter,
  newSegmentHead,
  readSegmentHead,
  SEGMENT_HEAD_BYTES,
} from '../../src/storage/spool-segment.ts'
import { broken, type FuzzTarget, textBytes } from '../target.ts'

const [CRC_AT, START_AT] = [SEGMENT_HEAD_BYTES - 4, 12]

/** A segment of a spool; the first byte says whether the checksum of its head is made right. */
export const target: FuzzTarget = {
  name: 'spool',
  corpus: () =>
    [0, 1].map((first) => {
      const { head, bytes } = newSegmentHead(4096)
      const frames = ['{"a":1}\n', '', '{"b":2}\n{"c":3}\n'].map((text) =>
        encodeFrame(head.mark, [textBytes(text)]).slice(),
      )
      return Uint8Array.from(Buffer.concat([Uint8Array.of(first), bytes, ...frames]))
    }),
  run(input) {
    const bytes = input.slice(1)
    const view = new DataView(bytes.buffer)
    if (input[0] !== 0 && bytes.length >= SEGMENT_HEAD_BYTES) {
      view.setFloat64(START_AT, 4096, true)
      view.setUint32(CRC_AT, crc32(bytes.subarray(0, CRC_AT)), true)
    }
    const { mark } = readSegmentHead(bytes, 'fuzz')
    for (let at = SEGMENT_HEAD_BYTES; at < bytes.length; ) {
      const frame = frameAt(bytes, at, mark)
      if (typeof frame === 'string') {
        hasFrameAfter(bytes, at + 1, mark)
        return
      }
      if (frame.end > bytes.length || frame.end <= at) broken('a frame ends nowhere')
      at = frame.end
    }
  },
}
