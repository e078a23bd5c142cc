import { expect, test } from 'vitest'
import { csv, jsonl } from '../../connectors/file/index.ts'
import { stdout } from '../../connectors/stdout/index.ts'
import { number, record } from '../../formats/schema.ts'
import type { SinkDeclaration } from '../../stream/declarations.ts'
import { pipeline } from '../../stream/pipeline.ts'
import { checkRunsOnFlink } from './flink-fit.ts'

const planTo = (sink: SinkDeclaration) =>
  pipeline('p', ({ from }) => from('raw', csv('raw.csv', record({ x: number() }))).to('rows', sink)).program().plan

test('files run on Flink at both ends', () => {
  expect(() => checkRunsOnFlink(planTo(jsonl('out')))).not.toThrow()
})

test('a sink whose rows would be lost on a machine of the cluster is refused by its name', () => {
  expect(() => checkRunsOnFlink(planTo(stdout()))).toThrow(
    /^ML_NOT_ON_FLINK: a stdout sink cannot run on Flink: its rows .* at sink "rows"\. Use file, kafka or tcp, or/,
  )
  const memory = { role: 'sink', kind: 'memory', options: {}, format: { name: 'jsonl' } } as unknown as SinkDeclaration
  expect(() => checkRunsOnFlink(planTo(memory))).toThrow(/^ML_NOT_ON_FLINK: a memory sink/)
})

test('a connector that the host does not have is refused as a source too', () => {
  const plan = planTo(jsonl('out'))
  const other = { ...plan, sources: [{ ...plan.sources[0], connector: 'ticker' }] }
  expect(() => checkRunsOnFlink(other)).toThrow(
    /^ML_NOT_ON_FLINK: a ticker source .* at source "raw"\. Use file, memory, kafka or tcp/,
  )
})
