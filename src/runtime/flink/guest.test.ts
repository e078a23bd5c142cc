import { expect, it } from 'vitest'
import { memory } from '../../connectors/memory/index.ts'
import { features, logistic, number, pipeline, record, sgd, string } from '../../index.ts'
import { edgeEncoder } from '../../stage/frame.ts'
import { FrameWriter } from '../../stage/frame-writer.ts'
import type { Pipeline } from '../../stream/pipeline.ts'
import { ROOT_PATH } from '../../time/identity.ts'
import { type HostedStage, openStage } from './guest.ts'

const Event = record({ key: string(), y: number(), a: number(), b: number() })

function learning(order: 'arrival' | 'eventTime'): Pipeline {
  return pipeline(
    'guest',
    ({ from }) => {
      const events = from('events', memory([], Event), { eventTime: (e) => e.y })
      const inputs = features(Event).numeric('a', 'b')
      events
        .keyBy((e) => e.key)
        .learn('model', logistic({ inputs, optimizer: sgd(0.1), standardise: false }), { label: (e) => e.y > 0 })
    },
    { order },
  )
}

const program = learning('arrival').program({})
const stage = program.plan.stages.findIndex(({ operators }) => operators.includes('model'))

/** A frame of records `from` to before `to`. */
function frameOf(from: number, to: number): Uint8Array {
  const writer = new FrameWriter(
    edgeEncoder(program.schema('events')),
    program.functions().get('model/key0') as never,
    128,
  )
  for (let i = from; i < to; i++) {
    const value = { key: `k${i % 50}`, y: i % 3 ? 1 : 0, a: (i % 17) / 17, b: -(i % 5) }
    writer.add({ time: 0, origin: 'events', split: '0', position: i, path: ROOT_PATH, value })
  }
  return writer.take() as Uint8Array
}

/** Does what the host does: writes frames into the window, and calls. */
function give(hosted: HostedStage, frames: readonly Uint8Array[]): void {
  const length = frames.reduce((sum, frame) => sum + 8 + frame.length, 0)
  const window = Buffer.from(hosted.input(length))
  let at = 0
  for (const frame of frames) {
    window.writeUInt32LE(0, at)
    window.writeUInt32LE(frame.length, at + 4)
    window.set(frame, at + 8)
    at += 8 + frame.length
  }
  hosted.frames(length)
}

function stateOf(hosted: HostedStage): Buffer[] {
  hosted.capture()
  const groups = Array.from({ length: 128 }, (_unused, group) => {
    const length = Math.abs(hosted.group(group))
    return Buffer.from(Buffer.from(hosted.output()).subarray(0, length))
  })
  hosted.release()
  return groups
}

it('comes to the same state by frames of any length, in one window or the other', () => {
  const [small, mixed] = [0, 1].map(() => openStage(learning('arrival'), '{}', stage, 0, '[]'))
  for (let at = 0; at < 40_000; at += 100) give(small, [frameOf(at, at + 100)])
  give(mixed, [frameOf(0, 300)])
  give(mixed, [frameOf(300, 20_300)])
  give(mixed, [frameOf(20_300, 20_400), frameOf(20_400, 20_500)])
  give(mixed, [frameOf(20_500, 20_501), frameOf(20_501, 39_900)])
  give(mixed, [frameOf(39_900, 40_000)])
  expect(JSON.parse(mixed.ledgers()).model).toMatchObject({ in: 40_000, learned: 40_000 })
  expect(stateOf(mixed)).toEqual(stateOf(small))
})

it('takes frames in the memory of kernels where these can use it, and what is too long for it elsewhere', () => {
  const shared = (hosted: HostedStage, bytes: number) => hosted.input(bytes) instanceof SharedArrayBuffer
  const arrival = openStage(learning('arrival'), '{}', stage, 0, '[]')
  expect([1, 1 << 20, (1 << 20) + 1, 1 << 20].map((bytes) => shared(arrival, bytes))).toEqual([true, true, false, true])
  const eventTime = openStage(learning('eventTime'), '{}', stage, 0, '[]')
  expect(shared(eventTime, 1)).toBe(false)
})
