/** Reads the text format of Prometheus 0.0.4 strictly, as its own parser does: what it does not know it refuses. */

export interface Family {
  readonly type: string
  readonly help: string
  /** Values by name and labels, as they stand in the text. */
  readonly samples: ReadonlyMap<string, number>
}

const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`
const SAMPLE = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{${LABEL}(?:,${LABEL})*\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`,
)

/** @throws for a line out of place, a family told twice, a sample told twice, a counter below 0 */
export function parseMetrics(text: string): ReadonlyMap<string, Family> {
  const families = new Map<string, Family & { samples: Map<string, number> }>()
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const lines = text.slice(0, -1).split('\n')
  let name = ''
  for (let i = 0; i < lines.length; i++) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(lines[i])
    if (help !== null) {
      name = help[1]
      const type = new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`).exec(lines[++i])?.[1]
      if (type === undefined) throw new Error(`no type behind the help of ${name}`)
      if (families.has(name)) throw new Error(`${name} is told twice`)
      families.set(name, { type, help: help[2], samples: new Map() })
      continue
    }
    const [, sample, labels = '', number] = SAMPLE.exec(lines[i]) ?? []
    const family = families.get(name)
    const suffix = sample?.slice(name.length)
    const isOwn =
      sample?.startsWith(name) && (family?.type === 'histogram' ? /^_(bucket|sum|count)$/ : /^$/).test(suffix)
    if (family === undefined || !isOwn) throw new Error(`out of place: ${lines[i]}`)
    const value = number === 'NaN' ? Number.NaN : Number(number.replace('Inf', 'Infinity'))
    if (family.type !== 'gauge' && !(value >= 0)) throw new Error(`a counter below 0: ${lines[i]}`)
    if (family.samples.has(sample + labels)) throw new Error(`told twice: ${lines[i]}`)
    family.samples.set(sample + labels, value)
  }
  return families
}

/** The value of one sample, such as `millrace_records_in_total{source="raw"}`; undefined where there is none. */
export function sampleOf(families: ReadonlyMap<string, Family>, sample: string): number | undefined {
  for (const { samples } of families.values()) {
    const value = samples.get(sample)
    if (value !== undefined) return value
  }
  return undefined
}
