/**
 * The world of `offers.ts`: visitors come, those who get an offer buy or do not, and the shop says so a little later.
 *
 * It reads decisions and writes visits and outcomes, all over topics, and knows nothing of the pipeline. What visitors want
 * changes half way, so that a model that stopped learning would be seen to fall behind.
 */
import { Consumer, Producer } from '@platformatic/kafka'

const SEGMENTS = ['new', 'regular', 'bargain', 'loyal']
const DEVICES = ['phone', 'desktop']
/** Chance to buy with an offer, before and after the change. */
const WANTS = { new: [0.1, 0.45], regular: [0.35, 0.1], bargain: [0.6, 0.25], loyal: [0.2, 0.55] }

export class Shop {
  /** Offers made and sold, by who decided: the model's judgement, or luck. */
  tally = { judged: { made: 0, sold: 0 }, explored: { made: 0, sold: 0 } }
  visits = 0
  #producer
  #consumer
  #waiting = new Map()
  #stopped = false
  #changeAt

  constructor(brokers, changeAt) {
    const options = { clientId: 'shop', bootstrapBrokers: [brokers] }
    this.#producer = new Producer(options)
    this.#consumer = new Consumer({ ...options, groupId: `shop-${process.pid}`, isolationLevel: 'READ_COMMITTED' })
    this.#changeAt = changeAt
  }

  /** Lets visitors in, so many a second, until `stop`. */
  async open(perSecond) {
    const decisions = await this.#consumer.consume({
      topics: ['decisions'],
      mode: 'earliest',
      autocommit: false,
      maxWaitTime: 20,
    })
    decisions.on('data', ({ value }) => this.#decided(JSON.parse(value.toString())))
    decisions.on('error', () => {})
    const TICK_MS = 50
    while (!this.#stopped) {
      const visits = Array.from({ length: Math.ceil((perSecond * TICK_MS) / 1000) }, () => this.#visit())
      await this.#send('visits', visits)
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
  }

  async stop() {
    this.#stopped = true
    await this.#consumer.close(true).catch(() => {})
    await this.#producer.close().catch(() => {})
  }

  #visit() {
    const visitId = `v${++this.visits}`
    const segment = SEGMENTS[Math.floor(Math.random() * SEGMENTS.length)]
    const device = DEVICES[Math.floor(Math.random() * DEVICES.length)]
    const pages = 1 + Math.floor(Math.random() * 10)
    const wants = WANTS[segment][this.visits > this.#changeAt ? 1 : 0]
    const chance = Math.max(0.02, Math.min(0.95, wants + (device === 'desktop' ? 0.05 : -0.05) + (pages - 5) * 0.02))
    this.#waiting.set(visitId, chance)
    return { visitId, at: Date.now(), segment, device, pages, luck: Math.random() }
  }

  #decided({ visitId, offer, explored }) {
    const chance = this.#waiting.get(visitId)
    this.#waiting.delete(visitId)
    if (chance === undefined || !offer) return
    const bought = Math.random() < chance
    const tally = this.tally[explored ? 'explored' : 'judged']
    tally.made++
    if (bought) tally.sold++
    // Customers take their time.
    setTimeout(() => void this.#send('outcomes', [{ visitId, at: Date.now(), bought }]), 200 + Math.random() * 800)
  }

  async #send(topic, records) {
    if (this.#stopped || records.length === 0) return
    const messages = records.map((each) => ({
      topic,
      key: Buffer.from(each.visitId),
      value: Buffer.from(JSON.stringify(each)),
    }))
    await this.#producer.send({ messages }).catch((error) => {
      if (!this.#stopped) throw error
    })
  }
}
