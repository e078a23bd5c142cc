/**
 * Who a producer is to the cluster: its id and epoch, and, with a transactional id, the transaction that is open under them.
 * Each call is tried until it has an answer that decides it; all of them may be repeated.
 */
import type { Cluster } from './cluster.ts'
import type { Outage } from './outage.ts'
import { repeated } from './repeated-call.ts'

export interface ProducerIdentity {
  readonly transactionalId: string | null
  readonly producerId: bigint
  readonly epoch: number
}

export interface TransactionalIdentity extends ProducerIdentity {
  readonly transactionalId: string
}

export interface TopicPartitions {
  readonly name: string
  readonly partitions: number[]
}

/** Any node will do. */
const ANY = -1
/** Neither id nor epoch are known: without this the cluster takes 0 and 0 for those of an earlier life, and refuses them. */
const [NO_ID, NO_EPOCH] = [-1n, -1]
const NOT_ATTEMPTED = 55

/**
 * Gives the producer its id. With a transactional id it ends what was open under it, waiting until its outcome is written
 * everywhere, and fences whoever used it.
 */
export async function initProducer(
  cluster: Cluster,
  outage: Outage,
  transactionalId: string | null,
  timeoutMs: number,
): Promise<ProducerIdentity> {
  const { api } = cluster.client.initProducerIdV4
  const { producerId, producerEpoch } = await repeated({
    outage,
    about: transactionalId === null ? 'a producer' : `transactional id "${transactionalId}"`,
    moved: () => {
      if (transactionalId !== null) cluster.forgetCoordinator(transactionalId)
    },
    once: async () => {
      // The protocol has null here, the library's type does not.
      const args = [transactionalId as string, timeoutMs, NO_ID, NO_EPOCH] as [string, number, bigint, number]
      const answer = await (transactionalId === null
        ? cluster.call(ANY, api, ...args)
        : cluster.toCoordinator(transactionalId, api, ...args))
      return [answer.errorCode, answer]
    },
  })
  return { transactionalId, producerId, epoch: producerEpoch }
}

/** Takes partitions into the open transaction; the first opens it. */
export async function addPartitions(
  cluster: Cluster,
  outage: Outage,
  { transactionalId, producerId, epoch }: TransactionalIdentity,
  topics: TopicPartitions[],
): Promise<void> {
  const { api } = cluster.client.addPartitionsToTxnV3
  const transaction = { transactionalId, producerId, producerEpoch: epoch, verifyOnly: false, topics }
  await repeated({
    outage,
    about: `transactional id "${transactionalId}"`,
    moved: () => cluster.forgetCoordinator(transactionalId),
    once: async () => {
      const answer = await cluster.toCoordinator(transactionalId, api, [transaction])
      const codes = answer.resultsByTransaction
        .flatMap(({ topicResults }) => topicResults)
        .flatMap(({ resultsByPartition }) => resultsByPartition)
        .map(({ partitionErrorCode }) => partitionErrorCode)
        .filter((code) => code !== 0)
      return [codes.find((code) => code !== NOT_ATTEMPTED) ?? codes[0] ?? 0, undefined]
    },
  })
}

/** Ends the open transaction. A repeated call has the answer of the first. */
export async function endTransaction(
  cluster: Cluster,
  outage: Outage,
  { transactionalId, producerId, epoch }: TransactionalIdentity,
  commit: boolean,
): Promise<void> {
  const { api } = cluster.client.endTxnV3
  await repeated({
    outage,
    about: `transactional id "${transactionalId}"`,
    moved: () => cluster.forgetCoordinator(transactionalId),
    once: async () => {
      const answer = await cluster.toCoordinator(transactionalId, api, transactionalId, producerId, epoch, commit)
      return [answer.errorCode, undefined]
    },
  })
}

/** What the coordinator says of a transactional id: how its last transaction stands, and who owns it; undefined: nothing. */
export async function transactionState(
  cluster: Cluster,
  transactionalId: string,
): Promise<{ readonly state: string; readonly producerId: bigint; readonly epoch: number } | undefined> {
  const { api } = cluster.client.describeTransactionsV0
  const { transactionStates } = await cluster.toCoordinator(transactionalId, api, [transactionalId])
  const [found] = transactionStates
  if (found === undefined || found.errorCode !== 0) return undefined
  return { state: found.transactionState, producerId: found.producerId, epoch: found.producerEpoch }
}
