// The loop to compare with: consume, parse, stringify, produce with the same client; no features, no model, no transaction.
import { Consumer, Producer } from '@platformatic/kafka'

const [brokers, from, to, count] = [process.argv[2], process.argv[3], process.argv[4], Number(process.argv[5])]
const options = { clientId: 'bare', bootstrapBrokers: [brokers] }
const consumer = new Consumer({ ...options, groupId: `bare-${process.pid}`, maxBytes: 8 << 20, highWaterMark: 8192 })
const producer = new Producer({ ...options })
const stream = await consumer.consume({ topics: [from], mode: 'earliest', autocommit: false, maxWaitTime: 100 })
const BATCH = 2000
let pending = []
let sending = Promise.resolve()
let seen = 0
for await (const { value } of stream) {
  const event = JSON.parse(value.toString())
  const row = { input: event, prediction: { label: true, probability: event.f0 }, model: 'm', label: event.clicked }
  pending.push({ topic: to, key: Buffer.from(event.user), value: Buffer.from(JSON.stringify(row)) })
  seen++
  if (pending.length < BATCH && seen < count) continue
  const messages = pending
  pending = []
  await sending
  sending = producer.send({ messages })
  if (seen === count) break
}
await sending
await consumer.close(true)
await producer.close()
process.exit(0)
