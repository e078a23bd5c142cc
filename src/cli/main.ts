#!/usr/bin/env node
/** The `millrace` command. */
import { styleText } from 'node:util'
import { Command, CommanderError } from 'commander'
import { errorText } from '../errors.ts'
import { MILLRACE_VERSION } from '../runtime/local/versions.ts'
import { EXIT_USAGE, exitCodeOf } from './exit-codes.ts'
import { inspectCommand } from './inspect-command.ts'
import { runCommand } from './run-command.ts'

function program(): Command {
  const command = new Command('millrace')
    .description('Streaming machine learning: predict, learn from late labels, survive a crash, exactly once.')
    .version(MILLRACE_VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError('(millrace --help shows what there is)')
    .exitOverride()
  const collect = (value: string, before: string[]) => [...before, value]
  command
    .command('run')
    .description('run a pipeline from its last checkpoint on, to the end of its input or Ctrl-C')
    .argument('<file>', 'a .ts or .js file whose default export is pipeline(...)')
    .option('-p, --param <name=value>', 'a param of the pipeline; repeat for several', collect, [])
    .option('--base <folder>', 'folder against which relative locations are resolved (default: the current one)')
    .option('--state <folder>', 'folder for checkpoints (default: .millrace/<pipeline> in the base)')
    .option('--fresh', 'start anew: forget checkpoints and clear what this pipeline wrote to its sinks')
    .option('--checkpoint-every <duration>', "time between checkpoints, such as '500ms' or '10s' (default: 1s)")
    .option('--checkpoint-records <n>', 'records read between checkpoints')
    .option('--retain <n>', 'checkpoints kept, at least 2 (default: 3)')
    .option('--json', 'progress and report as JSON lines on standard output')
    .option('-q, --quiet', 'print nothing but errors')
    .action(runCommand)
  command
    .command('inspect')
    .description('show what a checkpoint holds: weights by name, quality, ledgers, positions, sizes')
    .argument('<checkpoint>', 'a folder chk-..., or a state folder: its newest checkpoint')
    .option('--top <n>', 'weights shown, the largest first (default: 20)')
    .option('--json', 'everything as one JSON object')
    .action(inspectCommand)
  for (const sub of command.commands) sub.exitOverride().showSuggestionAfterError()
  return command
}

try {
  await program().parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE
  else {
    process.stderr.write(`${styleText('red', 'millrace')}: ${errorText(error)}\n`)
    if (process.env.MILLRACE_STACK) process.stderr.write(`${(error as Error).stack}\n`)
    process.exitCode = exitCodeOf(error)
  }
}
