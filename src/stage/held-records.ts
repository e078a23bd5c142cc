/** Records that a stage holds back for the watermark, as its snapshot has them: the input of the operator, identity, value. */
import type { ByteReader } from '../bytes/reader.ts'
import { decodeValue, encodeValue } from '../formats/value-codec.ts'
import type { OrderBuffer } from '../time/order-buffer.ts'
import { readIdentity, writeIdentity } from './identity-codec.ts'
import type { StageInput } from './plan.ts'
import { addTo, type GroupLists } from './stage-timers.ts'

/** By `uid/group`, encoded in their order. */
export function captureHeld(
  buffer: OrderBuffer,
  inputs: readonly StageInput[],
  groupOf: (rank: number, value: unknown) => number,
): GroupLists {
  const lists: GroupLists = new Map()
  buffer.forEach((rank, envelope) => {
    const { uid, input } = inputs[rank]
    addTo(lists, `${uid}/${groupOf(rank, envelope.value)}`, (writer) => {
      writer.varint(input)
      writeIdentity(envelope, writer)
      encodeValue(envelope.value, writer)
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
    const envelope = { ...identity, value: decodeValue(reader) }
    if (rank >= 0) buffer.push(rank, envelope)
  }
}
