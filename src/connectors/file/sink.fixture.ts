/** A folder for a file sink under test, and the sink opened, ended and looked at. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { JsonObject, SinkWriter } from '../../stream/ports.ts'
import { FileSink } from './sink.ts'

export let base: string
let opened: SinkWriter[]
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'millrace-sink-'))
  opened = []
})
afterEach(async () => {
  for (const writer of opened) await writer.close().catch(() => {})
  await rm(base, { recursive: true, force: true })
})

export async function open(prepared?: JsonObject, folder = 'out'): Promise<SinkWriter> {
  const context = { uid: 'scores', options: { folder, format: { name: 'jsonl' } }, base }
  const writer = await new FileSink().open(context, prepared && { epoch: 1, prepared })
  opened.push(writer)
  return writer
}

/** Ends a run as a crash does: without another cut. */
export async function reopen(writer: SinkWriter, prepared?: JsonObject, folder?: string): Promise<SinkWriter> {
  await writer.drain()
  await writer.close()
  return await open(prepared, folder)
}

export const append = (writer: SinkWriter, text: string) => writer.append(Buffer.from(text))

export async function content(folder = 'out'): Promise<Record<string, string>> {
  const names = (await readdir(join(base, folder))).filter((name) => !name.startsWith('.'))
  const texts = await Promise.all(names.map((name) => readFile(join(base, folder, name), 'utf8')))
  return Object.fromEntries(names.map((name, i) => [name, texts[i]]))
}

/** part 0 public, part 1 closed, part 2 open with two rows, the second after the cut. */
export async function three(): Promise<{ writer: SinkWriter; first: JsonObject; second: JsonObject }> {
  const writer = await open()
  append(writer, 'a\n')
  writer.roll()
  const first = await writer.prepare(1)
  await writer.commit(1, first)
  append(writer, 'b\n')
  writer.roll()
  append(writer, 'c\n')
  const second = await writer.prepare(2)
  append(writer, 'd\n')
  await writer.drain()
  return { writer, first, second }
}
