import type { FuzzTarget } from '../target.ts'
import { target as avroSchema } from './avro-schema.ts'
import { target as avro } from './avro-values.ts'
import { target as checkpoint } from './checkpoint.ts'
import { target as csv } from './csv.ts'
import { target as frames } from './frames.ts'
import { ingest, operation } from './http.ts'
import { target as jsonLines } from './json-lines.ts'
import { target as kafkaBatches } from './kafka-batches.ts'
import { target as lines } from './lines.ts'
import { target as messages } from './messages.ts'
import { target as numbers } from './numbers.ts'
import { target as snapshot } from './snapshot.ts'
import { target as spool } from './spool.ts'
import { target as table } from './table.ts'
import { target as values } from './values.ts'

/** Everything that reads bytes from outside, or from a disk. */
export const targets: readonly FuzzTarget[] = [
  csv,
  table,
  jsonLines,
  messages,
  avro,
  avroSchema,
  numbers,
  values,
  frames,
  snapshot,
  checkpoint,
  spool,
  kafkaBatches,
  lines,
  operation,
  ingest,
]
