// The stream of models of the pipelines in test/pipelines: when they go out, and that the last of each is the final one.
import { fileURLToPath } from 'node:url'
import type { ModelUpdate } from 'millrace'
import { describe, expect, test } from 'vitest'
import { runEmbedded } from '../src/testing/embedded-run.ts'
import { joined } from '../src/testing/run-result.ts'

const END = Number.MAX_SAFE_INTEGER

async function rowsOf(pipeline: string, sinks: readonly string[]): Promise<ModelUpdate[][]> {
  const run = await runEmbedded(fileURLToPath(new URL(`pipelines/${pipeline}.ts`, import.meta.url)))
  return sinks.map((sink) => {
    const text = new TextDecoder().decode(joined(run.sinks.get(sink) ?? []))
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ModelUpdate)
  })
}

describe('the stream of models', () => {
  test('of one model goes out at the ends of stretches of event time in which it learned, and at the end', async () => {
    const [amounts, pages] = await rowsOf('linear-tasks', ['amount-models', 'page-models'])
    const timed = pages.slice(0, -1)
    expect(timed.length).toBeGreaterThan(1)
    for (const { at } of timed) expect((at + 1) % 50_000).toBe(0)
    expect(new Set(timed.map(({ at }) => at)).size).toBe(timed.length)
    expect(pages.at(-1)).toMatchObject({ at: END, model: { uid: 'page', step: 240 } })
    expect(Object.keys(pages.at(-1)?.classes ?? {}).toSorted()).toEqual(['basket', 'help', 'home', 'pay', 'search'])
    // It stops after 150 records: two stretches are enough, then nothing until the end.
    expect(amounts.map(({ model }) => model.step)).toEqual([75, 150, 150])
    expect(Object.keys(amounts[0].weights ?? {})).toContain('page=pay')
  })

  test('of models per key goes out by the count of each, and at the end once each, in the order of their keys', async () => {
    const [amounts, pages, buys] = await rowsOf('linear-per-key', ['amount-models', 'page-models', 'buy-models'])
    const counted = amounts.filter(({ at }) => at < END)
    expect(counted.length).toBeGreaterThan(20)
    for (const { model } of counted) expect(model.step % 5).toBe(0)
    for (const updates of [amounts, pages, buys]) {
      const final = updates.filter(({ at }) => at === END)
      expect(updates.slice(-final.length)).toEqual(final)
      const keys = final.map(({ key }) => key as string)
      expect(keys.length).toBeGreaterThan(15)
      expect(keys).toEqual([...new Set(keys)].toSorted())
      for (const key of keys) {
        const steps = updates.filter((update) => update.key === key).map(({ model }) => model.step)
        expect(steps).toEqual(steps.toSorted((a, b) => a - b))
      }
    }
    for (const { model } of pages) expect(model.step).toBeLessThanOrEqual(12)
  })
})
