/**
 * `npm run campaign -- --kills N --seed S`: kills the program again and again, at random moments and at exact system
 * calls, and compares what comes out in the end with a run that nobody killed: every part byte for byte, every
 * operator's state, positions and ledgers. After each kill the parts that are visible already must be those of that run.
 *
 *   --kills N     deaths to reach, 100 by default       --records R   departures used, all 336,776 by default
 *   --seed S      of the random moments; printed        --jobs J      runs at a time, 2 by default
 *   --kafka       topics to topics, over a broker of its own; needs a JDK 17 and Maven
 *   --broker-kills B   with --kafka: kills of the broker meanwhile, 0 by default
 *
 * Exits with 1 at the first difference, and then keeps the folder it worked in.
 */
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import './bootstrap.mjs'
import { Campaign } from './campaign/campaign.mjs'
import { FileSubject } from './campaign/file-subject.mjs'
import { cutFlights } from './campaign/flights.mjs'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(randomInt(1_000_000_000)) },
    records: { type: 'string', default: '336776' },
    jobs: { type: 'string', default: '2' },
    kafka: { type: 'boolean', default: false },
    'broker-kills': { type: 'string', default: '0' },
  },
})
const [kills, seed, records, jobs, brokerKills] = ['kills', 'seed', 'records', 'jobs', 'broker-kills'].map(wholeNumber)

const folder = mkdtempSync(join(tmpdir(), 'millrace-campaign-'))
mkdirSync(join(folder, 'data'))
console.log(`campaign: seed ${seed}, ${kills} kills, ${records} departures, in ${folder}`)
const data = cutFlights(join(folder, 'data'), records)
const log = (line) => console.log(line)
const subject = values.kafka ? await kafkaSubject() : new FileSubject(data)
const campaign = new Campaign({ folder, subject, kills, brokerKills, seed, jobs, log })
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    campaign.end()
    // The broker goes with the process.
    process.exit(130)
  })
}
try {
  await campaign.run()
  console.log(campaign.summary())
  rmSync(folder, { recursive: true, force: true })
} catch (error) {
  campaign.end()
  console.error(`campaign: ${error.message}\ncampaign: seed ${seed}; kept ${folder}`)
  process.exitCode = 1
} finally {
  await subject.close()
}

async function kafkaSubject() {
  const { KafkaSubject } = await import('./campaign/kafka-subject.mjs')
  return await KafkaSubject.start(data, log)
}

function wholeNumber(name) {
  if (!/^\d{1,9}$/.test(values[name])) {
    console.error(`campaign: --${name} must be a whole number, not ${values[name]}`)
    process.exit(2)
  }
  return Number(values[name])
}
