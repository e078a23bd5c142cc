/**
 * Gauges and counters as text that Prometheus reads (format 0.0.4): for each family its HELP and TYPE, then its samples.
 *
 * Values may be NaN: there is none yet.
 */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = { readonly [name: string]: string }

type FamilyType = 'counter' | 'gauge'

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

export class Exposition {
  readonly #lines: string[] = []

  /** A family with any number of samples; one without samples is left out. */
  family(
    type: FamilyType,
    name: string,
    help: string,
    samples: readonly (readonly [labels: Labels, value: number])[],
  ): void {
    if (samples.length === 0) return
    this.#head(type, name, help)
    for (const [labels, value] of samples) this.#sample(name, labels, value)
  }

  /** A gauge or counter without labels; left out where it has no value. */
  single(type: FamilyType, name: string, help: string, value: number | undefined): void {
    if (value !== undefined) this.family(type, name, help, [[{}, value]])
  }

  /** @param counts samples in each bucket alone, by the upper bounds; those above the last are in `count` only */
  histogram(
    name: string,
    help: string,
    {
      bounds,
      counts,
      count,
      sum,
    }: { bounds: readonly number[]; counts: readonly number[]; count: number; sum: number },
  ): void {
    this.#head('histogram', name, help)
    let below = 0
    for (const [i, bound] of bounds.entries()) {
      below += counts[i]
      this.#sample(`${name}_bucket`, { le: String(bound) }, below)
    }
    this.#sample(`${name}_bucket`, { le: '+Inf' }, count)
    this.#sample(`${name}_sum`, {}, sum)
    this.#sample(`${name}_count`, {}, count)
  }

  text(): string {
    return this.#lines.join('')
  }

  #head(type: string, name: string, help: string): void {
    if (!NAME.test(name)) throw new Error(`"${name}" is no name of a gauge`)
    this.#lines.push(`# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`)
  }

  #sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => {
      if (!LABEL_NAME.test(label)) throw new Error(`"${label}" is no name of a label`)
      return `${label}="${escaped(text)}"`
    })
    this.#lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${number(value)}\n`)
  }
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
