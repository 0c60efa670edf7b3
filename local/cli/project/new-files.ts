/** Files of a new project beside its pipeline, by their path. */
export const PROJECT: Readonly<Record<string, string>> = {
  'tsconfig.json': `{
  "compilerOptions": {
    "target": "esnext",
    "module": "nodenext",
    "noEmit": true,
    "strict": true,
    "verbatimModuleSyntax": true,
    "erasableSyntaxOnly": true,
    "skipLibCheck": true
  },
  "include": ["pipeline"]
}
`,
  '.gitignore': 'node_modules/\n.tributary/\n',
  'README.md': `# Events and numbers, by Tributary

Needs Node.js 24 or later. Once: \`npm install\`

| | |
|---|---|
| \`npm start\` | the platform, at http://127.0.0.1:8080 (\`PORT\` changes it) |
| \`npm run dev\` | the same; what is changed in \`pipeline/\` is checked and taken over at once |
| \`npm test\` | the declarations on sample events, against the numbers that they are to show |
| \`npx tributary send events.ndjson\` | events, one a line |
| \`npx tributary query orders_hourly\` | numbers; \`--watch\` stays and shows them as they change |
| \`npx tributary tail\` | events as they come in |
| \`npx tributary --help\` | everything else |

What you edit is \`pipeline/\`: \`contracts/\` are event types, \`metrics/\` numbers over them, \`schedules/\` when batches
run, \`tests/\` sample events with the numbers they come to. Everything is imported from \`tributary\`. A file of any other
kind is refused, so that nothing is overlooked. What is stored is in \`.tributary/\`.
`,
}

/** What a new project's \`package.json\` says beside its name and what it depends on. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  // The shell of npm hands signals on to nobody, so the platform takes its place; cmd has no exec.
  start: 'exec tributary start || tributary start',
  dev: 'tributary start --watch',
  test: 'tributary test',
}
