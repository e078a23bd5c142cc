/** What `/metrics` says. Units are base units, as Prometheus wants them: seconds, bytes, records. */
import type { CheckpointGauges, RunGauges } from '../runtime/local/run-gauges.ts'
import { MILLRACE_VERSION } from '../runtime/local/versions.ts'
import { Exposition, type Labels } from './exposition.ts'
import type { Health } from './health.ts'
import { addProcess } from './process-metrics.ts'
import { addQuality } from './quality-metrics.ts'

type Sample = readonly [labels: Labels, value: number]

export function runMetrics(health: Health): string {
  const out = new Exposition()
  const gauges = health.run?.gauges()
  const pipeline = gauges?.pipeline
  out.family('gauge', 'millrace_info', 'Which pipeline runs, on which version; always 1.', [
    [{ ...(pipeline !== undefined && { pipeline }), version: MILLRACE_VERSION }, 1],
  ])
  out.single('gauge', 'millrace_ready', '1 while the run is restored, connected and running.', Number(!health.ready()))
  if (gauges !== undefined) {
    addEnds(out, gauges)
    addOperators(out, gauges)
    addCheckpoints(out, gauges.checkpoints)
    addQuality(out, health.run?.quality() ?? [])
  }
  addProcess(out, health.loopDelay)
  return out.text()
}

function addEnds(out: Exposition, { sources, sinks, restarts, loop }: RunGauges): void {
  const now = Date.now()
  const ofSources = (value: (source: RunGauges['sources'][number]) => number | undefined): Sample[] =>
    samples(sources, 'source', value)
  const ofSinks = (value: (sink: RunGauges['sinks'][number]) => number): Sample[] => samples(sinks, 'sink', value)
  out.family(
    'counter',
    'millrace_records_in_total',
    'Records read, the rejected and late ones included.',
    ofSources((source) => source.in),
  )
  out.family(
    'counter',
    'millrace_records_rejected_total',
    'Pieces of the input that are no record.',
    ofSources(({ rejected }) => rejected),
  )
  out.family(
    'counter',
    'millrace_records_late_total',
    'Records behind the watermark of their split.',
    ofSources(({ late }) => late),
  )
  out.family(
    'gauge',
    'millrace_source_splits',
    'Splits under way or read to their end.',
    ofSources(({ splits }) => splits),
  )
  out.family(
    'gauge',
    'millrace_source_lag_records',
    'Records that the other side has and that were not read, where it tells.',
    ofSources(({ lagRecords }) => lagRecords),
  )
  out.family(
    'gauge',
    'millrace_source_idle',
    '1 while nothing comes and others go on without it.',
    ofSources(({ idle }) => Number(idle)),
  )
  out.family(
    'gauge',
    'millrace_watermark_lag_seconds',
    'Time now less the event time up to which no more records come.',
    ofSources(({ watermark }) => (watermark === undefined ? undefined : (now - watermark) / 1000)),
  )
  out.family(
    'counter',
    'millrace_records_out_total',
    'Rows handed to a sink; visible once a checkpoint covers them.',
    ofSinks(({ rows }) => rows),
  )
  out.family(
    'gauge',
    'millrace_sink_pending_bytes',
    'Bytes a sink has taken and not yet handed on.',
    ofSinks(({ pendingBytes }) => pendingBytes),
  )
  out.single('counter', 'millrace_job_restarts_total', 'Restarts after transient errors.', restarts)
  out.family(
    'gauge',
    'millrace_waiting',
    '1 for what the engine waits for.',
    (['input', 'sinks'] as const).map((what): Sample => [{ for: what }, Number(loop.waitsFor === what)]),
  )
}

function addOperators(out: Exposition, { operators, models }: RunGauges): void {
  const ofModels = (value: (model: RunGauges['models'][number]) => number): Sample[] => samples(models, 'model', value)
  out.family(
    'counter',
    'millrace_operator_records_total',
    'Records that came to an operator.',
    samples(operators, 'operator', (operator) => operator.in),
  )
  out.family(
    'counter',
    'millrace_operator_rejected_total',
    'Records that an operator rejected.',
    samples(operators, 'operator', ({ rejected }) => rejected),
  )
  out.family(
    'gauge',
    'millrace_operator_keys',
    'Keys whose state an operator holds.',
    samples(operators, 'operator', ({ keys }) => keys),
  )
  out.family(
    'gauge',
    'millrace_model_steps',
    'Labels learned since the pipeline began.',
    ofModels(({ steps }) => steps),
  )
  out.family(
    'gauge',
    'millrace_model_pending_predictions',
    'Predictions that wait for their label.',
    ofModels(({ waiting }) => waiting),
  )
  out.family(
    'gauge',
    'millrace_model_pending_labels',
    'Labels that came before what they label.',
    ofModels(({ early }) => early),
  )
  out.family(
    'counter',
    'millrace_model_predictions_total',
    'Predictions made.',
    ofModels(({ predictions }) => predictions),
  )
  out.family(
    'counter',
    'millrace_model_expired_total',
    'Predictions whose label did not come in time.',
    ofModels(({ expired }) => expired),
  )
  out.family(
    'counter',
    'millrace_model_labels_total',
    'Labels that came, by what became of them.',
    models.flatMap(({ uid, labels }) =>
      Object.entries(labels).map(([result, count]): Sample => [{ model: uid, result }, count]),
    ),
  )
}

function addCheckpoints(out: Exposition, { last, failures, durations }: CheckpointGauges): void {
  const { boundsSeconds: bounds, counts, count, sumSeconds: sum } = durations
  out.histogram('millrace_checkpoint_duration_seconds', 'From the cut to the commit of every sink.', {
    bounds,
    counts,
    count,
    sum,
  })
  out.single('counter', 'millrace_checkpoint_failures_total', 'Checkpoints that could not be written.', failures)
  if (last === undefined) return
  const ageSeconds = Math.max(0, Date.now() - last.at) / 1000
  out.single('gauge', 'millrace_checkpoint_id', 'Number of the last committed checkpoint.', last.id)
  out.single('gauge', 'millrace_checkpoint_size_bytes', 'Bytes of state in it.', last.sizeBytes)
  out.single('gauge', 'millrace_checkpoint_age_seconds', 'Time since it was committed.', ageSeconds)
}

function samples<V extends { readonly uid: string }>(
  of: readonly V[],
  label: string,
  value: (one: V) => number | undefined,
): Sample[] {
  return of.flatMap((one) => {
    const sample = value(one)
    return sample === undefined ? [] : [[{ [label]: one.uid }, sample] as const]
  })
}
