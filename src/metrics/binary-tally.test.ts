import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../bytes/writer.ts'
import { BinaryTally } from './binary-tally.ts'

const probability = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 0.5, 0.1, 1e-20))
const outcomes = fc.array(fc.tuple(probability, fc.boolean(), probability), { maxLength: 600 })

function bytesOf(tally: BinaryTally): Uint8Array {
  const writer = new ByteWriter()
  tally.snapshot(writer)
  return writer.finish()
}

describe('outcomes of weight 1 that lie side by side', () => {
  it('are counted to the bits of one after the other', () => {
    fc.assert(
      fc.property(outcomes, fc.integer({ min: 1, max: 3 }), fc.nat(600), (all, stride, cut) => {
        const one = new BinaryTally()
        const many = new BinaryTally()
        let last: boolean | null = null
        const columns = { p: [] as number[], y: [] as number[], prior: [] as number[], last: [] as number[] }
        for (const [p, label, known] of all) {
          const prior = last === null ? 0.5 : known
          one.add({ probability: p, label, weight: 1, prior, majority: last === null ? null : prior > 0.5, last }, 1)
          columns.p.push(p, ...Array.from({ length: stride - 1 }, () => Number.NaN))
          columns.y.push(label ? 1 : 0)
          columns.prior.push(prior)
          columns.last.push(last === null ? Number.NaN : last ? 1 : 0)
          last = label
        }
        for (const [from, to] of [
          [0, Math.min(cut, all.length)],
          [Math.min(cut, all.length), all.length],
        ]) {
          const part = (values: number[], width = 1) => Float64Array.from(values.slice(from * width, to * width))
          const { p, y, prior, last } = columns
          const known = { typical: part(prior), last: part(last) }
          many.addOnes({ outs: part(p, stride), outputs: stride, labels: part(y), ...known, count: to - from })
        }
        expect(bytesOf(many)).toEqual(bytesOf(one))
      }),
    )
  })

  it('are refused together when a probability is none, before any is counted', () => {
    const tally = new BinaryTally()
    const zeros = new Float64Array(2)
    const outs = Float64Array.of(0.5, Number.NaN)
    const block = { outs, outputs: 1, labels: zeros, typical: zeros, last: zeros, count: 2 }
    expect(() => tally.addOnes(block)).toThrow(/must lie in/)
    expect(tally.records).toBe(0)
  })
})
