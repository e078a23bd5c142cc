import { MillraceError } from '../errors.ts'
import { nearestName } from '../formats/nearest-name.ts'

/**
 * Options of models as texts, `name=value` or `model.name=value`: each model asks for those it knows, and what none has
 * asked for is a mistake.
 */
export class Settings {
  readonly #values = new Map<string, string>()
  readonly #asked = new Set<string>()
  #model = ''

  /** @throws ML_PARAM for a pair without a name or a value */
  constructor(pairs: readonly string[]) {
    for (const pair of pairs) {
      const equals = pair.indexOf('=')
      if (equals < 1) throw wrong('a setting is given as name=value', pair, 'Write --set learningRate=0.01')
      this.#values.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim())
    }
  }

  /** The settings as a model sees them: its own before those for all. */
  of(model: string): Settings {
    this.#model = model
    return this
  }

  number(name: string, otherwise: number): number {
    const text = this.#take(name)
    if (text === undefined) return otherwise
    const value = text === '' ? Number.NaN : Number(text)
    if (value - value !== 0) throw wrong(`${name} must be a number`, text, `Write --set ${name}=${otherwise}`)
    return value
  }

  boolean(name: string, otherwise: boolean): boolean {
    const text = this.#take(name)
    if (text === undefined) return otherwise
    if (text !== 'true' && text !== 'false')
      throw wrong(`${name} must be true or false`, text, `Write --set ${name}=true`)
    return text === 'true'
  }

  choice<C extends string>(name: string, choices: readonly C[], otherwise: C): C {
    const text = this.#take(name)
    if (text === undefined) return otherwise
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
    if (found !== undefined) return found
    const near = nearestName(text, choices)
    const hint = near === undefined ? '' : `Did you mean "${near}"? `
    throw wrong(`there is no ${name} of this name`, text, `${hint}There are ${choices.join(', ')}`)
  }

  /** @throws ML_PARAM for settings that no model has asked for */
  expectAllUsed(): void {
    for (const key of this.#values.keys()) {
      if (this.#asked.has(key)) continue
      const known = [...this.#asked].filter((name) => !name.includes('.')).sort()
      const near = nearestName(key, known)
      const hint = near === undefined ? '' : `Did you mean "${near}"? `
      throw wrong('no model chosen has such a setting', key, `${hint}There are ${known.join(', ')}`)
    }
  }

  #take(name: string): string | undefined {
    const own = `${this.#model}.${name}`
    this.#asked.add(own).add(name)
    return this.#values.get(own) ?? this.#values.get(name)
  }
}

function wrong(what: string, got: string, remedy: string): MillraceError {
  return new MillraceError('ML_PARAM', { what, got, where: '--set', remedy })
}
