// A job over a transaction domain while its broker is killed again and again, at random moments: `recover` must always tell
// the truth about what readers see, and in the end every row is there once.
import { setTimeout as delay } from 'node:timers/promises'
import { Xoshiro128 } from '../../src/numeric/xoshiro128.ts'
import type { KafkaBroker } from '../../src/testing/kafka-broker.ts'
import { readKafkaTopic } from '../../src/testing/read-kafka-topic.ts'
import { byKey, CountedJob, expectedByKey, MARKER_TOPIC } from './counted-job.ts'

/** A job that committed fewer has shown little. */
const ENOUGH_ROWS = 100

export interface BrokerCampaignReport {
  readonly seed: number
  readonly brokerKills: number
  /** Starts of the job from what `recover` said, after its death or after an error. */
  readonly restarts: number
  /** Of these, how often the last commit had no answer, and was found done. */
  readonly foundDone: number
  readonly rows: number
}

/** @throws an error that says what readers saw, and the seed */
export async function brokerCampaign(broker: KafkaBroker, kills: number, seed: number): Promise<BrokerCampaignReport> {
  const random = new Xoshiro128(seed)
  const topic = `campaign-${seed}`
  await broker.createTopic(topic, 2)
  const setup = { brokers: broker.brokers, topics: [topic], job: topic }
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`${what} (seed ${seed})`)
  }
  let job = await CountedJob.start(setup)
  /** The last checkpoint whose commit has returned. */
  let committed = 0
  let [restarts, foundDone] = [0, 0]
  let over = false
  let dies = (): void => {}
  let death = new Promise<'dies'>((resolve) => {
    dies = () => resolve('dies')
  })

  const zombies: CountedJob[] = []
  const restart = async (left: boolean): Promise<void> => {
    const inDoubt = job.epoch
    const { positions } = job
    // One that was left alone goes on with what it was doing, beside its successor: a zombie.
    if (left) zombies.push(job)
    else await job.domain.close()
    for (;;) {
      try {
        job = await CountedJob.start(setup, positions)
        break
      } catch (error) {
        demand((error as { code?: unknown }).code === 'ML_KAFKA', `cannot start again: ${String(error)}`)
      }
    }
    restarts++
    const decided = job.recovered ?? 0
    demand(decided === committed || decided === inDoubt, `${decided} was decided, not ${committed} or ${inDoubt}`)
    if (decided > committed) foundDone++
    committed = decided
    const shown = await readKafkaTopic(broker.brokers, topic).catch(() => undefined)
    if (shown === undefined || byKey(shown) === expectedByKey(job.position)) return
    const held = await evidence(broker.brokers, [topic, MARKER_TOPIC])
    demand(false, `readers see ${shown.length} rows, not the ${job.position} of checkpoint ${decided}; ${held}`)
  }

  const life = async (): Promise<void> => {
    while (!over) {
      try {
        job.write(1 + random.nextInt(60))
        await delay(random.nextInt(15))
        const checkpoint = job.checkpoint()
        if ((await Promise.race([checkpoint, death])) !== 'dies') {
          committed = job.epoch
          continue
        }
        checkpoint.catch(() => {})
        death = new Promise((resolve) => {
          dies = () => resolve('dies')
        })
        await restart(true)
      } catch (error) {
        demand((error as { errorClass?: unknown }).errorClass === 'transient', `the job ended: ${String(error)}`)
        await restart(false)
      }
    }
  }

  const deaths = async (): Promise<void> => {
    for (let kill = 0; kill < kills; kill++) {
      await delay(random.nextInt(1500))
      await broker.kill9()
      if (random.nextInt(2) === 0) dies()
      await delay(random.nextInt(500))
      await broker.restart()
    }
    dies()
    await delay(500)
    // Kills that come early, while the broker takes seconds to start, leave time for few: the job goes on until enough is committed.
    while (!over && (job.positions.get(committed) ?? 0) <= ENOUGH_ROWS) await delay(20)
  }

  const living = life()
  try {
    await Promise.race([living, deaths()])
  } finally {
    over = true
  }
  await living
  job.write(1)
  await job.checkpoint()
  for (const { domain } of [...zombies, job]) await domain.close()
  for (let left = 100; byKey(await readKafkaTopic(broker.brokers, topic)) !== expectedByKey(job.position); left--) {
    demand(left > 0, `readers do not see ${job.position} rows, each once and in order`)
    await delay(100)
  }
  return { seed, brokerKills: kills, restarts, foundDone, rows: job.position }
}

/** Offsets of what the brokers hold of rows and markers, with what was aborted and without, now and once more a while later. */
async function evidence(brokers: string, topics: readonly string[]): Promise<string> {
  const lines: string[] = []
  for (const when of ['now', 'later']) {
    if (when === 'later') await delay(5000)
    for (const topic of topics) {
      for (const isolation of [1, 0] as const) {
        const found = await readKafkaTopic(brokers, topic, isolation).then(
          (records) => records.map(({ partition, offset, value }) => `${partition}/${offset} ${value}`).join(', '),
          String,
        )
        lines.push(`${when} ${topic} ${isolation === 1 ? 'committed' : 'all'}: ${found}`)
      }
    }
  }
  return `the brokers hold\n${lines.join('\n')}\n`
}
