/** What the codes in a broker's answer mean to whoever writes. @see Kafka protocol guide, "Error Codes" */

/** The writer may go on with what it does: it was done, or has to be asked again. */
type Step = 'done' | 'again' | 'other-node'
/** The writer has to stop. */
type Stop = 'too-large' | 'bad-row' | 'lost' | 'denied' | 'refused'

export type Meaning = Step | Stop

const meanings: { readonly [code: number]: readonly [Meaning, string] } = {
  0: ['done', 'NONE'],
  2: ['again', 'CORRUPT_MESSAGE'],
  3: ['other-node', 'UNKNOWN_TOPIC_OR_PARTITION'],
  5: ['other-node', 'LEADER_NOT_AVAILABLE'],
  6: ['other-node', 'NOT_LEADER_OR_FOLLOWER'],
  7: ['again', 'REQUEST_TIMED_OUT'],
  8: ['other-node', 'BROKER_NOT_AVAILABLE'],
  10: ['too-large', 'MESSAGE_TOO_LARGE'],
  13: ['again', 'NETWORK_EXCEPTION'],
  14: ['again', 'COORDINATOR_LOAD_IN_PROGRESS'],
  15: ['other-node', 'COORDINATOR_NOT_AVAILABLE'],
  16: ['other-node', 'NOT_COORDINATOR'],
  17: ['refused', 'INVALID_TOPIC_EXCEPTION'],
  18: ['too-large', 'RECORD_LIST_TOO_LARGE'],
  19: ['again', 'NOT_ENOUGH_REPLICAS'],
  20: ['again', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  29: ['denied', 'TOPIC_AUTHORIZATION_FAILED'],
  31: ['denied', 'CLUSTER_AUTHORIZATION_FAILED'],
  32: ['bad-row', 'INVALID_TIMESTAMP'],
  // A batch before this one is missing, or the broker has forgotten this producer: what it has is not what was sent.
  45: ['lost', 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  // The same batch came before; its answer was lost.
  46: ['done', 'DUPLICATE_SEQUENCE_NUMBER'],
  47: ['lost', 'INVALID_PRODUCER_EPOCH'],
  48: ['lost', 'INVALID_TXN_STATE'],
  49: ['lost', 'INVALID_PRODUCER_ID_MAPPING'],
  50: ['refused', 'INVALID_TRANSACTION_TIMEOUT'],
  // The broker is still ending the transaction before.
  51: ['again', 'CONCURRENT_TRANSACTIONS'],
  52: ['other-node', 'TRANSACTION_COORDINATOR_FENCED'],
  53: ['denied', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  // Another part of the same request failed.
  55: ['again', 'OPERATION_NOT_ATTEMPTED'],
  56: ['other-node', 'KAFKA_STORAGE_ERROR'],
  59: ['lost', 'UNKNOWN_PRODUCER_ID'],
  74: ['other-node', 'FENCED_LEADER_EPOCH'],
  75: ['again', 'UNKNOWN_LEADER_EPOCH'],
  76: ['refused', 'UNSUPPORTED_COMPRESSION_TYPE'],
  78: ['again', 'OFFSET_NOT_AVAILABLE'],
  87: ['bad-row', 'INVALID_RECORD'],
  89: ['again', 'THROTTLING_QUOTA_EXCEEDED'],
  90: ['lost', 'PRODUCER_FENCED'],
  120: ['lost', 'TRANSACTION_ABORTABLE'],
}

export function meaningOf(code: number): Meaning {
  return meanings[code]?.[0] ?? 'refused'
}

/** The code's name in the protocol. */
export function codeName(code: number): string {
  return meanings[code]?.[1] ?? `error ${code}`
}
