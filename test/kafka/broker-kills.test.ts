// KAFKA_SEED=S repeats a failure; `npm run campaign -- --kafka-domain --kills 300` does more of it.
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeOnKafka } from './broker.ts'
import { brokerCampaign } from './broker-campaign.ts'

describeOnKafka('a Kafka transaction domain whose broker is killed', {}, (broker) => {
  test('knows what was committed, and every row is there once', { timeout: 280_000 }, async () => {
    const seed = Number(process.env.KAFKA_SEED ?? randomInt(1_000_000))
    const report = await brokerCampaign(broker(), 5, seed)
    console.log(JSON.stringify(report))
    expect(report.restarts).toBeGreaterThan(0)
    expect(report.rows).toBeGreaterThan(100)
  })
})
