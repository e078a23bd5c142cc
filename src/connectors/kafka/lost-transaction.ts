import { MillraceError } from '../../errors.ts'
import type { Cluster } from './cluster.ts'
import type { Producer } from './producer.ts'
import type { ProducerLost } from './repeated-call.ts'
import { transactionState } from './transactional-producer-id.ts'

export interface LostTransaction {
  readonly cluster: Cluster
  readonly producer: Producer
  readonly timeoutMs: number
  /** The checkpoint it was for; undefined: it was not prepared yet. */
  readonly epoch: number | undefined
  readonly range: string
}

/** The broker has forgotten the transactional id, which was not used for days. */
const FORGOTTEN = 49

/**
 * Why the cluster no longer takes a producer: another process has its transactional id (ML_FENCED), or the transaction was
 * open for too long and was aborted (ML_TRANSACTION). Both have the same code, so the coordinator is asked how the id stands.
 */
export async function lossOf(error: ProducerLost, lost: LostTransaction): Promise<MillraceError> {
  const { cluster, producer, timeoutMs, epoch, range } = lost
  const { transactionalId, producerId, epoch: producerEpoch } = producer.identity
  const id = transactionalId as string
  const ageMs = producer.transactionAgeMs
  const checkpoint = epoch === undefined ? 'the next checkpoint' : `checkpoint ${epoch}`
  const state = await transactionState(cluster, id).catch(() => undefined)
  const outlived = ageMs >= timeoutMs
  if (isFenced()) {
    return new MillraceError('ML_FENCED', {
      what: `another process writes with transactional id "${id}": nothing of ${checkpoint} (${range}) was committed by this one`,
      where: error.message,
      remedy: 'Stop the other one, or give this job a transactionalIdPrefix of its own',
    })
  }
  const openS = Math.round(ageMs / 1000)
  return new MillraceError('ML_TRANSACTION', {
    what: outlived
      ? `the transaction of ${checkpoint} (${range}) was open for ${openS} s, longer than its timeout of ${Math.round(timeoutMs / 1000)} s, and was aborted`
      : `the transaction of ${checkpoint} (${range}) was lost by the brokers`,
    where: `transactional id "${id}", ${error.message}`,
    remedy: 'The job starts again from the last checkpoint that was committed; nothing of this one is seen',
  })

  /** An abort by the timeout takes one epoch further; whoever takes over leaves the id in another state. */
  function isFenced(): boolean {
    if (error.code === FORGOTTEN) return false
    if (state === undefined) return !outlived && epochCodes.includes(error.code)
    if (state.producerId === producerId && state.epoch === producerEpoch) return false
    const aborted =
      state.producerId === producerId && state.epoch === producerEpoch + 1 && /Abort|Fence/.test(state.state)
    return !(aborted && outlived)
  }
}

/** INVALID_PRODUCER_EPOCH and PRODUCER_FENCED. */
const epochCodes = [47, 90]
