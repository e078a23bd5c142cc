import { expect, test } from 'vitest'
import { csv, jsonl } from '../../connectors/file/index.ts'
import { kafka } from '../../connectors/kafka/index.ts'
import { tcp, tcpServer } from '../../connectors/socket/index.ts'
import { stdout } from '../../connectors/stdout/index.ts'
import { number, record } from '../../formats/schema.ts'
import type { SinkDeclaration, SourceDeclaration } from '../../stream/declarations.ts'
import { pipeline } from '../../stream/pipeline.ts'
import { checkRunsOnFlink, needsKafka } from './flink-fit.ts'

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

test('Kafka and TCP run there too, and Kafka brings its jars along', () => {
  const brokers = 'localhost:9092'
  const fromKafka = pipeline('p', ({ from }) =>
    from('raw', kafka({ brokers, topic: 'raw' }, record({ x: number() }))).to('rows', tcp({ host: 'sink', port: 9 })),
  )
  expect(() => checkRunsOnFlink(fromKafka.program().plan)).not.toThrow()
  expect(needsKafka(fromKafka.program().plan)).toBe(true)
  expect(needsKafka(planTo(kafka({ brokers, topic: 'rows' })))).toBe(true)
  expect(needsKafka(planTo(jsonl('out')))).toBe(false)
})

test('a spool, and what listens, belongs to one machine', () => {
  const planFrom = (source: SourceDeclaration<{ x: number }>) =>
    pipeline('p', ({ from }) => from('raw', source).to('rows', jsonl('out'))).program().plan
  const Row = record({ x: number() })
  expect(() => checkRunsOnFlink(planFrom(tcp({ host: 'feed', port: 9, spool: 'spool' }, Row)))).toThrow(
    /^ML_NOT_ON_FLINK: a spool cannot be on Flink: .* at source "raw"/,
  )
  expect(() => checkRunsOnFlink(planFrom(tcpServer({ port: 9 }, Row)))).toThrow(
    /^ML_NOT_ON_FLINK: a tcp-server source .* listen/,
  )
})
