/**
 * How a command of the pages is run here where not as it stands. Every row says why. What has neither a row
 * nor runs as it stands fails the test.
 */
export type Otherwise = {
  readonly because: string
  /** What is run in its place, as near to it as can be; nothing where another test is the place for it. */
  readonly instead?: string
  /** Its exit code, 0 where not said. */
  readonly exit?: number
  /** What it prints. */
  readonly prints?: RegExp
}

const FETCHES = 'fetches some 350 packages; whoever runs this test has done it'
const STAYS = 'stays until it is stopped; test/local/cli/following.test.ts runs it'
const WATCHES = 'stays until it is stopped; npm run soak has test/soak/watched-pipeline.soak.ts'
const PACKED = 'packs or installs the package; npm run test:package does'
const ACCOUNT = 'needs an AWS account'
const DEPLOYED = `${ACCOUNT}; the package is deployed to an emulator by test/e2e/ministack.test.ts`
const FIGURES = 'measures an idle machine for minutes'
const PEERS = `${FIGURES}, and fetches the peers`
const ACL = 'needs another account, and setfacl; test/strangers/inbox.test.ts runs it'
const PAST = 'the platform of the test has no such past; test/local/as-of.test.ts asks for its own'
const RANGE = 'the text leaves the range to the reader'

export const OTHERWISE: Readonly<Record<string, Otherwise>> = {
  'npm ci': { because: FETCHES },
  'npm ci && npm start': { because: FETCHES, instead: 'npm start' },
  'npm ci && npm test': { because: `${FETCHES}; npm test runs this test` },
  'npm test': { because: 'npm test runs this test' },
  'npm run check': { because: 'takes a minute, and is run before every commit that lands' },
  'npm run template': {
    because: 'takes minutes and installs Python programs; its checks are tests of their own (test/deploy)',
  },
  'npm run template -- --types 1000': { because: 'packages for minutes; test/deploy/scale.test.ts counts' },
  'npm pack': { because: PACKED },
  'npm install ../tributary-0.1.0.tgz': { because: PACKED },
  'npm install': { because: PACKED },
  'npm run test:package': {
    because: 'packs, and installs the package from the registry; a command of its own',
  },
  'npx tributary init': {
    because: 'a checkout has these files; npm run test:package runs it',
    exit: 1,
    instead: 'npx tributary init',
    prints: /README.md, .* are in the way/,
  },
  'npx tributary query trips_hourly --watch': {
    because: STAYS,
    instead: 'npx tributary query --help',
    prints: /--watch .*\n.*--measure/,
  },
  'npx tributary tail --type com.tributary.trip --where hoverboard_id=7': {
    because: STAYS,
    instead: 'npx tributary tail --help',
    prints: /--type/,
  },
  'npm run dev': { because: WATCHES },
  'npx tributary start --watch': {
    because: WATCHES,
    instead: 'npx tributary start --help',
    prints: /--pipeline .*\n.*--watch/,
  },
  'npx tributary test': {
    because: 'test/local/testing/test-command.test.ts runs it; the next one is run here',
  },
  'npm run test:clients': { because: 'fetches SDKs of four languages; it is a command of its own in CI' },
  'npm run test:operations': { because: 'deploys three stages, and takes half an hour' },
  'npm run soak': { because: 'takes hours; npm test runs the same files, shorter' },
  'npm run test:console': {
    because: 'needs Chromium, which is no package of npm; it is a command of its own',
  },
  'node test/console/take-screenshots.ts': { because: 'needs Chromium, and takes pictures for minutes' },
  'npm run test:engines': { because: 'fetches Spark; it is a command of its own' },
  'npx tributary runs stop <id>': {
    because: 'the run has ended by then; test/local/batch/state-machine-runner.test.ts stops some that go on',
    ...{ exit: 1, prints: /has ended already/ },
  },
  'npm run demo': { because: 'three million flights take a minute', instead: 'npm run demo -- --limit 3000' },

  'npx serverless deploy --stage dev': { because: DEPLOYED, instead: 'npx serverless deploy --help' },
  'npx serverless deploy --stage dev --region eu-central-1': {
    because: DEPLOYED,
    instead: 'npx serverless deploy --help',
  },
  'npx serverless deploy': { because: DEPLOYED, instead: 'npx serverless deploy --help' },
  'npx serverless package --stage prod --region … --package build': {
    because: 'packaging takes a minute; npm run template and test/deploy package',
    instead: 'npx serverless package --help',
  },
  'npx serverless deploy --stage prod --param suffix=-2': {
    because: DEPLOYED,
    instead: 'npx serverless deploy --help',
  },
  'node deploy/change-set.ts make': {
    because: `${ACCOUNT}; test/deploy/change-set.test.ts runs it on an emulator`,
  },
  'npx serverless remove': { because: ACCOUNT, instead: 'npx serverless remove --help' },

  'npx tributary query trips_hourly --as-of 2026-11-21T12:00:00Z': { because: PAST },
  "npx tributary query trips_hourly --by '' --window month --as-of 20261121T115500123Z-1f9a0c3e": {
    because: PAST,
  },
  'npx tributary runs start spark --input \'{"scripts":["s3://<lake>/emr/prepare.sql"]}\'': {
    because: `${ACCOUNT}; test/state-machines runs the machine`,
  },
  'npx tributary event trip-1': {
    because: 'its event is sent by another page; test/events/events.test.ts asks for events that there are',
    instead: 'npx tributary event nobody-sent-it',
    exit: 1,
    prints: /no event with the id "nobody-sent-it" was received/,
  },
  'npx tributary runs start restore-raw': {
    because: 'one machine has its log and needs no such machine; test/steps/restore-raw.test.ts runs it',
  },
  'npx tributary estimate': {
    because: 'the text leaves rates to the reader',
    instead: 'npx tributary estimate --rate trip=1000',
  },
  'npx tributary backfill': { because: RANGE, instead: 'npx tributary backfill --last 1d' },
  'npx tributary doctor': {
    because: 'the platform of the folder runs; what doctor does is seen where a backup is restored',
    instead: 'npx tributary doctor',
    exit: 2,
    prints: /in use by another process; stop it/,
  },
  'npx tributary doctor --accept-loss': {
    because: 'the platform of the folder runs; test/damage/loss.test.ts loses something for good',
    instead: 'TRIBUTARY_DATA=/restored npx tributary doctor --accept-loss',
    prints: /everything is as it was written/,
  },
  'TRIBUTARY_DATA=/restored npx tributary doctor': {
    because: 'the text leaves it to the reader to put the copy there',
    instead: 'cp -a /backup /restored && TRIBUTARY_DATA=/restored npx tributary doctor',
    prints: /, 0 left$/m,
  },
  'rsync -a settings.json declarations.json lake rejected dead-letters platform-id warehouse-password warehouse-reader-password /backup/':
    {
      because: 'not every machine has rsync; cp says with exit code 1 that a file was gone under it',
      instead: `mkdir -p /backup/ && for each in settings.json declarations.json lake rejected dead-letters \
        platform-id warehouse-password warehouse-reader-password
        do cp -a $each /backup/ || [ $? = 1 ]; done`,
    },
  'setfacl -m u:shop:x .tributary .tributary/lake': { because: ACL },
  'setfacl -m u:shop:rwx -m d:u:$(id -un):rw .tributary/lake/inbox': { because: ACL },
  'cp -a': { because: 'the text leaves folders to the reader', instead: 'cp -a package.json copied' },
  '… | npx tributary send -': {
    because: 'anything may feed it',
    instead: 'cat events.ndjson | npx tributary send -',
    prints: /^2 sent, 2 accepted, 0 rejected$/m,
  },

  'npm run bench': { because: FIGURES },
  'npm run bench -- flights': { because: FIGURES },
  'npm run bench [-- ingest pipeline latency batch flights] [--json]': {
    because: FIGURES,
    instead: 'npm run bench -- nothing --json',
    exit: 2,
    prints: /there are ingest, pipeline, latency, batch, flights/,
  },
  'npm run bench:batch': {
    because: PEERS,
    instead: 'npm run bench:batch -- --events 2000 --hours 2 --engines ours',
    prints: /^reached: ≤ 2.00 GB RSS of ours$/m,
  },
  'npm run bench:batch -- --events N': {
    because: 'the text leaves the number to the reader',
    instead: 'npm run bench:batch -- --events 2000 --engines duckdb',
    exit: 2,
    prints: /there is no engine "duckdb"; there are ours, spark, chdb/,
  },
  'npm run bench:lambda': { because: FIGURES },
  'npm run bench:peers [-- ingest stream shared kills batch batch10] [--json]': {
    because: PEERS,
    instead: 'npm run bench:peers -- nothing --json',
    exit: 2,
    prints: /there are ingest, stream, shared, kills, batch, batch10/,
  },
  'npm run bench:peers -- stream kills': { because: PEERS },
  'node bench/batch.bench.ts --events 50000 --history 100': {
    because: FIGURES,
    instead: 'node bench/batch.bench.ts --events 500 --history 1',
  },
  'npm run bench:years': {
    because: FIGURES,
    instead: 'npm run bench:years -- --few 2 --epochs 30 --times 1',
  },
  'npm run bench:reconcile': { because: FIGURES, instead: 'npm run bench:reconcile -- 20000 1' },
  'node bench/open-tables.bench.ts': {
    because: FIGURES,
    instead: 'node bench/open-tables.bench.ts --epochs 400',
  },
  'npx vitest run --config test/console/vitest.config.ts test/console/first-chart.browser.ts': {
    because: 'needs Chromium and the history of git; npm run test:console runs it',
  },
  'npx vitest run --config test/console/vitest.config.ts test/console/many-points.browser.ts': {
    because: 'needs Chromium; npm run test:console runs it',
  },
  'node bench/explain.bench.ts --cells 60': {
    because: FIGURES,
    instead: 'node bench/explain.bench.ts --events 2000 --epochs 2 --cells 2',
  },
  'node bench/listeners.bench.ts': {
    because: FIGURES,
    instead: 'node bench/listeners.bench.ts --listeners 5 --seconds 1 --rounds 1',
  },
  'node bench/listeners.bench.ts --listeners 1 --path /v1/events/stream --rounds 3 --seconds 8': {
    because: FIGURES,
    instead: 'node bench/listeners.bench.ts --listeners 1 --path /v1/events/stream --rounds 1 --seconds 1',
  },
  'node bench/horizon.bench.ts': { because: FIGURES, instead: 'node bench/horizon.bench.ts --epochs 3' },
}

/** What commands print that run as they stand, where a page does not show it itself. */
export const PRINTS: Readonly<Record<string, RegExp>> = {
  'npx tributary test trips': /^1 of 1 tests as expected, in both layers$/m,
  "PGPASSWORD=$(cat .tributary/warehouse-reader-password) psql -h 127.0.0.1 -p 5439 -U tributary_reader tributary -c 'select * from trips_hourly'":
    /hoverboard_id.*\n.*\n.*\b7\b.*\b12\.5/,
  'npx tributary query flights_daily --from 2001-01-01 --to 2001-01-02 --where origin=LAX':
    /^window .*\n2001-01-01T00:00:00Z /,
  'npx tributary runs list': /\bbatch +succeeded\b/,
  'npx tributary contracts check': /all right/,
  'npx tributary rejected replay': /replayed/,
  'npx tributary send events.ndjson': /^2 sent, 2 accepted, 0 rejected$/m,
  'npx tributary send file.ndjson': /^2 sent, 2 accepted, 0 rejected$/m,
}
