import type { Command } from 'commander'
import type { Bind } from '../program.ts'
import { type ClientFlags, writeClient } from './client.ts'
import { estimateCost } from './estimate.ts'
import { printSql } from './sql.ts'

type Collect = (one: string, all?: readonly string[]) => readonly string[]

/** Commands that make something of the declarations alone: no platform runs for them. */
export function addMade(program: Command, bind: Bind, collect: Collect): void {
  addEstimate(program, bind, collect)
  addSql(program, bind)
  addClient(program, bind)
}

function addEstimate(program: Command, bind: Bind, collect: Collect): void {
  program
    .command('estimate')
    .description('what the declared pipeline costs on AWS, and which settings are cheapest')
    .requiredOption('--rate <type=n>', 'events a second of a type; repeatable', collect)
    .option('--groups <metric=n>', 'groups of a metric in a window; repeatable', collect, [])
    .option('--size <bytes>', 'bytes of an event', '1024')
    .option('--batch <n>', 'events of a request', '100')
    .option('--freshness <seconds>', 'longest time until numbers show', '10')
    .option('--partitions <n>', 'partitions; else the cheapest count that takes the load')
    .option('--dedupe <event|record>', 'in place of what the contracts declare')
    .option('--epoch <duration>', 'length of an epoch', '1h')
    .option('--region <region>', 'whose prices', 'us-east-1')
    .option('--stage <stage>', 'of resources/params.yml: with a warehouse or not, memory', 'prod')
    .option('--pipeline <folder>', 'folder of the declarations (TRIBUTARY_PIPELINE)')
    .option('--json', 'answer as JSON')
    .action(bind(estimateCost))
}

function addSql(program: Command, bind: Bind): void {
  program
    .command('sql <metric>')
    .description('the SQL by which an engine computes a metric from curated rows')
    .option('--engine <engine>', 'duckdb, postgres, trino (Athena too), spark or redshift', 'duckdb')
    .option('--from <relation>', 'table or files of the curated rows, as the engine names them')
    .option('--pipeline <folder>', 'folder of the declarations (TRIBUTARY_PIPELINE)')
    .action(bind(printSql))
}

function addClient(program: Command, bind: Bind): void {
  program
    .command('client')
    .description('write a typed client of the declared events and metrics')
    .requiredOption('--out <file>', 'the file, such as src/tributary.ts')
    .option('--pipeline <folder>', 'folder of the declarations (TRIBUTARY_PIPELINE)')
    .action(bind((world, flags: ClientFlags) => writeClient(world, flags)))
}
