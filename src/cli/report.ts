/** What a run came to, as a person reads it: quality against baselines, weights, ledgers, and where things lie. */
import { dirname, resolve } from 'node:path'
import { shownPath } from '../bundle/failures.ts'
import type { ModelDescription, NamedWeight, OperatorDescription } from '../operators/describe.ts'
import type { AnyQualityReport } from '../operators/quality-report.ts'
import type { RunReport, SinkReport } from '../runtime/local/job.ts'
import type { JsonObject } from '../stage/json.ts'
import { bytes, count, metric, table } from './format.ts'
import { ownCommand } from './own-command.ts'

/** Weights shown of one model. */
export const TOP_WEIGHTS = 10

/** @param base folder against which the sinks' folders were resolved */
export function reportText(report: RunReport, base: string): string {
  const done = report.end === 'finished' ? 'finished: the input is used up' : 'suspended: start again to go on'
  const parts = [
    done,
    ...describeText(report.operators, TOP_WEIGHTS),
    ledgerText(report.ledgers),
    rejectedText(report, base),
    placesText(report.sinks, base, [
      ['checkpoint', shownPath(report.checkpoint)],
      ['look inside', `${ownCommand()} inspect ${shownPath(dirname(report.checkpoint))}`],
    ]),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** Quality before models: how good it is, then why. */
export function describeText(operators: { readonly [uid: string]: OperatorDescription }, top: number): string[] {
  const qualities: string[] = []
  const models: string[] = []
  for (const [uid, description] of Object.entries(operators)) {
    if (description.type === 'model') models.push(modelText(uid, description, top))
    else if (description.type === 'ownModel') models.push(ownModelText(uid, description.learner))
    else qualities.push(qualityText(description.model, description.report))
  }
  return [...qualities, ...models]
}

function qualityText(model: string, report: AnyQualityReport): string {
  return `${table(qualityRows(model, report))}\n(on ${count(report.records)} labelled predictions, each made before its label was known)`
}

function qualityRows(model: string, report: AnyQualityReport): string[][] {
  switch (report.task) {
    case 'binary': {
      const { baselines, ...overall } = report.overall
      const { accuracy, logLoss, auc, kappa, kappaT } = overall
      return [
        ['quality', 'accuracy', 'log loss', 'AUC', 'kappa', 'kappa_t'],
        [model, ...[accuracy, logLoss, auc, kappa, kappaT].map((value) => metric(value))],
        ['always the prior', '', metric(baselines.prior.logLoss), '0.5000', '', ''],
        ['always the majority', metric(baselines.majority.accuracy), '', '', '', ''],
        ['the last label again', metric(baselines.noChange.accuracy), '', '', '', ''],
      ]
    }
    case 'multiclass': {
      const { baselines, accuracy, balancedAccuracy, macroF1, logLoss, kappa, kappaT } = report.overall
      return [
        ['quality', 'accuracy', 'balanced', 'macro F1', 'log loss', 'kappa', 'kappa_t'],
        [model, ...[accuracy, balancedAccuracy, macroF1, logLoss, kappa, kappaT].map((value) => metric(value))],
        ['always the majority', metric(baselines.majority.accuracy), '', '', '', '', ''],
        ['the last label again', metric(baselines.noChange.accuracy), '', '', '', '', ''],
      ]
    }
    case 'regression': {
      const { baselines, mae, rmse, r2, coverage } = report.overall
      const { mean, noChange } = baselines
      return [
        ['quality', 'MAE', 'RMSE', 'R2', 'coverage'],
        [model, metric(mae), metric(rmse), metric(r2), metric(coverage)],
        ['always the mean', metric(mean.mae), metric(mean.rmse), '', ''],
        ['the last label again', metric(noChange.mae), metric(noChange.rmse), '', ''],
      ]
    }
  }
}

function ownModelText(uid: string, learner: string): string {
  return `model ${uid}  ${learner}, a learner of the pipeline's own: its weights need the pipeline, run it to see them`
}

function modelText(uid: string, model: ModelDescription, top: number): string {
  const head = `model ${uid}  ${model.learner}, ${count(model.steps)} labels learned, ${bytes(model.sizeBytes)}`
  if (model.classes !== undefined) {
    return [
      head,
      ...model.classes.map((one) => `class ${one.class}: ${weightsText(one.weights, one.intercept, top)}`),
    ].join('\n')
  }
  if (model.weights === undefined)
    return model.models === 1 ? head : `${head}, ${count(model.models)} models, one for each key`
  return `${head}\n${weightsText(model.weights, model.intercept ?? 0, top)}`
}

function weightsText(all: readonly NamedWeight[], intercept: number, top: number): string {
  const weights = [...all].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, top)
  const largest = Math.abs(weights[0]?.weight ?? 0)
  const rows = weights.map(({ name, weight, deviation }) =>
    deviation === undefined ? [name, signed(weight)] : [name, signed(weight), `± ${deviation.toFixed(4)}`],
  )
  const bars = weights.map(({ weight }) => '\u2588'.repeat(Math.round((BAR * Math.abs(weight)) / largest)))
  const lines =
    rows.length === 0
      ? []
      : table(rows)
          .split('\n')
          .map((row, i) => `${row}  ${bars[i]}`.trimEnd())
  const of = `the ${rows.length} largest of ${count(all.length)} weights, in standardised units; intercept ${signed(intercept)}`
  return [of, ...lines].join('\n')
}

/** Length of the bar of the largest weight. */
const BAR = 20

export function ledgerText({ sources, operators }: { sources: JsonObject; operators: JsonObject }): string {
  const lines: string[] = []
  for (const [uid, counts] of Object.entries(sources as Counts)) {
    lines.push(
      `source ${uid}  in ${n(counts.in)} = processed ${n(counts.processed)} + rejected ${n(counts.rejected)} + late ${n(counts.late)}`,
    )
  }
  for (const [uid, counts] of Object.entries(operators as Counts)) {
    if (counts.predictions === undefined) {
      if (counts.rejected > 0)
        lines.push(
          `operator ${uid}  in ${n(counts.in)} = processed ${n(counts.processed)} + rejected ${n(counts.rejected)}`,
        )
      continue
    }
    lines.push(`model ${uid}  in ${n(counts.in)} = processed ${n(counts.processed)} + rejected ${n(counts.rejected)}`)
    if (counts.predictions === 0) continue
    lines.push(
      `  predictions ${n(counts.predictions)} = labelled ${n(counts.labelled)} + expired ${n(counts.expired)} + waiting ${n(counts.waiting)}`,
      `  labels in ${n(counts.labels)} = learned ${n(counts.learned)} + duplicate ${n(counts.duplicate)} + conflicting ${n(counts.conflicting)}` +
        ` + unmatched ${n(counts.unmatched)} + refused ${n(counts.refused)} + waiting ${n(counts.early)}`,
    )
  }
  return `ledgers\n${lines.join('\n')}`
}

/** How many records were rejected, by whom, and where they are with their reasons. */
export function rejectedText({ ledgers, sinks }: Pick<RunReport, 'ledgers' | 'sinks'>, base: string): string {
  const by = (kind: string, counted: JsonObject) =>
    Object.entries(counted as Counts)
      .filter(([, { rejected }]) => rejected > 0)
      .map(([uid, { rejected }]) => `${n(rejected)} by ${kind} ${uid}`)
  const all = [...by('source', ledgers.sources), ...by('operator', ledgers.operators)]
  if (all.length === 0) return ''
  const takers = sinks.filter(({ takes, rows }) => rows > 0 && takes.some((output) => output.endsWith('/rejected')))
  const places = takers.map((sink) => placeOf(sink, base)).join(' and ')
  return `rejected  ${all.join(', ')}: each with source, position and reason in ${places}`
}

/** Where the rows of the sinks lie, and other places, each behind its name. */
export function placesText(
  sinks: readonly SinkReport[],
  base: string,
  others: readonly (readonly [name: string, place: string])[],
): string {
  const rows = sinks
    .filter(({ rows }) => rows > 0)
    .map((sink) => [`sink ${sink.uid}`, count(sink.rows), placeOf(sink, base)])
  const width = Math.max(...[...rows, ...others].map(([name]) => name.length))
  const digits = Math.max(0, ...rows.map(([, written]) => written.length))
  return [
    ...rows.map(([name, written, place]) => `${name.padEnd(width)}  ${written.padStart(digits)} rows in ${place}`),
    ...others.map(([name, place]) => `${name.padEnd(width)}  ${place}`),
  ].join('\n')
}

function placeOf({ folder, connector }: SinkReport, base: string): string {
  return folder === undefined ? connector : shownPath(resolve(base, folder))
}

type Counts = { [uid: string]: { [counter: string]: number } }

const n = count

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`
}
