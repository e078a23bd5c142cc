/** Quality over time as a picture: one line a model, one for the best that can be guessed, in plain SVG. */
import type { CurvePoint } from '../evaluate/curve.ts'
import type { Evaluated } from '../evaluate/result.ts'
import { count } from './format.ts'

const WIDTH = 960
const HEIGHT = 420
const LEFT = 64
const RIGHT = 180
const TOP = 44
const BOTTOM = 52
/** Colours that differ for colour-blind readers too (Okabe, Ito 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000']
/** Points averaged to the left of each, so that a line can be followed. */
const SMOOTHED = 8

export function evalPlot(file: string, { evaluation, results }: Evaluated): string {
  const { plan } = evaluation
  const isError = plan.task === 'regression'
  const guess = {
    model: isError ? 'always the mean' : 'the last label again',
    points: smooth(evaluation.guess.points()),
    dash: '5 4',
  }
  const models = results.map(({ model, curve }) => ({ model, points: smooth(curve), dash: 'none' }))
  const lines = [...models, guess]
  const values = lines.flatMap(({ points }) => points.map(({ mean }) => mean))
  const [low, high] = range(values, isError)
  const x = (records: number) => LEFT + ((WIDTH - LEFT - RIGHT) * records) / Math.max(1, evaluation.records)
  const y = (value: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low)
  const title = `${isError ? 'mean absolute error' : 'accuracy'} of ${plan.label} over ${file}`
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${safe(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 24, title, 'font-size="15"'),
    ...ticks(low, high).map(
      (value) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#dddddd"/>` +
        text(LEFT - 8, y(value) + 4, short(value), 'text-anchor="end"'),
    ),
    ...marks(evaluation).map(({ records, label }) =>
      text(x(records), HEIGHT - BOTTOM + 18, label, 'text-anchor="middle"'),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, plan.time ?? 'records', 'text-anchor="middle"'),
    ...lines.map(({ points, dash }, i) => {
      const path = points
        .map(({ records, mean }, j) => `${j === 0 ? 'M' : 'L'}${at(x(records))} ${at(y(mean))}`)
        .join('')
      return `<path d="${path}" fill="none" stroke="${colour(i, dash)}" stroke-width="1.6" stroke-dasharray="${dash}"/>`
    }),
    ...lines.map(({ model, dash }, i) => {
      const row = TOP + 12 + 18 * i
      const from = WIDTH - RIGHT + 14
      return (
        `<line x1="${from}" x2="${from + 18}" y1="${row - 4}" y2="${row - 4}" stroke="${colour(i, dash)}" stroke-width="2" stroke-dasharray="${dash}"/>` +
        text(from + 24, row, model)
      )
    }),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

/** Means of a few points to the left, each with its weight in records. */
function smooth(points: readonly CurvePoint[]): CurvePoint[] {
  return points.map(({ records }, i) => {
    const first = Math.max(0, i - SMOOTHED + 1)
    const before = first === 0 ? 0 : points[first - 1].records
    let sum = 0
    for (let j = first; j <= i; j++) sum += points[j].mean * (points[j].records - (j === 0 ? 0 : points[j - 1].records))
    return { records, mean: sum / (records - before) }
  })
}

/** From what is shown, with some air. An accuracy ends at 1, an error starts at 0 where that is near. */
function range(values: readonly number[], isError: boolean): [number, number] {
  let [low, high] = [Math.min(...values), Math.max(...values)]
  if (!(low <= high)) return [0, 1]
  const air = Math.max((high - low) * 0.08, Math.abs(high) * 1e-6, 1e-12)
  low = isError ? (low < high / 2 ? 0 : low - air) : Math.max(0, low - air)
  high = isError ? high + air : Math.min(1, high + air)
  return low < high ? [low, high] : [low - air, high + air]
}

/** Round values within the range, about five. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((size) => size >= rough) ?? rough
  const found: number[] = []
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step)
  return found
}

function marks({ records, times }: Evaluated['evaluation']): { records: number; label: string }[] {
  if (times.marks.length >= 2) {
    const every = Math.ceil(times.marks.length / 5)
    return times.marks
      .filter((_, i) => i % every === 0)
      .map((mark) => ({ records: mark.records, label: mark.time.slice(0, 10) }))
  }
  return ticks(0, Math.max(1, records)).map((value) => ({ records: value, label: count(value) }))
}

/** What is guessed without a model is grey. */
function colour(i: number, dash: string): string {
  return dash === 'none' ? COLOURS[i % COLOURS.length] : '#777777'
}

function short(value: number): string {
  return Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(1)
    : String(+value.toFixed(3))
}

function at(value: number): string {
  return value.toFixed(1)
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${at(x)}" y="${at(y)}" fill="#333333" ${attributes}>${safe(content)}</text>`
}

function safe(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
