import type { Processes } from '../../storage/processes.ts'
import type { Storage } from '../../storage/storage.ts'
import type { ConnectorTable } from '../../stream/ports.ts'
import type { CheckpointPolicy } from './checkpointer.ts'
import type { Logger } from './logger.ts'

export interface JobOptions {
  readonly connectors: ConnectorTable
  /** Folder against which relative locations are resolved. */
  readonly base: string
  /** Folder of checkpoints and lock. */
  readonly state: string
  readonly policy: CheckpointPolicy
  /** Committed checkpoints kept, at least 2. */
  readonly retain: number
  /** Forgets checkpoints and clears the sinks' folders before starting. */
  readonly fresh: boolean
  readonly warn: (message: string) => void
  /** Told what happens to the run; warnings go to `warn` alone. */
  readonly log?: Logger
  /** Told of every error that a user's function threw at a record, which is rejected for it. */
  readonly thrown?: (uid: string, error: unknown) => void
  /**
   * Folder of a checkpoint of another state folder to start from: for going back. The state folder must be without
   * checkpoints, and sinks whose rows are public since need new folders.
   */
  readonly from?: string
  readonly storage?: Storage
  /** Whose lock counts as held; injected for tests. */
  readonly processes?: Processes
  readonly now?: () => number
}
