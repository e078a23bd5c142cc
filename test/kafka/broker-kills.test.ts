// KAFKA_SEED=S repeats a failure; KAFKA_KILLS=300 does more of it.
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { describeOnKafka } from './broker.ts'
import { brokerCampaign } from './broker-campaign.ts'

const kills = Number(process.env.KAFKA_KILLS ?? 5)

describeOnKafka('a Kafka transaction domain whose broker is killed', {}, (broker) => {
  test('knows what was committed, and every row is there once', { timeout: 60_000 * kills }, async () => {
    const seed = Number(process.env.KAFKA_SEED ?? randomInt(1_000_000))
    const report = await brokerCampaign(broker(), kills, seed)
    console.log(JSON.stringify(report))
    expect(report.restarts).toBeGreaterThan(0)
    expect(report.rows).toBeGreaterThan(100)
  })
})
