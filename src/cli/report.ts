/** What a run came to, as a person reads it: quality against baselines, weights, ledgers, and where things lie. */
import type { ModelDescription, OperatorDescription } from '../operators/describe.ts'
import type { RunReport } from '../runtime/local/job.ts'
import type { JsonObject } from '../stage/json.ts'
import { bytes, count, metric, table } from './format.ts'

/** Weights shown of one model. */
const TOP_WEIGHTS = 10

export function reportText(report: RunReport): string {
  const done = report.end === 'finished' ? 'finished: the input is used up' : 'suspended: start again to go on'
  const parts = [
    done,
    ...describeText(report.operators, TOP_WEIGHTS),
    ledgerText(report.ledgers),
    `checkpoint  ${report.checkpoint}\n${sinkText(report.sinks)}`,
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

export function describeText(operators: { readonly [uid: string]: OperatorDescription }, top: number): string[] {
  return Object.entries(operators).map(([uid, description]) =>
    description.type === 'model'
      ? modelText(uid, description, top)
      : qualityText(description.model, description.report),
  )
}

function qualityText(model: string, { overall, records }: QualityOf): string {
  const { baselines } = overall
  const rows = [
    ['quality', 'accuracy', 'log loss', 'AUC', 'kappa', 'kappa_t'],
    [
      model,
      metric(overall.accuracy),
      metric(overall.logLoss),
      metric(overall.auc),
      metric(overall.kappa),
      metric(overall.kappaT),
    ],
    ['always the prior', '', metric(baselines.prior.logLoss), '0.5000', '', ''],
    ['always the majority', metric(baselines.majority.accuracy), '', '', '', ''],
    ['the last label again', metric(baselines.noChange.accuracy), '', '', '', ''],
  ]
  return `${table(rows)}\n(on ${count(records)} labelled predictions, each made before its label was known)`
}

function modelText(uid: string, model: ModelDescription, top: number): string {
  const head = `model ${uid}  ${model.learner}, ${count(model.steps)} labels learned, ${bytes(model.sizeBytes)}`
  if (model.weights === undefined) return `${head}, ${count(model.models)} models, one for each key`
  const weights = [...model.weights].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, top)
  const rows = [['weight of', ''], ...weights.map(({ name, weight }) => [name, signed(weight)])]
  return `${head}\n${table(rows)}\nof ${count(model.weights.length)} weights, the largest; intercept ${signed(model.intercept ?? 0)}`
}

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

function sinkText(sinks: RunReport['sinks']): string {
  return sinks.map(({ uid, target, rows }) => `sink ${uid}  ${count(rows)} rows in ${target}`).join('\n')
}

type Counts = { [uid: string]: { [counter: string]: number } }
type QualityOf = Extract<OperatorDescription, { type: 'quality' }>['report']

const n = count

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`
}
