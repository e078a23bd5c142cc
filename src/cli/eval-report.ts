/** What an evaluation came to, as a person reads it, and as a line of JSON. */
import type { RejectedRow } from '../evaluate/evaluation.ts'
import type { Evaluated, ModelResult } from '../evaluate/result.ts'
import type { BinaryReport } from '../metrics/binary-report.ts'
import type { MulticlassReport } from '../metrics/multiclass-report.ts'
import type { RegressionReport } from '../metrics/regression-report.ts'
import { count, metric, table } from './format.ts'

export function evalText(file: string, { evaluation, results }: Evaluated): string {
  const { plan } = evaluation
  const { numeric, categorical, text, label, task, positive, negative } = plan
  const classes =
    positive === null ? '' : `, true is "${positive}"${negative === null ? '' : `, false is "${negative}"`}`
  const parts = [
    `${file}: ${task}, label ${label}${classes}`,
    inputsText('numbers', numeric),
    inputsText('categories', categorical),
    inputsText('words of', text),
    inputsText('left out, since each record has its own (--categorical takes them)', plan.leftOut),
    '',
    table(rowsOf(results)),
    `(on ${count(evaluation.records)} records, each predicted before its label was learned; ± is a 95 % interval)`,
  ]
  if (evaluation.rejected > 0) parts.push('', rejectedText(evaluation.rejected, evaluation.examples))
  return `${parts.filter((part) => part !== undefined).join('\n')}\n\n`
}

/** One object a model. What does not apply to a task is null. */
export function jsonLine({ model, task, records, rejected, report, interval, recordsPerSecond }: ModelResult): string {
  const any = report as Partial<BinaryReport & RegressionReport>
  const { accuracy = null, logLoss = null, auc = null, kappa = null, mae = null, rmse = null, r2 = null } = any
  const brief = { model, task, records, rejected, accuracy, logLoss, auc, kappa, mae, rmse, r2, recordsPerSecond }
  return JSON.stringify({ ...brief, interval, report })
}

function inputsText(kind: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const shown = names.slice(0, 12).join(', ')
  return `${kind}: ${shown}${names.length > 12 ? ` and ${names.length - 12} more` : ''}`
}

function rowsOf(results: readonly ModelResult[]): string[][] {
  const [{ task, report }] = results
  if (task === 'binary') return binaryRows(results, report as BinaryReport)
  return task === 'multiclass'
    ? multiclassRows(results, report as MulticlassReport)
    : regressionRows(results, report as RegressionReport)
}

function binaryRows(results: readonly ModelResult[], { baselines }: BinaryReport): string[][] {
  return [
    ['model', 'accuracy', '±', 'log loss', 'AUC', 'F1', 'kappa', 'kappa_t', 'examples/s'],
    ...results.map((result) => {
      const { accuracy, logLoss, auc, f1, kappa, kappaT } = result.report as BinaryReport
      return [
        result.model,
        metric(accuracy, 5),
        half(result),
        ...[logLoss, auc, f1, kappa, kappaT].map(four),
        rate(result),
      ]
    }),
    ['always the prior', '', '', metric(baselines.prior.logLoss), '0.5000', '', '', '', ''],
    ['always the majority', metric(baselines.majority.accuracy), '', '', '', '', '', '', ''],
    ['the last label again', metric(baselines.noChange.accuracy), '', '', '', '', '', '', ''],
  ]
}

function multiclassRows(results: readonly ModelResult[], { baselines }: MulticlassReport): string[][] {
  return [
    ['model', 'accuracy', '±', 'balanced', 'macro F1', 'log loss', 'kappa', 'kappa_t', 'examples/s'],
    ...results.map((result) => {
      const { accuracy, balancedAccuracy, macroF1, logLoss, kappa, kappaT } = result.report as MulticlassReport
      const others = [balancedAccuracy, macroF1, logLoss, kappa, kappaT].map(four)
      return [result.model, metric(accuracy, 5), half(result), ...others, rate(result)]
    }),
    ['always the majority', metric(baselines.majority.accuracy), '', '', '', '', '', '', ''],
    ['the last label again', metric(baselines.noChange.accuracy), '', '', '', '', '', '', ''],
  ]
}

function regressionRows(results: readonly ModelResult[], { baselines }: RegressionReport): string[][] {
  const { mean, noChange } = baselines
  return [
    ['model', 'MAE', '±', 'RMSE', 'R2', 'coverage', 'examples/s'],
    ...results.map((result) => {
      const { mae, rmse, r2, coverage } = result.report as RegressionReport
      return [result.model, metric(mae), half(result), metric(rmse), metric(r2), metric(coverage), rate(result)]
    }),
    ['always the mean', metric(mean.mae), '', metric(mean.rmse), '', '', ''],
    ['the last label again', metric(noChange.mae), '', metric(noChange.rmse), '', '', ''],
  ]
}

const four = (value: number | null): string => metric(value)

function half({ interval }: ModelResult): string {
  return interval === null ? '' : metric((interval[1] - interval[0]) / 2)
}

function rate({ recordsPerSecond }: ModelResult): string {
  return count(recordsPerSecond)
}

function rejectedText(rejected: number, examples: readonly RejectedRow[]): string {
  const lines = examples.map(({ row, reason }) => `  row ${count(row + 1)}: ${reason}`)
  const more = rejected > examples.length ? ['  ...'] : []
  return [`rejected  ${count(rejected)} rows, and not learned from`, ...lines, ...more].join('\n')
}
