/** How good the models are, each metric a family: `millrace_model_log_loss{model,window}`, baselines beside them. */
import type { QualityDescription } from '../operators/describe.ts'
import { HALF_LIFE, RECENT } from '../operators/quality-report.ts'
import type { Exposition, Labels } from './exposition.ts'

type Samples = (readonly [labels: Labels, value: number])[]

/** What the windows of a report mean; `overall` is since the pipeline began. */
const WINDOWS = ['overall', 'recent', 'faded'] as const

export function addQuality(out: Exposition, qualities: readonly QualityDescription[]): void {
  const families = new Map<string, Samples>()
  const add = (name: string, labels: Labels, value: unknown): void => {
    // A report says null where a metric is not defined yet.
    if (typeof value !== 'number' && value !== null) return
    const family = `millrace_${name}`
    families.set(family, [...(families.get(family) ?? []), [labels, value ?? Number.NaN]])
  }
  for (const { model, report } of qualities) {
    add('model_outcomes', { model }, report.records)
    for (const window of WINDOWS) {
      const { baselines, records: _records, ...metrics } = report[window]
      for (const [metric, value] of Object.entries(metrics)) add(`model_${snake(metric)}`, { model, window }, value)
      for (const [baseline, values] of Object.entries(baselines)) {
        for (const [metric, value] of Object.entries(values as object)) {
          add(`baseline_${snake(metric)}`, { model, window, baseline: snake(baseline) }, value)
        }
      }
    }
  }
  for (const [name, samples] of [...families].sort(([a], [b]) => (a < b ? -1 : 1))) {
    out.family('gauge', name, helpOf(name), samples)
  }
}

function helpOf(name: string): string {
  if (name === 'millrace_model_outcomes') return 'Predictions whose label is known, since the pipeline began.'
  const metric = name.replace(/^millrace_(?:model|baseline)_/, '').replace(/_/g, ' ')
  const whose = name.startsWith('millrace_model_') ? 'the model' : 'what can be guessed without a model'
  return `${metric} of ${whose}, each prediction judged when its label came; recent: the last ${RECENT}, faded: half-life ${HALF_LIFE}. NaN: not defined yet.`
}

/** 'kappaT' → 'kappa_t'. */
function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
