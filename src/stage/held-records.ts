/** Records that a stage holds back for the watermark, as its snapshot has them: the input of the operator, identity, value. */
import type { ByteReader } from '../bytes/reader.ts'
import { decodeValue, encodeValue } from '../formats/value-codec.ts'
import type { OrderBuffer } from '../time/order-buffer.ts'
import type { OrderedRecord } from '../time/ordered-record.ts'
import { HeldFrame } from './held-frames.ts'
import { readIdentity, writeIdentity } from './identity-codec.ts'
import type { StageInput } from './plan.ts'
import { addTo, type GroupLists } from './stage-timers.ts'

/** The value of a record that is held. */
export function heldValue({ value, at }: OrderedRecord): unknown {
  return value instanceof HeldFrame ? value.value(at) : value
}

/** That of one that is held no longer. */
export function takeValue({ value, at }: OrderedRecord): unknown {
  return value instanceof HeldFrame ? value.take(at) : value
}

/** By `uid/group`, encoded in their order. */
export function captureHeld(
  buffer: OrderBuffer,
  inputs: readonly StageInput[],
  groupOf: (rank: number, value: unknown) => number,
): GroupLists {
  const lists: GroupLists = new Map()
  buffer.forEach((record) => {
    const { uid, input } = inputs[record.rank]
    const value = heldValue(record)
    addTo(lists, `${uid}/${groupOf(record.rank, value)}`, (writer) => {
      writer.varint(input)
      writeIdentity(record, writer)
      encodeValue(value, writer)
    })
  })
  return lists
}

/** Reads back those of one operator in one group. */
export function restoreHeld(uid: string, reader: ByteReader, inputs: readonly StageInput[], buffer: OrderBuffer): void {
  for (let n = reader.varint(); n > 0; n--) {
    const input = reader.varint()
    const identity = readIdentity(reader)
    const rank = inputs.findIndex((entry) => entry.uid === uid && entry.input === input)
    const value = decodeValue(reader)
    if (rank >= 0) buffer.push(rank, identity, value)
  }
}
