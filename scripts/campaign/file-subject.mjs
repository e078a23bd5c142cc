/** Files to files: the first departures of the demo, and sinks of small parts. */
import { join } from 'node:path'
import { repository } from '../repository.mjs'
import { outcomeOf, partsOf } from './outcome.mjs'

export class FileSubject {
  pipeline = join(repository, 'test/kills/flights.ts')
  #data

  constructor(data) {
    this.#data = data
  }

  async paramsOf() {
    return this.#data
  }

  async outcomeOf(folder) {
    return await outcomeOf(folder)
  }

  async visible(folder) {
    return partsOf(folder).final
  }

  /** What readers may have taken can never be taken back. */
  async check(folder, before, expected) {
    const { final } = partsOf(folder)
    for (const [name, bytes] of final) {
      if (expected.get(name) !== bytes) throw new Error(`${name} is public and is not as it should be`)
    }
    const gone = [...before.keys()].find((name) => !final.has(name))
    if (gone !== undefined) throw new Error(`${gone} was public and is gone`)
  }

  disturb() {}

  async close() {}
}
