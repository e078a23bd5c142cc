/**
 * `npm run demo`: predicts at departure and learns at landing, on every flight that left New York in 2013. Installs and
 * builds first where that is needed. What follows `--` goes to `millrace run`.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import './bootstrap.mjs'
import { repository } from './repository.mjs'

const program = join(repository, 'dist/cli/main.js')
const args = [program, 'run', 'examples/flight-delays.ts', ...process.argv.slice(2)]
const child = spawn(process.execPath, args, { cwd: repository, stdio: 'inherit' })
// Ctrl-C reaches both processes: this one waits for the final checkpoint of the other. A service manager's SIGTERM is passed on.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(signal === null ? code : 1))
