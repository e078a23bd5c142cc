import type { ByteReader } from '../bytes/reader.ts'
import type { ByteWriter } from '../bytes/writer.ts'
import { CompensatedSum } from '../numeric/fsum.ts'
import { MOST_CLASSES } from './multiclass-outcome.ts'
import type { ClassReport } from './multiclass-report.ts'
import { ratio } from './ratio.ts'

/** Weight of one class: as label, as prediction, as both. */
interface ClassSums {
  readonly support: CompensatedSum
  readonly predicted: CompensatedSum
  readonly hits: CompensatedSum
}

/** What reports need of one class. */
export interface ClassWeights extends ClassReport {
  readonly predicted: number
}

/**
 * The weights of each class. Precision, recall, F1 and κ follow from three of them a class: the table of all pairs of
 * classes is not needed.
 *
 * Order     by name wherever classes are gone through, so insertion decides nothing
 * Snapshot  how many; then by name each name and three sums as (sum, cut-off part); within that of whoever owns them
 */
export class ClassTable {
  readonly byName = new Map<string, ClassSums>()

  add(label: string, predicted: string | null, weight: number): void {
    const sums = this.#of(label)
    sums.support.add(weight)
    if (predicted === label) {
      sums.predicted.add(weight)
      sums.hits.add(weight)
    } else if (predicted !== null) {
      this.#of(predicted).predicted.add(weight)
    }
  }

  scale(factor: number): void {
    for (const { support, predicted, hits } of this.byName.values()) {
      for (const each of [support, predicted, hits]) {
        each.sum *= factor
        each.lost *= factor
      }
    }
  }

  /** The classes with weight, by name. */
  report(): ClassWeights[] {
    return this.#names().flatMap((name) => {
      const sums = this.#of(name)
      const support = sums.support.value
      const predicted = sums.predicted.value
      if (support === 0 && predicted === 0) return []
      const hits = sums.hits.value
      const f1 = (2 * hits) / (support + predicted)
      return { class: name, support, predicted, precision: ratio(hits, predicted), recall: ratio(hits, support), f1 }
    })
  }

  snapshot(writer: ByteWriter): void {
    writer.varint(this.byName.size)
    for (const name of this.#names()) {
      writer.string(name)
      const { support, predicted, hits } = this.#of(name)
      for (const { sum, lost } of [support, predicted, hits]) {
        writer.f64(sum)
        writer.f64(lost)
      }
    }
  }

  /** @throws ML_CORRUPT */
  restore(reader: ByteReader): void {
    this.byName.clear()
    const count = reader.varint()
    if (count > MOST_CLASSES) reader.fail('there are more classes than a metric tells apart', count)
    let before: string | undefined
    for (let left = count; left > 0; left--) {
      const name = reader.string()
      if (before !== undefined && !(name > before)) reader.fail('the classes are not in order', name)
      before = name
      const { support, predicted, hits } = this.#of(name)
      for (const each of [support, predicted, hits]) {
        each.sum = reader.f64()
        each.lost = reader.f64()
        const weight = each.sum + each.lost
        if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
          reader.fail('the weight of a class is negative or not finite', weight)
      }
    }
  }

  #of(name: string): ClassSums {
    const known = this.byName.get(name)
    if (known !== undefined) return known
    const sums = { support: new CompensatedSum(), predicted: new CompensatedSum(), hits: new CompensatedSum() }
    this.byName.set(name, sums)
    return sums
  }

  #names(): string[] {
    return [...this.byName.keys()].sort()
  }
}
