/** What a deployment on AWS has in place of what only one machine answers, by the path that was asked. */
export const absent: readonly (readonly [path: RegExp, text: string])[] = [
  [/^\/metrics$/, 'On AWS, how many events come in a second is in CloudWatch: namespace Tributary.'],
  [
    /^\/v1\/lake\//,
    'On AWS the lake is asked by Athena: its database and workgroup are outputs of the stack (Database, Workgroup).',
  ],
  [
    /^\/v1\/alerts/,
    'Alerts on metrics are judged on one machine. On AWS, alarms of CloudWatch watch the platform itself.',
  ],
  [
    /^\/v1\/dashboards/,
    'Dashboards are shown by one machine. Each chart has an address here too: keep that of the page Metrics.',
  ],
  [
    /\/explain$/,
    'A number is explained on one machine. Here, runs compare every number of both layers: see the reports of the page Runs.',
  ],
  [
    /^\/v1\/events/,
    'Single events are looked for on one machine. On AWS the raw lake has every one: ask it by Athena, by type, epoch and id.',
  ],
  [/\/stream$/, 'a deployment on AWS does not tell changes by itself.'],
]
