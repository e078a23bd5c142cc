/** The jars of a standalone cluster. */
import { fileURLToPath } from 'node:url'
import { cachedJars } from '../../../java/jars.ts'

const pom = fileURLToPath(new URL('../../../../flink/cluster/pom.xml', import.meta.url))

/**
 * The folder of jars; 83 MB, copied in some seconds when it is not there yet.
 *
 * @throws ML_JAVA_TOOL when Maven is missing or fails
 */
export function flinkLibraries(note: (message: string) => void): Promise<string> {
  return cachedJars({ product: 'Flink', with: ' and V8', pom }, note)
}
