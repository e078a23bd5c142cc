import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { stdout } from './index.ts'
import { StdoutSink } from './sink.ts'

const context = { uid: 'scores', options: stdout().options, base: '/' }

describe('standard output as a sink', () => {
  test('says that it is at-least-once, in the declaration and in the implementation', () => {
    expect(stdout()).toEqual({
      role: 'sink',
      kind: 'stdout',
      options: {},
      format: { name: 'jsonl' },
      guarantee: 'at-least-once',
    })
    expect(new StdoutSink().guarantee).toBe('at-least-once')
  })

  test('writes rows in order, waits for a slow reader, and prepares when all before the cut is out', async () => {
    let text = ''
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk, _, done) {
        setTimeout(() => {
          text += chunk
          done()
        }, 1)
      },
    })
    const writer = await new StdoutSink(slow).open(context)
    const row = Buffer.from('a1\n')
    writer.append(row)
    row.fill(33)
    for (let i = 2; i < 30; i++) writer.append(Buffer.from(`a${i}\n`))
    expect(writer.pendingBytes).toBeGreaterThan(80)
    expect(await writer.prepare(1)).toEqual({})
    expect(text).toBe(Array.from({ length: 29 }, (_, i) => `a${i + 1}\n`).join(''))
    expect(writer.pendingBytes).toBe(0)
    writer.roll()
    await writer.commit(1, {})
    await writer.close()
  })

  test('tells that its reader has ended, at drain and at every cut after it', async () => {
    const broken = new Writable({
      write(_chunk, _, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      },
    })
    const writer = await new StdoutSink(broken).open(context)
    writer.append(Buffer.from('a\n'))
    await expect(writer.drain()).rejects.toThrow(
      /^ML_STDOUT: standard output cannot be written to; got "EPIPE" at sink "scores"\. .*goes on from its last checkpoint/,
    )
    writer.append(Buffer.from('b\n'))
    await expect(writer.prepare(1)).rejects.toMatchObject({ code: 'ML_STDOUT' })
    await writer.close()
  })
})
