import type { ByteWriter } from '../bytes/writer.ts'
import type { OperatorCapture } from './operator.ts'

/** A mark, then the part of an operator where it has state; returns the mark. One part may be empty where another is not. */
export function writePart(part: OperatorCapture, group: number, writer: ByteWriter): number {
  const mark = writer.length
  writer.u8(1)
  part.writeGroup(group, writer)
  if (writer.length > mark + 1) return 1
  writer.truncate(mark)
  writer.u8(0)
  return 0
}
