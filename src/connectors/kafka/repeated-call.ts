import { MillraceError } from '../../errors.ts'
import { codeName, meaningOf } from './answer-code.ts'
import { NoAnswer } from './cluster.ts'
import { refusalOf } from './connect.ts'
import type { Outage } from './outage.ts'

/** The cluster no longer takes this producer for who it says it is: fenced, timed out, or forgotten. */
export class ProducerLost extends Error {
  readonly code: number

  constructor(code: number) {
    super(codeName(code))
    this.code = code
  }
}

export interface RepeatedCall<R> {
  readonly outage: Outage
  /** What the call is about, as errors say it: `topic "scores"`. */
  readonly about: string
  /** One try: the code of the answer, and what it brought. */
  once(): Promise<readonly [code: number, answer: R]>
  /** Called before the next try where another node may be the right one. */
  moved?(): unknown
}

/**
 * Repeats a call until its answer decides it, and returns what it brought. The call must be one that may come twice.
 *
 * @throws ProducerLost; ML_KAFKA_REFUSED; ML_KAFKA when the outage lasts too long
 */
export async function repeated<R>({ outage, about, once, moved }: RepeatedCall<R>): Promise<R> {
  for (let tries = 1; ; tries++) {
    let reason: string
    try {
      const [code, answer] = await once()
      const meaning = meaningOf(code)
      if (meaning === 'done') {
        outage.over()
        return answer
      }
      if (meaning === 'lost') throw new ProducerLost(code)
      if (meaning !== 'again' && meaning !== 'other-node') throw refused(code, about)
      reason = `${codeName(code)} for ${about}`
      if (meaning === 'other-node') await moved?.()
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
      const wrong = refusalOf(error, about)
      if (wrong !== undefined) throw wrong
      reason = error.message
    }
    await outage.pause(tries, reason)
  }
}

/** The error for a code that no repetition changes. */
export function refused(code: number, about: string, detail?: string | null): MillraceError {
  const what = `Kafka answers ${codeName(code)}${detail ? `, ${detail}` : ''}`
  return new MillraceError('ML_KAFKA_REFUSED', { what, where: about, remedy: remedies[code] })
}

const remedies: { readonly [code: number]: string } = {
  29: 'Allow the user WRITE and DESCRIBE on the topic, and READ on the topic of markers',
  31: 'Allow the user IDEMPOTENT_WRITE on the cluster',
  50: 'Make transactionTimeout at most transaction.max.timeout.ms of the brokers',
  53: 'Allow the user WRITE and DESCRIBE on transactional ids that begin with the prefix',
  76: 'Choose a compression that the topic allows',
}
