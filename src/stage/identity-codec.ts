/** Identities as bytes, for frames and snapshots. */
import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import type { Identity } from '../time/identity.ts'

/** time, origin, split, position, then the path: 0 and a number, or its length and its ordinals. */
export function writeIdentity(identity: Identity, writer: ByteWriter): void {
  writer.zigzag(identity.time)
  writer.string(identity.origin)
  writer.string(identity.split)
  writer.varint(identity.position)
  writePath(identity.path, writer)
}

export function readIdentity(reader: ByteReader): Identity {
  const time = reader.zigzag()
  const origin = reader.string()
  const split = reader.string()
  const position = reader.varint()
  return { time, origin, split, position, path: readPath(reader) }
}

export function writePath(path: number | readonly number[], writer: ByteWriter): void {
  if (typeof path === 'number') {
    writer.varint(0)
    writer.zigzag(path)
    return
  }
  writer.varint(path.length)
  for (const ordinal of path) writer.varint(ordinal)
}

export function readPath(reader: ByteReader): number | readonly number[] {
  const length = reader.varint()
  if (length === 0) return reader.zigzag()
  const path: number[] = []
  for (let i = 0; i < length; i++) path.push(reader.varint())
  return path
}
