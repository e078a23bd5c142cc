import { MillraceError } from '../errors.ts'
import { TMP_SUFFIX } from './atomic-write.ts'
import { inFolder } from './folders.ts'
import { readFile } from './read-file.ts'
import {
  frameAt,
  hasFrameAfter,
  readSegmentHead,
  SEGMENT_HEAD_BYTES,
  segmentName,
  segmentStart,
} from './spool-segment.ts'
import type { Storage } from './storage.ts'

export interface Segment {
  /** Offset in the spool of its first byte. */
  readonly start: number
  /** Its file, heads included. */
  readonly sizeBytes: number
}

/** No segment grows so large: one group follows the limit at which the next one begins. */
const MAX_FILE_BYTES = 1 << 30

/**
 * The segments of a folder, oldest first, and the offset after the last durable byte. Whatever was found is durable when this
 * returns: what an engine goes on from may not vanish in a later power cut.
 *
 * @throws ML_CORRUPT when a frame that had been durable is damaged
 */
export async function recoverSegments(storage: Storage, folder: string): Promise<{ segments: Segment[]; end: number }> {
  const segments: Segment[] = []
  for (const name of await storage.readdir(folder)) {
    if (name.endsWith(`.spool${TMP_SUFFIX}`)) await storage.unlink(inFolder(folder, name))
    const start = segmentStart(name)
    if (start === undefined) continue
    const stat = await storage.stat(inFolder(folder, name))
    segments.push({ start, sizeBytes: stat?.sizeBytes ?? 0 })
  }
  const last = segments.at(-1)
  if (last === undefined) return { segments, end: 0 }
  const path = inFolder(folder, segmentName(last.start))
  const end = await endOf(storage, path, last.start)
  const file = await storage.open(path, 'write')
  try {
    await file.fsync()
  } finally {
    await file.close()
  }
  await storage.fsyncFolder(folder)
  return { segments, end }
}

/** Offset in the spool after the last whole frame. */
async function endOf(storage: Storage, path: string, start: number): Promise<number> {
  const bytes = await readFile(storage, path, MAX_FILE_BYTES)
  const head = readSegmentHead(bytes, path)
  if (head.start !== start) throw damaged('the name of a segment is not that of its first offset', head.start, path)
  let end = start
  for (let at = SEGMENT_HEAD_BYTES; at < bytes.length; ) {
    const frame = frameAt(bytes, at, head.mark)
    if (typeof frame === 'string') {
      // One frame is under way at a time, so a whole one behind it says that it had been durable.
      if (hasFrameAfter(bytes, at + 1, head.mark))
        throw damaged('a frame does not fit its checksum', undefined, `${path}, offset ${at}`)
      break
    }
    end += frame.end - frame.start
    at = frame.end
  }
  return end
}

function damaged(what: string, got: unknown, where: string): MillraceError {
  return new MillraceError('ML_CORRUPT', {
    what,
    got,
    where,
    remedy:
      'Lines that had been acknowledged are lost here: bring the file back, or move the spool away and start with --fresh',
  })
}
