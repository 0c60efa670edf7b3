import type { Command } from 'commander'
import type { Bind } from '../program.ts'
import { init } from './init.ts'
import { start } from './start.ts'
import { test } from './test.ts'

/** Commands of a project: to make one, and to run it. */
export function addProject(program: Command, bind: Bind): void {
  program
    .command('init [folder]')
    .description('make a new project: an event type, a metric, their test')
    .option('--package <version>', 'what it depends on, where not this version: a version, or a packed file')
    .action(bind(init))
  program
    .command('start')
    .description('run the platform, as npm start does')
    .option('--pipeline <folder>', 'folder of the declarations (TRIBUTARY_PIPELINE)')
    .option('--watch', 'start again when declarations have changed and are right')
    .action(bind(start))
  program
    .command('test [file...]')
    .description('run the tests of the declarations: sample events, and the numbers they come to')
    .option('--pipeline <folder>', 'folder of the declarations (TRIBUTARY_PIPELINE)')
    .option('--json', 'answer as JSON')
    .action(bind(test))
}
